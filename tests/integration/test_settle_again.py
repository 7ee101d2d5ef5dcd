"""The day after: what the next run trades on a settled book, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cluster.executors import InlineExecutor
from cluster.observe import Quiet
from cluster.outputs import read_output
from cluster.run import Report, Request, run_book
from cluster.settlement import Request as SettleRequest
from cluster.settlement import settle_book
from cluster.storage import open_storage
from tests.support.books import small_book
from tests.support.hand_book import Row

AS_OF, NEXT = dt.date(2026, 1, 30), dt.date(2026, 2, 2)
WINDOW = AS_OF - dt.timedelta(days=30)
"""The first day whose purchases wash a loss of AS_OF."""


def run(book: str, out: Path) -> Report:
    return run_book(Request(open_storage(book), open_storage(str(out))), InlineExecutor(), Quiet())


def trades(report: Report) -> list[Row]:
    assert report.manifest is not None
    out = open_storage(report.out)
    return [
        row for file in report.manifest.files if file.table == "trades" for row in read_output(out, file).to_pylist()
    ]


def rows(folder: Path, name: str) -> list[Row]:
    return pa.concat_tables(pq.read_table(path) for path in sorted(folder.glob(f"{name}/*.parquet"))).to_pylist()


def names(rows: Iterable[Row], households: dict[str, str]) -> set[tuple[str, str]]:
    """Household and security of each."""
    return {(households[row["account_id"]], row["security_id"]) for row in rows}


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[Row], list[Row]]:
    """The book, the next day's, and the trades of both runs; prices do not move."""
    folder = tmp_path_factory.mktemp("again")
    book = small_book(folder, 64)
    first = run(book, folder / "out")
    new = folder / "new"
    settle_book(SettleRequest(open_storage(book), first.out, open_storage(str(new))), InlineExecutor(), Quiet())
    return Path(book), new, trades(first), trades(run(str(new), folder / "out2"))


def test_few_accounts_trade_again(days) -> None:
    _, _, first, second = days
    assert len({row["account_id"] for row in second}) <= len({row["account_id"] for row in first}) // 6


def test_each_that_does_has_a_reason_that_the_day_brought(days) -> None:
    """A payment was made; a purchase left the 30 days; a name that the household sold at a loss, which no account may
    buy in the same run, has the price of that loss on the next day; or a lot that took up a loss has it to give."""
    book, new, first, second = days
    homes = {row["account_id"]: row["household_id"] or row["account_id"] for row in rows(book, "accounts")}
    paid = {row["account_id"] for row in rows(book, "flows") if row["date"] <= NEXT}
    recent = [row for row in rows(book, "activity") if WINDOW <= row["trade_date"] < WINDOW + (NEXT - AS_OF)]
    left = names((row for row in recent if row["side"] == "BUY"), homes)
    lost = names(
        (row for row in first if row["side"] == "SELL" and row["realised_gain"] < row["wash_disallowed"]), homes
    )
    basis = {(row["account_id"], row["lot_id"]) for row in rows(book, "lots")}
    washed = {
        (row["account_id"], row["lot_id"])
        for row in rows(new, "lots")
        if row["lot_id"].endswith((".1", ".2")) and (row["account_id"], row["lot_id"]) not in basis
    }
    reasoned = set(paid)
    for row in second:
        name = (homes[row["account_id"]], row["security_id"])
        sells = row["side"] == "SELL"
        if name in (left if sells else lost) or (sells and (row["account_id"], row["lot_id"]) in washed):
            reasoned.add(row["account_id"])
    assert {row["account_id"] for row in second} <= reasoned
