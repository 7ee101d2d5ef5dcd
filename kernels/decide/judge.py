"""Residuals, values and bounds of an answer, by our own arithmetic (`engine.decide.solvers.base` states the same)."""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import types

from kernels.bound import apart_from_names, least_at, price_names
from kernels.decide.branches import price_branches
from kernels.decide.half import HALF_TYPE, Half, constant_at, half_value, prices_at
from kernels.decide.memory import (
    ARRAYS,
    AS_POSED,
    BOUND,
    BREACH,
    BY_SALE,
    CASE,
    CONSTANT,
    FLOOR,
    JUDGED,
    OBJECTIVE,
    OWN,
    OWN_BOUND,
    RELAXED,
    Arrays,
    Case,
)
from kernels.decide.order import (
    REST,
    by_price,
    by_sale,
    least_piece,
    ordered,
    piece_size,
    price_segments,
    sells_by_price,
    sort_by_price,
)
from kernels.decide.pose import problem_in
from kernels.dot import dot
from kernels.jit import F8, apart, b1, f8, i8, kernel
from kernels.problem import PROBLEM, Floats, Problem, factor_exposure, holding_cost, specific_variance, standing
from kernels.taxes import SCHEDULE, Schedule, run_tax

BREACH_BP, GAP_BP = 0.1, 0.1
"""Largest breach of a hard row and largest gap of a solved relaxation, bp of account value."""
NOISE_BP = 1e-9
"""By how much values must differ: sums are not always added in the same order."""


@kernel(SCHEDULE(), inner=True)
def untaxed() -> Schedule:
    """A schedule under which no gain costs tax."""
    return Schedule(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, math.inf, math.inf)


class Trades(NamedTuple):
    """What trades cost in bp, tax and tickets apart, and the gains they realise in percent."""

    cost: float
    tickets: float
    short: float
    long: float


TRADES = types.NamedUniTuple(f8, 4, Trades)


@kernel(TRADES(ARRAYS, CASE, i8, F8), inner=True)
def _trades(of: Arrays, case: Case, order: int, weights: Floats) -> Trades:
    """The trades from the held weights to these, lots sold in an order."""
    total, tickets, short, long = 0.0, 0.0, 0.0, 0.0
    for name in range(case.n):
        change = weights[name] - of.held[name]
        if change > 0.0:
            total += of.buy_cost[name] * change
            tickets += case.ticket
        elif change < 0.0:
            cost, left = 0.0, -change
            for piece in range(of.order_offsets[order, name], of.order_offsets[order, name + 1]):
                segment = of.order_segment[order, piece]
                size = piece_size(of, order, piece, of.size[segment])
                sold = min(left, size)
                cost += sold * of.cost[segment]
                if of.long[segment]:
                    long += sold * of.gain[segment]
                else:
                    short += sold * of.gain[segment]
                left -= size
                if left <= 0.0:
                    break
            total += cost
            tickets += case.ticket
    return Trades(total, tickets, short, long)


@kernel(f8(CASE, f8, TRADES), inner=True)
def _value(case: Case, holding: float, trades: Trades) -> float:
    return float(holding + trades.cost + trades.tickets + run_tax(case.schedule, trades.short, trades.long))


@kernel(f8(ARRAYS, CASE, i8, F8, i8), inner=True)
def value_in(of: Arrays, case: Case, order: int, weights: Floats, slot: int) -> float:
    """The objective in bp of weights, lots sold in an order; bounds of the slot play no part in it."""
    holding = holding_cost(problem_in(of, case, slot, of.tally[slot, FLOOR]), weights)
    return _value(case, holding, _trades(of, case, order, weights))


@kernel(types.UniTuple(f8, 3)(ARRAYS, CASE, i8, F8), inner=True)
def gains_in(of: Arrays, case: Case, order: int, weights: Floats) -> tuple[float, float, float]:
    """The net short- and long-term gain in percent of going to weights, lots sold in an order; the gains of it alone.

    No loss counts of a name that is doubtful.
    """
    short, long, gains = 0.0, 0.0, 0.0
    for name in range(case.n):
        left = of.held[name] - weights[name]
        for piece in range(of.order_offsets[order, name], of.order_offsets[order, name + 1]):
            if left <= 0.0:
                break
            segment = of.order_segment[order, piece]
            size = piece_size(of, order, piece, of.size[segment])
            gain = min(left, size) * (max(of.gain[segment], 0.0) if of.doubtful[name] else of.gain[segment])
            if of.long[segment]:
                long += gain
            else:
                short += gain
            gains, left = gains + max(gain, 0.0), left - size
    return short, long, gains


@kernel(b1(ARRAYS, i8, i8, i8, f8), inner=True)
def _goes_first(of: Arrays, order: int, piece: int, slot: int, least: float) -> bool:
    """Whether an order by sale counts a piece as sold; of which more than `least` percent must be."""
    segment = of.order_segment[order, piece]
    return bool(of.order_kind[order, piece] != REST and of.sold[slot, segment] > least)


