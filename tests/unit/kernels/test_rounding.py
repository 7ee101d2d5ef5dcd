import numpy as np
import pytest

from kernels import rounding
from kernels.arrays import frozen, readonly
from kernels.problem import Problem
from kernels.rounding import Tradable, worth
from kernels.taxes import UNTAXED

SHARE = 1_000_000


def tradable(**changes: object) -> Tradable:
    """One share of USD 100 is a tenth of a percent of the account; positions whole, everything free to be sold."""
    base = Tradable(
        weight=np.full(3, 0.1 / SHARE),
        step=np.full(3, SHARE),
        least=np.full(3, SHARE),
        smallest=np.zeros(3, dtype=np.int64),
        position=np.full(3, 300 * SHARE),
        sellable=np.full(3, 300 * SHARE),
        open=np.zeros(3, dtype=np.bool_),
        cash_row=0,
    )
    return Tradable._make(readonly(v) if isinstance(v, np.ndarray) else v for v in base._replace(**changes))


def problem(**changes: object) -> Problem:
    """Three names of 30 %, each its own risk, a half-spread of 10 bp, no lots that cost tax; at most 99 % invested."""
    base = Problem(
        loadings=np.zeros((3, 1)),
        curvature=np.full(3, 1.0),
        target=np.full(3, 30.0),
        held=np.full(3, 30.0),
        lower=np.zeros(3),
        upper=np.full(3, 100.0),
        buy_cost=np.full(3, 0.1),
        spread=np.full(3, 0.1),
        hold_cost=np.zeros(3),
        segment_offsets=np.array([0, 1, 2, 3]),
        segment_size=np.full(3, 30.0),
        segment_cost=np.full(3, 0.1),
        segment_gain=np.zeros(3),
        segment_long=np.zeros(3, dtype=np.bool_),
        rows=np.ones((1, 3)),
        row_lower=np.array([-np.inf]),
        row_upper=np.array([99.0]),
        row_price=np.array([np.inf]),
        risk_aversion=1.0,
        ticket=0.0,
        schedule=UNTAXED,
    )
    return frozen(base._replace(**changes))


def rounded(case: Problem, may: Tradable, goal: list[float], passes: int = 100) -> tuple[list[float], int]:
    """Orders in shares, and the passes made."""
    orders = np.empty(len(goal), dtype=np.int64)
    done = rounding.round_shares(case, may, readonly(np.array(goal)), passes, orders)
    return (orders / SHARE).tolist(), done


def one(
    position: float, least: int = 1, sellable: float | None = None, step: float = 1.0, smallest: float = 0.0
) -> Tradable:
    free = position if sellable is None else sellable
    return tradable(
        step=np.array([round(step * SHARE)]),
        least=np.array([round(least * step * SHARE)]),
        smallest=np.array([round(smallest * SHARE)]),
        position=np.array([round(position * SHARE)]),
        sellable=np.array([round(free * SHARE)]),
    )


@pytest.mark.parametrize(
    ("may", "orders"),
    [
        (one(2.0), [-2, -1, 0, 1, 2]),
        (one(2.5), [-2.5, -2, -1, 0, 1]),  # the fraction goes with the last share
        (one(0.5), [-0.5, 0, 1]),
        (one(0.0), [0, 1]),
        (one(7.5, least=5), [-7.5, -7, -6, -5, 0, 5, 6]),
        (one(3.5, least=5), [-3.5, 0, 5]),  # less than the minimum, sold whole
        (one(7.5, least=5, sellable=6.5), [-6, -5, 0, 5]),  # a fraction is locked
        (one(7.5, least=5, sellable=4.0), [0, 5]),
        (one(1.0, step=0.25, least=2), [-1, -0.75, -0.5, 0, 0.5, 0.75]),
        (one(0.0, smallest=3.0), [0, 3, 4]),
        (one(2.0, smallest=3.0), [-2, 0, 1, 2]),  # smaller already: added to, or sold whole
        (one(5.5, smallest=2.25), [-5.5, -3, -2, -1, 0, 1]),
        (one(6.0, smallest=2.0, sellable=5.0), [-4, -3, -2, -1, 0, 1]),  # a share is locked
        (one(6.0, smallest=5.0, least=2), [-6, 0, 2, 3]),
    ],
)
def test_walk_through_possible_orders(may: Tradable, orders: list[float]) -> None:
    micro = [round(order * SHARE) for order in orders]
    assert [rounding.more(may, 0, order) for order in micro[:-1]] == micro[1:]
    assert [rounding.less(may, 0, order) for order in micro[1:]] == micro[:-1]
    assert rounding.less(may, 0, micro[0]) == micro[0]


