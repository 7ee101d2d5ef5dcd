"""Hard limits on sums over an account's names: the weight of a sector, the active exposure to a factor.

`engine.decide.limits` tells the same story, and what is said of limits that leave no room.
"""

from __future__ import annotations

import math

from kernels.decide.book import BOOK, PERCENT, Book
from kernels.decide.memory import ARRAYS, AS_POSED, CASE, OWN, Arrays, Case
from kernels.jit import b1, i8, kernel

SLACK = 1e-7
"""Percent beyond a limit that is float noise."""


@kernel(b1(BOOK, ARRAYS, i8, i8, i8), inner=True)
def _set_limit(book: Book, of: Arrays, limit: int, n: int, row: int) -> bool:
    """One limit as a row; False where the bounds of the names leave it no room."""
    limits, securities = book.limits, book.securities
    factor, sector = limits.factor[limit], limits.sector[limit]
    origin, least, most = 0.0, 0.0, 0.0
    for name in range(n):
        security = of.security[name]
        if factor >= 0:
            coefficient = securities.exposures[security, factor]
            origin += coefficient * of.target[name]
        else:
            coefficient = 1.0 if securities.sector[security] == sector else 0.0
        of.rows[row * n + name] = coefficient
        low, high = coefficient * of.lower[OWN, name], coefficient * of.upper[OWN, name]
        least, most = least + min(low, high), most + max(low, high)
    lower, upper = origin + PERCENT * limits.least[limit], origin + PERCENT * limits.most[limit]
    of.row_lower[row], of.row_upper[AS_POSED, row], of.row_price[row] = lower, upper, math.inf
    return bool(lower <= min(upper, most) + SLACK and least <= upper + SLACK)


@kernel(i8(BOOK, ARRAYS, i8, i8, i8), inner=True)
def set_limits(book: Book, of: Arrays, account: int, n: int, first: int) -> int:
    """An account's limits as rows from `first` on; the next row, or -1 where a person must be told of one."""
    of.first_limit[0] = first
    row = first
    for limit in range(book.accounts.limits[account], book.accounts.limits[account + 1]):
        if not _set_limit(book, of, limit, n, row):
            return -1
        row += 1
    return row


@kernel(b1(ARRAYS, CASE), inner=True)
def ask_by_limits(of: Arrays, case: Case) -> bool:
    """Mark names whose sale, or purchase, brings what is held back inside a limit; whether any limit is broken."""
    for name in range(case.n):
        of.sale_asked[name], of.purchase_asked[name] = False, False
    broken = False
    for row in range(of.first_limit[0], case.m):
        total = 0.0
        for name in range(case.n):
            total += of.rows[row * case.n + name] * of.held[name]
        above, below = total - of.row_upper[AS_POSED, row], of.row_lower[row] - total
        if above > SLACK or below > SLACK:
            broken = True
            for name in range(case.n):
                towards = of.rows[row * case.n + name] * (1.0 if above > SLACK else -1.0)
                of.sale_asked[name] |= towards > 0.0
                of.purchase_asked[name] |= towards < 0.0
    return broken
