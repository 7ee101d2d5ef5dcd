"""Passes over the names that trade, each moved to the best order next to its own, until a pass changes nothing.

The result is that of valuing every neighbour of every name in turn. What makes it quick is that most names need no
look: once, all slopes (what the factors cost a name) are set with the gap by which each would have to move before an
offer could be worthwhile. Moves since then changed the exposure by d, so no slope moved by more than 2λ‖Lᵢ‖‖d‖ (Cauchy
and Schwarz). The strongest factor, usually the market, makes most of ‖d‖; its part is taken exactly.
"""

from __future__ import annotations

from typing import Final

from numba import types

from kernels.jit import F8, I8W, b1, f8, i8, kernel, void
from kernels.problem import PROBLEM, Floats, Ints, Problem, factor_exposure, trade
from kernels.rounding.around import (
    AROUND,
    NONE,
    Around,
    best_offer,
    cash_room,
    is_quiet,
    look_around,
    set_gaps,
    take_stock,
    weigh_row,
)
from kernels.rounding.memory import MEND, OFFERS, ROUNDING, Rounding, lay_rows, lay_trading, make_rounding
from kernels.rounding.offers import put_mending, put_offers, spread_paid
from kernels.rounding.orders import TRADABLE, Tradable, truncated

STALE: Final = 0.1
"""Stock is taken anew once this part of all names has been looked at in vain."""


@kernel(void(PROBLEM, TRADABLE, F8, ROUNDING, I8W))
def _start(problem: Problem, tradable: Tradable, goal: Floats, memory: Rounding, orders: Ints) -> None:
    """Truncated orders, and the exposure, gains and row sums that they make."""
    n, k, m, cash_row = len(goal), problem.loadings.shape[1], len(problem.row_price), tradable.cash_row
    memory.gain[:] = 0.0
    memory.total[:m] = 0.0
    for name in range(n):
        orders[name] = truncated(problem, tradable, name, goal[name])
        weight = problem.held[name] + orders[name] * tradable.weight[name]
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


@kernel(void(PROBLEM, TRADABLE, i8, i8, ROUNDING, I8W), inlined=True)
def _move(problem: Problem, tradable: Tradable, place: int, slot: int, memory: Rounding, orders: Ints) -> None:
    """Carry a name to one of its offers, and exposure, row sums and gains along with it."""
    name, change = memory.trading[place], memory.change[slot, place]
    memory.gain[0] += memory.more_short[slot, place]
    memory.gain[1] += memory.more_long[slot, place]
    loadings, exposure = problem.loadings[name], memory.exposure
    for factor in range(len(loadings)):
        exposure[factor] += loadings[factor] * change
    for at in range(memory.row_count[name]):
        row = memory.row[name, at]
        memory.total[row] += memory.coefficient[name, at] * change
        weigh_row(problem, memory, row)
    if tradable.cash_row >= 0:
        memory.total[tradable.cash_row] += memory.more_cash[slot, place]
        weigh_row(problem, memory, tradable.cash_row)
    orders[name] = memory.order[slot, place]
    weight = problem.held[name] + orders[name] * tradable.weight[name]
    memory.weight[name] = weight
    memory.cost[name], memory.short[name], memory.long[name] = trade(problem, name, weight)


@kernel(types.Tuple((i8, i8, AROUND))(PROBLEM, TRADABLE, F8, f8, i8, AROUND, ROUNDING, I8W))
def _pass(
    problem: Problem,
    tradable: Tradable,
    goal: Floats,
    breach: float,
    trading: int,
    around: Around,
    memory: Rounding,
    orders: Ints,
) -> tuple[int, int, Around]:
    """Let every name go to its best neighbour in turn; `breach`: percent that cash is short of.

    Returns how many moved, and how many were looked at in vain.
    """
    moved, vain, short, cash_row = 0, 0, breach > 0.0, tradable.cash_row
    cash_pull = memory.seen_pull[cash_row] if cash_row >= 0 else 0.0
    for place in range(trading):
        if not short and is_quiet(around, place, memory):
            continue
        if short:
            put_mending(problem, tradable, goal, breach, place, orders, memory)
        slots = OFFERS if short else MEND
        chosen = best_offer(problem, cash_row, around, place, slots, memory)
        if chosen != NONE:
            moved += 1
            _move(problem, tradable, place, chosen, memory, orders)
            put_offers(problem, tradable, goal, short, place, orders, memory)
            set_gaps(memory, place, place + 1, cash_pull)
            around = look_around(problem, cash_row, around.factor, memory)
        else:
            vain += 1
    return moved, vain, around


@kernel(i8(PROBLEM, TRADABLE, F8, b1, I8W, ROUNDING))
def _lay_offers(
    problem: Problem, tradable: Tradable, goal: Floats, raises_cash: bool, orders: Ints, memory: Rounding
) -> int:
    """The names that trade and their offers; returns how many there are."""
    trading = lay_trading(problem, tradable, goal, raises_cash, orders, memory)
    for place in range(trading):
        put_offers(problem, tradable, goal, raises_cash, place, orders, memory)
    return trading


@kernel(i8(PROBLEM, TRADABLE, F8, i8, ROUNDING, I8W))
def round_into(problem: Problem, tradable: Tradable, goal: Floats, passes: int, memory: Rounding, orders: Ints) -> int:
    """Orders in micro-shares (buys positive) near the weights `goal` (n,); returns the passes made.

    A name trades only on the side on which `goal` does; where `tradable.open` says so it may also be sold to mend a
    breach. Ends when a pass changes nothing, or after `passes`, ten times as many while the cash row is in breach.
    """
    lay_rows(problem, tradable.cash_row, memory)
    _start(problem, tradable, goal, memory, orders)
    short = cash_room(problem, tradable.cash_row, memory) < 0.0
    trading = _lay_offers(problem, tradable, goal, short, orders, memory)
    around, stale = take_stock(problem, tradable.cash_row, trading, memory), 0.0
    for done in range(10 * passes):
        breach = max(-cash_room(problem, tradable.cash_row, memory), 0.0)
        if done >= passes and breach == 0.0:
            return passes
        if short != (breach > 0.0):  # what is sold only to raise cash may now be, or no longer
            short, stale = breach > 0.0, STALE * len(goal)
            trading = _lay_offers(problem, tradable, goal, short, orders, memory)
        if stale >= STALE * trading:
            around, stale = take_stock(problem, tradable.cash_row, trading, memory), 0.0
        moved, vain, around = _pass(problem, tradable, goal, breach, trading, around, memory, orders)
        stale += vain
        if moved == 0:
            return done + 1
    return 10 * passes


def round_shares(problem: Problem, tradable: Tradable, goal: Floats, passes: int, orders: Ints) -> int:
    """`round_into` memory of its own."""
    n, k = problem.loadings.shape
    return int(round_into(problem, tradable, goal, passes, make_rounding(n, k, len(problem.row_price)), orders))
