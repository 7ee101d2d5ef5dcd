"""The two convex halves of the schedule against the tax return, over any rates a user may set."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.decide.sales import gains_of
from engine.decide.schedule import gain_range, halves
from engine.decide.triage import harvest_worth
from kernels.problem import Problem, objective
from kernels.taxes import Schedule, over_tax, run_tax, tax_of_year
from tests.reference import naive_problem
from tests.support.problems import ETF, REGIMES, random_account, random_schedule

SEED = st.integers(0, 2**32 - 1)


def taxed(seed: int, regime: str) -> tuple[np.random.Generator, Problem]:
    random = np.random.default_rng(seed)
    schedule = random_schedule(random, regime, usual=seed % 3 == 0)
    return random, random_account(random, ETF, schedule=schedule).problem


def random_sale(random: np.random.Generator, problem: Problem) -> np.ndarray:
    """Percent sold of each segment: nothing, all, or a part; now and then every loss or every gain."""
    part = random.choice([0.0, 1.0, 0.5, random.random()], len(problem.segment_size))
    side = random.integers(0, 3)
    if side:
        part = ((problem.segment_gain < 0.0) == (side == 1)).astype(np.float64) * random.choice([1.0, random.random()])
    return part * problem.segment_size


@pytest.mark.parametrize("regime", REGIMES)
@settings(max_examples=50)
@given(SEED)
@example(0)
@example(1)
def test_lesser_half_is_the_schedule(regime: str, seed: int) -> None:
    """Beyond a budget of tax no half is: there it costs more than the schedule, how much more does not matter."""
    random, problem = taxed(seed, regime)
    for _ in range(20):
        gains = gains_of(problem, random_sale(random, problem))
        expected = naive_problem.tax(problem, *gains)
        least = min(half.value(gains) for half in halves(problem))
        over = over_tax(problem.schedule, tax_of_year(problem.schedule, *gains))
        if over > 1e-9:
            assert least > naive_problem.tax(without_budget(problem), *gains) + 1_000.0 * over
        elif over == 0.0:
            assert least == pytest.approx(expected, rel=1e-9, abs=1e-7)
        assert run_tax(problem.schedule, *gains) == pytest.approx(expected, rel=1e-9, abs=1e-7)


def without_budget(problem: Problem) -> Problem:
    return problem._replace(schedule=problem.schedule._replace(room=np.inf, most_tax=np.inf))


@pytest.mark.parametrize("regime", REGIMES)
@settings(max_examples=50)
@given(SEED)
def test_prices_of_any_slopes_bound_the_half(regime: str, seed: int) -> None:
    random, problem = taxed(seed, regime)
    for half in halves(problem):
        slopes = half.step * random.random(len(half.step))
        bound = half.prices(slopes)
        for _ in range(10):
            gains = gains_of(problem, random_sale(random, problem))
            assert half.value(gains) >= bound @ gains + half.constant_at(slopes) - 1e-7
        hinges = half.at + half.counts @ gains
        tight = np.where(hinges > 0.0, half.step, 0.0)
        assert half.value(gains) == pytest.approx(half.prices(tight) @ gains + half.constant_at(tight), abs=1e-7)


@pytest.mark.parametrize("regime", REGIMES)
@settings(max_examples=50)
@given(SEED)
def test_no_sale_saves_more_than_the_worth_of_the_losses(regime: str, seed: int) -> None:
    random, problem = taxed(seed, regime)
    worth = harvest_worth(SimpleNamespace(with_all_losses=lambda: problem))  # type: ignore[arg-type]
    for _ in range(20):
        sold = random_sale(random, problem)
        saved = -(problem.segment_cost @ sold) - run_tax(problem.schedule, *gains_of(problem, sold))
        assert saved <= worth + 1e-7


def account_of(schedule: Schedule, gain: float, *, long: bool) -> Problem:
    """Lots of one term and one gain, 100 % of the account."""
    problem = random_account(np.random.default_rng(5), ETF, schedule=schedule).problem
    count = len(problem.segment_size)
    return problem._replace(
        segment_gain=np.full(count, gain),
        segment_long=np.full(count, long),
        segment_size=np.full(count, 100.0 / count),
    )


@pytest.mark.parametrize(
    ("schedule", "gain", "long", "rate"),
    [
        (Schedule(50.0, 50.0, 1.0, 40.0, 20.0, 10.0), -0.4, False, 40.0),  # never beyond the gains of its term
        (Schedule(50.0, 50.0, 1.0, 40.0, 20.0, 10.0), -0.4, True, 20.0),
        (Schedule(50.0, 0.0, 1.0, 40.0, 20.0, 10.0), -0.4, True, 40.0),  # a long-term loss against short-term gain
        (Schedule(-50.0, -50.0, 1.0, 40.0, 20.0, 10.0), 0.4, False, 10.0),  # uses up a carried loss
        (Schedule(0.0, 0.0, 50.0, 40.0, 20.0, 10.0), -0.4, True, 40.0),  # all deductible
        (Schedule(0.0, 0.0, 50.0, 40.0, 20.0, 10.0), 0.4, True, 20.0),
        (Schedule(0.0, 0.0, 0.0, 40.0, 20.0, 10.0), -0.4, True, 10.0),
    ],
)
def test_an_account_on_one_linear_piece_has_one_half_without_a_hinge(
    schedule: Schedule, gain: float, long: bool, rate: float
) -> None:
    (half,) = halves(account_of(schedule, gain, long=long))
    assert len(half.step) == 0
    assert half.rate[int(long)] == rate
    assert half.constant == pytest.approx(0.0, abs=1e-9)


def test_range_of_gains_is_reached() -> None:
    _, problem = taxed(3, "a new year")
    least, most = gain_range(problem)
    losses = gains_of(problem, np.where(problem.segment_gain < 0.0, problem.segment_size, 0.0))
    assert losses == pytest.approx(least)
    assert gains_of(problem, problem.segment_size) == pytest.approx(least + most)
    assert objective(problem, problem.held) == pytest.approx(naive_problem.objective(problem, problem.held))