@kernel(f8(ARRAYS, CASE, HALF_TYPE, i8, b1), inner=True)
def _relaxed_trades(of: Arrays, case: Case, half: Half, slot: int, as_sold: bool) -> float:
    """Cost in bp of the slot's weights where a name may be sold and bought back, lots sold in the order JUDGED.

    By price, a name sells what pays for being bought back at these prices of gain; by sale, what the solver sold; as
    near as its weight and bounds allow.
    """
    order, cost, gain_short, gain_long = JUDGED, 0.0, 0.0, 0.0
    lower, upper, weights = of.lower[slot], of.upper[slot], of.weights[slot]
    for name in range(case.n):
        held, weight = of.held[name], weights[name]
        room = max(held - lower[name], 0.0)
        first, last = of.order_offsets[order, name], of.order_offsets[order, name + 1]
        wanted = 0.0
        for piece in range(first, last):
            size = min(of.size[of.order_segment[order, piece]], room)
            if as_sold:
                if not _goes_first(of, order, piece, slot, least_piece(case)):
                    break
                wanted += piece_size(of, order, piece, size)
            elif of.priced_cost[piece] + of.buy_cost[name] < 0.0:
                wanted += size
            else:
                break
        least = max(held - weight, 0.0)
        total = min(max(wanted, least), max(held - weight + max(upper[name] - held, 0.0), least))
        left, sold_all = total, 0.0
        for piece in range(first, last):
            if left <= 0.0:
                break
            segment = of.order_segment[order, piece]
            sold = min(left, piece_size(of, order, piece, min(of.size[segment], room)))
            left -= sold
            sold_all += sold
            cost += sold * of.cost[segment]
            if of.long[segment]:
                gain_long += sold * of.gain[segment]
            else:
                gain_short += sold * of.gain[segment]
        cost += of.buy_cost[name] * max(weight - held + sold_all, 0.0)
    return float(cost + half_value(half, gain_short, gain_long))


@kernel(b1(ARRAYS, PROBLEM, i8), inner=True)
def _rebuys(of: Arrays, problem: Problem, name: int) -> bool:
    """Whether a name gains by being sold and bought back at the prices of `sort_by_price`."""
    if not problem.lower[name] < of.held[name] < problem.upper[name]:
        return False
    first = of.offsets[name]
    return bool(first < of.offsets[name + 1] and of.priced_cost[first] + of.buy_cost[name] < 0.0)


@kernel(f8(PROBLEM, i8, f8), inner=True)
def _least_relaxed(priced: Problem, name: int, price: float) -> float:
    """A rebuying name's part of the dual in bp: its weight falls from the most it may be, by what is cheapest first.

    Buying less is one piece among its segments; what buying everything costs is counted beforehand.
    """
    curvature, target, lower = priced.curvature[name], priced.target[name], priced.lower[name]
    buy_cost, held = priced.buy_cost[name], priced.held[name]
    room, sellable = priced.upper[name] - held, held - lower
    weight, cost, bought = held + room, buy_cost * room, False
    place, last = priced.segment_offsets[name], priced.segment_offsets[name + 1]
    while place < last or not bought:
        if not bought and (place == last or -buy_cost < priced.segment_cost[place]):
            rate, size, bought = -buy_cost, room, True
        else:
            rate, size = priced.segment_cost[place], min(priced.segment_size[place], sellable)
            place += 1
        wanted = max(target + (rate - price) / (2.0 * curvature), lower)
        if wanted >= weight:
            break
        stop = max(wanted, weight - size)
        cost += rate * (weight - stop)
        weight = stop
    return float(curvature * (weight - target) ** 2 + price * weight + cost)


class Bounds(NamedTuple):
    """Lower bounds in bp: of the problem with a slot's bounds, over all branches, and of the convex relaxation.

    The relaxation has the slot's bounds and no tickets; in it a name may be sold and bought back, which `rebuys` says
    that some gain by.
    """

    own_side: float
    widest: float
    relaxed: float
    rebuys: bool


BOUNDS = types.NamedTuple((f8, f8, f8, b1), Bounds)


@kernel(BOUNDS(ARRAYS, PROBLEM, PROBLEM, PROBLEM, i8, f8, f8), inner=True)
def _bounds(
    of: Arrays,
    priced: Problem,
    posed: Problem,
    free: Problem,
    slot: int,
    short: float,
    long: float,
) -> Bounds:
    """Bounds at the prices of a slot where gains cost `short` and `long`, as they do in the segments.

    `priced` has the slot's bounds, `posed` those of OWN, `free` the slot's and no tickets.
    """
    n, k, m = len(priced.target), priced.loadings.shape[1], len(priced.row_price)
    factor_prices, row_prices = of.factor_prices[slot, :k], of.row_prices[slot, :m]
    prices, risks = of.name_price[:n], of.name_risk[:n]
    price_names(priced, factor_prices, row_prices, prices, risks)
    first = apart_from_names(priced, factor_prices, row_prices)
    second, relaxed, any_rebuys = apart_from_names(posed, factor_prices, row_prices), first, False
    for name in range(n):
        price, constant = prices[name], risks[name] * priced.target[name]
        least = least_at(priced, name, price)[1]
        first += least - constant
        easier = least
        if _rebuys(of, priced, name):
            easier, any_rebuys = _least_relaxed(free, name, price), True
        elif priced.ticket > 0.0:
            easier = least_at(free, name, price)[1]
        relaxed += easier - constant
        same_lower, same_upper = priced.lower[name] == posed.lower[name], priced.upper[name] == posed.upper[name]
        if of.in_doubt[name] or of.is_pointed[name]:
            sells = least if same_lower and priced.upper[name] == of.held[name] else math.nan
            buys = least if same_upper and priced.lower[name] == of.held[name] else math.nan
            least = price_branches(of, posed, slot, name, price, short, long, sells, buys)
        elif not (same_lower and same_upper):
            least = least_at(posed, name, price)[1]
        second += least - constant
    return Bounds(first, second, relaxed, any_rebuys)


