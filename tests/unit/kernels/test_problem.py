import numpy as np
import pytest

from kernels import problem as kernel
from kernels.arrays import frozen, readonly
from kernels.problem import Problem
from kernels.taxes import UNTAXED


def two_names(**changes: object) -> Problem:
    """Both half of the account; the first holds a loss of 10 and a gain of 30, the second one lot of 50."""
    problem = Problem(
        loadings=np.array([[0.2], [0.1]]),
        curvature=np.array([0.5, 0.25]),
        target=np.array([40.0, 55.0]),
        held=np.array([50.0, 50.0]),
        lower=np.array([10.0, 0.0]),
        upper=np.array([100.0, 60.0]),
        buy_cost=np.array([3.0, 2.0]),
        spread=np.array([3.0, 2.0]),
        hold_cost=np.array([0.1, 0.0]),
        segment_offsets=np.array([0, 2, 3]),
        segment_size=np.array([10.0, 30.0, 50.0]),
        segment_cost=np.array([-4.0, 20.0, 5.0]),
        segment_gain=np.zeros(3),
        segment_long=np.zeros(3, dtype=np.bool_),
        rows=np.ones((2, 2)),
        row_lower=np.array([-np.inf, 98.0]),
        row_upper=np.array([99.0, np.inf]),
        row_price=np.array([np.inf, 7.0]),
        risk_aversion=10.0,
        ticket=0.5,
        schedule=UNTAXED,
    )
    return frozen(problem._replace(**changes))


@pytest.mark.parametrize(
    ("weight", "cost"),
    [
        (50.0, 0.0),  # no trade, no ticket
        (52.0, 0.5 + 6.0),
        (45.0, 0.5 - 20.0),  # half of the loss
        (40.0, 0.5 - 40.0),
        (35.0, 0.5 - 40.0 + 100.0),  # then into the gain
        (10.0, 0.5 - 40.0 + 600.0),
    ],
)
def test_trade_cost(weight: float, cost: float) -> None:
    assert kernel.trade_cost(two_names(), 0, weight) == pytest.approx(cost)


def test_objective_term_by_term() -> None:
    weights = readonly(np.array([45.0, 50.0]))
    # Active weights 5 and -5: exposure 0.5, specific 0.5·25 + 0.25·25.
    tracking = 10.0 * 0.25 + 18.75
    assert kernel.tracking_variance(two_names(), weights) == pytest.approx(tracking)
    assert kernel.row_breach(two_names(), weights, 0) == 0.0
    assert kernel.row_breach(two_names(), weights, 1) == pytest.approx(3.0)
    assert kernel.objective(two_names(), weights) == pytest.approx(tracking + 4.5 - 19.5 + 21.0)
    assert kernel.violation(two_names(), weights) == 0.0


@pytest.mark.parametrize(
    ("weights", "worst"),
    [((50.0, 50.0), 1.0), ((8.0, 50.0), 2.0), ((10.0, 60.25), 0.25), ((10.0, -3.0), 3.0), ((60.0, 60.5), 21.5)],
)
def test_violation_is_the_worst_breach_of_what_is_hard(weights: tuple[float, float], worst: float) -> None:
    assert kernel.violation(two_names(), readonly(np.array(weights))) == pytest.approx(worst)


def test_hard_rows_cost_nothing_and_soft_ones_their_price() -> None:
    held = two_names().held
    without = two_names(row_price=np.zeros(2))
    assert kernel.objective(two_names(), held) == kernel.objective(without, held)
    capped = two_names(row_price=np.array([2.0, 7.0]))
    assert kernel.objective(capped, held) == pytest.approx(kernel.objective(without, held) + 2.0)


def test_frozen_is_contiguous_and_read_only() -> None:
    sliced = two_names(rows=np.ones((4, 2))[::2], segment_offsets=np.array([0, 9, 2, 9, 3])[::2])
    arrays = [value for value in sliced if isinstance(value, np.ndarray)]
    assert len(arrays) == 18
    assert all(array.flags.c_contiguous and not array.flags.writeable for array in arrays)
    assert sliced.segment_offsets.tolist() == [0, 2, 3]
    assert (sliced.risk_aversion, sliced.ticket) == (10.0, 0.5)
