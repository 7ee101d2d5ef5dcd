"""The few orders that a name could go to, and what each changes.

What hangs on the name alone is worked out once and kept until its order changes: where the lots sold end, what they
cost and gain. A visit adds what other names move: the factors' slope, the netting schedule, the rows.
"""

from __future__ import annotations

import math

from numba import types

from kernels.jit import F8, I8, b1, f8, i8, kernel, void
from kernels.problem import PROBLEM, Floats, Ints, Problem, trade
from kernels.rounding.memory import BREACH, DROP, LESS, MEND, MORE, ROUNDING, Rounding
from kernels.rounding.orders import TRADABLE, Tradable, less, more, much_less


@kernel(f8(PROBLEM, i8, f8), inlined=True)
def spread_paid(problem: Problem, name: int, weight: float) -> float:
    """Half-spread of a trade, percent of account value."""
    return float(0.01 * problem.spread[name] * abs(weight - problem.held[name]))


@kernel(f8(PROBLEM, i8, f8), inlined=True, inner=True)
def out_of_bounds(problem: Problem, name: int, weight: float) -> float:
    """Percent by which a weight is outside its bounds."""
    return float(max(problem.lower[name] - weight, weight - problem.upper[name], 0.0))


@kernel(void(PROBLEM, TRADABLE, i8, i8, i8, ROUNDING), inlined=True, inner=True)
def _put_offer(problem: Problem, tradable: Tradable, place: int, slot: int, order: int, memory: Rounding) -> None:
    """Work out what going to `order` changes."""
    name = memory.trading[place]
    before = memory.weight[name]
    after = problem.held[name] + order * tradable.weight[name]
    change = after - before
    cost, short, long = trade(problem, name, after)
    value = cost - memory.cost[name] + problem.risk_aversion * memory.curve[place] * change * change
    value += problem.curvature[name] * change * (before + after - 2.0 * problem.target[name])
    value += problem.hold_cost[name] * change
    value += BREACH * (out_of_bounds(problem, name, after) - out_of_bounds(problem, name, before))
    memory.order[slot, place] = order
    memory.change[slot, place] = change
    memory.value[slot, place] = value
    memory.more_short[slot, place] = short - memory.short[name]
    memory.more_long[slot, place] = long - memory.long[name]
    if tradable.cash_row >= 0:
        spread = spread_paid(problem, name, after) - spread_paid(problem, name, before)
        memory.more_cash[slot, place] = problem.rows[tradable.cash_row, name] * change + spread
    else:
        memory.more_cash[slot, place] = 0.0


@kernel(void(i8, i8, ROUNDING), inlined=True, inner=True)
def _put_none(place: int, slot: int, memory: Rounding) -> None:
    """No offer in this slot."""
    memory.change[slot, place] = 1.0
    memory.value[slot, place] = math.inf
    memory.more_short[slot, place] = 0.0
    memory.more_long[slot, place] = 0.0
    memory.more_cash[slot, place] = 0.0


@kernel(types.UniTuple(b1, 2)(PROBLEM, TRADABLE, F8, b1, i8), inlined=True)
def _sides(problem: Problem, tradable: Tradable, goal: Floats, raises_cash: bool, name: int) -> tuple[bool, bool]:
    """Whether a name may be bought, and whether it may be sold."""
    may_buy = goal[name] > problem.held[name]
    return may_buy, goal[name] < problem.held[name] or (raises_cash and tradable.open[name] and not may_buy)


@kernel(void(PROBLEM, TRADABLE, F8, b1, i8, I8, ROUNDING), inlined=True, inner=True)
def put_offers(
    problem: Problem, tradable: Tradable, goal: Floats, raises_cash: bool, place: int, orders: Ints, memory: Rounding
) -> None:
    """The orders next to a name's own and none, as far as they may be given."""
    name = memory.trading[place]
    now = orders[name]
    may_buy, may_sell = _sides(problem, tradable, goal, raises_cash, name)
    larger, smaller = more(tradable, name, now), less(tradable, name, now)
    if larger != now and (larger <= 0 or may_buy):
        _put_offer(problem, tradable, place, MORE, larger, memory)
    else:
        _put_none(place, MORE, memory)
    if smaller not in (now, 0) and (may_buy if smaller > 0 else may_sell):
        _put_offer(problem, tradable, place, LESS, smaller, memory)
    else:
        _put_none(place, LESS, memory)
    if now != 0 and larger != 0:
        _put_offer(problem, tradable, place, DROP, 0, memory)
    else:
        _put_none(place, DROP, memory)
    spend = 0.0
    for slot in range(MEND):
        spend = max(spend, abs(memory.more_short[slot, place]) + abs(memory.more_long[slot, place]))
    memory.spend[place] = spend


@kernel(void(PROBLEM, TRADABLE, F8, f8, i8, I8, ROUNDING), inner=True)
def put_mending(
    problem: Problem, tradable: Tradable, goal: Floats, breach: float, place: int, orders: Ints, memory: Rounding
) -> None:
    """The order that alone mends a cash breach of so many percent, as far as it may be given."""
    name = memory.trading[place]
    may_buy, may_sell = _sides(problem, tradable, goal, True, name)
    order = much_less(tradable, name, orders[name], breach)
    if order not in (orders[name], 0) and (may_buy if order > 0 else may_sell):
        _put_offer(problem, tradable, place, MEND, order, memory)
    else:
        _put_none(place, MEND, memory)
