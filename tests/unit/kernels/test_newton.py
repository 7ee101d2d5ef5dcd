"""The dual Newton kernel on accounts small enough to work out by hand, and what it promises of any."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.decide.schedule import Half, halves
from kernels.arrays import frozen
from kernels.bound import lower_bound
from kernels.newton.answer import answer
from kernels.newton.pose import pose, set_bounds, set_half
from kernels.newton.solve import INFEASIBLE, SOLVED, newton
from kernels.newton.store import make_work
from kernels.newton.track import make_tracker, track
from kernels.newton.work import Work
from kernels.problem import Floats, Problem, tracking_variance, trade_cost
from kernels.taxes import UNTAXED
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


def answered(work: Work, name: int, price: float) -> tuple[float, int, float, float, float, float, float]:
    """A name's answer at a price, where no hinge adds to the rates of gain."""
    return answer(work, name, price, work.rate[0], work.rate[1], len(work.counts) > 0)  # type: ignore[no-any-return]


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
            weight = answered(work, name, price / unit)[0]
            least = min(problem.lower[name], problem.upper[name])
            grid = np.linspace(least, min(problem.upper[name], problem.held[name] + 30.0), 4_000)
            best = min(own_cost(problem, name, price, other) for other in grid)
            assert problem.lower[name] - 1e-9 <= weight <= problem.upper[name] + 1e-9
            assert own_cost(problem, name, price, weight) <= best + 1e-7


@pytest.mark.parametrize("regime", [None, *REGIMES])
def test_between_its_limits_a_name_s_answer_is_the_same_line(regime: str | None) -> None:
    random = np.random.default_rng(3)
    schedule = None if regime is None else random_schedule(random, regime)
    problem = random_account(random, ETF, convex=True, schedule=schedule).problem
    work = posed(problem, halves(problem)[0])
    for name, price in itertools.product(range(len(problem.held)), np.linspace(-0.2, 0.2, 41)):
        weight, piece, left, right, *_ = answered(work, name, price)
        slope = 0.0 if piece < 0 else 1.0 / work.curvature[name]
        for share in (0.1, 0.9):
            near = max(left, price - 1.0) * share + min(right, price + 1.0) * (1.0 - share)
            assert answered(work, name, near)[0] == pytest.approx(weight - slope * (near - price), abs=1e-9)


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


def test_weights_that_track_a_target_are_those_of_the_general_solver() -> None:
    """In one call, in memory larger than needed and used before; the gap is that of our own bound."""
    memory = make_tracker(60, 8, 6)
    for seed in range(40):
        random = np.random.default_rng(seed)
        problem = _tracking(random, n=int(random.integers(2, 50)), sleeves=int(random.integers(1, 4)))
        weights, (work, sold) = np.empty(len(problem.target)), (posed(problem, halves(problem)[0]), np.empty(0))
        gap, breach = track(problem, memory, weights)
        newton(work, sold)
        np.testing.assert_array_equal(weights, np.clip(work.weight, problem.lower, problem.upper))
        unit = 2.0 * problem.risk_aversion
        exposure = problem.loadings.T @ (weights - problem.target)
        prices = work.price[problem.loadings.shape[1] :] * unit
        bound = lower_bound(problem, exposure * unit, prices, np.empty(len(weights)))
        assert bound + gap == pytest.approx(tracking_variance(problem, weights), rel=1e-12)
        assert abs(gap) < 1e-4
        assert breach < 1e-6
        rows = problem.rows @ weights
        worst = max((rows - problem.row_upper).max(), (problem.row_lower - rows).max(), 0.0)
        assert breach == pytest.approx(worst, abs=1e-12)


def _tracking(random: np.random.Generator, n: int, sleeves: int) -> Problem:
    """A target's problem: some names barred, the sum of every sleeve and the whole kept."""
    member = random.integers(sleeves, size=n)
    rows = np.vstack([member == sleeve for sleeve in range(sleeves)] + [np.ones(n)]).astype(np.float64)
    target = 100.0 * random.dirichlet(np.ones(n))
    barred = random.random(n) < 0.3
    barred[[np.flatnonzero(member == one)[0] for one in np.unique(member)]] = False
    sums, nought, none = rows @ target, np.zeros(n), np.empty(0)
    sums[-1] = sums[:-1].sum()
    return frozen(
        Problem(
            loadings=random.normal(scale=0.2, size=(n, 8)),
            curvature=1e4 * random.uniform(0.001, 0.1, n),
            target=target,
            held=nought,
            lower=nought,
            upper=np.where(barred, 0.0, 100.0),
            buy_cost=nought,
            spread=nought,
            hold_cost=nought,
            segment_offsets=np.zeros(n + 1, dtype=np.int64),
            segment_size=none,
            segment_cost=none,
            segment_gain=none,
            segment_long=np.empty(0, dtype=np.bool_),
            rows=rows,
            row_lower=sums,
            row_upper=sums,
            row_price=np.full(sleeves + 1, np.inf),
            risk_aversion=1e4,
            ticket=0.0,
            schedule=UNTAXED,
        )
    )
