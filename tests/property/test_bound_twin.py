import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels import bound
from kernels.arrays import frozen, readonly
from kernels.problem import Floats, Problem, objective
from kernels.taxes import UNTAXED
from tests.reference import naive_problem
from tests.support.problems import DIRECT_INDEX, ETF, Kind, random_account, random_weights

SEED = st.integers(0, 2**32 - 1)
KINDS = pytest.mark.parametrize("kind", [ETF, DIRECT_INDEX], ids=["etf", "direct-index"])
SMALL = st.integers(-4, 12).map(float)


def near(value: float) -> object:
    return pytest.approx(value, rel=1e-10, abs=1e-8)


@st.composite
def one_name(draw: st.DrawFn) -> Problem:
    """A name on a coarse grid, so that kinks, bounds and stationary points often coincide."""
    sizes = draw(st.lists(st.integers(1, 3).map(float), max_size=4))
    held = sum(sizes) + draw(st.sampled_from([0.0, 1.0]))
    lower = draw(st.sampled_from([held - sum(sizes), held, held + 1.0, held - sum(sizes) / 2.0]))
    upper = max(lower, draw(st.sampled_from([held - 1.0, held, held + 2.0, 20.0])))
    problem = Problem(
        loadings=np.zeros((1, 0)),
        curvature=np.array([draw(st.sampled_from([0.25, 0.5, 1.0]))]),
        target=np.array([draw(SMALL)]),
        held=np.array([held]),
        lower=np.array([lower]),
        upper=np.array([upper]),
        buy_cost=np.array([draw(st.sampled_from([0.0, 1.0, 3.0]))]),
        spread=np.zeros(1),
        hold_cost=np.array([0.0]),
        segment_offsets=np.array([0, len(sizes)]),
        segment_size=np.array(sizes),
        segment_cost=np.array(sorted(draw(st.lists(SMALL, min_size=len(sizes), max_size=len(sizes))))),
        segment_gain=np.zeros(len(sizes)),
        segment_long=np.zeros(len(sizes), dtype=np.bool_),
        rows=np.zeros((0, 1)),
        row_lower=np.zeros(0),
        row_upper=np.zeros(0),
        row_price=np.zeros(0),
        risk_aversion=1.0,
        ticket=draw(st.sampled_from([0.0, 0.5, 4.0])),
        schedule=UNTAXED,
    )
    return frozen(problem)


@given(one_name(), st.integers(-24, 24).map(lambda halves: halves / 2.0))
def test_one_name_is_minimised_exactly(problem: Problem, price: float) -> None:
    held, lower, upper = problem.held[0], problem.lower[0], problem.upper[0]
    if lower <= held:
        weight, least = bound.best_sale(problem, 0, price)
        assert least == near(naive_problem.least_of_name(problem, 0, price, sale=True)[1])
        assert least == near(naive_problem.value_of_name(problem, 0, price, weight))
        assert lower <= weight <= min(held, upper)
    if upper >= held:
        weight, least = bound.best_purchase(problem, 0, price)
        assert least == near(naive_problem.least_of_name(problem, 0, price, sale=False)[1])
        assert least == near(naive_problem.value_of_name(problem, 0, price, weight))
        assert max(held, lower) <= weight <= upper


def prices_at(random: np.random.Generator, problem: Problem, weights: Floats) -> tuple[Floats, Floats]:
    """The factors' own prices at `weights`, more or less, and rows' prices of any size, often far too large."""
    factor = 2.0 * problem.risk_aversion * (problem.loadings.T @ (weights - problem.target))
    factor += random.choice([0.0, 0.01, 1.0]) * random.normal(0.0, 1.0, len(factor))
    row = random.choice([0.0, 0.1, 5.0, 1e4]) * random.normal(0.0, 1.0, len(problem.row_price))
    return readonly(factor), readonly(row)


@KINDS
@settings(max_examples=20)
@given(SEED)
def test_bound_is_the_least_of_the_lagrangian(kind: Kind, seed: int) -> None:
    random = np.random.default_rng(seed)
    problem = random_account(random, kind).problem
    factor_prices, row_prices = prices_at(random, problem, random_weights(random, problem))
    weights = np.full(len(problem.held), np.nan)
    value = bound.lower_bound(problem, factor_prices, row_prices, weights)
    sensible = naive_problem.sensible_prices(problem, row_prices)
    assert value == near(naive_problem.lower_bound(problem, factor_prices, sensible))
    # `weights` are where that value is attained, so they pay for it name by name.
    prices = problem.hold_cost + problem.loadings @ factor_prices + problem.rows.T @ sensible
    limits = np.where(sensible > 0.0, problem.row_upper, problem.row_lower)[sensible != 0.0]
    paid = sum(
        naive_problem.value_of_name(problem, i, float(prices[i]), float(weights[i])) for i in range(len(weights))
    )
    paid -= float(sensible[sensible != 0.0] @ limits) + float(factor_prices @ (problem.loadings.T @ problem.target))
    assert value == near(paid - float(factor_prices @ factor_prices) / (4.0 * problem.risk_aversion))
    assert (weights >= problem.lower - 1e-9).all()
    assert (weights <= problem.upper + 1e-9).all()


