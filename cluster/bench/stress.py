"""Our answers on problems made harder, held against Clarabel to 1e-10, account by account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cluster.bench.opened import open_for_run
from cluster.bench.peers import PROVEN, judge, optimum
from cluster.bench.samples import at_budget, problems
from cluster.bench.solving import Row, distance
from engine.decide.schedule import halves
from engine.decide.solvers.base import Solution, Status
from kernels.problem import Problem


@dataclass(frozen=True)
class Stress:
    """A way to make problems harder."""

    name: str
    aversion: float | None = None
    """λ instead of the account's own."""
    sector: float = 1.0
    """Half-width of the priced rows, times the account's own."""
    budget: bool = False
    """With a gain budget that binds."""
    infeasible: float = 0.0
    """Fraction of the accounts whose hard rules are made to conflict."""


STRESSES = (
    Stress("as they are"),
    *(Stress(f"risk aversion {value:g}", aversion=value) for value in (0.2, 2.0, 200.0, 2e3, 2e4)),
    Stress("sector rows ten times tighter", sector=0.1),
    Stress("a gain budget that binds", budget=True),
    Stress("3 % infeasible", infeasible=0.03),
)


def stressed(sample: Sequence[Problem], stress: Stress) -> list[Problem]:
    """The problems under a stress."""
    changed = [_with_sectors(_with_aversion(problem, stress.aversion), stress.sector) for problem in sample]
    if stress.budget:
        changed = [at_budget(problem) for problem in changed]
    every = round(1.0 / stress.infeasible) if stress.infeasible else 0
    return [_in_conflict(one) if every and not place % every else one for place, one in enumerate(changed)]


def _with_aversion(problem: Problem, aversion: float | None) -> Problem:
    if aversion is None:
        return problem
    curvature = problem.curvature * (aversion / problem.risk_aversion)
    curvature.flags.writeable = False
    return problem._replace(risk_aversion=aversion, curvature=curvature)


def _with_sectors(problem: Problem, factor: float) -> Problem:
    """Rows that have a price and two limits, narrowed about their middle."""
    banded = np.isfinite(problem.row_price) & np.isfinite(problem.row_lower) & np.isfinite(problem.row_upper)
    lower, upper = problem.row_lower.copy(), problem.row_upper.copy()
    middle, half = (lower[banded] + upper[banded]) / 2.0, (upper[banded] - lower[banded]) / 2.0
    lower[banded], upper[banded] = middle - factor * half, middle + factor * half
    lower.flags.writeable = upper.flags.writeable = False
    return problem._replace(row_lower=lower, row_upper=upper)


def _in_conflict(problem: Problem) -> Problem:
    """The cash floor one percent of account value above what may be sold (row 0 caps what is invested)."""
    upper = problem.row_upper.copy()
    upper[0] = float(problem.rows[0] @ problem.lower) - 1.0
    upper.flags.writeable = False
    return problem._replace(row_upper=upper)


def accuracy(book: str, accounts: int, tolerance_bp: float) -> list[Row]:
    """A row for each stress: our answers beside Clarabel's to 1e-10, account by account.

    `wrongly_infeasible` are feasible accounts that we do not certify, `wrongly_solved` the other way round.
    """
    sample = problems(open_for_run(book), accounts)
    rows = []
    for stress in STRESSES:
        harder = stressed(sample, stress)
        best = np.array([optimum(problem) for problem in harder])
        answers = [PROVEN.solve(problem, halves(problem)) for problem in harder]
        certified = np.array([isinstance(one, Solution) and one.status is Status.SOLVED for one in answers])
        feasible = np.isfinite(best)
        value, breach = np.array([judge(*pair) for pair in zip(harder, answers, strict=True)]).T
        rows.append(
            {"stress": stress.name, "accounts": len(harder), "infeasible": int((~feasible).sum())}
            | distance(value[feasible] - best[feasible], breach[feasible], tolerance_bp)
            | {"uncertified": int((feasible & ~certified).sum()), "wrongly_solved": int((~feasible & certified).sum())}
        )
    return rows
