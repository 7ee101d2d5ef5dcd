"""What a name costs in each of its branches: on either side, and past its points of wash sales.

`engine.decide.branches` states the same. Every branch is convex; the least of them, name by name, bounds all answers.
"""

from __future__ import annotations

import math

from kernels.bound import best_purchase, best_sale, least_at
from kernels.decide.memory import (
    ARRAYS,
    ASKED_OF_BUYS,
    BUYS,
    CASE,
    EASIEST,
    KINDS,
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
from kernels.rounding.orders import TRADABLE, Tradable
from kernels.step_bound import least_in_steps

EITHER = KINDS
"""Either side of a name, up to its points."""


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


@kernel(void(ARRAYS, i8, i8, i8, f8), inner=True)
def _insert(of: Arrays, start: int, at: int, segment: int, cost: float) -> None:
    """A segment into the `ordered` arrays, where those from `start` to `at` ascend in cost."""
    place = at
    while place > start and of.ordered_cost[place - 1] > cost:
        of.ordered_cost[place], of.ordered_size[place] = of.ordered_cost[place - 1], of.ordered_size[place - 1]
        place -= 1
    of.ordered_cost[place], of.ordered_size[place] = cost, of.size[segment]


@kernel(void(ARRAYS, i8, f8, f8), inner=True)
def _sort_past(of: Arrays, name: int, short: float, long: float) -> None:
    """A name's segments in the `ordered` arrays by what they cost past its sale, starting from their last order."""
    start = of.offsets[name]
    for at in range(start, of.offsets[name + 1]):
        segment = of.past_order[at]
        cost = of.sale_cost[name] if of.replaced[segment] else of.base_cost[segment]
        cost += (long if of.long[segment] else short) * of.beyond[segment]
        place = at
        while place > start and of.ordered_cost[place - 1] > cost:
            of.ordered_cost[place], of.ordered_size[place] = of.ordered_cost[place - 1], of.ordered_size[place - 1]
            of.past_order[place] = of.past_order[place - 1]
            place -= 1
        of.ordered_cost[place], of.ordered_size[place] = cost, of.size[segment]
        of.past_order[place] = segment


@kernel(void(ARRAYS, i8, i8, f8, f8), inner=True)
def _sort_segments(of: Arrays, name: int, branch: int, short: float, long: float) -> None:
    """A pointed name's segments in the `ordered` arrays by what they cost in a branch, at these prices of gain."""
    if branch == PAST_SALE:
        _sort_past(of, name, short, long)
        return
    start = of.offsets[name]
    for segment in range(start, of.offsets[name + 1]):
        gain = of.most_lost[segment] if branch == EASIEST else of.base_gain[segment]
        _insert(of, start, segment, segment, of.base_cost[segment] + (long if of.long[segment] else short) * gain)


@kernel(f8(ARRAYS, i8, i8), inner=True)
def _bind(of: Arrays, name: int, branch: int) -> float:
    """A pointed name's bounds and cost of buying in a branch into those of OWN; the constant its value then lacks."""
    lower, upper, constant, held = of.base_lower[name], of.base_upper[name], 0.0, of.held[name]
    cost = of.base_buy_cost[name]
    if branch == PAST_PURCHASE:
        lower, constant = max(lower, held + of.purchase_point[name]), of.wash_cost[name]
        cost = of.spread[name] + of.asked[ASKED_OF_BUYS]
    elif branch == PAST_SALE:
        upper, constant = min(upper, held - of.sale_point[name]), of.sale_constant[name]
    elif branch == EASIEST:
        cost = of.spread[name] + of.asked[ASKED_OF_BUYS] + of.wash_least[name]
    elif branch == BUYS:
        lower = max(lower, held)
    elif branch == SELLS and of.ambiguous[name]:
        upper = min(upper, held)
    of.lower[OWN, name], of.upper[OWN, name], of.buy_cost[name] = lower, upper, cost
    return float(constant)


@kernel(f8(ARRAYS, PROBLEM, i8, i8, f8, f8, f8), inner=True)
def _least_in(of: Arrays, posed: Problem, name: int, branch: int, price: float, short: float, long: float) -> float:
    """A pointed name's part of the dual in bp in a branch, where a percent of it costs `price`.

    `posed` is the account's problem with its own bounds and segments in the `ordered` arrays. Writes over the name's
    segments there, but for a purchase.
    """
    buys = branch in (BUYS, PAST_PURCHASE) or (branch == EASIEST and not of.easier_sale[name])
    if not buys:
        _sort_segments(of, name, branch, short, long)
    lower, upper, buy_cost = of.lower[OWN, name], of.upper[OWN, name], of.buy_cost[name]
    constant = _bind(of, name, branch)
    value = best_purchase(posed, name, price)[1] if buys else least_at(posed, name, price)[1]
    of.lower[OWN, name], of.upper[OWN, name], of.buy_cost[name] = lower, upper, buy_cost
    return float(value + constant)


@kernel(f8(ARRAYS, PROBLEM, TRADABLE, i8, i8, f8, f8, f8), inner=True)
def _least_in_steps(
    of: Arrays, posed: Problem, tradable: Tradable, name: int, branch: int, price: float, short: float, long: float
) -> float:
    """The same over the orders that may be given (`kernels.step_bound`)."""
    _sort_segments(of, name, branch, short, long)
    lower, upper, buy_cost = of.lower[OWN, name], of.upper[OWN, name], of.buy_cost[name]
    constant = _bind(of, name, branch)
    value = least_in_steps(posed, tradable, name, price)
    of.lower[OWN, name], of.upper[OWN, name], of.buy_cost[name] = lower, upper, buy_cost
    return float(value + constant)


@kernel(b1(ARRAYS, i8), inner=True)
def is_reached(of: Arrays, segment: int) -> bool:
    """Whether a segment's loss counts only where others' are gone, and of not as many shares as another's."""
    return bool(not of.replaced[segment] and of.reach[segment] > 0.0 and of.beyond[segment] < 0.0)


@kernel(f8(ARRAYS, i8, f8), inner=True)
def _next_reach(of: Arrays, name: int, known: float) -> float:
    """The least reach of a name's reached segments above `known` percent; inf if none."""
    least = math.inf
    for segment in range(of.offsets[name], of.offsets[name + 1]):
        if is_reached(of, segment) and known < of.reach[segment] < least:
            least = of.reach[segment]
    return least


@kernel(f8(ARRAYS, PROBLEM, i8, f8, f8, f8), inner=True)
def _least_reached(of: Arrays, posed: Problem, name: int, price: float, short: float, long: float) -> float:
    """A name's part of the dual in bp where its lots are not alike in what may replace their losses.

    Of its sales by how many shares' losses are gone at least (`engine.decide.branches` says why).
    """
    start, last, held, first = of.offsets[name], of.offsets[name + 1], of.held[name], math.inf
    for segment in range(start, last):
        first = min(first, of.base_cost[segment])
    lower, upper, step = of.lower[OWN, name], of.upper[OWN, name], of.step[name] * of.micro_weight[name]
    least, most = math.inf, _next_reach(of, name, 0.0)
    while most < math.inf:
        gone = math.floor(most / step + 1e-9) * step
        left = held - gone
        if of.base_lower[name] <= left:
            for segment in range(start, last):
                gain = of.base_gain[segment]
                if of.reach[segment] <= most:
                    gain = min(of.beyond[segment], gain)
                _insert(
                    of, start, segment, segment, of.base_cost[segment] + (long if of.long[segment] else short) * gain
                )
            of.lower[OWN, name], of.upper[OWN, name] = of.base_lower[name], min(of.base_upper[name], left)
            of.held[name] = left
            least = min(least, least_at(posed, name, price)[1] + first * gone)
            of.held[name] = held
        most = _next_reach(of, name, most)
    of.lower[OWN, name], of.upper[OWN, name] = lower, upper
    return least


@kernel(f8(ARRAYS, PROBLEM, i8, f8, f8, f8), inner=True)
def _least_easiest(of: Arrays, posed: Problem, name: int, price: float, short: float, long: float) -> float:
    """The least that a pointed name could cost where no branch says exactly what wash sales take away, bp; or inf."""
    least = math.inf
    if of.easier[name]:
        least = _least_in(of, posed, name, EASIEST, price, short, long)
    if of.unlike[name]:
        least = min(least, _least_reached(of, posed, name, price, short, long))
    return least


@kernel(f8(ARRAYS, PROBLEM, i8, i8, f8, f8, f8, f8, f8), inner=True)
def price_branches(
    of: Arrays, posed: Problem, slot: int, name: int, price: float, short: float, long: float, sells: float, buys: float
) -> float:
    """Each branch of a name that is in doubt or pointed, into a slot's `branch_least`; returns the least.

    `sells` and `buys` where they are known, otherwise not a number.
    """
    least_of = of.branch_least[slot * KINDS : (slot + 1) * KINDS]
    for branch in range(KINDS):
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
    least_of[EASIEST, name] = _least_easiest(of, posed, name, price, short, long)
    least = min(least, least_of[PAST_SALE, name], least_of[PAST_PURCHASE, name])
    return float(min(least, least_of[EASIEST, name]))


@kernel(f8(ARRAYS, PROBLEM, TRADABLE, i8, f8, f8, f8), inner=True)
def price_in_steps(
    of: Arrays, posed: Problem, tradable: Tradable, name: int, price: float, short: float, long: float
) -> float:
    """The least of a pointed name's branches over the orders that may be given; what bounds alone know in any size."""
    least = _least_in_steps(of, posed, tradable, name, EITHER, price, short, long)
    if of.purchase_point[name] > 0.0:
        least = min(least, _least_in_steps(of, posed, tradable, name, PAST_PURCHASE, price, short, long))
    if of.sale_point[name] > 0.0:
        least = min(least, _least_in_steps(of, posed, tradable, name, PAST_SALE, price, short, long))
    return float(min(least, _least_easiest(of, posed, name, price, short, long)))


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
