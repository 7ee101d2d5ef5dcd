"""Taxes year by year beside the twin that has a ledger of its own: put off, later reversed, still open. Cents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from engine.book import columns
from engine.prove.reversals import reversals

CENT = 100


@dataclass(frozen=True)
class TwinYear:
    """One tax year: the twin's tax, the account's; `put_off`, `reverses`, `later` and `open` as `Reversed` has them."""

    year: int
    blind: int
    tax: int
    put_off: int
    reverses: int
    later: int
    open: int


@dataclass(frozen=True)
class TwinYears:
    """All years, the first first, the last not ended; what all held would owe if it were sold, and the twin's would."""

    years: tuple[TwinYear, ...]
    held: int
    held_blind: int

    @property
    def put_off(self) -> int:
        """Tax that any year put off or saved."""
        return sum(one.put_off for one in self.years)

    @property
    def later(self) -> int:
        """Of it, later reversed."""
        return sum(one.later for one in self.years)

    @property
    def open(self) -> int:
        """Of it, not reversed."""
        return sum(one.open for one in self.years)

    @property
    def due_later(self) -> int:
        """Of what is open, tax that would come due were all that is held sold today."""
        return self.held - self.held_blind


def of_accounts(table: pa.Table) -> dict[str, TwinYears]:
    """By account, of rows of `twin_years`."""
    names = ("tax", "tax_blind", "held_tax", "held_tax_blind")
    money = {name: columns.scaled(table[name], CENT).tolist() for name in names}
    ids, years = columns.text(table["account_id"]).to_pylist(), table["year"].to_pylist()
    rows: dict[str, list[int]] = {}
    for row in np.argsort(np.asarray(years), kind="stable").tolist():
        rows.setdefault(ids[row], []).append(row)
    found = {}
    for account, mine in rows.items():
        less = [money["tax_blind"][row] - money["tax"][row] for row in mine]
        told = tuple(
            TwinYear(
                years[row],
                money["tax_blind"][row],
                money["tax"][row],
                one.put_off,
                one.reverses,
                one.later,
                one.open,
            )
            for row, one in zip(mine, reversals(less), strict=True)
        )
        found[account] = TwinYears(told, money["held_tax"][mine[-1]], money["held_tax_blind"][mine[-1]])
    return found


def of_all(each: Iterable[TwinYears]) -> TwinYears | None:
    """The sum of accounts, year by year; None of none."""
    accounts: Sequence[TwinYears] = list(each)
    sums: dict[int, list[int]] = {}
    for account in accounts:
        for one in account.years:
            whole = sums.setdefault(one.year, [0] * 6)
            figures = (one.blind, one.tax, one.put_off, one.reverses, one.later, one.open)
            sums[one.year] = [a + b for a, b in zip(whole, figures, strict=True)]
    if not sums:
        return None
    years = tuple(TwinYear(year, *figures) for year, figures in sorted(sums.items()))
    return TwinYears(years, sum(one.held for one in accounts), sum(one.held_blind for one in accounts))