@apart(f8(ARRAYS, CASE, HALF_TYPE, F8, i8))
def bound_of(of: Arrays, case: Case, half: Half, slopes: Floats, slot: int) -> float:
    """Lower bound in bp of one half over all branches, at the prices of a slot's answer.

    `slopes` (h,) are the half's own.
    """
    short, long = prices_at(half, slopes)
    sort_by_price(of, case, short, long)
    price_segments(of, case)
    problem = problem_in(of, case, OWN, AS_POSED)
    priced = ordered(of, problem, problem.held, case.ticket, untaxed())
    factors, rows = of.factor_prices[slot, : case.k], of.row_prices[slot, : case.m]
    prices, risks = of.name_price[: case.n], of.name_risk[: case.n]
    price_names(priced, factors, rows, prices, risks)
    value = apart_from_names(priced, factors, rows) + constant_at(half, slopes)
    for name in range(case.n):
        if of.is_pointed[name]:
            least = price_branches(of, priced, OWN, name, prices[name], short, long, math.nan, math.nan)
        else:
            least = least_at(priced, name, prices[name])[1]
        value += least - risks[name] * priced.target[name]
    return float(value)


@apart(b1(ARRAYS, CASE, HALF_TYPE, i8))
def judge(of: Arrays, case: Case, half: Half, slot: int) -> bool:
    """Value, bound and breach of the slot's answer; True where it solves the relaxation.

    The weights are first put inside their bounds. Factor prices follow from them: 2λLᵀ(w − w*) is the gradient of the
    factor risk.
    """
    n, k = case.n, case.k
    weights, own = of.weights[slot], of.weights[slot, :n]
    problem = problem_in(of, case, slot, of.tally[slot, FLOOR])
    for name in range(n):
        weights[name] = min(max(weights[name], problem.lower[name]), problem.upper[name])
    for hinge in range(len(half.step)):
        of.slopes[slot, hinge] = min(max(of.slopes[slot, hinge], 0.0), half.step[hinge])
    factor_exposure(problem, own, of.factor_prices[slot, :k])
    for factor in range(k):
        of.factor_prices[slot, factor] *= 2.0 * case.aversion
    slopes = of.slopes[slot, : len(half.step)]
    factor_prices = of.factor_prices[slot, :k]
    constant, lacking = constant_at(half, slopes), of.value[slot, CONSTANT]
    short, long = prices_at(half, slopes)
    sort_by_price(of, case, short, long)
    price_segments(of, case)
    priced = ordered(of, problem, problem.held, case.ticket, untaxed())
    posed = ordered(of, problem_in(of, case, OWN, AS_POSED), problem.held, case.ticket, untaxed())
    free = ordered(of, problem, problem.held, 0.0, untaxed())
    bounds = _bounds(of, priced, posed, free, slot, short, long)
    of.value[slot, BOUND] = bounds.own_side + constant + lacking
    of.value[slot, OWN_BOUND] = bounds.widest + constant
    by_price(of, case, JUDGED)
    variance = dot(factor_prices, factor_prices) / (4.0 * case.aversion) + specific_variance(problem, own)
    holding, breach = standing(problem, own, variance)
    trades = _trades(of, case, JUDGED, own)
    of.value[slot, OBJECTIVE], of.tally[slot, BY_SALE] = _value(case, holding, trades) + lacking, 0
    cheapest = trades.cost + half_value(half, trades.short, trades.long)
    if bounds.rebuys:
        cheapest = _relaxed_trades(of, case, half, slot, False)
    if len(half.step) and (bounds.rebuys or not sells_by_price(of, case, slot)):
        by_sale(of, case, JUDGED, slot)
        cheapest = min(cheapest, _relaxed_trades(of, case, half, slot, True))
        less = _value(case, holding, _trades(of, case, JUDGED, own)) + lacking
        if less < of.value[slot, OBJECTIVE] - NOISE_BP:
            of.value[slot, OBJECTIVE], of.tally[slot, BY_SALE] = less, 1
    of.value[slot, RELAXED] = holding + cheapest
    of.value[slot, BREACH] = 100.0 * breach
    return bool(of.value[slot, BREACH] <= BREACH_BP and of.value[slot, RELAXED] - bounds.relaxed - constant <= GAP_BP)
