"""What a name's offers are worth in bp, as all other orders stand."""

from __future__ import annotations

import math
from typing import Final

from numba import types

from kernels.dot import dot
from kernels.jit import f8, i8, kernel, void
from kernels.problem import PROBLEM, Problem
from kernels.rounding.around import AROUND, Around, press_of_rows
from kernels.rounding.memory import ROUNDING, Rounding
from kernels.taxes import run_tax

NONE: Final = -1
WORTHWHILE: Final = 1e-9
"""bp by which a step must improve the objective, so that equal states cannot cycle."""


@kernel(void(PROBLEM, ROUNDING, i8), inlined=True, inner=True)
def weigh_row(problem: Problem, memory: Rounding, row: int) -> None:
    """What a row's sum costs as it stands, and what one percent more would."""
    above, below = memory.total[row] - problem.row_upper[row], problem.row_lower[row] - memory.total[row]
    price = memory.price[row]
    memory.breach[row] = max(above, below, 0.0) * price
    memory.pull[row] = price if above > 0.0 else -price if below > 0.0 else 0.0


@kernel(f8(PROBLEM, ROUNDING, i8, f8), inlined=True, inner=True)
def row_change(problem: Problem, memory: Rounding, row: int, moved: float) -> float:
    """What a row costs more in bp once its sum has moved."""
    total = memory.total[row] + moved
    outside = max(total - problem.row_upper[row], problem.row_lower[row] - total, 0.0)
    return float(outside * memory.price[row] - memory.breach[row])


@kernel(f8(PROBLEM, i8, ROUNDING), inlined=True, inner=True)
def cash_room(problem: Problem, cash_row: int, memory: Rounding) -> float:
    """What the cash row may still take, percent of account value; negative where it is in breach."""
    return float(problem.row_upper[cash_row] - memory.total[cash_row]) if cash_row >= 0 else math.inf


@kernel(f8(PROBLEM, i8, ROUNDING), inlined=True, inner=True)
def true_slope(problem: Problem, name: int, memory: Rounding) -> float:
    """What the factors cost a name, bp per percent, at the exposure as it stands."""
    return float(2.0 * problem.risk_aversion * dot(memory.exposure, problem.loadings[name]))


@kernel(void(PROBLEM, i8, f8, ROUNDING), inlined=True, inner=True)
def shift_exposure(problem: Problem, name: int, change: float, memory: Rounding) -> None:
    """Carry the factors' exposure along with a name's change."""
    loadings, exposure = problem.loadings[name], memory.exposure
    for factor in range(len(loadings)):
        exposure[factor] += loadings[factor] * change


@kernel(f8(PROBLEM, AROUND, i8, i8, ROUNDING), inlined=True, inner=True)
def _tax_change(problem: Problem, around: Around, place: int, slot: int, memory: Rounding) -> float:
    """What an offer adds to the tax in bp."""
    short, long = memory.more_short[slot, place], memory.more_long[slot, place]
    if abs(short) + abs(long) <= around.reach:
        return float(around.short_rate * short + around.long_rate * long)
    return float(run_tax(problem.schedule, memory.gain[0] + short, memory.gain[1] + long) - around.tax)


@kernel(types.Tuple((i8, f8))(PROBLEM, i8, AROUND, i8, i8, ROUNDING), inlined=True, inner=True)
def best_offer(
    problem: Problem, cash_row: int, around: Around, place: int, slots: int, memory: Rounding
) -> tuple[int, float]:
    """The best of the first `slots` offers of the name in a place and its value, or NONE where none is worthwhile.

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
            value += row_change(problem, memory, cash_row, cash)
            if value + sloped + change * press >= 0.0:
                continue
        for at in range(memory.row_count[name]):
            value += row_change(problem, memory, memory.row[name, at], memory.coefficient[name, at] * change)
        if value + sloped < 0.0:
            memory.found[slot] = value
            worth = True
    if not worth:
        return NONE, 0.0
    if slack > 0.0:
        slope = true_slope(problem, name, memory)
    best, chosen = -WORTHWHILE, NONE
    for slot in range(slots):
        value = memory.found[slot] + memory.change[slot, place] * slope
        if value < best:
            best, chosen = value, slot
    return chosen, best
