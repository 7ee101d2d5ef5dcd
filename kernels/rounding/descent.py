"""Passes over the names that trade, each moved to the best order next to its own, until a pass changes nothing.

The result is that of valuing every neighbour of every name in turn. What makes it quick is that a name's slope, what
the factors cost it, is set for all names at the start of a pass. Moves since then have changed the exposure e by d, so
the slope lies within 2λ‖Lᵢ‖‖d‖ of the old one (Cauchy and Schwarz); the strongest factor, usually the market, is
carried along exactly, for it makes most of ‖d‖. Only a name that could gain within that slack is valued to the end.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import types

from kernels.jit import F8, I8, I8W, b1, f8, i8, kernel, void
from kernels.problem import PROBLEM, Floats, Ints, Problem, factor_exposure, trade
from kernels.rounding.memory import (
    ROUNDING,
    Rounding,
    lay_columns,
    lay_rows,
    make_rounding,
    row_cost,
    strongest_factor,
)
from kernels.rounding.offers import NONE, UNKNOWN, best_offer, put_offer, put_offers, spread_paid
from kernels.rounding.orders import TRADABLE, Tradable, much_less, truncated


class Drift(NamedTuple):
    """How far the exposure has moved from the one at which slopes were set, times 2λ."""

    factor: int
    """The strongest factor."""
    along: float
    """In that factor."""
    beside: float
    """In all others, the norm."""


DRIFT = types.NamedTuple((i8, f8, f8), Drift)


@kernel(void(PROBLEM, TRADABLE, F8, ROUNDING, I8W))
def _start(problem: Problem, tradable: Tradable, goal: Floats, memory: Rounding, orders: Ints) -> None:
    """Truncated orders, and the exposure, gains and row sums that they make."""
    n, k, m = len(goal), problem.loadings.shape[1], len(problem.row_price)
    memory.gain[:] = 0.0
    memory.total[:m] = 0.0
    for name in range(n):
        orders[name] = truncated(problem, tradable, name, goal[name])
        weight = problem.held[name] + orders[name] * tradable.weight[name]
        memory.weight[name] = weight
        memory.offers[name] = UNKNOWN
        memory.cost[name], memory.short[name], memory.long[name] = trade(problem, name, weight)
        memory.gain[0] += memory.short[name]
        memory.gain[1] += memory.long[name]
        for at in range(memory.row_count[name]):
            row = memory.row[name, at]
            memory.total[row] += memory.coefficient[name, at] * weight
            if row == tradable.cash_row:
                memory.total[row] += spread_paid(problem, name, weight)
    for row in range(m):
        memory.breach[row] = row_cost(problem, memory, row, memory.total[row])
    factor_exposure(problem, memory.weight[:n], memory.exposure[:k])


@kernel(i8(PROBLEM, TRADABLE, F8, b1, I8, ROUNDING))
def _lay_trading(
    problem: Problem, tradable: Tradable, goal: Floats, raises_cash: bool, orders: Ints, memory: Rounding
) -> int:
    """List the names that trade, and those that are sold only to raise cash; returns how many there are."""
    trading = 0
    for name in range(len(goal)):
        if goal[name] != problem.held[name] or orders[name] != 0 or (raises_cash and tradable.open[name]):
            memory.trading[trading] = name
            trading += 1
    lay_columns(problem, trading, memory)
    return trading


@kernel(DRIFT(PROBLEM, i8, ROUNDING))
def _set_slopes(problem: Problem, trading: int, memory: Rounding) -> Drift:
    """What the factors cost each name that trades, at the exposure as it stands."""
    slope, k = memory.slope[:trading], problem.loadings.shape[1]
    slope[:] = 0.0
    for factor in range(k):
        memory.seen[factor] = memory.exposure[factor]
        column = memory.columns[factor * trading : (factor + 1) * trading]
        price = 2.0 * problem.risk_aversion * memory.exposure[factor]
        for place in range(trading):
            slope[place] += price * column[place]
    return Drift(strongest_factor(memory, k), 0.0, 0.0)


@kernel(DRIFT(PROBLEM, i8, ROUNDING))
def _drift(problem: Problem, strongest: int, memory: Rounding) -> Drift:
    """The drift of the exposure since slopes were set."""
    beside = 0.0
    for factor in range(problem.loadings.shape[1]):
        if factor != strongest:
            moved = memory.exposure[factor] - memory.seen[factor]
            beside += moved * moved
    along = memory.exposure[strongest] - memory.seen[strongest]
    twice = 2.0 * problem.risk_aversion
    return Drift(strongest, twice * along, twice * math.sqrt(beside))


@kernel(void(PROBLEM, TRADABLE, i8, i8, ROUNDING, I8W))
def _move(problem: Problem, tradable: Tradable, name: int, slot: int, memory: Rounding, orders: Ints) -> None:
    """Carry a name to one of its offers, and exposure, row sums and gains along with it."""
    change = memory.change[name, slot]
    memory.gain[0] += memory.more_short[name, slot]
    memory.gain[1] += memory.more_long[name, slot]
    loadings, exposure = problem.loadings[name], memory.exposure
    for factor in range(len(loadings)):
        exposure[factor] += loadings[factor] * change
    for at in range(memory.row_count[name]):
        row = memory.row[name, at]
        memory.total[row] += memory.coefficient[name, at] * change
        if row == tradable.cash_row:
            memory.total[row] += memory.more_spread[name, slot]
        memory.breach[row] = row_cost(problem, memory, row, memory.total[row])
    orders[name] = memory.order[name, slot]
    weight = problem.held[name] + orders[name] * tradable.weight[name]
    memory.weight[name] = weight
    memory.offers[name] = UNKNOWN
    memory.cost[name], memory.short[name], memory.long[name] = trade(problem, name, weight)


@kernel(b1(PROBLEM, TRADABLE, F8, f8, i8, ROUNDING, I8W))
def _pass(
    problem: Problem,
    tradable: Tradable,
    goal: Floats,
    breach: float,
    trading: int,
    memory: Rounding,
    orders: Ints,
) -> bool:
    """Let every name go to its best neighbour in turn; True where one did. `breach`: percent that cash is short of."""
    moved, drift = False, _set_slopes(problem, trading, memory)
    strongest = memory.columns[drift.factor * trading : (drift.factor + 1) * trading]
    for place in range(trading):
        name = memory.trading[place]
        may_buy = goal[name] > problem.held[name]
        may_sell = goal[name] < problem.held[name] or (breach > 0.0 and tradable.open[name] and not may_buy)
        if memory.offers[name] == UNKNOWN:
            put_offers(problem, tradable, name, place, may_buy, may_sell, orders[name], memory)
        slots = memory.offers[name]
        if breach > 0.0:
            mend = much_less(tradable, name, orders[name], breach)
            if mend != orders[name] and mend != 0 and (may_buy if mend > 0 else may_sell):
                put_offer(problem, tradable, name, place, slots, mend, memory)
                slots += 1
        slope = memory.slope[place] + strongest[place] * drift.along
        slack = memory.rest[place] * drift.beside
        chosen = best_offer(problem, tradable.cash_row, name, slots, slope, slack, memory)
        if chosen != NONE:
            moved = True
            _move(problem, tradable, name, chosen, memory, orders)
            drift = _drift(problem, drift.factor, memory)
    return moved


@kernel(f8(PROBLEM, TRADABLE, ROUNDING))
def _cash_short(problem: Problem, tradable: Tradable, memory: Rounding) -> float:
    """Percent by which the cash row lies above its upper limit."""
    row = tradable.cash_row
    return float(max(memory.total[row] - problem.row_upper[row], 0.0)) if row >= 0 else 0.0


@kernel(i8(PROBLEM, TRADABLE, F8, i8, ROUNDING, I8W))
def round_into(problem: Problem, tradable: Tradable, goal: Floats, passes: int, memory: Rounding, orders: Ints) -> int:
    """Orders in micro-shares (buys positive) near the weights `goal` (n,); returns the passes made.

    A name trades only on the side on which `goal` does; where `tradable.open` says so it may also be sold to mend a
    breach. Ends when a pass changes nothing, or after `passes`, ten times as many while the cash row is in breach.
    """
    lay_rows(problem, tradable.cash_row, memory)
    _start(problem, tradable, goal, memory, orders)
    was_short = _cash_short(problem, tradable, memory) > 0.0
    trading = _lay_trading(problem, tradable, goal, was_short, orders, memory)
    for done in range(10 * passes):
        breach = _cash_short(problem, tradable, memory)
        if done >= passes and breach == 0.0:
            return passes
        if was_short != (breach > 0.0):  # what is sold only to raise cash may now be, or no longer
            was_short = breach > 0.0
            trading = _lay_trading(problem, tradable, goal, was_short, orders, memory)
            for place in range(trading):
                memory.offers[memory.trading[place]] = UNKNOWN
        if not _pass(problem, tradable, goal, breach, trading, memory, orders):
            return done + 1
    return 10 * passes


def round_shares(problem: Problem, tradable: Tradable, goal: Floats, passes: int, orders: Ints) -> int:
    """`round_into` memory of its own."""
    n, k = problem.loadings.shape
    return int(round_into(problem, tradable, goal, passes, make_rounding(n, k, len(problem.row_price)), orders))
