"""The schedule in the solver: against CVXPY + Clarabel, and against every pattern of sides on tiny accounts."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.decide.sales import priced_cost
from engine.decide.sides import best_half
from engine.decide.solvers.auto import Workspace, solve_relaxation
from engine.decide.solvers.base import Status
from engine.decide.solvers.reference import solve_reference
from kernels.arrays import frozen
from kernels.problem import Problem, objective, violation
from tests.support.problems import DIRECT_INDEX, ETF, REGIMES, Kind, random_account, random_schedule

pytestmark = pytest.mark.compiled

TOLERANCE_BP = 0.1
TINY = Kind(names=(2, 4), factors=3, sectors=1, specific=(0.02, 0.3), value=(5e4, 3e5))


def taxed(seed: int, regime: str, kind: Kind) -> Problem:
    random = np.random.default_rng(seed)
    return random_account(random, kind, schedule=random_schedule(random, regime, usual=seed % 2 == 0)).problem


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize(("kind", "seeds"), [(ETF, range(10)), (DIRECT_INDEX, range(2))], ids=["etf", "direct-index"])
def test_we_find_the_better_half(kind: Kind, seeds: range, regime: str) -> None:
    for seed in seeds:
        problem = taxed(seed, regime, kind)
        answer = solve_relaxation(problem)
        _, best = solve_reference(problem)
        told = f"seed {seed}: {answer.relaxed_bp:.4f} bp by ours, {best:.4f} by Clarabel"
        assert abs(answer.relaxed_bp - best) <= TOLERANCE_BP, told
        assert 100.0 * violation(problem, answer.weights) <= TOLERANCE_BP, told
        assert answer.status is Status.SOLVED, told


def best_of_all_sides(problem: Problem) -> float:
    """The optimum in bp where each name sells or buys: every pattern of sides, each in both halves."""
    values, hard = [], np.isinf(problem.row_price)
    for buys in itertools.product([False, True], repeat=len(problem.held)):
        lower = np.where(buys, np.maximum(problem.lower, problem.held), problem.lower)
        upper = np.where(buys, problem.upper, np.minimum(problem.upper, problem.held))
        # Hard rows have upper limits and no negative coefficient: the lower bounds keep to them or nothing does.
        if (lower <= upper).all() and (problem.rows[hard] @ lower <= problem.row_upper[hard]).all():
            values.append(solve_reference(frozen(problem._replace(lower=lower, upper=upper)))[1])
    return min(values)


@pytest.mark.parametrize("regime", REGIMES)
def test_no_bound_is_above_the_best_of_all_sides(regime: str) -> None:
    for seed in range(6):
        problem = taxed(seed, regime, TINY)._replace(ticket=0.0)
        best = best_half(problem, Workspace(problem))
        truth = best_of_all_sides(problem)
        bound = min(best.sided.bound_bp, best.elsewhere_bp)
        assert bound <= truth + 1e-4, f"seed {seed}"
        solution = best.sided.solution
        assert objective(solution.sales.of(problem), solution.weights) >= truth - TOLERANCE_BP, f"seed {seed}"


@pytest.mark.parametrize("regime", REGIMES)
def test_lots_are_sold_in_the_order_of_their_cost_at_the_marginal_rates(regime: str) -> None:
    for seed in range(6):
        problem = taxed(seed, regime, ETF)
        solution = solve_relaxation(problem)
        cost = priced_cost(problem, solution.marginal_rates)[solution.sales.segment]
        for first, last in itertools.pairwise(solution.sales.offsets):
            of_name = cost[first:last]
            assert (np.diff(of_name) >= -0.05).all(), f"seed {seed}: {of_name}"
        ordered = solution.sales.of(problem)
        assert ordered.segment_size.sum() == pytest.approx(problem.segment_size.sum())
        gain, before = ordered.segment_size @ ordered.segment_gain, problem.segment_size @ problem.segment_gain
        assert gain == pytest.approx(before)
