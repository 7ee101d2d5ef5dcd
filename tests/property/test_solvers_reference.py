"""OSQP and dual Newton against the written-down truth: the same relaxed problem in CVXPY, solved by Clarabel.

The relaxation lets a name be sold and bought back, so weights are judged by what they cost in it at best, worked
out here name by name, and not by what any solver says of itself.
"""

from __future__ import annotations

import numpy as np
import pytest

from engine.decide.solvers.base import Status
from engine.decide.solvers.newton import NewtonWorkspace
from engine.decide.solvers.osqp import OsqpWorkspace
from engine.decide.solvers.reference import solve_reference
from kernels.problem import Floats, Problem, row_breach, tracking_variance, violation
from tests.support.problems import DIRECT_INDEX, ETF, Kind, random_account

pytestmark = pytest.mark.compiled

TOLERANCE_BP = 0.1
EXACT_BP = 1e-3
BATCHES = 10
LARGE = Kind(names=(300, 500), factors=40, sectors=11, specific=(0.15, 0.4), value=(1e5, 2e6))


def relaxed_value(problem: Problem, weights: Floats) -> float:
    """The relaxed objective in bp: each name reaches its weight by the cheapest sales and purchases allowed."""
    value = tracking_variance(problem, weights) + float(problem.hold_cost @ weights)
    for row in range(len(problem.row_price)):
        if np.isfinite(problem.row_price[row]):
            value += problem.row_price[row] * row_breach(problem, weights, row)
    return value + sum(_cheapest(problem, name, weights[name]) for name in range(len(weights)))


def _cheapest(problem: Problem, name: int, weight: float) -> float:
    """Sell what must go, then whatever pays for being bought back, while there is room to sell and to buy."""
    held, buy = problem.held[name], problem.buy_cost[name]
    must_sell = max(held - weight, 0.0)
    may_buy, may_sell = max(problem.upper[name] - held, 0.0), max(held - problem.lower[name], 0.0)
    most = max(min(may_sell, held - weight + may_buy), must_sell)
    sold = cost = 0.0
    for segment in range(problem.segment_offsets[name], problem.segment_offsets[name + 1]):
        rate = problem.segment_cost[segment]
        wanted = most if rate + buy < 0.0 else must_sell
        piece = min(max(wanted - sold, 0.0), problem.segment_size[segment])
        sold, cost = sold + piece, cost + rate * piece
    return cost + buy * max(weight - held + sold, 0.0)


def compare(kind: Kind, seeds: range) -> None:
    """Each account of these seeds: the objective within 0.1 bp of the best, every hard rule kept to 0.1 bp."""
    for seed in seeds:
        problem = random_account(np.random.default_rng(seed), kind).problem
        answer = OsqpWorkspace(problem).solve(problem)
        _, best = solve_reference(problem)
        found = relaxed_value(problem, answer.weights)
        told = f"seed {seed}: {found:.4f} bp by OSQP, {best:.4f} by Clarabel"
        assert abs(found - best) <= TOLERANCE_BP, told
        assert 100.0 * violation(problem, answer.weights) <= TOLERANCE_BP, told
        assert answer.status is Status.SOLVED, told
        exact = NewtonWorkspace(problem).solve(problem)
        told = f"seed {seed}: {relaxed_value(problem, exact.weights):.6f} bp by Newton, {best:.6f} by Clarabel"
        assert abs(relaxed_value(problem, exact.weights) - best) <= EXACT_BP, told
        assert 100.0 * violation(problem, exact.weights) <= 1e-4, told
        assert exact.status is Status.SOLVED, told


@pytest.mark.parametrize("batch", range(BATCHES))
def test_200_etf_accounts(batch: int) -> None:
    compare(ETF, range(20 * batch, 20 * (batch + 1)))


@pytest.mark.parametrize("batch", range(BATCHES))
def test_200_direct_indexes(batch: int) -> None:
    compare(DIRECT_INDEX, range(1_000 + 19 * batch, 1_000 + 19 * (batch + 1)))
    compare(LARGE, range(2_000 + batch, 2_001 + batch))