def test_nothing_to_do() -> None:
    assert rounded(problem(), tradable(), [30.0, 30.0, 30.0]) == ([0.0, 0.0, 0.0], 1)


def test_goal_on_a_share_is_met_despite_float64() -> None:
    aim = [30.7 - 1e-12, 29.4 + 1e-12, 30.0]
    assert rounded(problem(target=np.array(aim)), tradable(), aim)[0] == [7.0, -6.0, 0.0]


def test_nearest_share_not_the_one_below() -> None:
    # Wanted: 0.8 of a share more. The one above is nearer; a pass finds nothing better.
    orders, done = rounded(
        problem(target=np.array([30.08, 30.0, 30.0]), buy_cost=np.zeros(3), spread=np.zeros(3)),
        tradable(),
        [30.08, 30, 30],
    )
    assert (orders, done) == ([1.0, 0.0, 0.0], 1)


def test_orders_below_the_minimum_are_dropped_or_lifted() -> None:
    may = tradable(least=np.full(3, 5 * SHARE))
    aim = [30.1, 30.4, 29.6]  # one, four and four shares off: 1 % ² at most
    assert rounded(problem(target=np.array(aim)), may, aim)[0] == [0.0, 5.0, -5.0]


def test_ticket_stops_a_small_order() -> None:
    aim = [31.0, 30.1, 30.0]  # worth 1 bp and 0.01 bp, less spreads
    assert rounded(problem(target=np.array(aim), ticket=0.1), tradable(), aim)[0] == [10.0, 0.0, 0.0]


def test_sold_out_with_its_fraction() -> None:
    position = np.array([300 * SHARE + 123_456, 300 * SHARE, 300 * SHARE])
    held = position * (0.1 / SHARE)
    case = problem(held=held, target=np.array([0.0, 30, 30]), upper=np.array([0.0, 100, 100]), segment_size=held)
    orders, _ = rounded(case, tradable(position=position, sellable=position), [0.0, 30.0, 30.0])
    assert orders == [-300.123456, 0.0, 0.0]


def test_one_order_that_is_not_worth_its_spread_is_dropped() -> None:
    # A share is 0.1 %: it gains 0.01 bp, and its spread is a tenth of `buy_cost`.
    aim = [30.1, 30.0, 30.0]
    assert rounded(problem(target=np.array(aim), buy_cost=np.full(3, 0.09), spread=np.full(3, 0.09)), tradable(), aim)[
        0
    ] == [1.0, 0.0, 0.0]
    assert rounded(problem(target=np.array(aim), buy_cost=np.full(3, 0.11), spread=np.full(3, 0.11)), tradable(), aim)[
        0
    ] == [0.0, 0.0, 0.0]


def test_spread_is_paid_out_of_cash() -> None:
    # 9 % to buy, exactly what cash there is: the spread of 0.009 % must leave a share unbought.
    aim = [39.0, 30.0, 30.0]
    assert rounded(problem(target=np.array(aim)), tradable(), aim)[0] == [89.0, 0.0, 0.0]
    assert rounded(problem(target=np.array(aim)), tradable(cash_row=-1), aim)[0] == [90.0, 0.0, 0.0]


