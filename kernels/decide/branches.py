"""What a name costs in each of its branches: on either side, and past its points of wash sales.

`engine.decide.branches` states the same. Every branch is convex; the least of them, name by name, bounds all answers.
"""

from __future__ import annotations

import math

from kernels.bound import best_purchase, best_sale, least_at
from kernels.decide.memory import (
    ARRAYS,
    ASKED_OF_BUYS,
    BRANCHES,
    BUYS,
    CASE,
    OWN,
    PAST_PURCHASE,
    PAST_SALE,
    SELLS,
    Arrays,
    Case,
)
from kernels.decide.order import forget_order
from kernels.jit import I8, b1, f8, i8, kernel, void
from kernels.problem import PROBLEM, Ints, Problem

EASIEST = BRANCHES
"""For bounds alone: the least that a name could cost where no branch says exactly what wash sales take away."""


@kernel(b1(ARRAYS, i8, i8), inner=True)
def has(of: Arrays, name: int, branch: int) -> bool:
    """Whether a name may be put in a branch."""
    if branch == BUYS:
        return bool(of.ambiguous[name])
    if branch == SELLS or not of.is_pointed[name]:
        return branch == SELLS
    if branch == PAST_SALE:
        return bool(of.passes[0] and of.sale_point[name] > 0.0)
    return bool(of.passes[1] and of.purchase_point[name] > 0.0)


@kernel(void(ARRAYS, i8, i8, f8, f8), inner=True)
def _sort_segments(of: Arrays, name: int, branch: int, short: float, long: float) -> None:
    """A pointed name's segments in the `ordered` arrays by what they cost in a branch, at these prices of gain."""
    start = of.offsets[name]
    for at in range(start, of.offsets[name + 1]):
        segment = of.past_order[at] if branch == PAST_SALE else at
        gain, cost = of.base_gain[segment], of.base_cost[segment]
        if branch == PAST_SALE:
            gain, cost = of.beyond[segment], of.sale_cost[name] if of.replaced[segment] else cost
        elif branch == EASIEST:
            gain = of.most_lost[segment]
        cost += (long if of.long[segment] else short) * gain
        place = at
        while place > start and of.ordered_cost[place - 1] > cost:
            of.ordered_cost[place], of.ordered_size[place] = of.ordered_cost[place - 1], of.ordered_size[place - 1]
            if branch == PAST_SALE:
                of.past_order[place] = of.past_order[place - 1]
            place -= 1
        of.ordered_cost[place], of.ordered_size[place] = cost, of.size[segment]
        if branch == PAST_SALE:
            of.past_order[place] = segment


@kernel(f8(ARRAYS, PROBLEM, i8, i8, f8, f8, f8), inner=True)
def _least_in(of: Arrays, posed: Problem, name: int, branch: int, price: float, short: float, long: float) -> float:
    """A pointed name's part of the dual in bp in a branch, where a percent of it costs `price`.

    `posed` is the account's problem with its own bounds and segments in the `ordered` arrays. Writes over the name's
    segments there, but for a purchase.
    """
    buys = branch in (BUYS, PAST_PURCHASE) or (branch == EASIEST and not of.easier_sale[name])
    if not buys:
        _sort_segments(of, name, branch, short, long)
    lower, upper, buy_cost, constant = of.lower[OWN, name], of.upper[OWN, name], of.buy_cost[name], 0.0
    least, most, held = of.base_lower[name], of.base_upper[name], of.held[name]
    cost = of.base_buy_cost[name]
    if branch == PAST_PURCHASE:
        least, constant = max(least, held + of.purchase_point[name]), of.wash_cost[name]
        cost = of.spread[name] + of.asked[ASKED_OF_BUYS]
    elif branch == PAST_SALE:
        most, constant = min(most, held - of.sale_point[name]), of.sale_constant[name]
    elif branch == EASIEST:
        cost = of.spread[name] + of.asked[ASKED_OF_BUYS] + of.wash_least[name]
    elif branch == BUYS:
        least = max(least, held)
    elif branch == SELLS and of.ambiguous[name]:
        most = min(most, held)
    of.lower[OWN, name], of.upper[OWN, name], of.buy_cost[name] = least, most, cost
    value = best_purchase(posed, name, price)[1] if buys else least_at(posed, name, price)[1]
    of.lower[OWN, name], of.upper[OWN, name], of.buy_cost[name] = lower, upper, buy_cost
    return float(value + constant)


