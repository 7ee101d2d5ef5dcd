"""Goals of the tax-blind twin where sectors and factors are limited: the nearest weights, as Clarabel finds them."""

from __future__ import annotations

import cvxpy as cp
import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.support.hand_book import HandBook, lot
from tests.support.twins import Twins

NAMES = ("AAA", "BBB", "CCC", "DDD", "EEE")
SECTORS = {"AAA": "TECH", "BBB": "TECH", "CCC": "ENERGY", "DDD": "ENERGY", "EEE": "HEALTH"}
NEAR = 1e-7
"""Percent by which a rule may be missed."""
FURTHER = 1e-8
"""By how much, of itself, the distance may be more than Clarabel finds. It is strictly convex: whatever keeps the rules
and is no further away is the answer. Clarabel's weights are known only to the root of what its distance is."""

limits = st.lists(
    st.one_of(
        st.tuples(st.just("max_weight"), st.sampled_from(["TECH", "ENERGY"]), st.integers(5, 60)),
        st.tuples(st.just("min_weight"), st.sampled_from(["TECH", "HEALTH"]), st.integers(5, 60)),
        st.tuples(st.just("factor_max"), st.just("OIL"), st.integers(-15, 10)),
        st.tuples(st.just("factor_min"), st.just("OIL"), st.integers(-10, 15)),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda limit: limit[:2],
)


@example([("factor_min", "OIL", 10)], [9, 36, 86, 100, 100], [366, 125, 133, 383, 358, 105])
@settings(max_examples=60)
@given(
    limits, st.lists(st.integers(5, 100), min_size=5, max_size=5), st.lists(st.integers(0, 400), min_size=6, max_size=6)
)
def test_goals_are_the_nearest_weights(rules: list[tuple[str, str, int]], parts: list[int], held: list[int]) -> None:
    made = HandBook()
    made.models = {"BASE": {name: part / sum(parts) for name, part in zip(NAMES, parts, strict=True)}}
    for name in made.securities:
        made.securities[name]["sector"] = SECTORS.get(name, "OTHER")
    lots = [
        lot(name, shares + 1, 30.0, locked=shares % 5 == 0) for name, shares in zip((*NAMES, "OLD"), held, strict=True)
    ]
    made.account("A", lots=lots, drift_band=0.0, cash_max=0.021)
    for kind, about, percent in rules:
        where = {"factor": about} if kind.startswith("factor") else {"sector": about}
        made.restrict("A", kind, value=percent / 100, **where)
    twins = Twins.of(made)
    assume(twins.decided.sound.all())
    found = twins.twin(0)
    target, lower, upper, goal = np.array([weights for *_, weights in found]).T
    w, aimed = cp.Variable(len(found)), target > 0
    still = np.maximum(0.0, lower[~aimed])
    kept = [w >= lower, w <= upper, w[~aimed] == still, cp.sum(w) == 98.0]
    missed = [*(lower - goal), *(goal - upper), *np.abs(goal[~aimed] - still), abs(goal.sum() - 98.0)]
    for kind, about, percent in rules:
        if kind.startswith("factor"):
            row = np.array([twins.securities[security] in ("CCC", "SUB") for security, *_ in found], dtype=float)
            origin = float(row @ target)
        else:
            row = np.array([SECTORS.get(twins.securities[security]) == about for security, *_ in found], dtype=float)
            origin = 0.0
        most = kind.endswith("max") or kind == "max_weight"
        kept.append(row @ w - origin <= percent if most else row @ w - origin >= percent)
        beyond = float(row @ goal) - origin - percent
        missed.append(beyond if most else -beyond)
    distance = cp.sum(cp.multiply(cp.square(w[aimed] - target[aimed]), 1 / target[aimed]))
    problem = cp.Problem(cp.Minimize(distance), kept)
    problem.solve(solver=cp.CLARABEL)
    assume(problem.status == cp.OPTIMAL)
    assert max(missed) <= NEAR
    ours = float(((goal - target)[aimed] ** 2 / target[aimed]).sum())
    assert ours <= problem.value + FURTHER * (1.0 + problem.value)
