"""Twin of `kernels.rounding`: every order that may be given is listed, and every step is valued from scratch."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from kernels.problem import Problem
from kernels.rounding import AGAIN_BP, BREACH, FEW, LITTLE_BP, WELL_BP, WORTHWHILE, Tradable
from tests.reference import naive_problem

Floats = NDArray[np.float64]


def possible_orders(tradable: Tradable, name: int, largest_buy: int) -> list[int]:
    """All orders of one name up to `largest_buy`, ascending: sales are negative."""
    step, least = int(tradable.step[name]), int(tradable.least[name])
    position, sellable = int(tradable.position[name]), int(tradable.sellable[name])
    orders = {0}
    smallest = int(tradable.smallest[name])
    orders.update(-s for s in range(step, sellable + 1, step) if s >= least and position - s >= smallest)
    orders.update(b for b in range(step, largest_buy + 1, step) if b >= least and position + b >= smallest)
    if sellable == position:
        orders.add(-position)
    return sorted(orders)


def weights_of(problem: Problem, tradable: Tradable, orders: Iterable[int]) -> Floats:
    return problem.held + np.array(list(orders), dtype=np.int64) * tradable.weight


def merit(problem: Problem, tradable: Tradable, weights: Floats) -> float:
    """What rounding makes small: the objective, with the spread counted in the cash row and hard limits priced."""
    value = naive_problem.objective(problem, weights)
    for row, price in enumerate(problem.row_price):
        counted = 0.0 if price == np.inf else price * naive_problem.row_breach(problem, weights, row)
        total = float(problem.rows[row] @ weights)
        if row == tradable.cash_row:
            total += spread_paid(problem, weights)
        outside = max(total - problem.row_upper[row], problem.row_lower[row] - total, 0.0)
        value += min(price, BREACH) * outside - counted
    outside_bounds = np.maximum(np.maximum(problem.lower - weights, weights - problem.upper), 0.0)
    return value + BREACH * float(outside_bounds.sum())


def spread_paid(problem: Problem, weights: Floats) -> float:
    """Percent of account value."""
    return float(problem.spread @ np.abs(weights - problem.held)) / 100.0


def truncated(problem: Problem, tradable: Tradable, goal: Floats, allowed: list[list[int]]) -> list[int]:
    """The largest order of each name on the way to its goal; a millionth of a step short of one still counts as it."""
    orders = []
    for name, of_name in enumerate(allowed):
        wanted = (goal[name] - problem.held[name]) / tradable.weight[name]
        reach = abs(wanted) + 1e-6 * tradable.step[name]
        order = max(
            (o for o in of_name if o * wanted >= 0 and abs(o) <= reach and o % tradable.step[name] == 0), key=abs
        )
        whole = -int(tradable.position[name])
        if wanted < 0 and whole in of_name and -wanted >= -whole * (1.0 - 1e-6):
            order = whole
        if wanted >= 0 and problem.lower[name] > problem.held[name]:  # a purchase that is asked for is rounded up
            asked = (problem.lower[name] - problem.held[name]) / tradable.weight[name]
            up = math.ceil(asked / tradable.step[name] - 1e-6) * int(tradable.step[name])
            order = max(order, up, min(bought for bought in of_name if bought > 0))
        orders.append(order)
    return orders


def settled(
    problem: Problem, tradable: Tradable, goal: Floats, allowed: list[list[int]], *, truncate: bool
) -> list[int]:
    """Each name in turn at the better of the truncated order and the next beyond it, the later ones at their goals."""
    orders = truncated(problem, tradable, goal, allowed)
    trades = goal != problem.held
    weights = np.where(trades, goal, weights_of(problem, tradable, orders))
    for name in np.flatnonzero(trades):
        of_name, near = allowed[name], orders[name]
        at = of_name.index(near) + (1 if goal[name] > problem.held[name] else -1)
        around = [near] if truncate else [near, of_name[max(at, 0)]]
        ends = [weights.copy() for _ in around]
        for end, order in zip(ends, around, strict=True):
            end[name] = problem.held[name] + order * tradable.weight[name]
        best = int(np.argmin([merit(problem, tradable, end) for end in ends]))
        orders[name], weights = around[best], ends[best]
    return orders


def round_shares(problem: Problem, tradable: Tradable, goal: Floats, passes: int) -> list[int]:
    """Descend from settled orders; in an account of few names also from truncated ones, and keep the better end.

    Not where the first end is near what the goals are worth. An account of many names that starts near that is done.
    """
    orders = descended(problem, tradable, goal, passes, truncate=False)
    if len(goal) > FEW or lost(problem, tradable, goal, orders, passes) <= AGAIN_BP:
        return orders
    again = descended(problem, tradable, goal, passes, truncate=True)
    here, there = (merit(problem, tradable, weights_of(problem, tradable, end)) for end in (orders, again))
    return again if there < here - WORTHWHILE else orders


def lost(problem: Problem, tradable: Tradable, goal: Floats, orders: list[int], passes: int) -> float:
    """What orders cost more than the goals, at which breaches of hard rows cost nothing."""
    allowed = orders_near(problem, tradable, goal, passes)
    held = weights_of(problem, tradable, truncated(problem, tradable, goal, allowed))
    stands = np.where(goal != problem.held, goal, held)
    soft = problem._replace(row_price=np.where(np.isinf(problem.row_price), 0.0, problem.row_price))
    return merit(problem, tradable, weights_of(problem, tradable, orders)) - merit(soft, tradable, stands)


def orders_near(problem: Problem, tradable: Tradable, goal: Floats, passes: int) -> list[list[int]]:
    """All orders of each name that a descent could reach."""
    reach = np.maximum(goal - problem.held, 0.0) / tradable.weight + (passes + 3) * tradable.step
    reach = reach + np.maximum(tradable.least, tradable.smallest)
    return [possible_orders(tradable, name, int(reach[name])) for name in range(len(goal))]


def descended(problem: Problem, tradable: Tradable, goal: Floats, passes: int, *, truncate: bool) -> list[int]:
    """Try both neighbours of every order, and none at all, in turn for as long as one is better."""
    allowed = orders_near(problem, tradable, goal, passes)
    orders = settled(problem, tradable, goal, allowed, truncate=truncate)
    many = len(goal) > FEW
    well = abs(lost(problem, tradable, goal, orders, passes)) <= WELL_BP
    if many and well and cash_missing(problem, tradable, orders) == 0.0:
        return orders
    raising = idle = False
    for done in range(10 * passes):
        before = list(orders)
        breach = cash_missing(problem, tradable, orders)
        if done >= passes and breach == 0.0:
            break
        raising = breach > 0.0 and (raising or idle)
        for name, of_name in enumerate(allowed):
            at = bisect.bisect_left(of_name, orders[name])
            buys = goal[name] > problem.held[name]
            sells = goal[name] < problem.held[name] or (raising and tradable.open[name] and not buys)
            mends = [much_less(tradable, name, orders[name], breach, of_name)] if raising else []
            neighbours = [*of_name[at + 1 : at + 2], *of_name[max(at - 1, 0) : at], *mends, 0]
            neighbours = [order for order in neighbours if order != orders[name]]
            tries = [o for o in neighbours if o == 0 or (buys if o > 0 else sells or o > orders[name])]
            if not tries:
                continue
            here = merit(problem, tradable, weights_of(problem, tradable, orders))
            values = [
                merit(problem, tradable, weights_of(problem, tradable, [*orders[:name], order, *orders[name + 1 :]]))
                for order in tries
            ]
            if min(values) < here - WORTHWHILE:
                orders[name] = tries[int(np.argmin(values))]
        idle = orders == before
        ends = (merit(problem, tradable, weights_of(problem, tradable, end)) for end in (before, orders))
        little = many and next(ends) - next(ends) <= LITTLE_BP
        if (idle and raising) or (breach == 0.0 and (idle or little)):
            break
    return orders


def much_less(tradable: Tradable, name: int, order: int, breach: float, possible: list[int]) -> int:
    """The order that alone frees the cash missing: at least no purchase, at most all that may be sold.

    Where the position it would leave is too small, the largest sale that leaves one, or else all of it.
    """
    step, least = int(tradable.step[name]), int(tradable.least[name])
    wanted = order - math.ceil(breach / (step * tradable.weight[name])) * step
    if order > 0:
        return wanted if wanted > 0 and wanted in possible else 0
    nearest = min(one for one in possible if one >= min(wanted, -least))
    return nearest if nearest < order else min(order, possible[0])


def cash_missing(problem: Problem, tradable: Tradable, orders: list[int]) -> float:
    """Percent that cash is short of; nothing where no row says so."""
    return max(cash_excess(problem, tradable, orders), 0.0) if tradable.cash_row >= 0 else 0.0


def cash_excess(problem: Problem, tradable: Tradable, orders: Iterable[int]) -> float:
    """Percent by which the cash row's sum, spreads paid, lies above its upper limit; negative below."""
    weights = weights_of(problem, tradable, orders)
    row = tradable.cash_row
    return float(problem.rows[row] @ weights + spread_paid(problem, weights) - problem.row_upper[row])
