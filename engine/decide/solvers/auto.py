"""The solver of a run: dual Newton, and OSQP for what that neither certifies nor proves to be in conflict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.decide.schedule import Half, halves
from engine.decide.solvers.base import Accuracy, Solution, Status
from engine.decide.solvers.newton import NewtonWorkspace, costs_alike
from kernels.problem import Problem

if TYPE_CHECKING:
    from engine.decide.solvers.osqp import OsqpWorkspace


class Workspace:
    """One account's problem; solved again with other bounds, and other costs of trades, each time from the last answer.

    `halves` are the convex functions of its schedule: each is solved by itself, and the best answer is that of one.
    They hold for all gains that a problem could realise, of which `widest` realises most. The first solve of each
    starts from the prices of `near`, an answer to an account that differs little.
    """

    def __init__(
        self,
        problem: Problem,
        accuracy: Accuracy | None = None,
        near: Solution | None = None,
        widest: Problem | None = None,
    ) -> None:
        self.halves = halves(widest or problem)
        self._accuracy = accuracy
        self._newton = NewtonWorkspace(problem, accuracy, self.halves, near)
        self._osqp: OsqpWorkspace | None = None
        self._osqp_of = problem

    def solve(self, problem: Problem, half: Half | None = None) -> Solution:
        """Solve one half (the first) for this problem; names, rows and risk are what the workspace was made with."""
        solution = self._newton.solve(problem, half)
        if solution.status is not Status.INACCURATE:
            return solution
        if self._osqp is None or not costs_alike(self._osqp_of, problem):
            from engine.decide.solvers.osqp import OsqpWorkspace  # seldom needed, and with SciPy slow to load

            self._osqp, self._osqp_of = OsqpWorkspace(problem, self._accuracy, self.halves), problem
        other = self._osqp.solve(problem, half)
        return other if other.status is Status.SOLVED or other.breach_bp < solution.breach_bp else solution


def solve_relaxation(problem: Problem, accuracy: Accuracy | None = None) -> Solution:
    """The better half's answer, with names free to be sold and bought back."""
    workspace = Workspace(problem, accuracy)
    return min((workspace.solve(problem, half) for half in workspace.halves), key=lambda answer: answer.relaxed_bp)
