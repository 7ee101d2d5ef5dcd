"""Lower bound over all modes of wash sales: each name at the least of what it costs on either side of its point.

`engine.decide.wash_bound` states the same.
"""

from __future__ import annotations

import math

from kernels.bound import apart_from_names, least_at, price_names
from kernels.decide.half import HALF_TYPE, Half, constant_at, half_in, prices_at, set_halves, slopes_near
from kernels.decide.judge import untaxed
from kernels.decide.memory import (
    ALL_LOSSES,
    ARRAYS,
    AS_POSED,
    ASKED_OF_BUYS,
    CASE,
    HALF,
    MEMORY,
    OWN,
    Arrays,
    Case,
    Memory,
)
from kernels.decide.order import ordered, price_segments, sort_by_price
from kernels.decide.pose import problem_in
from kernels.jit import apart, b1, f8, i8, kernel, void
from kernels.problem import PROBLEM, Problem

SHORT_OF_POINT, PAST_SALE, PAST_PURCHASE, EASIEST = range(4)
"""Where a name is: up to its point, past it by a sale or a purchase; EASIEST for bounds alone."""


@kernel(b1(ARRAYS, i8), inner=True)
def is_priced(of: Arrays, name: int) -> bool:
    """Whether wash sales make a name's cost less than what it is short of its point, somewhere."""
    return bool(of.sale_point[name] > 0.0 or of.purchase_point[name] > 0.0 or of.easier[name])


@kernel(PROBLEM.tuple(ARRAYS, CASE, f8, f8), inner=True)
def priced_at(of: Arrays, case: Case, short: float, long: float) -> Problem:
    """The account's problem at prices of gain, names up to their points."""
    sort_by_price(of, case, short, long)
    price_segments(of, case)
    problem = problem_in(of, case, OWN, AS_POSED)
    return ordered(of, problem, problem.held, case.ticket, untaxed())


@kernel(void(ARRAYS, PROBLEM, i8), inner=True)
def price_at_slot(of: Arrays, priced: Problem, slot: int) -> None:
    """What a percent of each name costs at the prices of a slot's answer, into `name_price` and `name_risk`."""
    (n, k), m = priced.loadings.shape, len(priced.row_price)
    price_names(priced, of.factor_prices[slot, :k], of.row_prices[slot, :m], of.name_price[:n], of.name_risk[:n])


@kernel(void(ARRAYS, i8, i8, f8, f8), inner=True)
def _sort_segments(of: Arrays, name: int, mode: int, short: float, long: float) -> None:
    """A name's segments in the `ordered` arrays by what they cost in a mode, at these prices of gain."""
    start = of.offsets[name]
    for segment in range(start, of.offsets[name + 1]):
        gain, cost = of.most_lost[segment], of.cost[segment]
        if mode == PAST_SALE:
            gain, cost = of.beyond[segment], of.sale_cost[name] if of.replaced[segment] else cost
        cost += (long if of.long[segment] else short) * gain
        place = segment
        while place > start and of.ordered_cost[place - 1] > cost:
            of.ordered_cost[place], of.ordered_size[place] = of.ordered_cost[place - 1], of.ordered_size[place - 1]
            place -= 1
        of.ordered_cost[place], of.ordered_size[place] = cost, of.size[segment]


@kernel(f8(ARRAYS, PROBLEM, i8, i8, f8, f8, f8), inner=True)
def least_on_side(of: Arrays, priced: Problem, name: int, mode: int, price: float, short: float, long: float) -> float:
    """A name's part of the dual in bp past its point, where a percent of it costs `price`.

    `priced` is the account's problem at these prices of gain. All but a purchase write over the name's segments in it.
    """
    lower, upper, buy_cost, constant = of.lower[OWN, name], of.upper[OWN, name], of.buy_cost[name], 0.0
    if mode == PAST_PURCHASE:
        of.lower[OWN, name] = max(lower, of.held[name] + of.purchase_point[name])
        of.buy_cost[name], constant = of.spread[name] + of.asked[ASKED_OF_BUYS], of.wash_cost[name]
    else:
        _sort_segments(of, name, mode, short, long)
        if mode == PAST_SALE:
            of.upper[OWN, name], constant = min(upper, of.held[name] - of.sale_point[name]), of.sale_constant[name]
        else:
            of.buy_cost[name] = of.spread[name] + of.asked[ASKED_OF_BUYS] + of.wash_least[name]
    least = least_at(priced, name, price)[1]
    of.lower[OWN, name], of.upper[OWN, name], of.buy_cost[name] = lower, upper, buy_cost
    return float(least + constant)


@kernel(f8(ARRAYS, CASE, HALF_TYPE, i8), inner=True)
def _bound_of_half(of: Arrays, case: Case, half: Half, slot: int) -> float:
    """Lower bound of one half at the slopes in `slopes[OWN]` and a slot's prices, each name on its cheaper side."""
    slopes = of.slopes[OWN, : len(half.step)]
    short, long = prices_at(half, slopes)
    priced = priced_at(of, case, short, long)
    factors, rows = of.factor_prices[slot, : case.k], of.row_prices[slot, : case.m]
    value = apart_from_names(priced, factors, rows) + constant_at(half, slopes)
    price_at_slot(of, priced, slot)
    for name in range(case.n):
        price, risk = of.name_price[name], of.name_risk[name]
        least = least_at(priced, name, price)[1]
        if of.purchase_point[name] > 0.0:
            least = min(least, least_on_side(of, priced, name, PAST_PURCHASE, price, short, long))
        if of.sale_point[name] > 0.0:
            least = min(least, least_on_side(of, priced, name, PAST_SALE, price, short, long))
        if of.easier[name]:
            least = min(least, least_on_side(of, priced, name, EASIEST, price, short, long))
        value += least - risk * of.target[name]
    return float(value)


@apart(f8(MEMORY, CASE, i8, f8))
def bound_of_modes(memory: Memory, case: Case, slot: int, enough: float) -> float:
    """Lower bound over all modes at a slot's prices, the worse half's; a half's is not raised beyond `enough`."""
    of = memory.of
    own = half_in(of, of.tally[slot, HALF])
    short, long = prices_at(own, of.slopes[slot, : len(own.step)])
    worst = math.inf
    for place in range(ALL_LOSSES, ALL_LOSSES + set_halves(of, case, of.most_lost, ALL_LOSSES)):
        half, best, before = half_in(of, place), -math.inf, (math.nan, math.nan)
        for net in (min(short, long), 0.5 * (short + long), max(short, long)):
            slopes_near(of, half, short, long, net)
            prices = prices_at(half, of.slopes[OWN, : len(half.step)])
            if prices != before:
                best = max(best, _bound_of_half(of, case, half, slot))
            before = prices
            if best >= enough:
                break
        worst = min(worst, best)
    return worst
