"""The separable dual where orders are whole steps, no smaller than the minimum trade (`kernels.bound`).

With prices on factors and rows each name is minimised over the orders that may be given for it: none, a purchase or a
sale of whole steps between the least and the most, or the whole position. On either side of the held weight a name's
part is convex, so the best whole number of steps is next to the continuous one, or an end of what is allowed
(OPTIMISATION section 2).
"""

from __future__ import annotations

import math

import numpy as np

from kernels.bound import best_purchase, best_sale, least_at, price_names
from kernels.jit import F8, F8W, f8, i8, kernel, void
from kernels.problem import PROBLEM, Floats, Problem, trade_cost
from kernels.rounding.orders import TRADABLE, Tradable, least_bought

SLACK = 1e-6
"""Percent of account value by which an order may miss a bound and still be given, and a little more."""


@kernel(f8(PROBLEM, i8, f8, f8), inner=True)
def _value(problem: Problem, name: int, price: float, weight: float) -> float:
    """A name's part of the dual at a weight, bp."""
    active = weight - problem.target[name]
    return float(problem.curvature[name] * active * active + price * weight + trade_cost(problem, name, weight))


@kernel(f8(PROBLEM, i8, f8, f8, f8, f8, f8), inner=True)
def _best_of_steps(
    problem: Problem, name: int, price: float, wanted: float, unit: float, least: float, most: float
) -> float:
    """The least value over whole numbers of `unit` from `least` to `most` added to the held weight; inf if none.

    `wanted` is how many the continuous minimiser takes.
    """
    if least > most:
        return math.inf
    held = problem.held[name]
    below = min(max(math.floor(wanted), least), most)
    above = min(max(math.ceil(wanted), least), most)
    value = _value(problem, name, price, held + below * unit)
    return float(value if above == below else min(value, _value(problem, name, price, held + above * unit)))


@kernel(f8(PROBLEM, TRADABLE, i8, f8))
def least_in_steps(problem: Problem, tradable: Tradable, name: int, price: float) -> float:
    """A name's part of the dual in bp where its percent costs `price`: the least over the orders that may be given.

    Where bounds leave it none, that of any weight between them.
    """
    held, lower, upper = problem.held[name], problem.lower[name] - SLACK, problem.upper[name] + SLACK
    step, position = tradable.step[name], tradable.position[name]
    unit, best = step * tradable.weight[name], math.inf
    if lower <= held <= upper:
        best = problem.curvature[name] * (held - problem.target[name]) ** 2 + price * held
    if lower < held and position > 0:
        weight = best_sale(problem, name, price)[0] if problem.lower[name] <= held else held
        sellable = tradable.sellable[name]
        least = max(math.ceil(tradable.least[name] / step), math.ceil((held - upper) / unit))
        most = min(min(sellable, position - tradable.smallest[name]) // step, math.floor((held - lower) / unit))
        best = min(best, _best_of_steps(problem, name, price, (held - weight) / unit, -unit, least, most))
        if sellable == position and lower <= 0.0:
            best = min(best, _value(problem, name, price, 0.0))
    if upper > held:
        weight = best_purchase(problem, name, price)[0] if problem.upper[name] >= held else held
        least = max(least_bought(tradable, name) // step, math.ceil((lower - held) / unit))
        most = math.floor((upper - held) / unit)
        best = min(best, _best_of_steps(problem, name, price, (weight - held) / unit, unit, least, most))
    return float(best if best < math.inf else least_at(problem, name, price)[1])


@kernel(void(PROBLEM, TRADABLE, F8, F8, F8W), allocates=True)
def least_of_names_in_steps(
    problem: Problem, tradable: Tradable, factor_prices: Floats, row_prices: Floats, least: Floats
) -> None:
    """Each name's part of the dual in bp into `least` (n,), as `kernels.bound.least_of_names`, in whole steps."""
    price, risk = np.empty(len(least)), np.empty(len(least))
    price_names(problem, factor_prices, row_prices, price, risk)
    for name in range(len(least)):
        least[name] = least_in_steps(problem, tradable, name, price[name]) - risk[name] * problem.target[name]
