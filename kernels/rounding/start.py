"""Where the descent starts: from the goals, each name in turn is carried to an order that may be given."""

from __future__ import annotations

from kernels.jit import F8, I8W, b1, f8, i8, kernel, void
from kernels.problem import PROBLEM, Floats, Ints, Problem, factor_exposure, trade
from kernels.rounding.memory import LESS, MORE, ROUNDING, Rounding
from kernels.rounding.offers import put_offer, spread_paid
from kernels.rounding.orders import TRADABLE, Tradable, less, more, truncated
from kernels.rounding.worth import weigh_row, whole_value


@kernel(void(PROBLEM, TRADABLE, F8, ROUNDING, I8W), inlined=True, inner=True)
def stand_at_goals(problem: Problem, tradable: Tradable, goal: Floats, memory: Rounding, orders: Ints) -> None:
    """Exposure, gains and row sums at the goals; `orders` become the truncated ones, where nothing trades they hold."""
    n, k, m, cash_row = len(goal), problem.loadings.shape[1], len(problem.row_price), tradable.cash_row
    memory.merit[0] = 0.0
    memory.gain[:] = 0.0
    memory.total[:m] = 0.0
    for name in range(n):
        orders[name] = truncated(problem, tradable, name, goal[name])
        weight = goal[name]
        if weight == problem.held[name]:
            weight += orders[name] * tradable.weight[name]
        memory.weight[name] = weight
        memory.cost[name], memory.short[name], memory.long[name] = trade(problem, name, weight)
        memory.gain[0] += memory.short[name]
        memory.gain[1] += memory.long[name]
        for at in range(memory.row_count[name]):
            memory.total[memory.row[name, at]] += memory.coefficient[name, at] * weight
        if cash_row >= 0:
            memory.total[cash_row] += problem.rows[cash_row, name] * weight + spread_paid(problem, name, weight)
    for row in range(m):
        weigh_row(problem, memory, row)
    factor_exposure(problem, memory.weight[:n], memory.exposure[:k])


@kernel(void(PROBLEM, TRADABLE, i8, i8, f8, ROUNDING, I8W), inlined=True, inner=True)
def move(
    problem: Problem, tradable: Tradable, place: int, slot: int, value: float, memory: Rounding, orders: Ints
) -> None:
    """Carry a name to one of its offers, and exposure, row sums and gains along with it."""
    name, change, cash_row = memory.trading[place], memory.change[slot, place], tradable.cash_row
    memory.merit[0] += value
    memory.gain[0] += memory.more_short[slot, place]
    memory.gain[1] += memory.more_long[slot, place]
    loadings, exposure = problem.loadings[name], memory.exposure
    for factor in range(len(loadings)):
        exposure[factor] += loadings[factor] * change
    for at in range(memory.row_count[name]):
        row = memory.row[name, at]
        memory.total[row] += memory.coefficient[name, at] * change
        weigh_row(problem, memory, row)
    if cash_row >= 0:
        memory.total[cash_row] += memory.more_cash[slot, place]
        weigh_row(problem, memory, cash_row)
    orders[name] = memory.order[slot, place]
    weight = problem.held[name] + orders[name] * tradable.weight[name]
    memory.weight[name] = weight
    memory.cost[name], memory.short[name], memory.long[name] = trade(problem, name, weight)


@kernel(void(PROBLEM, TRADABLE, F8, b1, i8, ROUNDING, I8W), inlined=True)
def settle(
    problem: Problem, tradable: Tradable, goal: Floats, truncate: bool, trading: int, memory: Rounding, orders: Ints
) -> None:
    """Carry every name that trades to the better of the two orders around its goal, as those before it stand by then.

    If `truncate`, to the one on the side of the held weight.
    """
    for place in range(trading):
        name = memory.trading[place]
        if goal[name] == problem.held[name]:
            continue
        near = orders[name]
        far = more(tradable, name, near) if goal[name] > problem.held[name] else less(tradable, name, near)
        put_offer(problem, tradable, place, MORE, near, memory)
        chosen, value = MORE, whole_value(problem, tradable.cash_row, place, MORE, memory)
        if far != near and not truncate:
            put_offer(problem, tradable, place, LESS, far, memory)
            beyond = whole_value(problem, tradable.cash_row, place, LESS, memory)
            if beyond < value:
                chosen, value = LESS, beyond
        move(problem, tradable, place, chosen, value, memory, orders)
