"""Lower bound of an account's problem from the separable dual.

With prices on factors and rows the Lagrangian separates by name, and each one-dimensional problem is minimised exactly,
its choice of side included: what a name sells below its held weight and what it buys above are two convex branches, and
the better is taken. So the value bounds the problem in which no name both takes a loss and buys, not only its convex
relaxation (Moehle, Gindi, Boyd, Kochenderfer 2021, arXiv 2103.05455, section 3).

Here each segment has one cost, and a name's segments ascend in it. The netting schedule does not separate: the caller
puts a price on each term's gain, which turns it into segment costs and a constant (`engine.decide.schedule`).
"""

from __future__ import annotations

import math

import numpy as np
from numba import types

from kernels.dot import dot
from kernels.jit import B1, F8, F8W, f8, i8, kernel, void
from kernels.problem import PROBLEM, Flags, Floats, Problem


@kernel(types.UniTuple(f8, 2)(PROBLEM, i8, f8))
def best_sale(problem: Problem, name: int, price: float) -> tuple[float, float]:
    """Weight at or below the held one that minimises λδ(w−w*)² + price·w + f(w), and that minimum in bp.

    The weight starts at the held one and walks down the segments while that pays, or while the upper bound asks. Where
    the whole walk is not worth its ticket, nothing is sold.
    """
    curvature, target, held = problem.curvature[name], problem.target[name], problem.held[name]
    lower, upper, flexibility = problem.lower[name], problem.upper[name], 0.5 / curvature
    weight = held
    cost = 0.0
    for segment in range(problem.segment_offsets[name], problem.segment_offsets[name + 1]):
        rate = problem.segment_cost[segment]
        wanted = max(target + (rate - price) * flexibility, lower)
        if wanted >= weight and weight <= upper:
            break
        bottom = weight - problem.segment_size[segment]
        stop = min(max(wanted, bottom), max(upper, bottom))
        cost += rate * (weight - stop)
        weight = stop
    if weight < held:
        cost += problem.ticket
    least = curvature * (weight - target) ** 2 + price * weight + cost
    kept = curvature * (held - target) ** 2 + price * held
    return (held, kept) if kept < least and held <= upper else (weight, least)


@kernel(types.UniTuple(f8, 2)(PROBLEM, i8, f8))
def best_purchase(problem: Problem, name: int, price: float) -> tuple[float, float]:
    """Weight at or above the held one that minimises λδ(w−w*)² + price·w + f(w), and that minimum in bp."""
    curvature, target, held = problem.curvature[name], problem.target[name], problem.held[name]
    rate = problem.buy_cost[name]
    weight = min(target - (rate + price) / (2.0 * curvature), problem.upper[name])
    weight = max(weight, held, problem.lower[name])
    cost = 0.0
    if weight > held:
        cost = problem.ticket + rate * (weight - held)
    least = curvature * (weight - target) ** 2 + price * weight + cost
    kept = curvature * (held - target) ** 2 + price * held
    return (held, kept) if kept < least and held >= problem.lower[name] else (weight, least)


@kernel(f8(PROBLEM, F8, i8), inner=True)
def _row_price(problem: Problem, row_prices: Floats, row: int) -> float:
    """A row's price, cut back to what makes sense: not beyond its own price, nor on the side of an infinite bound."""
    price = min(max(row_prices[row], -problem.row_price[row]), problem.row_price[row])
    if (price > 0.0 and math.isinf(problem.row_upper[row])) or (price < 0.0 and math.isinf(problem.row_lower[row])):
        return 0.0
    return float(price)


@kernel(void(PROBLEM, F8, F8, F8W, F8W), inner=True)
def price_names(problem: Problem, factor_prices: Floats, row_prices: Floats, price: Floats, risk: Floats) -> None:
    """What a percent of each name costs at prices of factors and rows into `price` (n,); factors' part in `risk`."""
    for name in range(len(price)):
        risk[name] = dot(problem.loadings[name], factor_prices)
        price[name] = problem.hold_cost[name] + risk[name]
    for row in range(len(row_prices)):
        of_row = _row_price(problem, row_prices, row)
        if of_row != 0.0:
            for name in range(len(price)):
                price[name] += of_row * problem.rows[row, name]


@kernel(types.UniTuple(f8, 2)(PROBLEM, i8, f8), inner=True)
def least_at(problem: Problem, name: int, price: float) -> tuple[float, float]:
    """The weight, of a name whose percent costs `price`, at which its part of the dual is least, and that part."""
    weight, value = 0.0, math.inf
    if problem.lower[name] <= problem.held[name]:
        weight, value = best_sale(problem, name, price)
    if problem.upper[name] >= problem.held[name]:
        bought, other = best_purchase(problem, name, price)
        if other < value:
            weight, value = bought, other
    return weight, value


@kernel(void(PROBLEM, F8, F8, F8W, F8W), allocates=True)
def least_of_names(problem: Problem, factor_prices: Floats, row_prices: Floats, weights: Floats, least: Floats) -> None:
    """Each name's part of the dual in bp into `least` (n,), and into `weights` (n,) where it is attained."""
    price, risk = np.empty(len(weights)), np.empty(len(weights))
    price_names(problem, factor_prices, row_prices, price, risk)
    for name in range(len(weights)):
        weights[name], value = least_at(problem, name, price[name])
        least[name] = value - risk[name] * problem.target[name]


@kernel(void(PROBLEM, F8, B1, F8W), inner=True)
def gain_of_buying_at(problem: Problem, price: Floats, asked: Flags, gain: Floats) -> None:
    """By how many bp buying beats selling for each name that is `asked`, where a percent costs `price`; else 0; (n,).

    The held weight lies between the bounds of an asked name.
    """
    for name in range(len(gain)):
        gain[name] = 0.0
        if asked[name]:
            gain[name] = best_sale(problem, name, price[name])[1] - best_purchase(problem, name, price[name])[1]


@kernel(void(PROBLEM, F8, F8, B1, F8W), allocates=True)
def gain_of_buying(problem: Problem, factor_prices: Floats, row_prices: Floats, asked: Flags, gain: Floats) -> None:
    """The same at prices as in `lower_bound`."""
    price, risk = np.empty(len(gain)), np.empty(len(gain))
    price_names(problem, factor_prices, row_prices, price, risk)
    gain_of_buying_at(problem, price, asked, gain)


@kernel(f8(PROBLEM, F8, F8), inner=True)
def apart_from_names(problem: Problem, factor_prices: Floats, row_prices: Floats) -> float:
    """The dual without its names' parts, bp."""
    value = 0.0
    for factor in range(len(factor_prices)):
        value -= factor_prices[factor] ** 2 / (4.0 * problem.risk_aversion)
    for row in range(len(row_prices)):
        price = _row_price(problem, row_prices, row)
        if price > 0.0:
            value -= price * problem.row_upper[row]
        elif price < 0.0:
            value -= price * problem.row_lower[row]
    return value


@kernel(f8(PROBLEM, F8, F8, F8W), allocates=True)
def lower_bound(problem: Problem, factor_prices: Floats, row_prices: Floats, weights: Floats) -> float:
    """Value of the dual in bp, and in `weights` (n,) the minimisers it is attained at.

    `factor_prices` (k,) price Lᵀ(w − w*), `row_prices` (m,) the rows: positive where the upper bound presses.
    """
    value = apart_from_names(problem, factor_prices, row_prices)
    least = np.empty(len(weights))
    least_of_names(problem, factor_prices, row_prices, weights, least)
    for name in range(len(weights)):
        value += least[name]
    return value
