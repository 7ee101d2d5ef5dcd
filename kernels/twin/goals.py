"""The weights that close every gap: the effective target where rules allow it, and what is nearest to it where not.

The goal is w = clip(t · (1 + Σ over rows of price · coefficient), lower, upper): of the weights within the bounds that
keep the rows, those nearest to the target t in Σ (w − t)² / t. Where something must give, all names give in proportion
to their target. The rows are the account's limits on sectors and factors, and the sum that leaves cash at its target. A
row's price is exact for the others' (dual coordinate ascent; Hildreth, *Naval Research Logistics Quarterly* 4, 1957);
with the sum alone, as almost always, that is all.
"""

from __future__ import annotations

import math

from numba.types import UniTuple

from kernels.decide.book import BOOK, PERCENT, Book
from kernels.decide.limits import SLACK
from kernels.jit import b1, f8, i8, kernel, void
from kernels.twin.memory import NAMES, Names

NEAR = 1e-10
"""Percent by which a row may be missed."""
FAR = 1e9
"""A price beyond which all names are at their bounds."""
STEPS = 200
CYCLES = 500
SETTLED = 1e-9


@kernel(f8(NAMES, i8, f8), inner=True)
def _goal(names: Names, name: int, scale: float) -> float:
    """A name's weight where its target counts `scale` times."""
    return float(min(max(names.target[name] * scale, names.lower[name]), names.upper[name]))


@kernel(UniTuple(f8, 2)(NAMES, i8, f8), inner=True)
def _row_at(names: Names, n: int, price: float) -> tuple[float, float]:
    """The row whose coefficients are in memory, at a price of its own: its sum, and how that rises with the price."""
    total, slope = 0.0, 0.0
    for name in range(n):
        coefficient, target = names.coefficient[name], names.target[name]
        wanted = target * (names.scale[name] + price * coefficient)
        total += coefficient * min(max(wanted, names.lower[name]), names.upper[name])
        if names.lower[name] < wanted < names.upper[name]:
            slope += target * coefficient * coefficient
    return total, slope


@kernel(f8(NAMES, i8, f8, f8), inner=True)
def _price_of_row(names: Names, n: int, least: float, most: float) -> float:
    """The price at which the row in memory lies between `least` and `most`: nought if it may be.

    Newton's steps on a piecewise linear function that never falls, kept between a price too low and one too high.
    Where no price will do, one at which nothing moves any more.
    """
    total, slope = _row_at(names, n, 0.0)
    if least - NEAR <= total <= most + NEAR:
        return 0.0
    goal, towards = (least, 1.0) if total < least else (most, -1.0)
    inside, outside, price = 0.0, towards * math.inf, 0.0
    for _ in range(STEPS):
        trial = price + (goal - total) / slope if slope > 0.0 else math.nan
        if not (inside * towards < trial * towards < outside * towards):
            trial = 0.5 * (inside + outside) if math.isfinite(outside) else 2.0 * inside + towards
        price = trial
        total, slope = _row_at(names, n, price)
        if abs(goal - total) <= NEAR or abs(price) > FAR:
            break
        if (goal - total) * towards > 0.0:
            inside = price
        else:
            outside = price
    return price


@kernel(UniTuple(f8, 2)(BOOK, NAMES, i8, i8), inner=True)
def _set_limit(book: Book, names: Names, limit: int, n: int) -> tuple[float, float]:
    """Lay a limit's coefficients in memory; the least and the most of their sum (`kernels.decide.limits`)."""
    limits, securities, origin = book.limits, book.securities, 0.0
    factor, sector = limits.factor[limit], limits.sector[limit]
    for name in range(n):
        security = names.security[name]
        if factor >= 0:
            names.coefficient[name] = securities.exposures[security, factor]
            origin += names.coefficient[name] * names.target[name]
        else:
            names.coefficient[name] = 1.0 if securities.sector[security] == sector else 0.0
    return origin + PERCENT * limits.least[limit], origin + PERCENT * limits.most[limit]


@kernel(b1(BOOK, NAMES, i8, i8), inner=True)
def breaks_a_limit(book: Book, names: Names, account: int, n: int) -> bool:
    """Whether what is held is outside a limit."""
    for limit in range(book.accounts.limits[account], book.accounts.limits[account + 1]):
        least, most = _set_limit(book, names, limit, n)
        total = 0.0
        for name in range(n):
            total += names.coefficient[name] * names.held[name]
        if total > most + SLACK or total < least - SLACK:
            return True
    return False


@kernel(f8(NAMES, i8, i8, f8, f8), inner=True)
def _keep_row(names: Names, n: int, row: int, least: float, most: float) -> float:
    """Price the row in memory anew; by how much that moved."""
    before = names.row_price[row]
    for name in range(n):
        names.scale[name] -= before * names.coefficient[name]
    price = _price_of_row(names, n, least, most)
    for name in range(n):
        names.scale[name] += price * names.coefficient[name]
    names.row_price[row] = price
    return float(abs(price - before))


@kernel(void(BOOK, NAMES, i8, i8, f8), inner=True)
def set_goals(book: Book, names: Names, account: int, n: int, invested: float) -> None:
    """Goals that keep the account's limits and sum to `invested` percent, where bounds allow it."""
    first = book.accounts.limits[account]
    limits = book.accounts.limits[account + 1] - first
    for name in range(n):
        names.scale[name] = 1.0
    for row in range(limits + 1):
        names.row_price[row] = 0.0
    for _ in range(CYCLES if limits > 0 else 1):
        moved = 0.0
        for row in range(limits):
            least, most = _set_limit(book, names, first + row, n)
            moved = max(moved, _keep_row(names, n, row, least, most))
        for name in range(n):
            names.coefficient[name] = 1.0
        moved = max(moved, _keep_row(names, n, limits, invested, invested))
        if moved <= SETTLED:
            break
    for name in range(n):
        names.weight[name] = _goal(names, name, names.scale[name])


@kernel(f8(NAMES, i8), inner=True)
def spread_to_target(names: Names, n: int) -> float:
    """Half-spreads of going to the target as far as the bounds allow, percent."""
    total = 0.0
    for name in range(n):
        total += names.spread[name] * abs(_goal(names, name, 1.0) - names.held[name])
    return total


@kernel(void(NAMES, i8, f8, b1), inner=True)
def cap_turnover(names: Names, n: int, cap: float, sells: bool) -> None:
    """Go only so far towards the goals that sales, or else purchases, come to `cap` percent; as far as bounds ask."""
    moved = 0.0
    for name in range(n):
        change = names.weight[name] - names.held[name]
        moved += max(-change if sells else change, 0.0)
    if moved <= cap:
        return
    for name in range(n):
        part = names.held[name] + cap / moved * (names.weight[name] - names.held[name])
        names.weight[name] = min(max(part, names.lower[name]), names.upper[name])