@kernel(f8(ARRAYS, PROBLEM, i8, i8, f8, f8, f8, f8, f8), inner=True)
def price_branches(
    of: Arrays, posed: Problem, slot: int, name: int, price: float, short: float, long: float, sells: float, buys: float
) -> float:
    """Each branch of a name that is in doubt or pointed, into a slot's `branch_least`; returns the least.

    That is also over what bounds alone know. `sells` and `buys` where they are known, otherwise not a number.
    """
    least_of = of.branch_least[slot * BRANCHES : (slot + 1) * BRANCHES]
    for branch in range(BRANCHES):
        least_of[branch, name] = math.inf
    if of.mode[name] > 0:
        least_of[SELLS, name] = _least_in(of, posed, name, SELLS, price, short, long)
        if of.ambiguous[name]:
            least_of[BUYS, name] = _least_in(of, posed, name, BUYS, price, short, long)
    elif of.ambiguous[name]:
        least_of[SELLS, name] = best_sale(posed, name, price)[1] if math.isnan(sells) else sells
        least_of[BUYS, name] = best_purchase(posed, name, price)[1] if math.isnan(buys) else buys
    else:
        least_of[SELLS, name] = least_at(posed, name, price)[1]
    least = min(least_of[SELLS, name], least_of[BUYS, name])
    if not of.is_pointed[name]:
        return float(least)
    if of.purchase_point[name] > 0.0:
        least_of[PAST_PURCHASE, name] = _least_in(of, posed, name, PAST_PURCHASE, price, short, long)
    if of.sale_point[name] > 0.0:
        least_of[PAST_SALE, name] = _least_in(of, posed, name, PAST_SALE, price, short, long)
    least = min(least, least_of[PAST_SALE, name], least_of[PAST_PURCHASE, name])
    if of.easier[name]:
        least = min(least, _least_in(of, posed, name, EASIEST, price, short, long))
    return float(least)


@kernel(void(ARRAYS, i8, i8), inner=True)
def _pass(of: Arrays, name: int, mode: int) -> None:
    """A pointed name's bounds and costs past one of its points, or up to them again."""
    first, last = of.offsets[name], of.offsets[name + 1]
    of.mode[name] = mode
    of.lower[OWN, name], of.upper[OWN, name] = of.base_lower[name], of.base_upper[name]
    of.buy_cost[name] = of.base_buy_cost[name]
    for segment in range(first, last):
        of.cost[segment], of.gain[segment] = of.base_cost[segment], of.base_gain[segment]
    if mode == PAST_SALE:
        of.upper[OWN, name] = min(of.upper[OWN, name], of.held[name] - of.sale_point[name])
        for segment in range(first, last):
            of.gain[segment] = of.beyond[segment]
            if of.replaced[segment]:
                of.cost[segment] = of.sale_cost[name]
    elif mode == PAST_PURCHASE:
        of.lower[OWN, name] = max(of.lower[OWN, name], of.held[name] + of.purchase_point[name])
        of.buy_cost[name] = of.spread[name] + of.asked[ASKED_OF_BUYS]


@kernel(f8(ARRAYS, I8), inner=True)
def put(of: Arrays, branch: Ints) -> float:
    """Put every name past the point that its branch is past, or up to its points; the constant that values then lack.

    Bounds and costs in memory are then those of these branches, but for sides, which are bounds of a slot.
    """
    constant, changed = 0.0, False
    for place in range(of.pointed_count[0]):
        name = of.pointed[place]
        mode = branch[name] if branch[name] >= PAST_SALE else 0
        if mode != of.mode[name]:
            _pass(of, name, mode)
            changed = True
        if mode == PAST_SALE:
            constant += of.sale_constant[name]
        elif mode == PAST_PURCHASE:
            constant += of.wash_cost[name]
    if changed:
        forget_order(of)
    return constant


@kernel(void(ARRAYS, CASE), inner=True)
def put_back(of: Arrays, case: Case) -> None:
    """Every name up to its points, as the account was posed."""
    of.branch[: case.n] = SELLS
    put(of, of.branch)


@kernel(b1(ARRAYS, I8), inner=True)
def any_past(of: Arrays, branch: Ints) -> bool:
    """Whether any name is put past a point."""
    for place in range(of.pointed_count[0]):  # noqa: SIM110 (kernels know no generators)
        if branch[of.pointed[place]] >= PAST_SALE:
            return True
    return False
