"""Sides and points of wash sales together, against every pattern of branches on accounts with few names in doubt."""

from __future__ import annotations

import itertools
from dataclasses import replace
from math import prod

import numpy as np
import pytest

from cluster.bench.opened import open_for_run
from engine.decide import batch, in_budget, rebalance
from engine.decide.branches import PLACED, Bounds, find_points
from engine.decide.problem import AccountProblem
from engine.decide.sides import CLOSE_BP, Account, Search, best_half, choices_of
from engine.decide.solvers.auto import Workspace
from engine.decide.solvers.base import Status
from engine.decide.tables import NO_TARGET
from tests.support.books import small_book

pytestmark = pytest.mark.compiled

MOST = 200
"""Patterns of an account that are all solved."""


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[AccountProblem]:
    """Accounts of a book as they are posed, those that have points of wash sales."""
    found: list[AccountProblem] = []
    solve = in_budget.solve_with_washes
    aims = batch.aims

    def noting(case: AccountProblem):
        if find_points(case).taken:
            found.append(case)
        return solve(case)

    def nobody(*given):
        aimed = aims(*given)
        return replace(aimed, number=np.full_like(aimed.number, NO_TARGET))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(in_budget, "solve_with_washes", noting)
        patch.setattr(batch, "aims", nobody)
        book = open_for_run(small_book(tmp_path_factory.mktemp("book"), 160, 9))
        for part in book.parts:
            tables = book.read(part)
            rebalance.rebalance(book.firm, tables, book.check(part, tables), "run")
    return found


def best_of_all(case: AccountProblem) -> float:
    """The least in bp of all patterns of branches, in either half; nan where there are more than MOST."""
    points = find_points(case)
    account = Account(case.problem, points, Bounds.of(case.problem, points))
    workspace, best = Workspace(case.problem, widest=case.with_all_losses()), np.inf
    for half in workspace.halves:
        choices = choices_of(account, half)
        kinds = [
            [kind for kind in range(PLACED) if choices.open[kind] and (place, kind) in choices.pairs]
            for place in range(len(choices.names))
        ]
        if prod(map(len, kinds)) > MOST:
            return np.nan
        search = Search(account, workspace, half, choices)
        for pattern in itertools.product(*kinds):
            search.solve(pattern)
        if search.best.solution.status is Status.SOLVED:
            best = min(best, search.best.solution.objective_bp)
    return best


def test_it_is_bounded_by_and_near_the_best_of_all_patterns(cases: list[AccountProblem]) -> None:
    """The bound is below every pattern; the answer is nearly always the best but for what is not worth a solve."""
    beyond = []
    for case in cases:
        truth = best_of_all(case)
        if np.isfinite(truth):
            workspace = Workspace(case.problem, widest=case.with_all_losses())
            best = best_half(case.problem, workspace, None, find_points(case))
            assert min(best.sided.bound_bp, best.elsewhere_bp) <= truth + 1e-6
            assert best.sided.solution.objective_bp >= truth - 0.1
            beyond.append(best.sided.solution.objective_bp - truth)
    assert len(beyond) >= 20
    assert np.mean(np.array(beyond) <= CLOSE_BP) >= 0.95
