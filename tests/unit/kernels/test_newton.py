"""The dual Newton kernel on accounts small enough to work out by hand, and what it promises of any."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.decide.schedule import Half, halves
from kernels.arrays import frozen
from kernels.newton.answer import answer
from kernels.newton.pose import pose, set_bounds, set_half
from kernels.newton.solve import INFEASIBLE, SOLVED, newton
from kernels.newton.store import make_work
from kernels.newton.work import Work
from kernels.problem import Floats, Problem, tracking_variance, trade_cost
from tests.support.problems import DIRECT_INDEX, ETF, REGIMES, random_account, random_schedule


def posed(problem: Problem, half: Half) -> Work:
    n, k = problem.loadings.shape
    work = make_work(n, len(problem.segment_size), k, len(problem.row_price), len(half.step))
    pose(problem, work)
    set_half(problem, half.rate, half.step, half.at, half.counts, work)
    set_bounds(problem, problem.lower, problem.upper, work)
    return work


def solved(problem: Problem) -> tuple[int, int, Floats, Floats]:
    work, sold = posed(problem, halves(problem)[0]), np.zeros(len(problem.segment_size))
    status, iterations, _ = newton(work, sold)
    return status, iterations, work.weight.copy(), sold


def own_cost(problem: Problem, name: int, price: float, weight: float) -> float:
    risk = problem.curvature[name] * (weight - problem.target[name]) ** 2
    return risk + price * weight + trade_cost(problem, name, weight)


def test_a_name_s_answer_is_the_best_of_a_fine_grid_of_weights() -> None:
    for seed in range(20):
        random = np.random.default_rng(seed)
        problem = random_account(random, ETF, convex=True).problem
        work, unit = posed(problem, halves(problem)[0]), 2.0 * problem.risk_aversion
        for name in range(len(problem.held)):
            price = random.normal(0.0, 3.0)
            weight = answer(work, name, price / unit, 0.0, 0.0, True)[0]
            least = min(problem.lower[name], problem.upper[name])
            grid = np.linspace(least, min(problem.upper[name], problem.held[name] + 30.0), 4_000)
            best = min(own_cost(problem, name, price, other) for other in grid)
            assert problem.lower[name] - 1e-9 <= weight <= problem.upper[name] + 1e-9
            assert own_cost(problem, name, price, weight) <= best + 1e-7


def test_between_its_limits_a_name_s_answer_is_the_same_line() -> None:
    problem = random_account(np.random.default_rng(3), ETF, convex=True).problem
    work = posed(problem, halves(problem)[0])
    for name, price in itertools.product(range(len(problem.held)), np.linspace(-0.2, 0.2, 41)):
        weight, piece, left, right, *_ = answer(work, name, price, 0.0, 0.0, True)
        slope = 0.0 if piece < 0 else 1.0 / work.curvature[name]
        for share in (0.1, 0.9):
            near = max(left, price - 1.0) * share + min(right, price + 1.0) * (1.0 - share)
            assert answer(work, name, near, 0.0, 0.0, True)[0] == pytest.approx(
                weight - slope * (near - price), abs=1e-9
            )


@pytest.mark.compiled
@pytest.mark.parametrize("regime", [None, *REGIMES])
def test_every_account_that_can_be_mended_is_solved_to_the_last_digits(regime: str | None) -> None:
    """The answer's gradient vanishes, so no step in any direction helps; here that is tried."""
    for seed in range(12):
        random = np.random.default_rng(seed)
        schedule = None if regime is None else random_schedule(random, regime)
        problem = random_account(random, ETF if seed % 3 else DIRECT_INDEX, schedule=schedule).problem
        for half in halves(problem):
            work, sold = posed(problem, half), np.zeros(len(problem.segment_size))
            status, iterations, residual = newton(work, sold)
            assert status == SOLVED, f"seed {seed}: {iterations} iterations, residual {residual}"
            assert (work.weight >= problem.lower - 1e-9).all()
            assert (work.weight <= problem.upper + 1e-9).all()
            assert (sold >= -1e-12).all()
            assert (sold <= problem.segment_size + 1e-12).all()


@pytest.mark.compiled
def test_the_same_account_gives_the_same_bits_and_a_warm_start_the_same_answer() -> None:
    problem = random_account(np.random.default_rng(5), DIRECT_INDEX).problem
    _, cold, weights, sold = solved(problem)
    again = solved(problem)
    assert np.array_equal(weights, again[2])
    assert np.array_equal(sold, again[3])
    work = posed(problem, halves(problem)[0])
    newton(work, sold)
    status, warm, _ = newton(work, sold)
    assert status == SOLVED
    assert warm < cold
    assert work.weight == pytest.approx(weights, abs=1e-6)
    assert tracking_variance(problem, work.weight.copy()) == pytest.approx(tracking_variance(problem, weights))


def test_hard_rows_that_conflict_are_proved_to() -> None:
    """Sold down to all the lower bounds the account still holds more than the cash floor leaves."""
    problem = random_account(np.random.default_rng(7), ETF).problem
    upper = problem.row_upper.copy()
    upper[0] = problem.lower.sum() - 0.5
    status, iterations, _, _ = solved(frozen(problem._replace(row_upper=upper)))
    assert status == INFEASIBLE
    assert iterations < 30
    upper = problem.row_upper.copy()
    upper[0] = problem.lower.sum() + 0.5
    assert solved(frozen(problem._replace(row_upper=upper)))[0] == SOLVED
