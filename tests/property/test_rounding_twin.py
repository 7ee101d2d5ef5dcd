import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels import rounding
from kernels.arrays import frozen, readonly
from kernels.problem import Floats
from kernels.rounding import Tradable
from tests.reference import naive_rounding
from tests.support.problems import (
    DIRECT_INDEX,
    ETF,
    MICRO,
    REGIMES,
    Account,
    Kind,
    random_account,
    random_schedule,
    random_weights,
)

SEED = st.integers(0, 2**32 - 1)


@st.composite
def one_name(draw: st.DrawFn) -> Tradable:
    step = draw(st.sampled_from([1, 3, 10]))
    position = draw(st.integers(0, 60))
    sellable = draw(st.one_of(st.just(position), st.integers(0, position)))
    least = step * draw(st.integers(1, 4))
    smallest = draw(st.one_of(st.just(0), st.integers(0, 70)))
    columns = [np.array([number]) for number in (step, least, smallest, position, sellable)]
    return Tradable(readonly(np.ones(1)), *map(readonly, columns), readonly(np.zeros(1, dtype=np.bool_)), -1)


@given(one_name())
def test_more_and_less_walk_the_possible_orders(tradable: Tradable) -> None:
    orders = naive_rounding.possible_orders(tradable, 0, 100)
    assert [rounding.more(tradable, 0, order) for order in orders[:-1]] == orders[1:]
    assert [rounding.less(tradable, 0, order) for order in orders[1:]] == orders[:-1]
    assert rounding.less(tradable, 0, orders[0]) == orders[0]


def rounded(account: Account, goal: Floats, passes: int) -> tuple[list[int], int]:
    orders = np.full(len(goal), 2**60)
    done = rounding.round_shares(account.problem, account.tradable, goal, passes, orders)
    return orders.tolist(), done


def goal_of(random: np.random.Generator, account: Account) -> Floats:
    """Somewhere feasible; most names stay, as they do in a day's answer."""
    problem = account.problem
    goal = random_weights(random, problem).copy()
    stays = (random.random(len(goal)) < 0.6) & (problem.lower <= problem.held) & (problem.held <= problem.upper)
    goal[stays] = problem.held[stays]
    return readonly(goal)


@pytest.mark.parametrize(
    ("kind", "examples", "passes"), [(ETF, 30, 6), (DIRECT_INDEX, 2, 2)], ids=["etf", "direct-index"]
)
def test_descent_is_that_of_the_twin(kind: Kind, examples: int, passes: int) -> None:
    same = 0
    for seed in range(examples):
        random = np.random.default_rng(seed)
        schedule = random_schedule(random, random.choice(list(REGIMES))) if seed % 2 else None
        account = random_account(random, kind, schedule=schedule)
        goal = goal_of(random, account)
        found, _ = rounded(account, goal, passes)
        expected = naive_rounding.round_shares(account.problem, account.tradable, goal, passes)
        same += found == expected
        assert merit(account, found) == pytest.approx(merit(account, expected), abs=1e-7)
    assert same >= 0.9 * examples


def merit(account: Account, orders: list[int]) -> float:
    weights = naive_rounding.weights_of(account.problem, account.tradable, orders)
    return naive_rounding.merit(account.problem, account.tradable, weights)


@settings(max_examples=60)
@given(SEED)
def test_orders_may_be_given(seed: int) -> None:
    random = np.random.default_rng(seed)
    account = random_account(random, ETF)
    problem, tradable = account
    goal = goal_of(random, account)
    orders, _ = rounded(account, goal, 20)
    for name, order in enumerate(orders):
        columns = (tradable.step, tradable.least, tradable.smallest, tradable.position)
        step, least, smallest, position = (int(column[name]) for column in columns)
        whole = order == -position and position == tradable.sellable[name]
        assert order == 0 or whole or (order % step == 0 and abs(order) >= least)
        assert order == 0 or whole or position + order >= smallest
        assert -order <= tradable.sellable[name]
        assert order <= 0 or goal[name] > problem.held[name]
        assert (
            order >= 0 or goal[name] < problem.held[name] or (tradable.open[name] and goal[name] == problem.held[name])
        )


@settings(max_examples=40)
@given(SEED)
def test_never_worse_than_truncation_and_at_rest_when_it_says_so(seed: int) -> None:
    random = np.random.default_rng(seed)
    account = random_account(random, ETF)
    goal = goal_of(random, account)
    largest = int(np.max(np.abs(goal - account.problem.held) / account.tradable.weight)) + 4 * MICRO
    allowed = [naive_rounding.possible_orders(account.tradable, name, largest) for name in range(len(goal))]
    before = merit(account, naive_rounding.truncated(account.problem, account.tradable, goal, allowed))
    for passes in (0, 1, 2, 60):
        orders, done = rounded(account, goal, passes)
        assert merit(account, orders) <= before + 1e-9 * abs(before)
        before = merit(account, orders)
    if done < 60:
        assert rounded(account, goal, done) == (orders, done)
        assert rounded(account, goal, done - 1)[0] == orders


@settings(max_examples=40)
@given(SEED)
def test_cash_floor_is_kept_where_it_can_be(seed: int) -> None:
    """Given time, no order that is to raise cash is left out: then either the floor holds or none of them can help."""
    random = np.random.default_rng(seed)
    account = random_account(random, ETF)
    problem, tradable = account
    tradable = tradable._replace(
        step=readonly(np.full(len(problem.held), MICRO)), least=readonly(np.maximum(tradable.least // MICRO, 1) * MICRO)
    )
    whole = Account(problem, tradable)
    goal = goal_of(random, whole)
    orders, done = rounded(whole, goal, 2000)
    assert done < 2000
    if naive_rounding.cash_excess(problem, tradable, orders) <= 1e-12:
        return
    here = merit(whole, orders)
    for name, order in enumerate(orders):
        fewer = rounding.less(tradable, name, order)
        after = problem.held[name] + fewer * tradable.weight[name]
        may_sell = (
            fewer >= 0 or goal[name] < problem.held[name] or (tradable.open[name] and goal[name] == problem.held[name])
        )
        if may_sell and fewer != order and after >= problem.lower[name]:
            assert merit(whole, [*orders[:name], fewer, *orders[name + 1 :]]) >= here - 1e-6


@settings(max_examples=30)
@given(SEED)
def test_cash_raised_from_open_names(seed: int) -> None:
    """A floor a few shares above what is invested is met where every name is open and nothing else is asked."""
    random = np.random.default_rng(seed)
    problem, tradable = random_account(random, ETF)
    n = len(problem.held)
    row_upper = problem.row_upper.copy()
    row_upper[0] = problem.held.sum() - random.uniform(0.0, 5.0) * (tradable.weight * MICRO)[problem.held > 0.0].min()
    row_upper[-1] = 200.0
    free = frozen(problem._replace(lower=np.zeros(n), upper=np.full(n, 200.0), row_upper=row_upper))
    may = tradable._replace(
        step=readonly(np.full(n, MICRO)),
        least=readonly(np.full(n, MICRO)),
        smallest=readonly(np.zeros(n, dtype=np.int64)),
        sellable=tradable.position,
        open=readonly(tradable.position > 0),
    )
    orders, done = rounded(Account(free, may), free.held, 100)
    assert done < 100
    assert naive_rounding.cash_excess(free, may, orders) <= 1e-12
    assert all(order <= 0 for order in orders)
