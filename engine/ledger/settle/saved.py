"""What runs saved an account of tax, and what its advice cost: this year and since the account began.

What a run harvests and saves by its choice of lots happens once, with its trades. What it defers does not: tomorrow's
run measures the same gap again. So only the former two are added up (docs/saved.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from engine.book import columns
from engine.book.schema import MONEY
from engine.ledger.rows import Ints, sums
from engine.ledger.settle.booking import Booked
from engine.ledger.settle.rewriting import cents, put_scaled
from kernels.dates import year_of
from kernels.money import amounts_cents

BASIS_POINTS = 10_000
DAYS_A_YEAR = 365


@dataclass(frozen=True)
class Days:
    """The days from the old book's to the new one's, and how many of them are of the new one's year."""

    all: int
    of_new_year: int
    is_new_year: bool

    @classmethod
    def between(cls, old: int, new: int) -> Days:
        """Days since 1970-01-01."""
        if year_of(old) == year_of(new):
            return cls(new - old, new - old, is_new_year=False)
        january = np.datetime64(f"{year_of(new)}-01-01", "D").astype(np.int64)
        return cls(new - old, new - int(january), is_new_year=True)


@dataclass(frozen=True)
class Saved:
    """What the run tells: its `results`, its `trades`, and its prices (securities,), micro-dollars."""

    results: pa.Table
    trades: pa.Table
    price: Ints


def with_savings(accounts: pa.Table, run: Saved, booked: Booked, days: Days) -> pa.Table:
    """`accounts` with the columns brought forward.

    Where fills fell short, what the run saved counts in proportion to what was sold, at the run's prices. Fees are
    accrued on the value before the run, by days of 365. Accounts left as they are keep every value.
    """
    place = columns.codes(booked.owners.ids, columns.text(run.results["account_id"]))
    told = np.where(place < 0, run.results.num_rows, place)

    def of_run(name: str) -> Ints:
        return np.append(columns.scaled(run.results[name], 100), 0)[told]

    saved = _part(of_run("harvested") + of_run("saved_by_lot_choice"), *_sold(run, booked))
    value, rate = of_run("value") / BASIS_POINTS, columns.numbers(columns.optional(accounts, "fee_bps", pa.float64()))
    fee = np.where(np.isnan(rate), 0.0, value * rate) / DAYS_A_YEAR
    all_fees, new_fees = (np.floor(fee * count + 0.5).astype(np.int64) for count in (days.all, days.of_new_year))
    for total, year, whole, recent in (
        ("saved_since_inception", "saved_ytd", saved, 0 * saved if days.is_new_year else saved),
        ("fees_since_inception", "fees_ytd", all_fees, new_fees),
    ):
        before = 0 * whole if days.is_new_year else cents(accounts, year)
        accounts = _put(accounts, year, before + recent, booked)
        accounts = _put(accounts, total, cents(accounts, total) + whole, booked)
    return accounts


def _sold(run: Saved, booked: Booked) -> tuple[Ints, Ints]:
    """Cents that the run's trades sell, and that was sold, at the run's prices, by account."""
    size, trades, sales = len(booked.owners), run.trades, booked.fills.where(~booked.fills.buy)
    owner = columns.codes(trades["account_id"], booked.owners.ids)
    rows = np.flatnonzero((columns.codes(trades["side"], pa.array(["SELL"])) == 0) & (owner >= 0))
    filled = np.empty(len(sales), dtype=np.int64)
    amounts_cents(sales.quantity, run.price[sales.security], filled)
    asked = sums(owner[rows].astype(np.int64), columns.scaled(trades["amount"], 100)[rows], size)
    return asked, sums(sales.account, filled, size)


def _part(whole: Ints, asked: Ints, filled: Ints) -> Ints:
    """What was saved, less where less was sold than asked."""
    share = np.divide(filled, asked, out=np.ones(len(whole)), where=asked > filled)
    return np.asarray(np.floor(whole * share + 0.5), dtype=np.int64)


def _put(accounts: pa.Table, name: str, values: Ints, booked: Booked) -> pa.Table:
    return put_scaled(accounts, name, ~booked.left & (values != cents(accounts, name)), values, MONEY)
