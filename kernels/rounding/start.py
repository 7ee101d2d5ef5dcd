"""Where the descent starts: from the goals, each name in turn is carried to an order that may be given."""

from __future__ import annotations

from typing import Final, NamedTuple

from numba import types

from kernels.dot import dot
from kernels.jit import F8, I8W, b1, f8, i8, kernel, void
from kernels.problem import PROBLEM, Floats, Ints, Problem, factor_exposure, trade
from kernels.rounding.memory import BREACH, ROUNDING, Rounding, lay_rows
from kernels.rounding.offers import out_of_bounds, spread_paid
from kernels.rounding.orders import TRADABLE, Tradable, less, more, truncated
from kernels.rounding.worth import row_change, shift_exposure, weigh_row
from kernels.taxes import linear_piece, run_tax


@kernel(f8(PROBLEM, TRADABLE, F8, ROUNDING, I8W), inlined=True, inner=True)
def _stand_names(problem: Problem, tradable: Tradable, goal: Floats, memory: Rounding, orders: Ints) -> float:
    """Weights, costs and gains at the goals, and truncated orders; the spread paid, percent."""
    all_short, all_long, spread = 0.0, 0.0, 0.0
    for name in range(len(goal)):
        held, weight = problem.held[name], goal[name]
        orders[name], cost, short, long, jump = 0, 0.0, 0.0, 0.0, 0.0
        if weight != held or problem.lower[name] > held:
            orders[name] = truncated(problem, tradable, name, weight)
            jump = max(tradable.step[name], tradable.least[name], tradable.smallest[name]) * tradable.weight[name]
            if weight == held:
                weight += orders[name] * tradable.weight[name]
            cost, short, long = trade(problem, name, weight)
            spread += spread_paid(problem, name, weight)
        memory.weight[name], memory.jump[name] = weight, jump
        memory.cost[name], memory.short[name], memory.long[name] = cost, short, long
        all_short += short
        all_long += long
    memory.gain[0], memory.gain[1] = all_short, all_long
    return spread


@kernel(void(PROBLEM, TRADABLE, F8, b1, ROUNDING, I8W), inlined=True, inner=True)
def stand_at_goals(
    problem: Problem, tradable: Tradable, goal: Floats, every: bool, memory: Rounding, orders: Ints
) -> None:
    """Exposure, gains and row sums at the goals; `orders` become the truncated ones, where nothing trades they hold.

    `every` row is looked at, or those that may come outside.
    """
    n, k, cash_row = len(goal), problem.loadings.shape[1], tradable.cash_row
    spread = _stand_names(problem, tradable, goal, memory, orders)
    lay_rows(problem, cash_row, every, memory)
    if cash_row >= 0:
        memory.total[cash_row] += spread
    missed = 0.0
    for row in range(len(problem.row_price)):
        if memory.looked[row] == 1 or row == cash_row:
            weigh_row(problem, memory, row)
            if memory.price[row] == BREACH:
                missed += memory.breach[row]
    memory.merit[0] = missed
    factor_exposure(problem, memory.weight[:n], memory.exposure[:k])


NEAR_EDGE: Final = 0.5
"""The piece of the schedule is looked up anew once gains have moved through this part of its reach."""


class Carried(NamedTuple):
    """A name at an order: bp that going there changes, the weight, what `trade` says of it, and what cash it takes."""

    order: int
    value: float
    weight: float
    cost: float
    short: float
    long: float
    cash: float


CARRIED = types.NamedTuple((i8, f8, f8, f8, f8, f8, f8), Carried)


class Rates(NamedTuple):
    """bp per percent of either term's gain, wherever gains move by no more than `reach` percent."""

    short: float
    long: float
    reach: float


RATES = types.NamedUniTuple(f8, 3, Rates)


@kernel(RATES(PROBLEM, ROUNDING), inlined=True, inner=True)
def _rates_here(problem: Problem, memory: Rounding) -> Rates:
    short, long, reach = linear_piece(problem.schedule, memory.gain[0], memory.gain[1])
    return Rates(short, long, reach)


