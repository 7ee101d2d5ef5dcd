"""The few orders that a name could go to, and what each changes.

What hangs on the name alone is worked out once and kept until its order changes: where the lots sold end, what they
cost and gain. A visit adds what other names move: the factors' slope, the netting schedule, the rows.
"""

from __future__ import annotations

from typing import Final

from kernels.jit import b1, f8, i8, kernel, void
from kernels.problem import PROBLEM, Problem, trade
from kernels.rounding.memory import BREACH, ROUNDING, Rounding, row_cost
from kernels.rounding.orders import TRADABLE, Tradable, less, more
from kernels.taxes import run_tax

UNKNOWN: Final = -1
NONE: Final = -1
WORTHWHILE: Final = 1e-9
"""bp by which a step must improve the objective, so that equal states cannot cycle."""


@kernel(f8(PROBLEM, i8, f8))
def spread_paid(problem: Problem, name: int, weight: float) -> float:
    """Half-spread of a trade, percent of account value."""
    return float(0.01 * problem.spread[name] * abs(weight - problem.held[name]))


@kernel(void(PROBLEM, TRADABLE, i8, i8, i8, i8, ROUNDING))
def put_offer(
    problem: Problem, tradable: Tradable, name: int, place: int, slot: int, order: int, memory: Rounding
) -> None:
    """Work out what going to `order` changes, into one slot of the name's offers."""
    before = memory.weight[name]
    after = problem.held[name] + order * tradable.weight[name]
    change = after - before
    cost, short, long = trade(problem, name, after)
    value = cost - memory.cost[name] + problem.risk_aversion * memory.curve[place] * change * change
    value += problem.curvature[name] * change * (before + after - 2.0 * problem.target[name])
    value += problem.hold_cost[name] * change
    lower, upper = problem.lower[name], problem.upper[name]
    value += BREACH * (max(lower - after, after - upper, 0.0) - max(lower - before, before - upper, 0.0))
    memory.order[name, slot] = order
    memory.change[name, slot] = change
    memory.value[name, slot] = value
    memory.more_short[name, slot] = short - memory.short[name]
    memory.more_long[name, slot] = long - memory.long[name]
    memory.more_spread[name, slot] = spread_paid(problem, name, after) - spread_paid(problem, name, before)


@kernel(void(PROBLEM, TRADABLE, i8, i8, b1, b1, i8, ROUNDING))
def put_offers(
    problem: Problem,
    tradable: Tradable,
    name: int,
    place: int,
    may_buy: bool,
    may_sell: bool,
    now: int,
    memory: Rounding,
) -> None:
    """The next larger order, the next smaller one and none, as far as they may be given; `now` is the order so far."""
    slots = 0
    larger = more(tradable, name, now)
    if larger != now and (larger <= 0 or may_buy):
        put_offer(problem, tradable, name, place, slots, larger, memory)
        slots += 1
    smaller = less(tradable, name, now)
    if smaller != now and smaller != 0 and (may_buy if smaller > 0 else may_sell):
        put_offer(problem, tradable, name, place, slots, smaller, memory)
        slots += 1
    if now != 0 and larger != 0:
        put_offer(problem, tradable, name, place, slots, 0, memory)
        slots += 1
    memory.offers[name] = slots


@kernel(f8(PROBLEM, i8, i8, i8, ROUNDING))
def value_without_slope(problem: Problem, cash_row: int, name: int, slot: int, memory: Rounding) -> float:
    """Change of the objective in bp but for the factors' slope."""
    value: float = memory.value[name, slot]
    short, long = memory.more_short[name, slot], memory.more_long[name, slot]
    if short != 0.0 or long != 0.0:
        gain = memory.gain
        value += run_tax(problem.schedule, gain[0] + short, gain[1] + long)
        value -= run_tax(problem.schedule, gain[0], gain[1])
    change = memory.change[name, slot]
    for at in range(memory.row_count[name]):
        row = memory.row[name, at]
        moved = memory.coefficient[name, at] * change
        if row == cash_row:
            moved += memory.more_spread[name, slot]
        value += row_cost(problem, memory, row, memory.total[row] + moved) - memory.breach[row]
    return value


@kernel(f8(PROBLEM, i8, ROUNDING))
def true_slope(problem: Problem, name: int, memory: Rounding) -> float:
    """What the factors cost in bp per percent of a name, at the exposure as it stands."""
    loadings, slope = problem.loadings[name], 0.0
    for factor in range(len(loadings)):
        slope += loadings[factor] * memory.exposure[factor]
    return 2.0 * problem.risk_aversion * slope


@kernel(i8(PROBLEM, i8, i8, i8, f8, f8, ROUNDING))
def best_offer(
    problem: Problem, cash_row: int, name: int, slots: int, slope: float, slack: float, memory: Rounding
) -> int:
    """The slot of the best of a name's first `slots` offers, or NONE where none is worthwhile.

    The factors' slope is known to lie within `slack` of `slope`. It is summed up only where that could matter.
    """
    worth = False
    for slot in range(slots):
        value = value_without_slope(problem, cash_row, name, slot, memory)
        change = memory.change[name, slot]
        memory.found[slot] = value
        worth = worth or value + change * slope - abs(change) * slack < 0.0
    if not worth:
        return NONE
    if slack > 0.0:
        slope = true_slope(problem, name, memory)
    best, chosen = -WORTHWHILE, NONE
    for slot in range(slots):
        value = memory.found[slot] + memory.change[name, slot] * slope
        if value < best:
            best, chosen = value, slot
    return chosen
