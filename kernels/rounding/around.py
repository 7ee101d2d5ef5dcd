"""What surrounds the names: the factors' slopes, the netting schedule, the rows, and which names that leaves quiet.

Once, all slopes (what the factors cost a name) are set, with the gap by which each would have to move before an offer
could be worthwhile. Moves since then changed the exposure by d, so no slope moved by more than 2λ‖Lᵢ‖‖d‖ (Cauchy and
Schwarz). The strongest factor, usually the market, makes most of ‖d‖; its part is taken exactly. A row that is outside
pulls at its price, one inside may cost more but never less, for what a row costs is convex.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import types

from kernels.jit import b1, f8, i8, kernel, void
from kernels.problem import PROBLEM, Problem
from kernels.rounding.memory import MEND, ROUNDING, Rounding, strongest_factor
from kernels.taxes import linear_piece, run_tax


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


@kernel(AROUND(PROBLEM, i8, i8, ROUNDING), inlined=True, inner=True)
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


@kernel(void(ROUNDING, i8, i8, f8), inlined=True, inner=True)
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


@kernel(f8(ROUNDING, i8), inlined=True, inner=True)
def press_of_rows(memory: Rounding, name: int) -> float:
    """What the rows that are outside cost a name at least, bp per percent (a row's cost is convex)."""
    press = 0.0
    for at in range(memory.row_count[name]):
        press += memory.coefficient[name, at] * memory.pull[memory.row[name, at]]
    return press


@kernel(b1(AROUND, i8, ROUNDING), inlined=True, inner=True)
def is_quiet(around: Around, place: int, memory: Rounding) -> bool:
    """Whether no offer of a name can be worthwhile, whatever the moves since slopes were set."""
    if memory.spend[place] > around.quiet:
        return False
    shift, slack = memory.main[place] * around.along, memory.rest[place] * around.beside
    if not around.steady:
        shift += press_of_rows(memory, memory.trading[place]) - memory.press[place]
    return bool(memory.above[place] >= slack + shift and memory.below[place] >= slack - shift)


@kernel(AROUND(PROBLEM, i8, i8, ROUNDING), inner=True)
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
