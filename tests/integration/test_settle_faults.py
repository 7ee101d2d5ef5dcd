"""A book with every hard fault, settled: sound accounts go on, those in doubt are carried as they were."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cluster.executors import InlineExecutor
from cluster.observe import Quiet
from cluster.run import Request as RunRequest
from cluster.run import run_book
from cluster.settlement import Report, Request, settle_book
from cluster.storage import open_storage
from tests.support.books import small_book


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Report]:
    folder = tmp_path_factory.mktemp("faults")
    book, out, new = small_book(folder, 24, faults=True), folder / "out", folder / "new"
    run_book(RunRequest(open_storage(book), open_storage(str(out))), InlineExecutor(), Quiet())
    report = settle_book(Request(open_storage(book), str(out), open_storage(str(new))), InlineExecutor(), Quiet())
    return Path(book), new, report


def rows(folder: Path, name: str, columns: list[str] | None = None) -> pa.Table:
    return pa.concat_tables(pq.read_table(path, columns=columns) for path in sorted(folder.glob(f"{name}/*.parquet")))


def of(table: pa.Table, accounts: set[str | None]) -> list[str]:
    """Rows of these accounts as text, so that NaN equals NaN."""
    return sorted(repr(sorted(row.items())) for row in table.to_pylist() if row["account_id"] in accounts)


@pytest.mark.parametrize("name", ["accounts", "lots", "flows", "restrictions"])
def test_accounts_in_doubt_are_as_they_were(settled, name) -> None:
    book, new, report = settled
    left = {trouble.account for trouble in report.troubles} | {None}
    assert {"FAULT-NAN-CASH", "FAULT-NEGATIVE-QUANTITY", "FAULT-ROW-TWICE", "FAULT-LOT-TWICE"} <= left
    before = rows(book, name)
    assert of(rows(new, name, before.column_names), left) == of(before, left)


def test_the_others_are_settled(settled) -> None:
    book, new, report = settled
    assert report.totals.fills > 0
    left = {trouble.account for trouble in report.troubles}
    before, after = rows(book, "accounts"), rows(new, "accounts")
    everyone = set(before["account_id"].to_pylist()) - {None}
    cash = {row["account_id"]: row["cash"] for row in before.to_pylist()}
    moved = {row["account_id"] for row in after.to_pylist() if row["cash"] != cash[row["account_id"]]}
    assert moved & (everyone - left)


def test_a_fault_that_only_keeps_an_account_from_being_decided_does_not_keep_it_from_being_settled(settled) -> None:
    codes = {trouble.code.name for trouble in settled[2].troubles}
    assert codes.isdisjoint({"PRICE_STALE", "MODEL_INVALID", "MODEL_MISSING", "RISK_MISSING", "SETTINGS_CONFLICT"})
    assert {"SECURITY_UNKNOWN", "LOT_DUPLICATE", "ACCOUNT_DUPLICATE"} <= codes
