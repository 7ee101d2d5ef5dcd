"""Run, settle, run again: from a book to the next day's, in one process, with the real engine."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest

from cluster.executors import InlineExecutor
from cluster.observe import Quiet
from cluster.outputs import read_output
from cluster.run import Report as RunReport
from cluster.run import Request as RunRequest
from cluster.run import run_book
from cluster.settlement import Report, Request, settle_book
from cluster.storage import open_storage
from cluster.validation import diagnose
from engine.book.findings import Scope
from engine.errors import GateRefused, InputRefused, PublicationConflict, UsageError
from tests.support.books import small_book
from tests.support.text_types import TEXT_TYPES, as_text, write_as

NEXT = dt.date(2026, 2, 2)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, RunReport]:
    """A book and its published run."""
    folder = tmp_path_factory.mktemp("settle")
    book = small_book(folder, 64)
    return book, run(book, str(folder / "out"))


def run(book: str, out: str, *, publish: bool = True) -> RunReport:
    return run_book(RunRequest(open_storage(book), open_storage(out), publish=publish), InlineExecutor(), Quiet())


def settle(first: tuple[str, RunReport], out: Path, **given: object) -> Report:
    book, report = first
    request = Request(open_storage(book), report.out, open_storage(str(out)))
    return settle_book(replace(request, **given), InlineExecutor(), Quiet())  # type: ignore[arg-type]


def table(folder: str | Path, name: str) -> pa.Table:
    return pa.concat_tables(pq.read_table(path) for path in sorted(Path(folder).glob(f"{name}/*.parquet")))


def trades(report: RunReport) -> pa.Table:
    assert report.manifest is not None
    out = open_storage(report.out)
    return pa.concat_tables(read_output(out, file) for file in report.manifest.files if file.table == "trades")


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def second(first: tuple[str, RunReport], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    folder = tmp_path_factory.mktemp("second") / "book"
    return folder, settle(first, folder)


def test_cash_and_shares_are_those_that_the_run_promised(first, second):
    _, report = first
    folder, settled = second
    assert settled.troubles == ()
    totals = report.manifest.totals
    assert settled.totals.fills == totals["trades"] > 0
    assert (settled.totals.buys, settled.totals.sells) == (totals["buys_cents"], totals["sells_cents"])
    flows = settled.totals.flows_in - settled.totals.flows_out
    assert settled.totals.cash_after == totals["cash_after_cents"] + flows
    paid = dict.fromkeys(table(folder, "accounts")["account_id"].to_pylist(), 0)
    for row in table(first[0], "flows").to_pylist():
        paid[row["account_id"]] += round(row["amount"] * 100) if row["date"] <= NEXT else 0
    promised = {}
    for file in report.manifest.files:
        if file.table == "results":
            for row in read_output(open_storage(report.out), file).to_pylist():
                promised[row["account_id"]] = row
    for row in table(folder, "accounts").to_pylist():
        assert round(row["cash"] * 100) == promised[row["account_id"]]["cash_after"] * 100 + paid[row["account_id"]]


def test_what_the_run_realised_is_in_the_years_totals(first, second):
    book, report = first
    before = {row["account_id"]: row for row in table(book, "accounts").to_pylist()}
    realised: dict[tuple[str, str], float] = {}
    for row in trades(report).to_pylist():
        key = (row["account_id"], row["term"])
        if row["term"]:
            realised[key] = realised.get(key, 0) + int(row["realised_gain"] * 100)
    for row in table(second[0], "accounts").to_pylist():
        if row["tax_status"] != "taxable":
            continue
        for term, name in (("SHORT", "realised_st_ytd"), ("LONG", "realised_lt_ytd")):
            was = round((before[row["account_id"]][name] or 0) * 100)
            assert round((row[name] or 0) * 100) == was + realised.get((row["account_id"], term), 0)


def test_the_new_book_is_sound(second):
    folder, settled = second
    assert json.loads((folder / "book.json").read_bytes())["as_of"] == settled.as_of.isoformat() == NEXT.isoformat()
    found = diagnose(open_storage(str(folder)), InlineExecutor(), Quiet(), keep=5)
    assert found.complete
    assert [str(finding) for finding in found.findings if finding.scope is not Scope.NOTE] == []


def test_other_columns_and_tables_are_kept(first, second):
    book, folder = Path(first[0]), second[0]
    changed = {"cash", "realised_st_ytd", "realised_lt_ytd", "carryforward_st", "carryforward_lt"}
    before, after = table(book, "accounts"), table(folder, "accounts")
    kept = [name for name in before.column_names if name not in changed]
    assert after.select(kept) == before.select(kept)
    for path in book.glob("*.parquet"):
        assert (folder / path.name).read_bytes() == path.read_bytes()


def test_a_place_that_is_taken_is_refused(first, second):
    with pytest.raises(PublicationConflict, match="something here already") as refused:
        settle(first, second[0])
    assert refused.value.exit_code == 4


def test_a_dry_run_says_the_same_and_writes_nothing(first, second, tmp_path):
    report = settle(first, tmp_path / "dry", dry_run=True)
    assert report.document() == second[1].document()
    assert not (tmp_path / "dry").exists()


def test_an_unpublished_run_needs_the_flag(first, tmp_path):
    book, _ = first
    made = run(book, str(tmp_path / "out"), publish=False)
    with pytest.raises(GateRefused, match="not what is published"):
        settle(first, tmp_path / "new", run=made.uri)
    assert settle(first, tmp_path / "new", run=made.uri, unpublished=True).totals.fills > 0
    with pytest.raises(UsageError, match="no run of small-mixed of 2026-01-30 is published"):
        settle(first, tmp_path / "other", run=str(tmp_path / "out"))


def test_the_run_must_be_of_the_book_as_it_is(first, tmp_path):
    _, report = first
    other = small_book(tmp_path, 64, seed=2)
    with pytest.raises(InputRefused, match="not the one that run"):
        settle((other, report), tmp_path / "new", run=report.uri)
    assert not list(Path(tmp_path / "new").rglob("*.parquet"))


def test_fills_of_a_file(first, tmp_path):
    _, report = first
    every = trades(report).select(["account_id", "security_id", "side", "lot_id", "quantity", "price"])
    fills = every.slice(0, every.num_rows // 2)
    csv.write_csv(fills, tmp_path / "fills.csv")
    settled = settle(first, tmp_path / "new", fills=str(tmp_path / "fills.csv"))
    assert settled.totals.fills == fills.num_rows
    assert settled.totals.rejected == every.num_rows - fills.num_rows
    pq.write_table(fills, tmp_path / "fills.parquet")
    settle(first, tmp_path / "same", fills=str(tmp_path / "fills.parquet"))
    assert files(tmp_path / "new") == files(tmp_path / "same")


@pytest.mark.parametrize("dtype", TEXT_TYPES, ids=str)
def test_text_of_any_type_settles_alike(first, second, tmp_path, dtype):
    """The book's tables, the fills and the prices."""
    folder = tmp_path / "book"
    shutil.copytree(first[0], folder)
    write_as(folder, dtype)
    report = run(str(folder), str(tmp_path / "out"))
    fills = trades(report).select(["account_id", "security_id", "side", "lot_id", "quantity", "price"])
    pq.write_table(as_text(fills, dtype), tmp_path / "fills.parquet")
    prices = pq.read_table(folder / "securities.parquet", columns=["security_id", "price", "price_date"])
    pq.write_table(as_text(prices, dtype), tmp_path / "prices.parquet")
    given = {"fills": str(tmp_path / "fills.parquet"), "prices": str(tmp_path / "prices.parquet")}
    settled = settle((str(folder), report), tmp_path / "new", **given)
    assert settled.totals == second[1].totals
    for name in ("accounts", "lots", "activity", "flows"):
        assert table(tmp_path / "new", name).equals(table(second[0], name))


