"""What surrounds a name on a visit: the factors' slope, the netting schedule and the rows, as all orders stand."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import types

from kernels.jit import F8, b1, f8, i8, kernel, void
from kernels.problem import PROBLEM, Floats, Problem
from kernels.rounding.memory import MEND, ROUNDING, Rounding, strongest_factor
from kernels.taxes import linear_piece, run_tax

NONE: Final = -1
WORTHWHILE: Final = 1e-9
"""bp by which a step must improve the objective, so that equal states cannot cycle."""


class Around(NamedTuple):
    """How things stand, and how far they have moved since slopes and gaps were set."""

    factor: int
    """The strongest factor."""
    along: float
    """The exposure's move in it, times 2λ."""
    beside: float
    """The norm of its move in all other factors, times 2λ."""
    tax: float
    """bp of all orders."""
    short_rate: float
    """bp per percent of gain, wherever gains move by no more than `reach`."""
    long_rate: float
    reach: float
    quiet: float
    """Gaps hold for a name that moves no more gain than this; for none if negative."""
    steady: bool
    """No row has gone from inside to outside or back."""


AROUND = types.NamedTuple((i8, f8, f8, f8, f8, f8, f8, f8, b1), Around)


@kernel(f8(F8, F8), inlined=True)
def dot(left: Floats, right: Floats) -> float:
    """Σ left·right in four sums: one alone waits for each addition. Indices are unsigned, so none can count back."""
    first, second, third, fourth = 0.0, 0.0, 0.0, 0.0
    for start in range(0, len(right) - 3, 4):
        at = np.uint64(start)
        first += left[at] * right[at]
        second += left[at + np.uint64(1)] * right[at + np.uint64(1)]
        third += left[at + np.uint64(2)] * right[at + np.uint64(2)]
        fourth += left[at + np.uint64(3)] * right[at + np.uint64(3)]
    for at_last in range(len(right) // 4 * 4, len(right)):
        first += left[at_last] * right[at_last]
    return (first + second) + (third + fourth)


@kernel(void(PROBLEM, ROUNDING, i8), inlined=True)
def weigh_row(problem: Problem, memory: Rounding, row: int) -> None:
    """What a row's sum costs as it stands, and what one percent more would."""
    above, below = memory.total[row] - problem.row_upper[row], problem.row_lower[row] - memory.total[row]
    price = memory.price[row]
    memory.breach[row] = max(above, below, 0.0) * price
    memory.pull[row] = price if above > 0.0 else -price if below > 0.0 else 0.0


@kernel(f8(PROBLEM, ROUNDING, i8, f8), inlined=True)
def _row_change(problem: Problem, memory: Rounding, row: int, moved: float) -> float:
    """What a row costs more in bp once its sum has moved."""
    total = memory.total[row] + moved
    outside = max(total - problem.row_upper[row], problem.row_lower[row] - total, 0.0)
    return float(outside * memory.price[row] - memory.breach[row])


@kernel(f8(PROBLEM, i8, ROUNDING), inlined=True)
def cash_room(problem: Problem, cash_row: int, memory: Rounding) -> float:
    """What the cash row may still take, percent of account value; negative where it is in breach."""
    return float(problem.row_upper[cash_row] - memory.total[cash_row]) if cash_row >= 0 else math.inf


@kernel(AROUND(PROBLEM, i8, i8, ROUNDING), inlined=True)
def look_around(problem: Problem, cash_row: int, factor: int, memory: Rounding) -> Around:
    """How things stand; `factor` is the strongest."""
    beside = 0.0
    k = problem.loadings.shape[1]
    for other in range(k):
        if other != factor:
            moved = memory.exposure[other] - memory.seen[other]
            beside += moved * moved
    along = memory.exposure[factor] - memory.seen[factor]
    short_rate, long_rate, reach = linear_piece(problem.schedule, memory.gain[0], memory.gain[1])
    quiet = reach if short_rate == memory.seen_rate[0] and long_rate == memory.seen_rate[1] else 0.0
    steady = True
    for row in range(len(problem.row_price)):
        if memory.pull[row] != memory.seen_pull[row]:
            steady = False
            if row == cash_row:  # whose pull is part of each gap
                quiet = -1.0
    tax = run_tax(problem.schedule, memory.gain[0], memory.gain[1])
    twice = 2.0 * problem.risk_aversion
    return Around(factor, twice * along, twice * math.sqrt(beside), tax, short_rate, long_rate, reach, quiet, steady)


@kernel(void(ROUNDING, i8, i8, f8), inlined=True)
def set_gaps(memory: Rounding, first: int, last: int, cash_pull: float) -> None:
    """How far the slope may move, from what was seen, before one of the names in these places could gain."""
    slope, press = memory.slope[first:last], memory.press[first:last]
    above, below = memory.above[first:last], memory.below[first:last]
    short_rate, long_rate = memory.seen_rate[0], memory.seen_rate[1]
    above[:], below[:] = math.inf, math.inf
    for slot in range(MEND):
        change, value = memory.change[slot][first:last], memory.value[slot][first:last]
        short, long = memory.more_short[slot][first:last], memory.more_long[slot][first:last]
        cash = memory.more_cash[slot][first:last]
        for at in range(len(slope)):
            worth = value[at] + change[at] * (slope[at] + press[at]) + cash_pull * cash[at]
            worth += short_rate * short[at] + long_rate * long[at]
            gap = worth / abs(change[at])
            above[at] = min(above[at], gap if change[at] < 0.0 else math.inf)
            below[at] = min(below[at], gap if change[at] > 0.0 else math.inf)


@kernel(f8(ROUNDING, i8), inlined=True)
def press_of_rows(memory: Rounding, name: int) -> float:
    """What the rows that are outside cost a name at least, bp per percent (a row's cost is convex)."""
    press = 0.0
    for at in range(memory.row_count[name]):
        press += memory.coefficient[name, at] * memory.pull[memory.row[name, at]]
    return press


@kernel(b1(AROUND, i8, ROUNDING), inlined=True)
def is_quiet(around: Around, place: int, memory: Rounding) -> bool:
    """Whether no offer of a name can be worthwhile, whatever the moves since slopes were set."""
    if memory.spend[place] > around.quiet:
        return False
    shift, slack = memory.main[place] * around.along, memory.rest[place] * around.beside
    if not around.steady:
        shift += press_of_rows(memory, memory.trading[place]) - memory.press[place]
    return bool(memory.above[place] >= slack + shift and memory.below[place] >= slack - shift)


@kernel(AROUND(PROBLEM, i8, i8, ROUNDING))
def take_stock(problem: Problem, cash_row: int, trading: int, memory: Rounding) -> Around:
    """Set slopes and gaps of all names that trade, as things stand."""
    k, m = problem.loadings.shape[1], len(problem.row_price)
    slope = memory.slope[:trading]
    slope[:] = 0.0
    for factor in range(k):
        memory.seen[factor] = memory.exposure[factor]
        column = memory.columns[factor * trading : (factor + 1) * trading]
        price = 2.0 * problem.risk_aversion * memory.exposure[factor]
        for place in range(trading):
            slope[place] += price * column[place]
    outside = False
    for row in range(m):
        memory.seen_pull[row] = memory.pull[row]
        outside = outside or memory.pull[row] != 0.0
    short_rate, long_rate, _ = linear_piece(problem.schedule, memory.gain[0], memory.gain[1])
    memory.seen_rate[0], memory.seen_rate[1] = short_rate, long_rate
    for place in range(trading):
        memory.press[place] = press_of_rows(memory, memory.trading[place]) if outside else 0.0
    set_gaps(memory, 0, trading, memory.pull[cash_row] if cash_row >= 0 else 0.0)
    return look_around(problem, cash_row, strongest_factor(memory, k), memory)


@kernel(f8(PROBLEM, AROUND, i8, i8, ROUNDING), inlined=True)
def _tax_change(problem: Problem, around: Around, place: int, slot: int, memory: Rounding) -> float:
    """What an offer adds to the tax in bp."""
    short, long = memory.more_short[slot, place], memory.more_long[slot, place]
    if abs(short) + abs(long) <= around.reach:
        return float(around.short_rate * short + around.long_rate * long)
    return float(run_tax(problem.schedule, memory.gain[0] + short, memory.gain[1] + long) - around.tax)


@kernel(i8(PROBLEM, i8, AROUND, i8, i8, ROUNDING), inlined=True)
def best_offer(problem: Problem, cash_row: int, around: Around, place: int, slots: int, memory: Rounding) -> int:
    """The best of the first `slots` offers of the name in a place, or NONE where none is worthwhile.

    The name's slope lies within `slack` of what it was and the strongest factor's part of the move; it is summed up
    only where an offer may be worthwhile for all that is known.
    """
    name = memory.trading[place]
    slope = memory.slope[place] + memory.main[place] * around.along
    slack = memory.rest[place] * around.beside
    press = press_of_rows(memory, name)
    cash_pull = memory.pull[cash_row] if cash_row >= 0 else 0.0
    worth = False
    for slot in range(slots):
        memory.found[slot] = math.inf
        change, cash = memory.change[slot, place], memory.more_cash[slot, place]
        value = memory.value[slot, place] + _tax_change(problem, around, place, slot, memory)
        sloped = change * slope - abs(change) * slack
        if value + sloped + change * press + cash_pull * cash >= 0.0:
            continue
        if cash_row >= 0:
            value += _row_change(problem, memory, cash_row, cash)
            if value + sloped + change * press >= 0.0:
                continue
        for at in range(memory.row_count[name]):
            value += _row_change(problem, memory, memory.row[name, at], memory.coefficient[name, at] * change)
        if value + sloped < 0.0:
            memory.found[slot] = value
            worth = True
    if not worth:
        return NONE
    if slack > 0.0:
        slope = 2.0 * problem.risk_aversion * dot(memory.exposure, problem.loadings[name])
    best, chosen = -WORTHWHILE, NONE
    for slot in range(slots):
        value = memory.found[slot] + memory.change[slot, place] * slope
        if value < best:
            best, chosen = value, slot
    return chosen