@KINDS
@settings(max_examples=20)
@given(SEED)
def test_no_feasible_point_is_below_the_bound(kind: Kind, seed: int) -> None:
    random = np.random.default_rng(seed)
    problem = random_account(random, kind).problem
    points = [random_weights(random, problem) for _ in range(4)]
    least = min(objective(problem, point) for point in points)
    for point in points:
        factor_prices, row_prices = prices_at(random, problem, point)
        value = bound.lower_bound(problem, factor_prices, row_prices, np.empty(len(point)))
        assert value <= least + 1e-9 * max(1.0, abs(least))


@KINDS
@settings(max_examples=20)
@given(SEED)
def test_gain_of_buying_is_the_difference_of_the_bounds_on_either_side(kind: Kind, seed: int) -> None:
    random = np.random.default_rng(seed)
    problem = random_account(random, kind).problem
    prices = prices_at(random, problem, random_weights(random, problem))
    asked = (problem.lower < problem.held) & (problem.held < problem.upper) & (random.random(len(problem.held)) < 0.8)
    gain = np.full(len(asked), np.nan)
    bound.gain_of_buying(problem, *prices, readonly(asked), gain)
    assert (gain[~asked] == 0.0).all()
    for name in np.flatnonzero(asked)[:20]:
        mine = np.arange(len(asked)) == name
        selling = frozen(problem._replace(upper=np.where(mine, problem.held, problem.upper)))
        buying = frozen(problem._replace(lower=np.where(mine, problem.held, problem.lower)))
        sold, bought = (bound.lower_bound(side, *prices, np.empty(len(asked))) for side in (selling, buying))
        assert sold - bought == pytest.approx(gain[name], rel=1e-7, abs=1e-7 * max(1.0, abs(sold)))


def clarabel(problem: Problem) -> tuple[float, Floats, Floats, Floats]:
    """Optimum in bp of the relaxation, its weights, and its prices of factors and rows."""
    n, k = problem.loadings.shape
    name = np.repeat(np.arange(n), np.diff(problem.segment_offsets))
    weights, buy = cp.Variable(n), cp.Variable(n, nonneg=True)
    sell = cp.Variable(len(name), nonneg=True)
    exposure, total = cp.Variable(k), cp.Variable(len(problem.row_price))
    sold = np.zeros((n, len(name)))
    sold[name, np.arange(len(name))] = 1.0
    active = weights - problem.target
    factors, sums = problem.loadings.T @ active - exposure == 0, problem.rows @ weights - total == 0
    soft = np.isfinite(problem.row_price)
    above, below = np.isfinite(problem.row_upper), np.isfinite(problem.row_lower)
    breach_above = cp.multiply(
        problem.row_price[above & soft], cp.pos((total - np.where(above, problem.row_upper, 0))[above & soft])
    )
    breach_below = cp.multiply(
        problem.row_price[below & soft], cp.pos((np.where(below, problem.row_lower, 0) - total)[below & soft])
    )
    value = problem.risk_aversion * cp.sum_squares(exposure) + problem.hold_cost @ weights
    value += cp.sum_squares(cp.multiply(np.sqrt(problem.curvature), active)) + problem.buy_cost @ buy
    value += problem.segment_cost @ sell + cp.sum(breach_above) + cp.sum(breach_below)
    task = cp.Problem(
        cp.Minimize(value),
        [
            factors,
            sums,
            weights == problem.held + buy - sold @ sell,
            sell <= problem.segment_size,
            weights >= problem.lower,
            weights <= problem.upper,
            total[above & ~soft] <= problem.row_upper[above & ~soft],
            total[below & ~soft] >= problem.row_lower[below & ~soft],
        ],
    )
    task.solve(solver="CLARABEL", tol_gap_abs=1e-10, tol_gap_rel=1e-12, tol_feas=1e-10)
    return float(task.value), *(readonly(np.array(v)) for v in (weights.value, factors.dual_value, sums.dual_value))


@pytest.mark.parametrize(
    ("kind", "seed"), [(ETF, 1), (ETF, 2), (ETF, 3), (ETF, 4), (DIRECT_INDEX, 5), (DIRECT_INDEX, 6)]
)
def test_bound_is_tight_where_the_problem_is_convex(kind: Kind, seed: int) -> None:
    problem = random_account(np.random.default_rng(seed), kind, convex=True).problem
    optimum, weights, factor_prices, row_prices = clarabel(problem)
    found = np.empty(len(weights))
    value = bound.lower_bound(problem, factor_prices, row_prices, found)
    assert value == pytest.approx(optimum, abs=1e-6)
    assert found == pytest.approx(weights, abs=1e-3)
    assert objective(problem, weights) >= value - 1e-6


@pytest.mark.parametrize("seed", range(4))
def test_bound_beats_the_relaxation_that_sells_and_rebuys(seed: int) -> None:
    """With the relaxation's own prices the bound is at least its optimum: each name's two sides are kept apart."""
    problem = random_account(np.random.default_rng(seed), ETF).problem
    optimum, weights, factor_prices, row_prices = clarabel(problem)
    value = bound.lower_bound(problem, factor_prices, row_prices, np.empty(len(weights)))
    assert value >= optimum - 1e-6
