"""`wholebook ledger` as a user calls it: files of any kind in, four files out, at once or not at all."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from benchmarks.histories import random_history
from cluster.cli.ledger import command
from cluster.storage import open_storage
from engine.errors import InputRefused, UsageError
from tests.support.text_types import TEXT_TYPES, as_text
from tests.support.trade_history import ACTIONS, action, buy, sell, table

FILES = ["exceptions.parquet", "form8949.csv", "lots.parquet", "realised.parquet"]


def call(*words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=False)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def history() -> pa.Table:
    return random_history(40, 1)


def test_csv_parquet_shuffled_rows_and_any_type_of_text_give_the_same_bytes(history: pa.Table, tmp_path: Path) -> None:
    csv.write_csv(history, tmp_path / "trades.csv")
    pq.write_table(history, tmp_path / "trades.parquet")
    shuffled = history.take(pa.array(np.random.default_rng(5).permutation(len(history))))
    pq.write_table(shuffled, tmp_path / "shuffled.parquet")
    made = []
    names = ["trades.csv", "trades.parquet", "shuffled.parquet"]
    for number, dtype in enumerate(TEXT_TYPES):
        names.append(f"text{number}.parquet")
        pq.write_table(as_text(history, dtype), tmp_path / names[-1])
    for name in names:
        out = tmp_path / f"out of {name}"
        result = call(tmp_path / name, "--out", out, "--json")
        document = json.loads(result.stdout)
        assert document.pop("out") == str(out)
        assert document["trades"] == len(history)
        made.append((document, digests(out)))
    assert list(made[0][1]) == FILES
    assert all(one == made[0] for one in made)


def test_a_folder_of_parts_is_one_history(history: pa.Table, tmp_path: Path) -> None:
    folder = tmp_path / "activity"
    folder.mkdir()
    first = pc.less(history["household_id"], "H0000012")
    pq.write_table(history.filter(first), folder / "part-00000.parquet")
    csv.write_csv(history.filter(pc.invert(first)), folder / "part-00001.csv")
    pq.write_table(history, tmp_path / "whole.parquet")
    call(folder, "--out", tmp_path / "parts")
    result = call(tmp_path / "whole.parquet", "--out", tmp_path / "whole")
    for name in FILES:
        if name.endswith(".parquet"):
            assert pq.read_table(tmp_path / "parts" / name).equals(pq.read_table(tmp_path / "whole" / name))
        else:
            assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    for told in (f"{len(history):,} trades", "disallowed by wash sales", "Files: "):
        assert told in result.stdout


def test_a_household_in_two_parts_is_refused_and_nothing_is_written(history: pa.Table, tmp_path: Path) -> None:
    folder = tmp_path / "activity"
    folder.mkdir()
    pq.write_table(history.slice(0, 200), folder / "part-00000.parquet")
    pq.write_table(history.slice(200), folder / "part-00001.parquet")
    with pytest.raises(InputRefused, match="in more than one part"):
        call(folder, "--out", tmp_path / "out")
    alone = buy("2020-01-02", 1, 1.0)
    for part, row in enumerate((alone, alone | {"household_id": "H"})):
        pq.write_table(table([row]), folder / f"part-{part:05d}.parquet")
    with pytest.raises(InputRefused, match="1 accounts or households"):
        call(folder, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_actions_options_and_the_year_reach_the_engine(tmp_path: Path) -> None:
    rows = [
        buy("2018-01-02", 5, 12.0),
        buy("2020-01-02", 5, 11.0),
        sell("2020-06-01", 10, 5.0),
        sell("2021-06-01", 10, 5.0),
    ]
    csv.write_csv(table(rows), tmp_path / "trades.csv")
    csv.write_csv(table([action("2020-02-03", "SPLIT", ratio=2.0)], ACTIONS), tmp_path / "actions.csv")
    words = ["--corporate-actions", tmp_path / "actions.csv", "--method", "lifo", "--year", 2021]
    call(tmp_path / "trades.csv", "--out", tmp_path / "out", *words)
    realised = pq.read_table(tmp_path / "out" / "realised.parquet").to_pylist()
    assert [row["lot_id"] for row in realised] == ["L000002", "L000001"]
    form = csv.read_csv(tmp_path / "out" / "form8949.csv").to_pylist()
    assert [(row["part"], row["(a) description"], row["(h) gain or loss"]) for row in form] == [
        ("II", "10 sh. XYZ", -10.0)
    ]


def test_what_cannot_be_read_is_told_with_its_place(tmp_path: Path) -> None:
    header = "account_id,trade_date,security_id,side,quantity,price\n"
    bad = tmp_path / "bad.csv"
    bad.write_text(header + "A,2020-01-02,XYZ,BUY,1,1\nA,01/02/2020,XYZ,BUY,1,1\n")
    with pytest.raises(InputRefused, match=r"column trade_date, row 1: .*01/02/2020") as caught:
        call(bad, "--out", tmp_path / "out")
    assert caught.value.where == str(bad)
    bad.write_text(header + "A,2020-01-02\n")
    with pytest.raises(InputRefused, match="Expected 6 columns"):
        call(bad, "--out", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputRefused, match=r"no \.csv or \.parquet file"):
        call(tmp_path / "empty", "--out", tmp_path / "out")
    with pytest.raises(UsageError, match="least_tax needs st_rate"):
        call(bad, "--out", tmp_path / "out", "--method", "least_tax")


def test_names_that_look_like_nulls_are_names(tmp_path: Path) -> None:
    csv.write_csv(table([buy("2020-01-02", 1, 1.0, security_id="NA", account_id="null")]), tmp_path / "trades.csv")
    call(tmp_path / "trades.csv", "--out", tmp_path / "out")
    (lot,) = pq.read_table(tmp_path / "out" / "lots.parquet").to_pylist()
    assert (lot["account_id"], lot["security_id"]) == ("null", "NA")


def test_it_reads_and_writes_s3(moto_uri: str, history: pa.Table, tmp_path: Path) -> None:
    pq.write_table(history, tmp_path / "part-00000.parquet")
    storage = open_storage(moto_uri)
    storage.write_file("activity/part-00000.parquet", tmp_path / "part-00000.parquet")
    call(f"{moto_uri}/activity", "--out", f"{moto_uri}/out")
    call(tmp_path, "--out", tmp_path / "out")
    assert [info.key for info in storage.list("out/")] == [f"out/{name}" for name in FILES]
    for name in FILES:
        assert storage.read(f"out/{name}") == (tmp_path / "out" / name).read_bytes()
