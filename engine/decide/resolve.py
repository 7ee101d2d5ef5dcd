"""A few accounts solved again by another solver: what a run says of itself, tested on itself.

The account's problem is posed as its turn finds it, and its relaxation solved twice, by the run's own solver and by
OSQP. OSQP goes on from the run's answer, and stays there only where its own residuals call that optimal: from nothing
it finds the same in ten times as long. Both answers are valued by our own arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.book.accounts import AccountBlock
from engine.book.firm import Firm
from engine.decide.account import pose_account
from engine.decide.household import Household
from engine.decide.names import Undecidable
from engine.decide.positions import Positions
from engine.decide.schedule import Half
from engine.decide.solvers.auto import Workspace
from engine.decide.solvers.base import Solution, Status
from engine.decide.solvers.osqp import OsqpWorkspace
from engine.decide.targets import Targets
from kernels.problem import Problem


@dataclass(frozen=True)
class Resolved:
    """One account solved again. `excess_bp` is our objective less OSQP's; None where OSQP found no answer."""

    account_id: str
    solver: str
    excess_bp: float | None


def resolve_account(
    firm: Firm, block: AccountBlock, positions: Positions, targets: Targets, household: Household, account: int
) -> Resolved | None:
    """Solve one account twice, as its household stands; None where it has no problem to solve."""
    try:
        _, posed = pose_account(firm, block, positions, targets, household, account)
    except Undecidable:
        return None
    workspace = Workspace(posed.problem)
    ours = min((workspace.solve(posed.problem, half) for half in workspace.halves), key=lambda one: one.relaxed_bp)
    other = _by_osqp(posed.problem, workspace.halves, ours)
    return Resolved(str(block.ids[account].as_py()), ours.solver, None if other is None else ours.relaxed_bp - other)


def _by_osqp(problem: Problem, of_schedule: tuple[Half, ...], known: Solution) -> float | None:
    """OSQP's value of the relaxation in bp, the better half's; None where our residuals accept no answer of it."""
    workspace = OsqpWorkspace(problem, of_schedule=of_schedule)
    workspace.start(problem, known)
    first = sorted(of_schedule, key=lambda half: half is not known.half)
    answers = [workspace.solve(problem, half) for half in first]
    solved = [answer.relaxed_bp for answer in answers if answer.status is Status.SOLVED]
    return min(solved) if len(solved) == len(answers) else None
