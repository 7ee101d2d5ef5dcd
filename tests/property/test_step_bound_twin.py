"""The bound in whole steps against every order that there is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.arrays import frozen
from kernels.bound import least_of_names, lower_bound
from kernels.problem import Problem, objective, violation
from kernels.rounding import Tradable, round_shares
from kernels.step_bound import SLACK, least_in_steps, least_of_names_in_steps
from tests.property.test_bound_twin import prices_at
from tests.reference import naive_problem
from tests.support.problems import DIRECT_INDEX, ETF, Kind, random_account, random_weights

SEED = st.integers(0, 2**32 - 1)
FEW_ORDERS = 3_000


def orders_of(problem: Problem, tradable: Tradable, name: int) -> list[float]:
    """The weight after every order that may be given for a name."""
    held, step = float(problem.held[name]), int(tradable.step[name])
    position, sellable = int(tradable.position[name]), int(tradable.sellable[name])
    weights = [held]
    for sold in range(step, sellable + 1, step):
        if sold >= tradable.least[name] and position - sold >= tradable.smallest[name]:
            weights.append(held - sold * tradable.weight[name])
    if position > 0 and sellable == position:
        weights.append(0.0)
    bought = step
    while held + bought * tradable.weight[name] <= problem.upper[name] + SLACK:
        if bought >= tradable.least[name] and position + bought >= tradable.smallest[name]:
            weights.append(held + bought * tradable.weight[name])
        bought += step
    return [weight for weight in weights if problem.lower[name] - SLACK <= weight <= problem.upper[name] + SLACK]


@pytest.mark.parametrize("kind", [ETF, DIRECT_INDEX], ids=["etf", "direct-index"])
@settings(max_examples=20)
@given(SEED)
def test_the_least_over_all_orders(kind: Kind, seed: int) -> None:
    random = np.random.default_rng(seed)
    problem, tradable = random_account(random, kind)
    smallest = random.choice([0, 0, 3, 40], len(problem.held)) * tradable.step
    tradable = frozen(tradable._replace(smallest=smallest))
    for name in random.permutation(len(problem.held))[:12]:
        room = problem.upper[name] - problem.held[name]
        if room / (tradable.step[name] * tradable.weight[name]) > FEW_ORDERS:
            continue
        price = float(random.choice([0.0, 1.0, 20.0]) * random.normal())
        found = least_in_steps(problem, tradable, int(name), price)
        values = [
            naive_problem.value_of_name(problem, int(name), price, one)
            for one in orders_of(problem, tradable, int(name))
        ]
        least = min(values, default=math.inf)
        if least == math.inf:
            sides = (problem.lower[name] <= problem.held[name], problem.upper[name] >= problem.held[name])
            least = min(
                naive_problem.least_of_name(problem, int(name), price, sale=sale)[1]
                for sale, allowed in zip((True, False), sides, strict=True)
                if allowed
            )
        assert found == pytest.approx(least, rel=1e-9, abs=1e-7)


@pytest.mark.parametrize("kind", [ETF, DIRECT_INDEX], ids=["etf", "direct-index"])
@settings(max_examples=20)
@given(SEED)
def test_orders_are_not_below_the_bound_in_steps(kind: Kind, seed: int) -> None:
    random = np.random.default_rng(seed)
    problem, tradable = random_account(random, kind)
    goal = random_weights(random, problem)
    factor_prices, row_prices = prices_at(random, problem, goal)
    least, in_steps = np.empty(len(goal)), np.empty(len(goal))
    least_of_names(problem, factor_prices, row_prices, np.empty(len(goal)), least)
    least_of_names_in_steps(problem, tradable, factor_prices, row_prices, in_steps)
    bound = lower_bound(problem, factor_prices, row_prices, np.empty(len(goal))) + float((in_steps - least).sum())
    slack = 1e-4 * (1.0 + float(np.abs(row_prices).sum() + np.abs(factor_prices).sum()))
    assert (in_steps >= least - slack).all()
    orders = np.zeros(len(goal), dtype=np.int64)
    round_shares(problem, tradable, goal, 30, orders)
    weights = problem.held + orders * tradable.weight
    weights = np.where(orders == -tradable.position, 0.0, weights)
    if violation(problem, weights) <= SLACK:
        assert bound <= objective(problem, weights) + slack