@kernel(CARRIED(PROBLEM, TRADABLE, i8, i8, f8, f8, RATES, ROUNDING), inlined=True, inner=True)
def _carried(
    problem: Problem,
    tradable: Tradable,
    name: int,
    order: int,
    slope: float,
    curve: float,
    rates: Rates,
    memory: Rounding,
) -> Carried:
    """A name at an order; `slope` and `curve` are what the factors cost it, bp per percent and per squared percent."""
    before, after = memory.weight[name], problem.held[name] + order * tradable.weight[name]
    change = after - before
    cost, short, long = trade(problem, name, after)
    value = cost - memory.cost[name] + change * (slope + curve * change + problem.hold_cost[name])
    value += problem.curvature[name] * change * (before + after - 2.0 * problem.target[name])
    value += BREACH * (out_of_bounds(problem, name, after) - out_of_bounds(problem, name, before))
    more_short, more_long = short - memory.short[name], long - memory.long[name]
    if abs(more_short) + abs(more_long) <= rates.reach:
        value += rates.short * more_short + rates.long * more_long
    else:
        value += run_tax(problem.schedule, memory.gain[0] + more_short, memory.gain[1] + more_long)
        value -= run_tax(problem.schedule, memory.gain[0], memory.gain[1])
    for at in range(memory.row_count[name]):
        value += row_change(problem, memory, memory.row[name, at], memory.coefficient[name, at] * change)
    cash, cash_row = 0.0, tradable.cash_row
    if cash_row >= 0:
        cash = problem.rows[cash_row, name] * change
        cash += spread_paid(problem, name, after) - spread_paid(problem, name, before)
        value += row_change(problem, memory, cash_row, cash)
    return Carried(order, value, after, cost, short, long, cash)


@kernel(void(PROBLEM, TRADABLE, i8, CARRIED, ROUNDING, I8W), inlined=True, inner=True)
def _carry(problem: Problem, tradable: Tradable, name: int, to: Carried, memory: Rounding, orders: Ints) -> None:
    """Put a name at an order, and exposure, row sums and gains along with it."""
    change = to.weight - memory.weight[name]
    memory.merit[0] += to.value
    memory.gain[0] += to.short - memory.short[name]
    memory.gain[1] += to.long - memory.long[name]
    shift_exposure(problem, name, change, memory)
    for at in range(memory.row_count[name]):
        row = memory.row[name, at]
        memory.total[row] += memory.coefficient[name, at] * change
        weigh_row(problem, memory, row)
    if tradable.cash_row >= 0:
        memory.total[tradable.cash_row] += to.cash
        weigh_row(problem, memory, tradable.cash_row)
    orders[name], memory.weight[name] = to.order, to.weight
    memory.cost[name], memory.short[name], memory.long[name] = to.cost, to.short, to.long


@kernel(void(PROBLEM, TRADABLE, F8, b1, ROUNDING, I8W), inlined=True, inner=True)
def settle(problem: Problem, tradable: Tradable, goal: Floats, truncate: bool, memory: Rounding, orders: Ints) -> None:
    """Carry every name that trades to the better of the two orders around its goal, as those before it stand by then.

    If `truncate`, to the one on the side of the held weight.
    """
    rates = _rates_here(problem, memory)
    full = rates.reach
    for name in range(len(goal)):
        aim, held = goal[name], problem.held[name]
        if aim == held:
            continue
        loadings, near = problem.loadings[name], orders[name]
        slope = 2.0 * problem.risk_aversion * dot(memory.exposure, loadings)
        curve = problem.risk_aversion * dot(loadings, loadings)
        chosen = _carried(problem, tradable, name, near, slope, curve, rates, memory)
        if not truncate:
            far = more(tradable, name, near) if aim > held else less(tradable, name, near)
            if far != near:
                beyond = _carried(problem, tradable, name, far, slope, curve, rates, memory)
                if beyond.value < chosen.value:
                    chosen = beyond
        moved = abs(chosen.short - memory.short[name]) + abs(chosen.long - memory.long[name])
        _carry(problem, tradable, name, chosen, memory, orders)
        if moved > 0.0:
            rates = Rates(rates.short, rates.long, rates.reach - moved)
            if rates.reach < NEAR_EDGE * full:
                rates = _rates_here(problem, memory)
                full = rates.reach
