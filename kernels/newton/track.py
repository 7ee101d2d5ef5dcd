"""The weights that track a target best where nothing is sold and nothing costs: an effective target's own problem."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import types

from kernels.bound import lower_bound
from kernels.jit import F8, F8M, F8W, f8, kernel
from kernels.newton.pose import pose, renew, set_bounds, set_half
from kernels.newton.solve import newton
from kernels.newton.store import STORE, Store, carve, make_store
from kernels.problem import PROBLEM, Floats, Problem, factor_exposure, holding_cost, violation
from kernels.table import Table


class Tracker(NamedTuple):
    """Memory for problems of at most so many names, factors and rows; `rate` (2,) and `counts` (0, 2) say: no tax."""

    store: Store
    exposure: Floats
    row_prices: Floats
    least: Floats
    sold: Floats
    rate: Floats
    none: Floats
    counts: Floats


TRACKER = Table(Tracker, (STORE, F8W, F8W, F8W, F8W, F8, F8, F8M))


def make_tracker(names: int, factors: int, rows: int) -> Tracker:
    """Memory for the largest."""
    store, none = make_store(names, 0, factors, rows, 0), np.empty(0)
    return Tracker(
        store, np.empty(factors), np.empty(rows), np.empty(names), np.empty(0), np.zeros(2), none, np.empty((0, 2))
    )


@kernel(types.UniTuple(f8, 2)(PROBLEM, TRACKER, F8W))
def track(problem: Problem, memory: Tracker, weights: Floats) -> tuple[float, float]:
    """Solve a problem without segments from prices at nought; out: `weights` (n,), percent.

    Returns by how many bp they are dearer than the lower bound at the solver's prices of rows and their own of factors,
    and the largest breach of a bound or row, percent.
    """
    n, k = problem.loadings.shape
    m = len(problem.row_price)
    work = carve(memory.store, n, 0, k, m, 0)
    pose(problem, work)
    set_half(problem, memory.rate, memory.none, memory.none, memory.counts, work)
    renew(work)
    set_bounds(problem, problem.lower, problem.upper, work)
    newton(work, memory.sold)
    for name in range(n):
        weights[name] = min(max(work.weight[name], problem.lower[name]), problem.upper[name])
    unit = 2.0 * problem.risk_aversion
    exposure, row_prices = memory.exposure[:k], memory.row_prices[:m]
    factor_exposure(problem, weights, exposure)
    for factor in range(k):
        exposure[factor] *= unit
    for row in range(m):
        row_prices[row] = work.price[k + row] * unit
    gap = holding_cost(problem, weights) - lower_bound(problem, exposure, row_prices, memory.least[:n])
    return gap, violation(problem, weights)
