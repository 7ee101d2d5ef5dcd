"""A few accounts solved again by another solver: what a run says of itself, tested on itself.

The account's problem is posed as its turn finds it, and its relaxation solved twice, by the run's own solver and by
OSQP. OSQP goes on from the run's answers, half by half, and stays there only where its own residuals call that optimal:
from nothing it finds the same in ten times as long. Both answers are valued by our own arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.decide.schedule import Half
from engine.decide.solvers.auto import Workspace
from engine.decide.solvers.base import Solution, Status
from engine.decide.solvers.osqp import OsqpWorkspace
from kernels.problem import Problem


@dataclass(frozen=True)
class Resolved:
    """One account solved again. `excess_bp` is our objective less OSQP's; None where OSQP found no answer."""

    account_id: str
    solver: str
    excess_bp: float | None


def resolve_account(account_id: str, problem: Problem) -> Resolved:
    """Solve the problem of one account twice."""
    workspace = Workspace(problem)
    answers = sorted((workspace.solve(problem, half) for half in workspace.halves), key=lambda one: one.relaxed_bp)
    ours, other = answers[0], _by_osqp(problem, workspace.halves, answers)
    return Resolved(account_id, ours.solver, None if other is None else ours.relaxed_bp - other)


def _by_osqp(problem: Problem, of_schedule: tuple[Half, ...], known: Sequence[Solution]) -> float | None:
    """OSQP's value of the relaxation in bp, the better half's; None where our residuals accept no answer of it.

    `known` are the run's own answers, one a half.
    """
    workspace = OsqpWorkspace(problem, of_schedule=of_schedule)
    answers = []
    for one in known:
        workspace.start(problem, one)
        answers.append(workspace.solve(problem, one.half))
    solved = [answer.relaxed_bp for answer in answers if answer.status is Status.SOLVED]
    return min(solved) if len(solved) == len(answers) else None
