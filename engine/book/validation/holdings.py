"""Lots: known names, lots of their own, days in order, and an account that is worth something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.book import columns
from engine.book.findings import Finding, Scope
from engine.book.validation.account_rules import first_rows
from engine.book.validation.keys import repeated_in_owner
from engine.book.validation.prices import usable_price
from engine.book.validation.reference import Reference
from engine.book.validation.sheet import OwnedSheet
from engine.codes import Code
from kernels.lots import add_worth

# What int64 micro-shares and cents, and the output's decimals, hold exactly.
LEAST_SHARES: Final = 0.5e-6
MOST_SHARES: Final = 1e12
MOST_MONEY: Final = 1e12


def check_lots(lots: OwnedSheet, security: NDArray[np.int32]) -> Iterator[Finding]:
    """Faults of single lots beyond their cells; `security` (lots,) indexes securities, -1 for unknown."""
    if security.min(initial=0) < 0:
        unknown = lots.filled("security_id") & (security < 0)
        yield from lots.blame(Code.SECURITY_UNKNOWN, "security_id", unknown, "is not in securities")
    again = repeated_in_owner(lots.owner, lots.as_held("lot_id"))
    yield from lots.blame(Code.LOT_DUPLICATE, "lot_id", again, "is another lot of the account already")
    quantity, basis = lots.numbers("quantity"), lots.numbers("cost_basis")
    if _within(quantity, LEAST_SHARES, MOST_SHARES) and _within(quantity * basis, 0.0, MOST_MONEY):
        return
    inexact = ((quantity > 0) & (quantity < LEAST_SHARES)) | ((quantity >= MOST_SHARES) & (quantity < np.inf))
    limit = f"at least 0.000001 and below {MOST_SHARES:g}"
    yield from lots.blame(Code.QUANTITY_INVALID, "quantity", inexact, "is not a number of shares", limit=limit)
    huge = np.isfinite(basis) & (quantity < MOST_SHARES) & (quantity * basis >= MOST_MONEY)
    limit = f"below {MOST_MONEY:g} USD a lot"
    yield from lots.blame(Code.BASIS_INVALID, "cost_basis", huge, "times quantity is no amount of money", limit=limit)


def _within(values: NDArray[np.float64], least: float, below: float) -> bool:
    """Whether all values are known and lie in [least, below)."""
    return len(values) == 0 or bool(values.min() >= least and values.max() < below)


def check_tacking(lots: OwnedSheet) -> list[Finding]:
    """A holding period that starts after the purchase; tacking only ever adds days (§1223(3))."""
    if not (lots.has("holding_start") and lots.has("acquired")):
        return []
    start, acquired = lots.days("holding_start"), lots.days("acquired")
    late = (start > acquired) & (acquired != columns.NO_DATE)
    return lots.blame(Code.DATE_INVALID, "holding_start", late, "is after acquired", limit="at most acquired")


def check_values(
    accounts: OwnedSheet, lots: OwnedSheet, security: NDArray[np.int32], reference: Reference
) -> Iterator[Finding]:
    """Accounts whose value, cash and lots at today's price, is not above zero or beyond all bounds.

    A value that a faulty quantity, price or cash leaves unknown is told as that fault and not here.
    """
    count = len(accounts.subjects)
    price = np.where(usable_price(reference.price), reference.price, np.nan)
    worth = np.empty(count)
    add_worth(lots.owner, security, lots.numbers("quantity"), price, MOST_SHARES, worth)
    rows = first_rows(accounts)
    value = accounts.numbers("cash")[rows] + worth
    empty, huge = np.isfinite(value) & (value <= 0), np.isfinite(value) & (np.abs(value) >= MOST_MONEY)
    yield from _tell_value(accounts, Code.ACCOUNT_EMPTY, rows, value, empty & ~huge, "is not above zero", "above 0")
    limit = f"below {MOST_MONEY:g} USD"
    yield from _tell_value(accounts, Code.VALUE_OUT_OF_RANGE, rows, value, huge, "is no amount of money", limit)


def _tell_value(
    accounts: OwnedSheet,
    code: Code,
    rows: NDArray[np.int64],
    value: NDArray[np.float64],
    faulty: NDArray[np.bool_],
    what: str,
    limit: str,
) -> Iterator[Finding]:
    for index in np.flatnonzero(faulty):
        row = int(rows[index])
        yield Finding(
            Scope.ACCOUNT,
            code.name,
            "accounts",
            "cash",
            f"cash {accounts.cell('cash', row)} and the lots come to {value[index]:.2f} USD, which {what}",
            code.value,
            file=accounts.file,
            row=row,
            key=accounts.key(row),
            subject=accounts.subject(row),
            value=f"{value[index]:.2f}",
            limit=limit,
        )
