"""Which hard rules cannot hold together: the fewest that a person needs to hear of."""

from __future__ import annotations

import numpy as np

from engine.decide.problem import CASH_FLOOR, AccountProblem
from engine.decide.solvers.auto import Workspace
from engine.decide.solvers.base import Status
from kernels.arrays import frozen
from kernels.problem import Problem


def conflicting(case: AccountProblem) -> tuple[str, ...]:
    """The rules of an account without a feasible answer, less every one without which it still has none.

    Each is left out in turn; so no proper part of those that remain is in conflict. What is locked, and what the
    names' own restrictions allow, are behind all of them.
    """
    named = {CASH_FLOOR: f"the cash to be held, {case.cash_needed:,.2f}"}
    first = len(case.problem.row_price) - len(case.limits)
    named |= {first + place: f"the limits of {limit.words}" for place, limit in enumerate(case.limits)}
    kept = set(named)
    for row in named:
        if _in_conflict(_with_rows(case.problem, set(named), kept - {row})):
            kept.remove(row)
    return tuple(named[row] for row in sorted(kept))


def _with_rows(problem: Problem, hard: set[int], kept: set[int]) -> Problem:
    """The problem whose hard rows are those `kept`."""
    lower, upper = problem.row_lower.copy(), problem.row_upper.copy()
    open_ = sorted(hard - kept)
    lower[open_], upper[open_] = -np.inf, np.inf
    return frozen(problem._replace(row_lower=lower, row_upper=upper))


def _in_conflict(problem: Problem) -> bool:
    workspace = Workspace(problem)
    return workspace.solve(problem).status is Status.CONFLICT
