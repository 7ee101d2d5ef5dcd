import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels import problem as kernel
from kernels.arrays import readonly
from tests.reference import naive_problem
from tests.support.problems import DIRECT_INDEX, ETF, REGIMES, Kind, random_account, random_schedule, random_weights

SEED = st.integers(0, 2**32 - 1)
KINDS = pytest.mark.parametrize("kind", [ETF, DIRECT_INDEX], ids=["etf", "direct-index"])


def near(value: float) -> object:
    return pytest.approx(value, rel=1e-10, abs=1e-8)


@KINDS
@settings(max_examples=25)
@given(SEED, st.booleans())
def test_objective_and_its_parts(kind: Kind, seed: int, wild: bool) -> None:
    random = np.random.default_rng(seed)
    schedule = random_schedule(random, random.choice(list(REGIMES)), usual=False) if seed % 2 else None
    problem = random_account(random, kind, schedule=schedule).problem
    weights = random_weights(random, problem)
    if wild:  # breaks bounds and rows; nothing sold that is no lot's
        free = np.add.reduceat(np.append(problem.segment_size, 0.0), problem.segment_offsets[:-1])
        free *= np.diff(problem.segment_offsets) > 0
        weights = readonly(problem.held + random.uniform(-free, 10.0))
    assert kernel.tracking_variance(problem, weights) == near(naive_problem.tracking_variance(problem, weights))
    assert kernel.realised(problem, weights) == near(naive_problem.realised(problem, weights))
    assert kernel.objective(problem, weights) == near(naive_problem.objective(problem, weights))
    assert kernel.violation(problem, weights) == near(naive_problem.violation(problem, weights))
    assert wild or kernel.violation(problem, weights) < 1e-9
    for row in range(len(problem.row_price)):
        assert kernel.row_breach(problem, weights, row) == near(naive_problem.row_breach(problem, weights, row))


@settings(max_examples=40)
@given(SEED)
def test_trade_cost_at_every_kink(seed: int) -> None:
    random = np.random.default_rng(seed)
    problem = random_account(random, ETF).problem
    for name, held in enumerate(problem.held):
        kinks = held - np.cumsum([0.0, *(size for size, _ in naive_problem.segments_of(problem, name))])
        between = (kinks[1:] + kinks[:-1]) / 2.0
        for weight in [*kinks, *between, held + 1e-9, held + 3.0]:
            found = kernel.trade_cost(problem, name, weight)
            assert found == near(naive_problem.trade_cost(problem, name, float(weight)))


def test_factor_exposure_fills_its_output() -> None:
    random = np.random.default_rng(3)
    problem = random_account(random, ETF).problem
    weights = random_weights(random, problem)
    found = np.full(problem.loadings.shape[1], np.nan)
    kernel.factor_exposure(problem, weights, found)
    assert found == near(problem.loadings.T @ (weights - problem.target))


def test_generator_makes_what_it_says() -> None:
    """Across a few seeds every rule turns up: else the properties would say less than they seem to."""
    problems = [random_account(np.random.default_rng(seed), ETF).problem for seed in range(40)]
    seen = {
        "loss worth more than buying back": any((p.segment_cost < -p.buy_cost.max()).any() for p in problems),
        "ticket": any(p.ticket > 0.0 for p in problems),
        "forced sale": any((p.upper < p.held).any() for p in problems),
        "forced buy": any((p.lower > p.held).any() for p in problems),
        "locked": any(((p.lower > 0.0) & (p.lower < p.held)).any() for p in problems),
        "not held": any((p.held == 0.0).any() for p in problems),
        "cash short": any(p.held.sum() > p.row_upper[0] for p in problems),
        "group over its cap": any(p.rows[-1] @ p.held > p.row_upper[-1] for p in problems),
        "several lots": all(np.diff(p.segment_offsets).max() > 1 for p in problems),
    }
    assert all(seen.values()), seen
    for problem in problems:
        assert (problem.lower <= problem.upper).all()
        for name in range(len(problem.held)):
            segments = naive_problem.segments_of(problem, name)
            assert segments == sorted(segments, key=lambda segment: segment[1])
            assert problem.held[name] - sum(size for size, _ in segments) <= problem.lower[name] + 1e-9
