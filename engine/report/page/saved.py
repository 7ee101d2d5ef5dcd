"""What a run saved and put off of tax, and what was saved to date beside fees; USD to the cent, by DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

TAX_SAVED = ("tax_blind", "tax_saved_or_deferred", "deferred_gains", "harvested", "saved_by_lot_choice")


@dataclass(frozen=True)
class Saved:
    """Taxes saved or deferred beside a tax-blind twin, USD; `accounts` of which the run tells.

    Of the `with_fee` taxable accounts that pay a fee, `beyond_fee` save or defer more than a year's fee of theirs, and
    `kept_beyond_fee` save that much without what is deferred; None where the book is gone.
    """

    accounts: int
    tax_blind: Decimal
    tax_saved_or_deferred: Decimal
    deferred_gains: Decimal
    harvested: Decimal
    saved_by_lot_choice: Decimal
    fees: Decimal | None
    beyond_fee: int | None
    kept_beyond_fee: int | None
    with_fee: int | None

    @property
    def today(self) -> Decimal:
        """What is saved without what is only deferred."""
        return self.harvested + self.saved_by_lot_choice


@dataclass(frozen=True)
class ToDate:
    """What runs saved and fees came to over a span before this run, USD, of the accounts of the book."""

    span: str
    saved: Decimal
    fees: Decimal


def one_row(db: duckdb.DuckDBPyConnection, query: str) -> Sequence[Any]:
    """The one row of an aggregate."""
    row: Sequence[Any] | None = db.execute(query).fetchone()
    assert row is not None, "an aggregate has one row"
    return row


def usd_of(value: Decimal | None) -> Decimal:
    """A sum, nothing where there was nothing to add."""
    return Decimal("0.00") if value is None else value


def sum_saved(db: duckdb.DuckDBPyConnection, accounts: pa.Table | None) -> Saved | None:
    """None where the run does not tell."""
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in TAX_SAVED)
    row = one_row(db, f"SELECT count(*), {sums} FROM results WHERE tax_saved_or_deferred IS NOT NULL")
    if row[0] == 0:
        return None
    fees = beyond = kept = paying = None
    if accounts is not None:
        fees, beyond, kept, paying = one_row(
            db,
            """SELECT coalesce(sum(fee), 0), count(*) FILTER (tax_saved_or_deferred > fee),
                count(*) FILTER (harvested + saved_by_lot_choice > fee), count(*) FROM (
                SELECT tax_saved_or_deferred, harvested, saved_by_lot_choice,
                    CAST(round(CAST(value AS DOUBLE) * fee_bps / 10000, 2) AS DECIMAL(38, 2)) AS fee
                FROM results JOIN accounts USING (account_id)
                WHERE tax_saved_or_deferred IS NOT NULL AND tax_status = 'taxable' AND fee_bps > 0)""",
        )
    money = dict(zip(TAX_SAVED, map(Decimal, row[1:]), strict=True))
    return Saved(accounts=row[0], fees=fees, beyond_fee=beyond, kept_beyond_fee=kept, with_fee=paying, **money)


SPANS = {"ytd": "This year", "since_inception": "Since the first run"}
"""Spans that `settle` carries forward, by the ends of their columns of `accounts`."""


def sum_to_date(db: duckdb.DuckDBPyConnection, accounts: pa.Table | None) -> tuple[ToDate, ...]:
    """Spans of which the book tells."""
    found = []
    for key, span in SPANS.items():
        if accounts is None or f"saved_{key}" not in accounts.column_names:
            continue
        sums = ", ".join(f"sum({kind}_{key})" for kind in ("saved", "fees"))
        saved, fees = one_row(db, f"SELECT {sums} FROM accounts")
        if saved is not None or fees is not None:
            found.append(ToDate(span, usd_of(saved), usd_of(fees)))
    return tuple(found)
