"""The relaxation as a quadratic program in factor form, for solvers of such programs; Σ is never formed.

Variables: weights w, purchases b, segments sold s, factors y, slacks e⁺ and e⁻, hinges t.

    w − b + Σ s = held          one row a name
    Lᵀw − y     = Lᵀw*          one row a factor
    Aw − e⁺ + e⁻ in [l, u]      one row a row; slacks only where the row has a price
    Σ gain·s − t ≤ −at          one row a hinge of the schedule, t ≥ 0 at the price of its step

and then one row a variable that has bounds: all but the factors.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from engine.decide.sales import owner, priced_cost
from engine.decide.solvers.base import Solution
from engine.decide.solvers.relaxation import purchasable, sellable
from kernels.problem import Problem

Floats = NDArray[np.float64]


def soft_rows(problem: Problem) -> NDArray[np.intp]:
    """Rows that have a price, and so slacks."""
    return np.nonzero(np.isfinite(problem.row_price))[0]


def constraints(problem: Problem, counts: Floats) -> sp.csc_matrix:
    """Constraint matrix by columns, assembled from triplets: ten times faster than stacking blocks where n is small.

    `counts` (h, 2): whether short- and long-term gains count for each hinge.
    """
    soft = soft_rows(problem)
    n, k = problem.loadings.shape
    s, m, e, h = len(problem.segment_size), len(problem.row_price), len(soft), len(counts)
    names, segments, factors, slacks, hinges = (np.arange(count) for count in (n, s, k, e, h))
    buy, sell, factor, over, under, hinge = np.cumsum([n, n, s, k, e, e])
    exposures, rows, nets, bounds = n, n + k, n + k + m, n + k + m + h
    row, name = np.nonzero(problem.rows)
    load = np.nonzero(problem.loadings)
    gain = counts[:, problem.segment_long.astype(np.intp)] * problem.segment_gain
    net, gaining = np.nonzero(gain)
    triplets = [
        (names, names, np.ones(n)),
        (names, buy + names, -np.ones(n)),
        (owner(problem), sell + segments, np.ones(s)),
        (exposures + load[1], load[0], problem.loadings[load]),
        (exposures + factors, factor + factors, -np.ones(k)),
        (rows + row, name, problem.rows[row, name]),
        (rows + soft, over + slacks, -np.ones(e)),
        (rows + soft, under + slacks, np.ones(e)),
        (nets + net, sell + gaining, gain[net, gaining]),
        (nets + hinges, hinge + hinges, -np.ones(h)),
        (bounds + names, names, np.ones(n)),
        (bounds + n + names, buy + names, np.ones(n)),
        (bounds + 2 * n + segments, sell + segments, np.ones(s)),
        (bounds + 2 * n + s + slacks, over + slacks, np.ones(e)),
        (bounds + 2 * n + s + e + slacks, under + slacks, np.ones(e)),
        (bounds + 2 * n + s + 2 * e + hinges, hinge + hinges, np.ones(h)),
    ]
    at_row, at_column, value = (np.concatenate(part) for part in zip(*triplets, strict=True))
    shape = (bounds + 2 * n + s + 2 * e + h, hinge + h)
    return sp.csc_matrix((value, (at_row, at_column)), shape=shape)


def quadratic(problem: Problem, hinges: int) -> sp.csc_matrix:
    """Twice the costs of squares, a diagonal."""
    n, k = problem.loadings.shape
    diagonal = np.concatenate(
        [
            2.0 * problem.curvature,
            np.zeros(n + len(problem.segment_size)),
            np.full(k, 2.0 * problem.risk_aversion),
            np.zeros(2 * len(soft_rows(problem)) + hinges),
        ]
    )
    at = np.flatnonzero(diagonal)
    return sp.csc_matrix((diagonal[at], at, np.append(0, np.cumsum(diagonal != 0.0))), shape=(len(diagonal),) * 2)


def point(problem: Problem, solution: Solution, hinges: int) -> tuple[Floats, Floats]:
    """An answer as values of all variables and prices of all rows, none of the hinges in use.

    The prices are those at which every variable but the weights is at rest.
    """
    change, price = solution.weights - problem.held, problem.row_price[soft_rows(problem)]
    sold, soft = solution.sold, solution.row_prices[soft_rows(problem)]
    name = owner(problem)
    bought = change + np.bincount(name, sold, minlength=len(change))
    active = solution.weights - problem.target
    activity = problem.rows @ solution.weights
    over = np.where(np.isfinite(problem.row_price), np.maximum(activity - problem.row_upper, 0.0), 0.0)
    under = np.where(np.isfinite(problem.row_price), np.maximum(problem.row_lower - activity, 0.0), 0.0)
    slope = problem.hold_cost + 2.0 * problem.curvature * active + problem.loadings @ solution.factor_prices
    slope = slope + problem.rows.T @ solution.row_prices
    none = np.zeros(hinges)
    values = [solution.weights, bought, sold, problem.loadings.T @ active]
    values += [over[soft_rows(problem)], under[soft_rows(problem)], none]
    prices = [-slope, solution.factor_prices, solution.row_prices, none, np.zeros(len(change))]
    prices += [-slope - problem.buy_cost, slope[name] - priced_cost(problem, solution.marginal_rates)]
    prices += [soft - price, -soft - price, none]
    return np.concatenate(values), np.concatenate(prices)


def linear(problem: Problem, prices: Floats, hinges: Floats) -> Floats:
    """Costs of the variables, gains at `prices` (2,); `hinges` are the steps of the hinges in use, else zero."""
    price = problem.row_price[soft_rows(problem)]
    return np.concatenate(
        [
            problem.hold_cost - 2.0 * problem.curvature * problem.target,
            problem.buy_cost,
            priced_cost(problem, prices),
            np.zeros(problem.loadings.shape[1]),
            price,
            price,
            hinges,
        ]
    )


def limits(problem: Problem, hinges: Floats) -> tuple[Floats, Floats]:
    """Both sides of every row; a name that may not be bought or sold has no room for it.

    `hinges` are the upper limits of the hinges' rows, infinite for one not in use.
    """
    n, left = len(problem.held), sellable(problem)
    exposure = problem.loadings.T @ problem.target
    slack = 2 * len(soft_rows(problem)) + len(hinges)
    lower = np.concatenate(
        [
            problem.held,
            exposure,
            problem.row_lower,
            np.full(len(hinges), -np.inf),
            problem.lower,
            np.zeros(n + len(left) + slack),
        ]
    )
    upper = np.concatenate(
        [
            problem.held,
            exposure,
            problem.row_upper,
            hinges,
            problem.upper,
            purchasable(problem),
            left,
            np.full(slack, np.inf),
        ]
    )
    return lower, upper
