"""OSQP on the factor form (`engine.decide.solvers.factor_form`).

The hinges of both halves of the schedule are there, and those not in use have neither price nor limit: so everything
is solved on one set-up, each time from the last answer. A hinge couples all lots and slows OSQP down several times.
Most accounts end on one linear piece, so each hinge is first taken to be on one side, where it only changes the lots'
costs. Where the answer lies on the other side, that is tried; only where each side points to the other is the hinge put
in, and its row's dual is its slope.

Stellato, Banjac, Goulart, Bemporad, Boyd 2020, "OSQP: an operator splitting solver for quadratic programs". The step
size adapts by iteration count and never by the clock, so that an answer depends on the problem alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import osqp
from numpy.typing import NDArray

from engine.decide.sales import gains_of, worth_of_losses
from engine.decide.schedule import Half, halves
from engine.decide.solvers.base import Accuracy, RawAnswer, Solution, Status, certify
from engine.decide.solvers.factor_form import constraints, limits, linear, point, quadratic
from kernels.problem import Problem

Floats = NDArray[np.float64]
Sides = NDArray[np.int64]

BELOW, ABOVE, BENT = range(3)
"""Where a hinge is taken to be: its slope is nothing, its whole step, or for its row to find."""

BY_ITERATIONS: Final = 1
"""OSQP's `adaptive_rho` mode that does not look at the clock."""

ATTEMPTS: Final = ((1e-3, 1e-5, 4_000), (1e-4, 1e-6, 10_000), (1e-6, 1e-8, 40_000))
"""Absolute and relative tolerance and most iterations; the next is tried where our own check refuses the answer."""

BISECTIONS, NARROW = 24, 0.01
"""Most slopes tried where an account sits on a bend, and the part of the step within which its slope must be known: a
mixture of answers further apart may pass the check and still be a share or two off."""