def test_a_step_counts_its_own_spread() -> None:
    # 89 shares and their spread fit; the 90th fits, and its spread of 0.0001 % does not.
    limit = readonly(np.array([99.009 - 0.00005]))
    case = problem(target=np.array([39.05, 30.0, 30.0]), row_upper=limit)
    assert rounded(case, tradable(), [38.95, 30.0, 30.0]) == ([89.0, 0.0, 0.0], 1)  # not bought and sold in turns
    case = case._replace(row_upper=readonly(limit + 0.0001))
    assert rounded(case, tradable(), [38.95, 30.0, 30.0])[0] == [90.0, 0.0, 0.0]


def test_a_name_that_costs_more_to_hold_than_it_tracks_is_not_bought() -> None:
    aim = [30.1, 30.0, 30.0]  # a share gains 0.01 bp
    for hold_cost, shares in ((0.09, 1.0), (0.11, 0.0)):
        case = problem(target=np.array(aim), buy_cost=np.zeros(3), spread=np.zeros(3), hold_cost=np.full(3, hold_cost))
        assert rounded(case, tradable(), aim)[0] == [shares, 0.0, 0.0]


def test_cash_is_raised_only_from_names_that_are_open() -> None:
    short = problem(row_upper=np.array([89.75]), target=np.array([30.0, 30.0, 30.0]))
    assert rounded(short, tradable(), [30.0, 30.0, 30.0])[0] == [0.0, 0.0, 0.0]
    may = tradable(open=np.array([False, True, False]))
    assert rounded(short, may, [30.0, 30.0, 30.0])[0] == [0.0, -3.0, 0.0]
    # A name that is to be bought is not sold for it.
    assert rounded(short, may, [30.0, 30.01, 30.0])[0] == [0.0, 0.0, 0.0]


def test_open_names_stay_where_cash_is_not_short() -> None:
    # The target would have the second name sold, the goal does not.
    case = problem(target=np.array([30.0, 20.0, 30.0]))
    assert rounded(case, tradable(open=np.ones(3, dtype=np.bool_)), [30.0, 30.0, 30.0])[0] == [0.0, 0.0, 0.0]


def test_passes_are_the_limit() -> None:
    far = problem(target=np.array([35.0, 30.0, 30.0]))
    orders, done = rounded(far, tradable(), [30.05, 30.0, 30.0], passes=4)
    assert (orders, done) == ([5.0, 0.0, 0.0], 4)  # one on the way to the goal, one more a pass


def test_soft_row_yields_to_its_price() -> None:
    # Past the row's limit of 91 % a percent costs 1.02 bp and gains about 2 bp a percent of gap at first.
    case = problem(target=np.array([35.0, 30.0, 30.0]), row_upper=np.array([91.0]), row_price=np.array([1.02]))
    aim = [34.45, 30.0, 30.0]
    assert rounded(case, tradable(cash_row=-1), aim)[0] == [44.0, 0.0, 0.0]
    dear = case._replace(row_price=readonly(np.array([50.0])))
    assert rounded(dear, tradable(cash_row=-1), aim)[0] == [10.0, 0.0, 0.0]


def test_memory_of_a_larger_account_serves_a_smaller_one() -> None:
    """Whatever an earlier account left in it."""
    aim = [30.75, 29.35, 30.05]
    case = problem(
        target=np.array(aim), rows=np.array([[1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]), row_lower=np.full(2, -100.0)
    )
    case = frozen(case._replace(row_upper=np.array([90.0, 59.25]), row_price=np.array([np.inf, 0.5])))
    memory = rounding.make_rounding(5, 3, 4)
    for array in memory:
        array[...] = -7
    orders = np.empty(3, dtype=np.int64)
    done = rounding.round_into(case, tradable(), readonly(np.array(aim)), 100, memory, orders)
    assert ((orders / SHARE).tolist(), done) == rounded(case, tradable(), aim)
    assert any(orders)


def test_sum_of_products_of_any_length() -> None:
    for length in range(10):
        left, right = np.arange(1.0, length + 1.0), np.arange(2.0, length + 2.0)
        assert worth.dot(readonly(left), readonly(right)) == sum(i * (i + 1) for i in range(1, length + 1))
