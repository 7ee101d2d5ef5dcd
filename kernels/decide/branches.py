"""What a name costs in each of its branches: on either side, and past its points of wash sales.

`engine.decide.branches` states the same. Every branch is convex; the least of them, name by name, bounds all answers.
"""

from __future__ import annotations

from kernels.bound import least_at
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

EITHER, EASIEST = BRANCHES, BRANCHES + 1
"""For bounds alone: up to the points on either side, and the least that a name could cost where neither is exact."""


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
    for segment in range(start, of.offsets[name + 1]):
        gain, cost = of.base_gain[segment], of.base_cost[segment]
        if branch == PAST_SALE:
            gain, cost = of.beyond[segment], of.sale_cost[name] if of.replaced[segment] else cost
        elif branch == EASIEST:
            gain = of.most_lost[segment]
        cost += (long if of.long[segment] else short) * gain
        place = segment
        while place > start and of.ordered_cost[place - 1] > cost:
            of.ordered_cost[place], of.ordered_size[place] = of.ordered_cost[place - 1], of.ordered_size[place - 1]
            place -= 1
        of.ordered_cost[place], of.ordered_size[place] = cost, of.size[segment]


@kernel(f8(ARRAYS, PROBLEM, i8, i8, f8, f8, f8), inner=True)
def least_in(of: Arrays, posed: Problem, name: int, branch: int, price: float, short: float, long: float) -> float:
    """A pointed name's part of the dual in bp in a branch, where a percent of it costs `price`.

    `posed` is the account's problem with its own bounds and segments in the `ordered` arrays. Writes over the name's
    segments there.
    """
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
    value = least_at(posed, name, price)[1]
    of.lower[OWN, name], of.upper[OWN, name], of.buy_cost[name] = lower, upper, buy_cost
    return float(value + constant)


@kernel(f8(ARRAYS, PROBLEM, i8, f8, f8, f8), inner=True)
def least_anywhere(of: Arrays, posed: Problem, name: int, price: float, short: float, long: float) -> float:
    """The same in whichever branch is cheapest, those included that bounds alone know."""
    least = least_in(of, posed, name, EITHER, price, short, long)
    if of.purchase_point[name] > 0.0:
        least = min(least, least_in(of, posed, name, PAST_PURCHASE, price, short, long))
    if of.sale_point[name] > 0.0:
        least = min(least, least_in(of, posed, name, PAST_SALE, price, short, long))
    if of.easier[name]:
        least = min(least, least_in(of, posed, name, EASIEST, price, short, long))
    return least


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


@kernel(f8(ARRAYS, CASE, I8), inner=True)
def put(of: Arrays, case: Case, branch: Ints) -> float:
    """Put every name past the point that its branch is past, or up to its points; the constant that values then lack.

    Bounds and costs in memory are then those of these branches, but for sides, which are bounds of a slot.
    """
    constant, changed = 0.0, False
    for place in range(of.pointed_count[0]):
        name = of.pointed[place]
        mode = branch[name] if branch[name] in (PAST_SALE, PAST_PURCHASE) else 0
        if mode != of.mode[name]:
            _pass(of, name, mode)
            changed = True
        if mode == PAST_SALE:
            constant += of.sale_constant[name]
        elif mode == PAST_PURCHASE:
            constant += of.wash_cost[name]
    if changed:
        of.posed[0] += 1
        forget_order(of)
    return constant


@kernel(void(ARRAYS, CASE), inner=True)
def put_back(of: Arrays, case: Case) -> None:
    """Every name up to its points, as the account was posed."""
    of.branch[: case.n] = SELLS
    put(of, case, of.branch)


@kernel(b1(ARRAYS, CASE, I8), inner=True)
def any_past(of: Arrays, case: Case, branch: Ints) -> bool:
    """Whether any name is put past a point."""
    for place in range(of.pointed_count[0]):
        if branch[of.pointed[place]] >= PAST_SALE:
            return True
    return False