class OsqpWorkspace:
    """One account's problem set up in OSQP; solved again with other bounds, each time from the last answer.

    `halves` are the convex functions of its schedule: each is solved by itself, and the best answer is that of one.
    """

    def __init__(
        self, problem: Problem, accuracy: Accuracy | None = None, of_schedule: tuple[Half, ...] | None = None
    ) -> None:
        self.halves = of_schedule or halves(problem)
        self._accuracy = accuracy or Accuracy()
        self._hinge_ends = np.cumsum([0, *(len(half.step) for half in self.halves)])
        self._sides = [_likely_sides(problem, half) for half in self.halves]
        self._known: list[Floats | None] = [None] * len(self.halves)
        self._solver: Any = osqp.OSQP(algebra="builtin")  # on every machine the same; it would look for others
        unused = np.zeros(self._hinge_ends[-1])
        lower, upper = limits(problem, unused + np.inf)
        self._solver.setup(
            quadratic(problem, len(unused)),
            linear(problem, self.halves[0].rate, unused),
            constraints(problem, np.vstack([half.counts for half in self.halves])),
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

    def start(self, problem: Problem, solution: Solution) -> None:
        """Go on from another solver's answer to this problem: it stays only where OSQP's own residuals accept it."""
        number = next(number for number, one in enumerate(self.halves) if one is solution.half)
        half = self.halves[number]
        at_end = np.where(solution.slopes >= half.step, ABOVE, BENT)
        self._sides[number] = np.where(solution.slopes <= 0.0, BELOW, at_end)
        self._known[number] = solution.slopes
        values, prices = point(problem, solution, int(self._hinge_ends[-1]))
        self._solver.warm_start(x=values, y=prices)

    def solve(self, problem: Problem, half: Half | None = None) -> Solution:
        """Solve one half (the first) for this problem's bounds; the rest must be what the workspace was made with."""
        number = next(number for number, one in enumerate(self.halves) if one is (half or self.halves[0]))
        half, sides = self.halves[number], self._sides[number]
        turned = np.zeros(len(sides), dtype=np.bool_)
        iterations = 0
        while True:
            if np.count_nonzero(sides == BENT) == 1:
                solution, wrong = self._solve_bend(problem, number, sides)
            else:
                solution, wrong = self._solve_sides(problem, number, sides)
            iterations += solution.iterations
            if solution.status is Status.SOLVED or not wrong.any():
                break
            sides = np.where(wrong, np.where(turned, BENT, BELOW + ABOVE - sides), sides)
            turned |= wrong
        ended = np.where(solution.slopes <= 0.0, BELOW, np.where(solution.slopes >= half.step, ABOVE, BENT))
        self._sides[number] = ended
        return replace(solution, iterations=iterations)

    def _solve_sides(self, problem: Problem, number: int, sides: Sides) -> tuple[Solution, NDArray[np.bool_]]:
        """Solve with every hinge on its side, and tell which hinges the answer found on the other."""
        half = self.halves[number]
        slopes = np.where(sides == ABOVE, half.step, 0.0)
        mine = slice(self._hinge_ends[number], self._hinge_ends[number + 1])
        limit, step = np.full(self._hinge_ends[-1], np.inf), np.zeros(self._hinge_ends[-1])
        limit[mine] = np.where(sides == BENT, -half.at, np.inf)
        step[mine] = np.where(sides == BENT, half.step, 0.0)
        lower, upper = limits(problem, limit)
        self._solver.update(q=linear(problem, half.prices(slopes), step), l=lower, u=upper)
        iterations = 0
        for eps_abs, eps_rel, most in ATTEMPTS:
            self._solver.update_settings(eps_abs=eps_abs, eps_rel=eps_rel, max_iter=most)
            answer = self._solver.solve(raise_error=False)
            iterations += answer.info.iter
            raw = self._read(problem, answer, mine, slopes, sides)
            solution = certify(problem, half, raw, accuracy=self._accuracy, solver="osqp", iterations=iterations)
            reached = half.at + half.counts @ gains_of(problem, raw.sold)
            wrong = ((sides == BELOW) & (reached > 0.0)) | ((sides == ABOVE) & (reached < 0.0))
            if solution.status is Status.SOLVED or wrong.any():
                break
        return solution, wrong

    def _solve_bend(self, problem: Problem, number: int, sides: Sides) -> tuple[Solution, NDArray[np.bool_]]:
        """Solve with one hinge at its bend: halve the range of its slope, and mix the answers from either side.

        Two lots that cost the same at the bend make OSQP's own way there very long. The half is convex, and answers to
        two slopes that nearly agree are both nearly optimal: so is their mixture that lies on the bend. A slope that is
        known is tried first, on either side; where OSQP does not find the bend between, it is looked for everywhere.
        """
        half, bend = self.halves[number], sides == BENT
        low, high = 0.0, float(half.step[bend][0])
        first, known, narrow = (low, high), self._known[number], NARROW * high
        if known is not None:
            likely = float(known[bend][0])
            first = max(low, likely - narrow / 2.0), min(high, likely + narrow / 2.0)
        above: tuple[RawAnswer, float] | None = None
        below: tuple[RawAnswer, float] | None = None
        iterations = 0
        for step in range(BISECTIONS):
            if step == 0 or (step == 1 and above is not None):
                slope = first[step]
            else:
                slope = low if above is None else high if below is None else (low + high) / 2.0
            slopes = np.where(bend, slope, np.where(sides == ABOVE, half.step, 0.0))
            raw, spent = self._at_slopes(problem, slopes, half)
            iterations += spent
            reached = half.at + half.counts @ gains_of(problem, raw.sold)
            at = float(reached[bend][0])
            if at > 0.0:
                low, above = slope, (raw, at)
            else:
                high, below = slope, (raw, at)
            mixed = raw if above is None or below is None else _mixed(above, below)
            solution = certify(problem, half, mixed, accuracy=self._accuracy, solver="osqp", iterations=iterations)
            wrong = ~bend & (((sides == BELOW) & (reached > 0.0)) | ((sides == ABOVE) & (reached < 0.0)))
            if solution.status is Status.SOLVED and high - low <= narrow:
                break
        return solution, wrong

    def _at_slopes(self, problem: Problem, slopes: Floats, half: Half) -> tuple[RawAnswer, int]:
        """OSQP's answer where every hinge has a fixed slope."""
        unused = np.zeros(self._hinge_ends[-1])
        lower, upper = limits(problem, unused + np.inf)
        self._solver.update(q=linear(problem, half.prices(slopes), unused), l=lower, u=upper)
        eps_abs, eps_rel, most = ATTEMPTS[1]
        self._solver.update_settings(eps_abs=eps_abs, eps_rel=eps_rel, max_iter=most)
        answer = self._solver.solve(raise_error=False)
        raw = self._read(problem, answer, slice(0, len(slopes)), slopes, np.full(len(slopes), BELOW))
        return raw, int(answer.info.iter)

    def _read(self, problem: Problem, answer: Any, hinges: slice, slopes: Floats, sides: Sides) -> RawAnswer:
        x, y = np.asarray(answer.x), np.asarray(answer.y)
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            x, y = np.zeros_like(x), np.zeros_like(y)
        n, k = problem.loadings.shape
        rows = n + k + len(problem.row_price)
        return RawAnswer(
            weights=x[:n],
            sold=x[2 * n : 2 * n + len(problem.segment_size)],
            row_prices=y[n + k : rows],
            slopes=np.where(sides == BENT, y[rows:][hinges], slopes),
        )


def _mixed(above: tuple[RawAnswer, float], below: tuple[RawAnswer, float]) -> RawAnswer:
    """The mixture of two answers at which a hinge that one is above and the other below by so much is just reached."""
    share = above[1] / (above[1] - below[1])
    mixed = (
        (1.0 - share) * one + share * other
        for one, other in zip(vars(above[0]).values(), vars(below[0]).values(), strict=True)
    )
    return RawAnswer(*mixed)


def _likely_sides(problem: Problem, half: Half) -> Sides:
    """Where the hinges would be if every loss that pays were taken."""
    corners = half.grid((0.0, 1.0))
    likely = min(corners, key=lambda slopes: worth_of_losses(problem, half, slopes))
    return np.where(likely > 0.0, ABOVE, BELOW)
