"""OSQP on the factor form: variables are weights, purchases, segments sold, factors, slacks, hinges; Σ is never formed.

    w − b + Σ s = held          one row a name
    Lᵀw − y     = Lᵀw*          one row a factor
    Aw − e⁺ + e⁻ in [l, u]      one row a row; slacks only where the row has a price
    Σ gain·s − t ≤ −at          one row a hinge of the schedule, t ≥ 0 at the price of its step

The hinges of both halves of the schedule are there, and those of the half not being solved have neither price nor
limit: so both are solved on one factorisation, each from the other's answer. The duals of the hinges' rows are their
slopes.

Stellato, Banjac, Goulart, Bemporad, Boyd 2020, "OSQP: an operator splitting solver for quadratic programs". The step
size adapts by iteration count and never by the clock, so that an answer depends on the problem alone.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import osqp
import scipy.sparse as sp
from numpy.typing import NDArray

from engine.decide.sales import owner, priced_cost
from engine.decide.schedule import Half, halves
from engine.decide.solvers.base import Accuracy, RawAnswer, Solution, Status, certify
from engine.decide.solvers.relaxation import purchasable, sellable
from kernels.problem import Problem

Floats = NDArray[np.float64]

BY_ITERATIONS: Final = 1
"""OSQP's `adaptive_rho` mode that does not look at the clock."""

ATTEMPTS: Final = ((1e-3, 1e-5, 4_000), (1e-4, 1e-6, 10_000), (1e-6, 1e-8, 40_000))
"""Absolute and relative tolerance and most iterations; the next is tried where our own check refuses the answer."""


class OsqpWorkspace:
    """One account's problem set up in OSQP; solved again with other bounds, each time from the last answer.

    `halves` are the convex functions of its schedule: each is solved by itself, and the best answer is that of one.
    """

    def __init__(self, problem: Problem, accuracy: Accuracy | None = None) -> None:
        self.halves = halves(problem)
        self._accuracy = accuracy or Accuracy()
        self._soft = np.nonzero(np.isfinite(problem.row_price))[0]
        self._hinge_ends = np.cumsum([0, *(len(half.step) for half in self.halves)])
        self._solver: Any = osqp.OSQP()
        lower, upper = self._bounds(problem, self.halves[0])
        self._solver.setup(
            self._quadratic(problem),
            self._linear(problem, self.halves[0]),
            _constraints(problem, self._soft, np.vstack([half.counts for half in self.halves])),
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

    def solve(self, problem: Problem, half: Half | None = None) -> Solution:
        """Solve one half (the first) for this problem's bounds; the rest must be what the workspace was made with."""
        half = half or self.halves[0]
        lower, upper = self._bounds(problem, half)
        self._solver.update(q=self._linear(problem, half), l=lower, u=upper)
        iterations = 0
        for eps_abs, eps_rel, most in ATTEMPTS:
            self._solver.update_settings(eps_abs=eps_abs, eps_rel=eps_rel, max_iter=most)
            answer = self._solver.solve(raise_error=False)
            iterations += answer.info.iter
            solution = self._judge(problem, half, np.asarray(answer.x), np.asarray(answer.y), iterations)
            if solution.status is Status.SOLVED:
                break
        return solution

    def _judge(self, problem: Problem, half: Half, x: Floats, y: Floats, iterations: int) -> Solution:
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            x, y = np.zeros_like(x), np.zeros_like(y)
        n, k = problem.loadings.shape
        rows = n + k + len(problem.row_price)
        return certify(
            problem,
            half,
            RawAnswer(
                weights=x[:n],
                sold=x[2 * n : 2 * n + len(problem.segment_size)],
                row_prices=y[n + k : rows],
                slopes=y[rows:][self._hinges(half)],
            ),
            accuracy=self._accuracy,
            solver="osqp",
            iterations=iterations,
        )

    def _hinges(self, half: Half) -> slice:
        """Where a half's hinges stand among all."""
        number = next(number for number, one in enumerate(self.halves) if one is half)
        return slice(self._hinge_ends[number], self._hinge_ends[number + 1])

    def _bounds(self, problem: Problem, half: Half) -> tuple[Floats, Floats]:
        """Both sides of every row; a name that may not be bought or sold has no room for it."""
        n, left = len(problem.held), sellable(problem)
        exposure = problem.loadings.T @ problem.target
        slack = 2 * len(self._soft) + self._hinge_ends[-1]
        hinges = np.full(self._hinge_ends[-1], np.inf)
        hinges[self._hinges(half)] = -half.at
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

    def _quadratic(self, problem: Problem) -> sp.csc_matrix:
        n, k = problem.loadings.shape
        diagonal = np.concatenate(
            [
                2.0 * problem.curvature,
                np.zeros(n + len(problem.segment_size)),
                np.full(k, 2.0 * problem.risk_aversion),
                np.zeros(2 * len(self._soft) + self._hinge_ends[-1]),
            ]
        )
        return sp.diags(diagonal, format="csc")

    def _linear(self, problem: Problem, half: Half) -> Floats:
        price = problem.row_price[self._soft]
        hinges = np.zeros(self._hinge_ends[-1])
        hinges[self._hinges(half)] = half.step
        return np.concatenate(
            [
                problem.hold_cost - 2.0 * problem.curvature * problem.target,
                problem.buy_cost,
                priced_cost(problem, half.rate),
                np.zeros(problem.loadings.shape[1]),
                price,
                price,
                hinges,
            ]
        )


def solve_relaxation(problem: Problem, accuracy: Accuracy | None = None) -> Solution:
    """The better half's answer, with names free to be sold and bought back."""
    workspace = OsqpWorkspace(problem, accuracy)
    return min((workspace.solve(problem, half) for half in workspace.halves), key=lambda answer: answer.relaxed_bp)


def _constraints(problem: Problem, soft: NDArray[np.intp], counts: Floats) -> sp.csc_matrix:
    """Constraint matrix by columns, assembled from triplets: ten times faster than stacking blocks where n is small.

    `counts` (h, 2): whether short- and long-term gains count for each hinge.
    """
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
