"""The dual Newton kernel behind the interface of solvers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.decide.schedule import Half, halves
from engine.decide.solvers.base import Accuracy, RawAnswer, Solution, certify
from kernels.arrays import readonly
from kernels.newton.pose import pose, pose_again, set_bounds, set_half, set_rows, start
from kernels.newton.solve import INFEASIBLE, newton
from kernels.newton.store import make_work
from kernels.problem import Problem

Floats = NDArray[np.float64]


def costs_alike(one: Problem, other: Problem) -> bool:
    """Whether two problems of an account have the very same costs of trades."""
    fields = ("buy_cost", "segment_cost", "segment_gain")
    return all(getattr(one, field) is getattr(other, field) for field in fields)


class NewtonWorkspace:
    """One account's problem; solved again with other bounds or costs of trades, each time from the last prices.

    `halves` are the convex functions of its schedule: each is solved by itself, and the best answer is that of one.
    The first solve of each starts from the prices of `near`.
    """

    def __init__(
        self,
        problem: Problem,
        accuracy: Accuracy | None = None,
        of_schedule: tuple[Half, ...] | None = None,
        near: Solution | None = None,
    ) -> None:
        self.halves = of_schedule or halves(problem)
        self._accuracy = accuracy or Accuracy()
        n, k = problem.loadings.shape
        sizes = n, len(problem.segment_size), k, len(problem.row_price)
        self._works = [make_work(*sizes, len(half.step)) for half in self.halves]
        self._posed = [problem] * len(self.halves)
        for half, work in zip(self.halves, self._works, strict=True):
            pose(problem, work)
            set_half(problem, half.rate, half.step, half.at, half.counts, work)
            if near is not None:
                start(problem, near.factor_prices, near.row_prices, near.slopes, work)

    def solve(self, problem: Problem, half: Half | None = None) -> Solution:
        """Solve one half (the first) for this problem; names, rows and risk are what the workspace was made with."""
        half = half or self.halves[0]
        raw, iterations = self.answer(problem, half)
        return certify(problem, half, raw, accuracy=self._accuracy, solver="newton", iterations=iterations)

    def answer(self, problem: Problem, half: Half) -> tuple[RawAnswer, int]:
        """As `solve`, not yet judged: the kernel's answer, and how many iterations it took."""
        place = next(place for place, one in enumerate(self.halves) if one is half)
        work = self._works[place]
        if not costs_alike(self._posed[place], problem):
            pose_again(problem, readonly(_names_that_differ(self._posed[place], problem)), work)
        self._posed[place] = problem
        set_rows(problem, work)
        set_bounds(problem, problem.lower, problem.upper, work)
        unit = 2.0 * problem.risk_aversion
        sold = np.empty(len(problem.segment_size))
        status, iterations, _ = newton(work, sold)
        k, m = len(work.centre), len(problem.row_price)
        raw = RawAnswer(
            weights=work.weight.copy(),
            sold=sold,
            row_prices=work.price[k : k + m] * unit,
            slopes=work.price[k + m :] * unit,
            conflict=status == INFEASIBLE,
        )
        return raw, iterations


def _names_that_differ(one: Problem, other: Problem) -> NDArray[np.intp]:
    """The names whose trades cost or gain something else in another problem of the account."""
    segment = (one.segment_cost != other.segment_cost) | (one.segment_gain != other.segment_gain)
    name = np.repeat(np.arange(len(one.held)), np.diff(one.segment_offsets))
    return np.nonzero((one.buy_cost != other.buy_cost) | (np.bincount(name, segment, len(one.held)) > 0.0))[0]
