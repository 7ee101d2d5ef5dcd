"""Whole shares: from the continuous answer to quantities that can be traded.

Start from the answer truncated towards the held weight, then move one name by one step at a time, or drop its order,
while the exact objective falls. A step keeps to what may be ordered: whole shares unless the name is fractional,
nothing below the minimum trade, and a position with a fraction is sold with it only when it is sold whole. Breaches of
hard rows and bounds are priced far above everything else, so they are mended first and never bought back.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import types

from kernels.jit import B1, F8, F8W, I8, I8W, f8, i8, kernel, void
from kernels.problem import PROBLEM, Floats, Problem, factor_exposure, realised, trade_cost, trade_gain
from kernels.taxes import run_tax

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

BREACH: Final = 1e5
"""bp per percent of breach of a hard row or bound: 1 bp of weight outweighs 10 % of account value."""
WORTHWHILE: Final = 1e-9
"""bp by which a step must improve the objective, so that equal states cannot cycle."""


class Tradable(NamedTuple):
    """What may be ordered of each name; arrays (n,), quantities in micro-shares."""

    weight: Floats
    """percent of account value of one micro-share."""
    step: Ints
    """smallest change of an order."""
    least: Ints
    """smallest order, a multiple of the step."""
    position: Ints
    """held."""
    sellable: Ints
    """held and free to be sold."""
    open: Flags
    """True where an order may be opened that the continuous answer does not have (to raise cash)."""
    cash_row: int
    """the row whose sum also carries what trading costs, or -1."""


TRADABLE = types.NamedTuple((F8, I8, I8, I8, I8, B1, i8), Tradable)


@kernel(i8(TRADABLE, i8, i8))
def _most_sold(tradable: Tradable, name: int, wanted: int) -> int:
    """Largest sale of at most `wanted` micro-shares that may be ordered; 0 if none."""
    position, step = tradable.position[name], tradable.step[name]
    if wanted >= tradable.sellable[name]:
        if tradable.sellable[name] == position:
            return int(position)
        wanted = tradable.sellable[name]
    sold = (wanted // step) * step
    return int(sold) if sold >= tradable.least[name] else 0


@kernel(i8(TRADABLE, i8, i8))
def more(tradable: Tradable, name: int, order: int) -> int:
    """The next larger order (sales are negative)."""
    step, least = tradable.step[name], tradable.least[name]
    if order >= 0:
        return int(max(order + step, least))
    rest = _most_sold(tradable, name, ((-order - 1) // step) * step)
    return -rest


@kernel(i8(TRADABLE, i8, i8))
def less(tradable: Tradable, name: int, order: int) -> int:
    """The next smaller order; the same one where no more may be sold."""
    step, least = tradable.step[name], tradable.least[name]
    if order > 0:
        return int(order - step) if order - step >= least else 0
    return -max(_most_sold(tradable, name, max(-order + step, least)), -order)


@kernel(i8(TRADABLE, i8, i8, f8))
def much_less(tradable: Tradable, name: int, order: int, breach: float) -> int:
    """The order that mends a cash breach of so many percent in one step, or goes as far as it may."""
    step, least = tradable.step[name], tradable.least[name]
    wanted = order - math.ceil(breach / (step * tradable.weight[name])) * step
    if wanted >= least:
        return int(wanted)
    if order > 0:
        return 0
    return -max(_most_sold(tradable, name, max(-wanted, least)), -order)


@kernel(f8(PROBLEM, i8, f8))
def _breach(problem: Problem, row: int, total: float) -> float:
    """What a row's sum costs in bp."""
    outside = max(total - problem.row_upper[row], problem.row_lower[row] - total, 0.0)
    return float(outside * min(problem.row_price[row], BREACH))


@kernel(f8(PROBLEM, i8, f8))
def spread_paid(problem: Problem, name: int, weight: float) -> float:
    """Half-spread of a trade, percent of account value."""
    return float(0.01 * problem.spread[name] * abs(weight - problem.held[name]))


@kernel(types.UniTuple(f8, 2)(PROBLEM, F8, i8, f8, f8))
def _with_move(problem: Problem, gains: Floats, name: int, before: float, after: float) -> tuple[float, float]:
    """The gains realised once one name has gone from weight `before` to `after`."""
    short_before, long_before = trade_gain(problem, name, before)
    short_after, long_after = trade_gain(problem, name, after)
    return gains[0] + short_after - short_before, gains[1] + long_after - long_before


