import numpy as np
import pytest

from kernels import bound
from kernels.arrays import frozen, readonly
from kernels.problem import Problem, objective
from kernels.taxes import UNTAXED


def one_name(**changes: object) -> Problem:
    """Half the account in one name of curvature 1: a loss of 10 worth 6 bp a percent, a gain of 40 that costs 8."""
    problem = Problem(
        loadings=np.zeros((1, 1)),
        curvature=np.array([1.0]),
        target=np.array([50.0]),
        held=np.array([50.0]),
        lower=np.array([0.0]),
        upper=np.array([100.0]),
        buy_cost=np.array([2.0]),
        spread=np.array([2.0]),
        hold_cost=np.array([0.0]),
        segment_offsets=np.array([0, 2]),
        segment_size=np.array([10.0, 40.0]),
        segment_cost=np.array([-6.0, 8.0]),
        segment_gain=np.zeros(2),
        segment_long=np.zeros(2, dtype=np.bool_),
        rows=np.ones((1, 1)),
        row_lower=np.array([-np.inf]),
        row_upper=np.array([99.0]),
        row_price=np.array([np.inf]),
        risk_aversion=1.0,
        ticket=0.0,
        schedule=UNTAXED,
    )
    return frozen(problem._replace(**changes))


@pytest.mark.parametrize(
    ("price", "weight"),
    [
        (0.0, 47.0),  # 2(w − 50) = −6
        (-6.0, 50.0),
        (-20.0, 50.0),
        (14.0, 40.0),  # the loss all sold
        (22.0, 40.0),  # between the costs of loss and gain
        (38.0, 35.0),  # 2(w − 50) = 8 − 38
        (200.0, 0.0),
    ],
)
def test_best_sale(price: float, weight: float) -> None:
    found, least = bound.best_sale(one_name(), 0, price)
    sold = 50.0 - weight
    assert found == pytest.approx(weight)
    assert least == pytest.approx(sold**2 + price * weight - 6.0 * min(sold, 10.0) + 8.0 * max(sold - 10.0, 0.0))


@pytest.mark.parametrize(("price", "weight"), [(0.0, 50.0), (-2.0, 50.0), (-4.0, 51.0), (-400.0, 100.0)])
def test_best_purchase(price: float, weight: float) -> None:
    bought = weight - 50.0
    assert bound.best_purchase(one_name(), 0, price) == pytest.approx((weight, bought**2 + price * weight + 2 * bought))


def test_bounds_force_a_trade() -> None:
    assert bound.best_sale(one_name(upper=np.array([33.0]), ticket=5.0), 0, 0.0)[0] == 33.0
    assert bound.best_sale(one_name(lower=np.array([49.0])), 0, 0.0)[0] == 49.0
    assert bound.best_purchase(one_name(lower=np.array([60.0]), ticket=500.0), 0, 0.0)[0] == 60.0
    assert bound.best_purchase(one_name(upper=np.array([50.5])), 0, -9.0)[0] == 50.5


def test_a_ticket_is_paid_only_where_the_trade_is_worth_it() -> None:
    # The sale at 47 gains 9 bp, the purchase of 1 % at price -4 gains 1 bp.
    assert bound.best_sale(one_name(ticket=8.9), 0, 0.0) == pytest.approx((47.0, -9.0 + 8.9))
    assert bound.best_sale(one_name(ticket=9.1), 0, 0.0) == (50.0, 0.0)
    assert bound.best_purchase(one_name(ticket=0.9), 0, -4.0) == pytest.approx((51.0, -200.0 - 1.0 + 0.9))
    assert bound.best_purchase(one_name(ticket=1.1), 0, -4.0) == (50.0, -200.0)


def test_staying_put_bounds_a_name_that_might_sell_its_loss_or_buy() -> None:
    # At price -3 both sides gain, 2.25 and 0.25 bp, and neither as much as a ticket.
    problem = one_name(ticket=10.0, hold_cost=np.array([-3.0]))
    weights = np.empty(1)
    value = bound.lower_bound(problem, np.zeros(1), np.zeros(1), weights)
    assert weights[0] == 50.0
    assert value == objective(problem, problem.held) == -150.0


@pytest.mark.parametrize(
    ("row", "price", "kept"),
    [
        ({"row_upper": np.array([np.inf]), "row_lower": np.array([20.0])}, 3.0, 0.0),  # no upper limit
        ({}, -3.0, 0.0),  # no lower one
        ({"row_price": np.array([4.0])}, 7.0, 4.0),
        ({"row_price": np.array([4.0]), "row_lower": np.array([20.0])}, -7.0, -4.0),
        ({}, 7.0, 7.0),
        ({"row_lower": np.array([20.0])}, -7.0, -7.0),
    ],
)
def test_row_prices_are_cut_back(row: dict[str, object], price: float, kept: float) -> None:
    problem, weights = one_name(**row), np.empty(1)
    limit = 99.0 if kept > 0.0 else 20.0
    expected = min(bound.best_sale(problem, 0, kept)[1], bound.best_purchase(problem, 0, kept)[1]) - kept * limit
    assert bound.lower_bound(problem, np.zeros(1), readonly(np.array([price])), weights) == pytest.approx(expected)


def test_factor_price() -> None:
    # λx² with x = 0.5(w − 40): at its own price 2λx the bound of what is only risk is met.
    problem = one_name(
        loadings=np.array([[0.5]]), target=np.array([40.0]), segment_cost=np.array([900.0, 901.0]), risk_aversion=3.0
    )
    weights = np.empty(1)
    value = bound.lower_bound(problem, np.array([2.0 * 3.0 * 5.0]), np.zeros(1), weights)
    assert weights[0] == 50.0
    assert value == pytest.approx(objective(problem, problem.held)) == 175.0
