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


def test_a_dry_run_says_the_same_and_writes_nothing(history: pa.Table, tmp_path: Path) -> None:
    csv.write_csv(history, tmp_path / "trades.csv")
    words = [tmp_path / "trades.csv", "--out", tmp_path / "out", "--dry-run"]
    told, document = call(*words), json.loads(call(*words, "--json").stdout)
    assert not (tmp_path / "out").exists()
    assert f"Nothing was written. The files would be in {tmp_path / 'out'}" in told.stdout
    real = call(*words[:-1])
    assert real.stdout == told.stdout.replace("Nothing was written. The files would be in", "Files:")
    written = json.loads(call(*words[:-1], "--json").stdout)
    assert document == written | {"out": None}


def test_a_dry_run_refuses_what_the_real_thing_refuses(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("account_id,trade_date,security_id,side,quantity\n")
    with pytest.raises(InputRefused, match="price"):
        call(tmp_path / "bad.csv", "--out", tmp_path / "out", "--dry-run")


@pytest.mark.parametrize("by", ["--account", "--household"])
def test_chosen_households_are_what_the_whole_says_of_them(by: str, history: pa.Table, tmp_path: Path) -> None:
    """Over two parts; an account brings its whole household."""
    folder = tmp_path / "activity"
    folder.mkdir()
    first = pc.less(history["household_id"], "H0000012")
    pq.write_table(history.filter(first), folder / "part-00000.parquet")
    pq.write_table(history.filter(pc.invert(first)), folder / "part-00001.parquet")
    whole = tmp_path / "whole"
    call(folder, "--out", whole)
    members: dict[str, list[str]] = {}
    for row in history.group_by(["household_id", "account_id"]).aggregate([]).sort_by("account_id").to_pylist():
        members.setdefault(row["household_id"], []).append(row["account_id"])
    homes = [next(home for home in sorted(members, reverse=turn) if len(members[home]) > 1) for turn in (False, True)]
    words = [(by, home if by == "--household" else members[home][0]) for home in homes]
    result = call(folder, "--out", tmp_path / "out", "--json", *(word for pair in words for word in pair))
    accounts = pa.array([account for home in homes for account in members[home]])
    assert json.loads(result.stdout)["accounts"] == len(accounts)
    for name in ("realised", "lots"):
        every = pq.read_table(whole / f"{name}.parquet")
        wanted = every.filter(pc.is_in(every["account_id"], accounts))
        assert wanted.num_rows > 0
        assert pq.read_table(tmp_path / "out" / f"{name}.parquet").equals(wanted)


def test_a_wash_group_that_only_another_household_states_holds(tmp_path: Path) -> None:
    """OLD is sold at a loss and NEW bought, which only B says are substantially identical."""
    rows = [
        buy("2020-01-02", 10, 12.0, security_id="OLD"),
        sell("2020-06-01", 10, 5.0, security_id="OLD"),
        buy("2020-06-02", 10, 5.0, security_id="NEW"),
        buy("2020-06-02", 1, 5.0, security_id="OLD", account_id="B", wash_group="G"),
        buy("2020-06-02", 1, 5.0, security_id="NEW", account_id="B", wash_group="G"),
    ]
    csv.write_csv(table(rows), tmp_path / "trades.csv")
    call(tmp_path / "trades.csv", "--out", tmp_path / "out", "--account", "A")
    (row,) = pq.read_table(tmp_path / "out" / "realised.parquet").to_pylist()
    assert (row["account_id"], float(row["adjustment"])) == ("A", 70.0)


def test_faults_of_others_are_not_told_of_the_chosen(tmp_path: Path) -> None:
    rows = [buy("2020-01-02", 1, 1.0), buy("2020-01-02", 1, -1.0, account_id="BAD")]
    csv.write_csv(table(rows), tmp_path / "trades.csv")
    for account, accounts, exceptions in (("A", 1, 0), ("BAD", 0, 1)):
        result = call(tmp_path / "trades.csv", "--out", tmp_path / "out", "--account", account, "--json")
        document = json.loads(result.stdout)
        assert (document["accounts"], document["exceptions"]) == (accounts, exceptions)


def test_a_name_that_is_nowhere_is_refused(history: pa.Table, tmp_path: Path) -> None:
    csv.write_csv(history, tmp_path / "trades.csv")
    known = history["account_id"][0].as_py()
    words = ["--account", known, "--account", "nobody", "--household", "nowhere"]
    with pytest.raises(UsageError, match="no row names nobody, nowhere"):
        call(tmp_path / "trades.csv", "--out", tmp_path / "out", *words)
    assert not (tmp_path / "out").exists()


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
