"""Twin of `kernels.problem` and `kernels.bound`: the covariance matrix written out, every candidate looked at."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from kernels.problem import Problem
from tests.reference import naive_taxes

Floats = NDArray[np.float64]


def covariance(problem: Problem) -> Floats:
    """Σ, (n, n), of percent weights."""
    return problem.loadings @ problem.loadings.T + np.diag(problem.curvature / problem.risk_aversion)


def tracking_variance(problem: Problem, weights: Floats) -> float:
    active = weights - problem.target
    return problem.risk_aversion * float(active @ covariance(problem) @ active)


def segments_of(problem: Problem, name: int) -> list[tuple[float, float]]:
    """(size, cost) of each segment of one name."""
    first, last = problem.segment_offsets[name], problem.segment_offsets[name + 1]
    return [(float(problem.segment_size[s]), float(problem.segment_cost[s])) for s in range(first, last)]


def trade_cost(problem: Problem, name: int, weight: float) -> float:
    held = float(problem.held[name])
    if weight == held:
        return 0.0
    cost = problem.ticket + max(weight - held, 0.0) * float(problem.buy_cost[name])
    for size, rate in segments_of(problem, name):  # what lies between `weight` and the top of this segment
        cost += rate * min(max(held - weight, 0.0), size)
        held -= size
    return cost


def realised(problem: Problem, weights: Floats) -> tuple[float, float]:
    """Short- and long-term gain, percent: each name sells what lies above its weight, its first segment on top."""
    gains: dict[bool, list[float]] = {False: [], True: []}
    for name, weight in enumerate(weights):
        top = float(problem.held[name])
        for s in range(problem.segment_offsets[name], problem.segment_offsets[name + 1]):
            size = float(problem.segment_size[s])
            sold = min(max(top - float(weight), 0.0), size)
            gains[bool(problem.segment_long[s])].append(sold * float(problem.segment_gain[s]))
            top -= size
    return math.fsum(gains[False]), math.fsum(gains[True])


def tax(problem: Problem, short: float, long: float) -> float:
    """What the run's gains cost in bp, by the tax return, and what is over a budget at a thousand times itself."""
    before_short, before_long, offset, short_rate, long_rate, carried_rate, room, most_tax = problem.schedule
    worth = carried_rate / long_rate if long_rate else 0.0
    owed = naive_taxes.tax_cost(before_short, before_long, 0.0, 0.0, short, long, short_rate, long_rate, worth, offset)
    over = max(short + long - room, 0.0)
    if most_tax < math.inf:
        after = before_short + short, before_long + long
        over = max(over, over_tax(after, (short_rate, long_rate), carried_rate, offset, most_tax))
    return owed + 1000.0 * 100.0 * over


def over_tax(
    totals: tuple[float, float], rates: tuple[float, float], carried: float, offset: float, most: float
) -> float:
    """Gain beyond a budget of tax: the net total, and in the half of the terms also what they are taxed."""
    (dear, high), (cheap, low) = sorted(zip(totals, rates, strict=True), key=lambda term: -term[1])
    net, terms = dear + cheap, low * (dear + cheap) + (high - low) * max(dear, 0.0)
    if net < 0.0 or terms > high * net:  # the half of the net total is the lesser
        low, terms = high, 0.0
    if most >= 0.0:
        beyond = max(net - most / low, 0.0) if low else 0.0
        return beyond + (max((low * net + (high - low) * dear - most) / high, 0.0) / 10.0 if terms and high else 0.0)
    deducted = min(-most, rates[0] * offset)
    lost = (deducted / rates[0] if rates[0] else 0.0) + ((-most - deducted) / carried if carried else 0.0)
    return max(net + lost, 0.0)


def row_breach(problem: Problem, weights: Floats, row: int) -> float:
    total = math.fsum(problem.rows[row] * weights)
    if total > problem.row_upper[row]:
        return float(total - problem.row_upper[row])
    if total < problem.row_lower[row]:
        return float(problem.row_lower[row] - total)
    return 0.0


def objective(problem: Problem, weights: Floats) -> float:
    n, rows = len(weights), range(len(problem.row_price))
    return math.fsum(
        [tracking_variance(problem, weights), float(problem.hold_cost @ weights)]
        + [trade_cost(problem, name, float(weights[name])) for name in range(n)]
        + [tax(problem, *realised(problem, weights))]
        + [problem.row_price[r] * row_breach(problem, weights, r) for r in rows if problem.row_price[r] < math.inf]
    )


def violation(problem: Problem, weights: Floats) -> float:
    hard = [row_breach(problem, weights, r) for r, price in enumerate(problem.row_price) if price == math.inf]
    return float(max([0.0, *(problem.lower - weights), *(weights - problem.upper), *hard]))


def value_of_name(problem: Problem, name: int, price: float, weight: float) -> float:
    """What one name contributes to the Lagrangian, `price` being that of its weight."""
    active = weight - float(problem.target[name])
    return float(problem.curvature[name]) * active**2 + price * weight + trade_cost(problem, name, weight)


def _candidates(problem: Problem, name: int, price: float) -> Iterator[float]:
    """Every weight at which the minimum over an interval can lie: its ends, every kink, every stationary point."""
    held, target, curvature = (float(a[name]) for a in (problem.held, problem.target, problem.curvature))
    yield from (held, float(problem.lower[name]), float(problem.upper[name]))
    yield target - (float(problem.buy_cost[name]) + price) / (2.0 * curvature)
    below = held
    for size, rate in segments_of(problem, name):
        below -= size
        yield below
        yield target + (rate - price) / (2.0 * curvature)


def least_of_name(problem: Problem, name: int, price: float, *, sale: bool) -> tuple[float, float]:
    """The best weight at or below the held one, or at or above it, and its value."""
    low, high = float(problem.lower[name]), float(problem.upper[name])
    low, high = (low, min(high, problem.held[name])) if sale else (max(low, problem.held[name]), high)
    allowed = [weight for weight in _candidates(problem, name, price) if low <= weight <= high]
    return min(((weight, value_of_name(problem, name, price, weight)) for weight in allowed), key=lambda pair: pair[1])


def lower_bound(problem: Problem, factor_prices: Floats, row_prices: Floats) -> float:
    """The Lagrangian's least value. Row prices must be those of `sensible_prices`."""
    parts = [-(float(v) ** 2) / (4.0 * problem.risk_aversion) for v in factor_prices]
    for price, low, high in zip(row_prices, problem.row_lower, problem.row_upper, strict=True):
        if price != 0.0:
            parts.append(-float(price * (high if price > 0.0 else low)))
    risk = problem.loadings @ factor_prices
    parts.append(-float(risk @ problem.target))
    prices = problem.hold_cost + risk + problem.rows.T @ row_prices
    for name, price in enumerate(prices):
        sides = []
        if problem.lower[name] <= problem.held[name]:
            sides.append(least_of_name(problem, name, float(price), sale=True)[1])
        if problem.upper[name] >= problem.held[name]:
            sides.append(least_of_name(problem, name, float(price), sale=False)[1])
        parts.append(min(sides))
    return math.fsum(parts)


def sensible_prices(problem: Problem, row_prices: Floats) -> Floats:
    """No soft row is worth more than its breach costs, and no side without a limit is worth anything."""
    kept = np.clip(row_prices, -problem.row_price, problem.row_price)
    kept[(kept > 0.0) & np.isinf(problem.row_upper)] = 0.0
    kept[(kept < 0.0) & np.isinf(problem.row_lower)] = 0.0
    return kept