def test_a_fill_of_a_stranger_leaves_nothing_behind(first, tmp_path):
    (tmp_path / "fills.csv").write_text(
        "account_id,security_id,side,quantity,price\nnobody,X,BUY,1,1\n", encoding="utf-8"
    )
    with pytest.raises(InputRefused, match="row 0: account nobody is not in the book"):
        settle(first, tmp_path / "new", fills=str(tmp_path / "fills.csv"))
    assert not [path for path in (tmp_path / "new").rglob("*") if path.is_file()]


def test_new_prices(first, tmp_path):
    book, _ = first
    securities = pq.read_table(Path(book) / "securities.parquet").to_pylist()
    name = securities[3]["security_id"]
    (tmp_path / "prices.csv").write_text(f"security_id,price\n{name},123.45\n", encoding="utf-8")
    settle(first, tmp_path / "new", prices=str(tmp_path / "prices.csv"))
    after = {row["security_id"]: row for row in pq.read_table(tmp_path / "new/securities.parquet").to_pylist()}
    assert (float(after[name]["price"]), after[name]["price_date"]) == (123.45, NEXT)
    assert after[securities[4]["security_id"]] == securities[4]


def test_every_fault_of_new_prices_is_told(first, tmp_path):
    (tmp_path / "prices.csv").write_text("security_id,price\nNOWHERE,1.0\nE001,-1.0\n", encoding="utf-8")
    with pytest.raises(InputRefused, match="2 faults") as refused:
        settle(first, tmp_path / "new", prices=str(tmp_path / "prices.csv"))
    assert "NOWHERE" in refused.value.what
    assert "above 0" in refused.value.what


def test_the_books_own_corporate_actions(first, second, tmp_path):
    """A split of a held fund on Monday: twice the shares, the same basis."""
    book, _ = first
    folder = tmp_path / "book"
    source = open_storage(book)
    for info in source.list():
        open_storage(str(folder)).write(info.key, source.read(info.key))
    name = table(book, "lots")["security_id"][0].as_py()
    split = {"date": [NEXT], "security_id": [name], "kind": ["SPLIT"], "ratio": [2.0]}
    pq.write_table(pa.table(split), folder / "corporate_actions.parquet")
    report = run(str(folder), str(tmp_path / "out"))
    settled = settle((str(folder), report), tmp_path / "new")
    assert settled.totals.basis_after == second[1].totals.basis_after

    def held(place: Path) -> float:
        return sum(row["quantity"] for row in table(place, "lots").to_pylist() if row["security_id"] == name)

    assert held(tmp_path / "new") == pytest.approx(2 * held(second[0]), rel=1e-12)
    assert (tmp_path / "new/corporate_actions.parquet").exists()
