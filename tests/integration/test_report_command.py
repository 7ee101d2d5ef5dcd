"""`wholebook report`, as a user reaches it: the page of a small run, its sums against the run's own tables."""

from __future__ import annotations

import datetime
import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from cluster.cli import main
from tests.support.books import small_book
from tests.support.pages import check_page


@pytest.fixture(scope="module")
def run_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    book = small_book(tmp_path_factory.mktemp("report"), 64, 9, faults=True)
    out = tmp_path_factory.mktemp("out")
    with pytest.raises(SystemExit) as ended:
        main(["run", book, "--out", str(out), "--workers", "0"])
    assert not ended.value.code
    (found,) = (out / "runs").iterdir()
    return str(found)


def report(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["report", *args])
    told = capsys.readouterr()
    assert not ended.value.code, told.err
    return told.out


def table(run_uri: str, name: str) -> pa.Table:
    return pa.concat_tables([pq.read_table(path) for path in sorted(Path(run_uri, "parts").glob(f"{name}-*"))])


def test_sums_on_the_page_are_the_tables(run_uri: str, capsys, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert report(capsys, run_uri, "--out", str(out)) == f"{out}\n"
    taken = check_page(out.read_text("utf-8"))
    results, trades = table(run_uri, "results"), table(run_uri, "trades")
    for name in ("tax_cost", "realised_st", "realised_lt"):
        assert taken.sums[name] == pc.sum(results[name]).as_py()
    assert taken.sums["wash_disallowed"] == pc.sum(trades["wash_disallowed"]).as_py()
    for side, name in (("BUY", "bought"), ("SELL", "sold")):
        of_side = trades.filter(pc.equal(trades["side"], side))
        assert taken.sums[name] == pc.sum(of_side["amount"]).as_py()
    told = pc.sum(results["tax_saved_or_deferred"]).as_py()
    assert taken.sums.get("tax_saved_or_deferred") == told
    for row in table(run_uri, "exceptions").to_pylist():
        if row["severity"] == "ERROR":
            assert row["account_id"] in taken.text
    assert "published as" in taken.text
    assert taken.text.count("in the mean") <= 1


def test_parts_say_when_they_were_finished(run_uri: str) -> None:
    for receipt in Path(run_uri, "envelope", "receipts").iterdir():
        finished = datetime.datetime.fromisoformat(json.loads(receipt.read_text())["finished"])
        assert datetime.timedelta(0) <= datetime.datetime.now(datetime.UTC) - finished < datetime.timedelta(hours=1)


def test_the_figures_as_json(run_uri: str, capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told: dict[str, Any] = json.loads(report(capsys, run_uri, "--json"))
    assert (tmp_path / told["page"]).is_file()
    assert told["page"] == f"run-{Path(run_uri).name}.html"
    results = table(run_uri, "results")
    assert Decimal(told["figures"]["tax_cost"]) == pc.sum(results["tax_cost"]).as_py()
    assert told["figures"]["accounts"] == results.num_rows


def test_without_its_book_the_page_leaves_out_what_only_the_book_tells(run_uri: str, capsys, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(Path(run_uri).parents[1], out)
    record = out / "runs" / Path(run_uri).name / "envelope" / "run.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"book": str(tmp_path / "gone")}))
    page = tmp_path / "page.html"
    report(capsys, str(out / "runs" / Path(run_uri).name), "--out", str(page))
    check_page(page.read_text("utf-8"))
