"""OSQP on the factor form: variables are weights, purchases, segments sold, factors and slacks; Σ is never formed.

    w − b + Σ s = held          one row a name
    Lᵀw − y     = Lᵀw*          one row a factor
    Aw − e⁺ + e⁻ in [l, u]      one row a row; slacks only where the row has a price

Stellato, Banjac, Goulart, Bemporad, Boyd 2020, "OSQP: an operator splitting solver for quadratic programs". The step
size adapts by iteration count and never by the clock, so that an answer depends on the problem alone.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import osqp
import scipy.sparse as sp
from numpy.typing import NDArray

from engine.decide.solvers.base import Accuracy, Solution, Status, certify
from engine.decide.solvers.relaxation import sellable
from kernels.problem import Problem

Floats = NDArray[np.float64]

BY_ITERATIONS: Final = 1
"""OSQP's `adaptive_rho` mode that does not look at the clock."""

ATTEMPTS: Final = ((1e-3, 1e-5, 4_000), (1e-4, 1e-6, 10_000), (1e-6, 1e-8, 40_000))
"""Absolute and relative tolerance and most iterations; the next is tried where our own check refuses the answer."""


class OsqpWorkspace:
    """One account's problem set up in OSQP; solved again with other bounds, each time from the last answer."""

    def __init__(self, problem: Problem, accuracy: Accuracy | None = None) -> None:
        self._accuracy = accuracy or Accuracy()
        self._soft = np.nonzero(np.isfinite(problem.row_price))[0]
        quadratic, linear = _objective(problem, self._soft)
        self._matrix = _constraints(problem, self._soft)
        self._solver: Any = osqp.OSQP()
        lower, upper = self._bounds(problem)
        self._solver.setup(
            quadratic,
            linear,
            self._matrix,
            lower,
            upper,
            verbose=False,
            adaptive_rho=BY_ITERATIONS,
            rho=1.0,
            adaptive_rho_interval=50,
            adaptive_rho_tolerance=2.0,
            check_termination=25,
            eps_abs=ATTEMPTS[0][0],
            eps_rel=ATTEMPTS[0][1],
            max_iter=ATTEMPTS[0][2],
            polishing=False,
            warm_starting=True,
        )

    def solve(self, problem: Problem) -> Solution:
        """Solve for this problem's bounds; everything else must be what the workspace was made with."""
        lower, upper = self._bounds(problem)
        self._solver.update(l=lower, u=upper)
        iterations = 0
        for eps_abs, eps_rel, most in ATTEMPTS:
            self._solver.update_settings(eps_abs=eps_abs, eps_rel=eps_rel, max_iter=most)
            answer = self._solver.solve(raise_error=False)
            iterations += answer.info.iter
            solution = self._judge(problem, np.asarray(answer.x), np.asarray(answer.y), iterations)
            if solution.status is Status.SOLVED:
                break
        return solution

    def _judge(self, problem: Problem, x: Floats, y: Floats, iterations: int) -> Solution:
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            x, y = np.zeros_like(x), np.zeros_like(y)
        n, k = problem.loadings.shape
        return certify(
            problem,
            x[:n],
            y[n + k : n + k + len(problem.row_price)],
            accuracy=self._accuracy,
            solver="osqp",
            iterations=iterations,
        )

    def _bounds(self, problem: Problem) -> tuple[Floats, Floats]:
        """Both sides of every row; a name that may not be bought or sold has no room for it."""
        n, left = len(problem.held), sellable(problem)
        exposure = problem.loadings.T @ problem.target
        slack = 2 * len(self._soft)
        lower = np.concatenate(
            [problem.held, exposure, problem.row_lower, problem.lower, np.zeros(n + len(left) + slack)]
        )
        upper = np.concatenate(
            [
                problem.held,
                exposure,
                problem.row_upper,
                problem.upper,
                np.maximum(problem.upper - problem.held, 0.0),
                left,
                np.full(slack, np.inf),
            ]
        )
        return lower, upper


def _objective(problem: Problem, soft: NDArray[np.intp]) -> tuple[sp.csc_matrix, Floats]:
    n, k = problem.loadings.shape
    free = np.zeros(n + len(problem.segment_size))
    price = problem.row_price[soft]
    diagonal = np.concatenate(
        [2.0 * problem.curvature, free, np.full(k, 2.0 * problem.risk_aversion), np.zeros(2 * len(soft))]
    )
    linear = np.concatenate(
        [
            problem.hold_cost - 2.0 * problem.curvature * problem.target,
            problem.buy_cost,
            problem.segment_cost,
            np.zeros(k),
            price,
            price,
        ]
    )
    return sp.diags(diagonal, format="csc"), linear


def _constraints(problem: Problem, soft: NDArray[np.intp]) -> sp.csc_matrix:
    """Constraint matrix by columns, assembled from triplets: ten times faster than stacking blocks where n is small."""
    n, k = problem.loadings.shape
    s, m, e = len(problem.segment_size), len(problem.row_price), len(soft)
    names, segments, factors, slacks = np.arange(n), np.arange(s), np.arange(k), np.arange(e)
    owner = np.repeat(names, np.diff(problem.segment_offsets))
    buy, sell, factor, over, under = np.cumsum([n, n, s, k, e])
    exposures, rows, bounds = n, n + k, n + k + m
    row, name = np.nonzero(problem.rows)
    load = np.nonzero(problem.loadings)
    triplets = [
        (names, names, np.ones(n)),
        (names, buy + names, -np.ones(n)),
        (owner, sell + segments, np.ones(s)),
        (exposures + load[1], load[0], problem.loadings[load]),
        (exposures + factors, factor + factors, -np.ones(k)),
        (rows + row, name, problem.rows[row, name]),
        (rows + soft, over + slacks, -np.ones(e)),
        (rows + soft, under + slacks, np.ones(e)),
        (bounds + names, names, np.ones(n)),
        (bounds + n + names, buy + names, np.ones(n)),
        (bounds + 2 * n + segments, sell + segments, np.ones(s)),
        (bounds + 2 * n + s + slacks, over + slacks, np.ones(e)),
        (bounds + 2 * n + s + e + slacks, under + slacks, np.ones(e)),
    ]
    at_row, at_column, value = (np.concatenate(part) for part in zip(*triplets, strict=True))
    shape = (bounds + 2 * n + s + 2 * e, under + e)
    return sp.csc_matrix((value, (at_row, at_column)), shape=shape)