@kernel(f8(PROBLEM, TRADABLE, F8, F8, F8, i8, f8, f8))
def step_value(
    problem: Problem,
    tradable: Tradable,
    exposure: Floats,
    totals: Floats,
    gains: Floats,
    name: int,
    before: float,
    after: float,
) -> float:
    """Change of the objective in bp if one name goes from weight `before` to `after`.

    `exposure` (k,) is Lᵀ(w − w*), `totals` (m,) the rows' sums and `gains` (2,) the short- and long-term gain realised
    by all names, each at `before`.
    """
    change = after - before
    factors = 0.0
    for factor in range(len(exposure)):
        loading = problem.loadings[name, factor]
        factors += change * loading * (2.0 * exposure[factor] + change * loading)
    value = problem.risk_aversion * factors
    value += problem.curvature[name] * change * (before + after - 2.0 * problem.target[name])
    value += problem.hold_cost[name] * change
    value += trade_cost(problem, name, after) - trade_cost(problem, name, before)
    short, long = _with_move(problem, gains, name, before, after)
    value += run_tax(problem.schedule, short, long) - run_tax(problem.schedule, gains[0], gains[1])
    for row in range(len(totals)):
        moved = problem.rows[row, name] * change
        if row == tradable.cash_row:
            moved += spread_paid(problem, name, after) - spread_paid(problem, name, before)
        if moved != 0.0:
            value += _breach(problem, row, totals[row] + moved) - _breach(problem, row, totals[row])
    lower, upper = problem.lower[name], problem.upper[name]
    value += BREACH * (max(lower - after, after - upper, 0.0) - max(lower - before, before - upper, 0.0))
    return float(value)


@kernel(void(PROBLEM, TRADABLE, F8W, F8W, F8W, i8, f8, f8))
def _move(
    problem: Problem,
    tradable: Tradable,
    exposure: Floats,
    totals: Floats,
    gains: Floats,
    name: int,
    before: float,
    after: float,
) -> None:
    """Carry exposures, row sums and gains along with one name's move."""
    change = after - before
    gains[0], gains[1] = _with_move(problem, gains, name, before, after)
    for factor in range(len(exposure)):
        exposure[factor] += problem.loadings[name, factor] * change
    for row in range(len(totals)):
        totals[row] += problem.rows[row, name] * change
        if row == tradable.cash_row:
            totals[row] += spread_paid(problem, name, after) - spread_paid(problem, name, before)


@kernel(i8(PROBLEM, TRADABLE, F8, i8, I8W), allocates=True)
def round_shares(problem: Problem, tradable: Tradable, goal: Floats, passes: int, orders: Ints) -> int:
    """Orders in micro-shares (buys positive) near the weights `goal` (n,); returns the passes made.

    A name trades only on the side on which `goal` does; where `tradable.open` says so it may also be sold to mend a
    breach. Ends when a pass changes nothing, or after `passes`, ten times as many while the cash row is in breach.
    """
    n = len(goal)
    weights = np.empty(n)
    for name in range(n):
        wanted = (goal[name] - problem.held[name]) / tradable.weight[name]
        step = tradable.step[name]
        if wanted >= 0.0:
            order = math.floor(wanted / step + 1e-6) * step
            if problem.lower[name] > problem.held[name]:
                asked = (problem.lower[name] - problem.held[name]) / tradable.weight[name]
                order = max(order, math.ceil(asked / step - 1e-6) * step, tradable.least[name])
            orders[name] = order if order >= tradable.least[name] else 0
        else:
            orders[name] = -_most_sold(tradable, name, math.floor(-wanted / step + 1e-6) * step)
            if -wanted >= tradable.position[name] * (1.0 - 1e-6):
                orders[name] = -_most_sold(tradable, name, tradable.position[name])
        weights[name] = problem.held[name] + orders[name] * tradable.weight[name]
    exposure = np.empty(problem.loadings.shape[1])
    factor_exposure(problem, weights, exposure)
    gains = np.empty(2)
    gains[0], gains[1] = realised(problem, weights)
    totals = np.zeros(len(problem.row_price))
    for row in range(len(totals)):
        for name in range(n):
            totals[row] += problem.rows[row, name] * weights[name]
            if row == tradable.cash_row:
                totals[row] += spread_paid(problem, name, weights[name])
    for done in range(10 * passes):
        moved = False
        breach = 0.0
        if tradable.cash_row >= 0:
            breach = max(totals[tradable.cash_row] - problem.row_upper[tradable.cash_row], 0.0)
        if done >= passes and breach == 0.0:
            return passes
        short = breach > 0.0
        for name in range(n):
            may_buy = goal[name] > problem.held[name]
            may_sell = goal[name] < problem.held[name] or (short and tradable.open[name] and not may_buy)
            best, chosen = -WORTHWHILE, orders[name]
            for candidate in range(4):
                order = 0
                if candidate == 0:
                    order = more(tradable, name, orders[name])
                elif candidate == 1:
                    order = less(tradable, name, orders[name])
                elif candidate == 2 and short:
                    order = much_less(tradable, name, orders[name], breach)
                sells_more = order < 0 and order < orders[name]
                if (order > 0 and not may_buy) or (sells_more and not may_sell) or order == orders[name]:
                    continue
                after = problem.held[name] + order * tradable.weight[name]
                value = step_value(problem, tradable, exposure, totals, gains, name, weights[name], after)
                if value < best:
                    best, chosen = value, order
            if chosen != orders[name]:
                moved = True
                after = problem.held[name] + chosen * tradable.weight[name]
                _move(problem, tradable, exposure, totals, gains, name, weights[name], after)
                orders[name] = chosen
                weights[name] = after
        if not moved:
            return done + 1
    return 10 * passes
