"""Wash sales that are not convex: past the shares that are replaced, a name's losses count in full.

`engine.decide.wash_modes` tells the same story. The account is solved with every name up to its point, names that the
separable dual would rather have past theirs are put there, and it is solved again; the better answer is taken. The
bound is that of the lesser side for each name (`engine.decide.wash_bound`).
"""

from __future__ import annotations

import math

from numba import types

from kernels.bound import least_of_name
from kernels.copying import copy
from kernels.decide.half import HALF_TYPE, Half, half_in, prices_at, set_halves, slopes_near
from kernels.decide.judge import bound_of, untaxed
from kernels.decide.memory import ALL_LOSSES, ARRAYS, AS_POSED, CASE, HALF, MEMORY, OWN, Arrays, Case, Memory
from kernels.decide.order import forget_order, ordered, price_segments, sort_by_price
from kernels.decide.pose import problem_in
from kernels.decide.shares import ANSWER, Answer, decide_orders
from kernels.jit import apart, b1, f8, i8, kernel, void
from kernels.problem import PROBLEM, Problem

SHORT_OF_POINT, PAST_SALE, PAST_PURCHASE, EASIEST = range(4)
"""Where a name is: up to its point, past it by a sale or a purchase; EASIEST for bounds alone."""
WORTH_BP = 0.01
"""A name is put past its point only where its own minimum is lower there by this much."""


@kernel(f8(ARRAYS, i8, f8), inner=True)
def _whole_steps(of: Arrays, name: int, percent: float) -> float:
    """Percent of the next whole step."""
    step = of.step[name] * of.micro_weight[name]
    return float(math.ceil(percent / step - 1e-9) * step)


@kernel(void(ARRAYS, CASE, i8), inner=True)
def _find_sale(of: Arrays, case: Case, name: int) -> None:
    """The point of a name's losses, and what its replaced segments cost past it: less than all others, to go first."""
    dearest = max(case.schedule.short_rate, case.schedule.long_rate)
    size, cheapest, gains_beyond = 0.0, math.inf, False
    of.easier[name] = of.wash_least[name] < of.wash_price[name] * (1.0 - 1e-9)
    for segment in range(of.offsets[name], of.offsets[name + 1]):
        if of.replaced[segment]:
            size += of.size[segment]
        elif of.beyond[segment] < of.gain[segment]:
            gains_beyond = True
        if of.most_lost[segment] < min(of.beyond[segment], of.gain[segment]):
            of.easier[name] = True
        cheapest = min(cheapest, of.cost[segment] + dearest * of.beyond[segment])
    least = _whole_steps(of, name, size)
    if not gains_beyond or size <= 0.0 or of.held[name] - least < of.lower[OWN, name] - 1e-12 or least > of.held[name]:
        return
    of.sale_point[name], of.sale_cost[name], of.sale_constant[name] = least, cheapest - 1.0, 0.0
    for segment in range(of.offsets[name], of.offsets[name + 1]):
        if of.replaced[segment]:
            of.sale_constant[name] += (of.cost[segment] - of.sale_cost[name]) * of.size[segment]


@kernel(b1(ARRAYS, i8), inner=True)
def _is_priced(of: Arrays, name: int) -> bool:
    """Whether wash sales make a name's cost less than what it is short of its point, somewhere."""
    return bool(of.sale_point[name] > 0.0 or of.purchase_point[name] > 0.0 or of.easier[name])


@kernel(b1(ARRAYS, CASE), inner=True)
def _find_points(of: Arrays, case: Case) -> bool:
    """Where each name's points are; False where no name has any."""
    found = False
    for name in range(case.n):
        of.sale_point[name], of.purchase_point[name] = 0.0, 0.0
        _find_sale(of, case, name)
        if of.replacing[name] > 0.0:
            least = _whole_steps(of, name, of.replacing[name])
            if max(of.lower[OWN, name], of.held[name] + least) < of.upper[OWN, name]:
                of.purchase_point[name] = least
        found = found or _is_priced(of, name)
    return found


@kernel(f8(ARRAYS, PROBLEM, i8, i8, f8, f8, i8), inner=True)
def _least_in(of: Arrays, priced: Problem, name: int, mode: int, short: float, long: float, slot: int) -> float:
    """A name's part of the dual in bp on a side of its point, at the prices of a slot's answer.

    `priced` is the account's problem at these prices of gain; the name's segments in it are written over.
    """
    start = of.offsets[name]
    for segment in range(start, of.offsets[name + 1]):
        gain, cost = of.gain[segment], of.cost[segment]
        if mode == PAST_SALE:
            gain, cost = of.beyond[segment], of.sale_cost[name] if of.replaced[segment] else cost
        elif mode == EASIEST:
            gain = of.most_lost[segment]
        cost += (long if of.long[segment] else short) * gain
        place = segment
        while place > start and of.ordered_cost[place - 1] > cost:
            of.ordered_cost[place], of.ordered_size[place] = of.ordered_cost[place - 1], of.ordered_size[place - 1]
            place -= 1
        of.ordered_cost[place], of.ordered_size[place] = cost, of.size[segment]
    lower, upper, buy_cost, constant = of.lower[OWN, name], of.upper[OWN, name], of.buy_cost[name], 0.0
    if mode == PAST_SALE:
        of.upper[OWN, name], constant = min(upper, of.held[name] - of.sale_point[name]), of.sale_constant[name]
    elif mode == PAST_PURCHASE:
        of.lower[OWN, name] = max(lower, of.held[name] + of.purchase_point[name])
        of.buy_cost[name], constant = of.spread[name], of.wash_cost[name]
    elif mode == EASIEST:
        of.buy_cost[name] = of.spread[name] + of.wash_least[name]
    factors, rows = priced.loadings.shape[1], len(priced.row_price)
    _, least = least_of_name(priced, name, of.factor_prices[slot, :factors], of.row_prices[slot, :rows])
    of.lower[OWN, name], of.upper[OWN, name], of.buy_cost[name] = lower, upper, buy_cost
    return float(least + constant)


@kernel(PROBLEM.tuple(ARRAYS, CASE, f8, f8), inner=True)
def _priced(of: Arrays, case: Case, short: float, long: float) -> Problem:
    """The account's problem at prices of gain, names up to their points."""
    sort_by_price(of, case, short, long)
    price_segments(of, case)
    problem = problem_in(of, case, OWN, AS_POSED)
    return ordered(of, problem, problem.held, case.ticket, untaxed())


@kernel(f8(ARRAYS, CASE, HALF_TYPE, i8), inner=True)
def _bound_of_half(of: Arrays, case: Case, half: Half, slot: int) -> float:
    """Lower bound of one half at the slopes in `slopes[OWN]` and a slot's prices, each name on its cheaper side."""
    slopes = of.slopes[OWN, : len(half.step)]
    value = bound_of(of, case, half, slopes, slot, OWN)
    short, long = prices_at(half, slopes)
    priced = _priced(of, case, short, long)
    for name in range(case.n):
        if _is_priced(of, name):
            here = _least_in(of, priced, name, SHORT_OF_POINT, short, long, slot)
            least = here
            if of.sale_point[name] > 0.0:
                least = min(least, _least_in(of, priced, name, PAST_SALE, short, long, slot))
            if of.purchase_point[name] > 0.0:
                least = min(least, _least_in(of, priced, name, PAST_PURCHASE, short, long, slot))
            if of.easier[name]:
                least = min(least, _least_in(of, priced, name, EASIEST, short, long, slot))
            value += least - here
    return float(value)


@apart(f8(ARRAYS, CASE, i8, i8, f8, f8))
def _bound_of_modes(of: Arrays, case: Case, halves: int, slot: int, short: float, long: float) -> float:
    """Lower bound over all modes at a slot's prices, those of its gains given; the worse half's."""
    worst = math.inf
    for place in range(ALL_LOSSES, ALL_LOSSES + halves):
        half, best = half_in(of, place), -math.inf
        for net in (min(short, long), 0.5 * (short + long), max(short, long)):
            slopes_near(of, half, short, long, net)
            best = max(best, _bound_of_half(of, case, half, slot))
        worst = min(worst, best)
    return worst


@kernel(types.UniTuple(f8, 2)(ARRAYS, i8), inner=True)
def _rates(of: Arrays, slot: int) -> tuple[float, float]:
    """Prices of short- and long-term gain of a slot's answer."""
    half = half_in(of, of.tally[slot, HALF])
    return prices_at(half, of.slopes[slot, : len(half.step)])


@apart(b1(ARRAYS, CASE, i8))
def _prefer(of: Arrays, case: Case, slot: int) -> bool:
    """Put each name on the side of its point where its own minimum is less, into `mode`; whether any is past it."""
    short, long = _rates(of, slot)
    priced, moved = _priced(of, case, short, long), False
    for name in range(case.n):
        of.mode[name], saved = SHORT_OF_POINT, WORTH_BP
        if of.sale_point[name] > 0.0 or of.purchase_point[name] > 0.0:
            here = _least_in(of, priced, name, SHORT_OF_POINT, short, long, slot)
            if of.sale_point[name] > 0.0:
                less = here - _least_in(of, priced, name, PAST_SALE, short, long, slot)
                if less > saved:
                    of.mode[name], saved = PAST_SALE, less
            if of.purchase_point[name] > 0.0:
                less = here - _least_in(of, priced, name, PAST_PURCHASE, short, long, slot)
                if less > saved:
                    of.mode[name] = PAST_PURCHASE
        moved = moved or of.mode[name] != SHORT_OF_POINT
    return moved


@kernel(f8(ARRAYS, CASE), inner=True)
def _move(of: Arrays, case: Case) -> float:
    """The account's problem with names past their points, as `mode` says; the constant that its values lack."""
    copy(of.lower[OWN], of.base_lower, case.n)
    copy(of.upper[OWN], of.base_upper, case.n)
    copy(of.buy_cost, of.base_buy_cost, case.n)
    copy(of.cost, of.base_cost, case.s)
    copy(of.gain, of.base_gain, case.s)
    constant = 0.0
    for name in range(case.n):
        if of.mode[name] == PAST_SALE:
            constant += of.sale_constant[name]
            of.upper[OWN, name] = min(of.upper[OWN, name], of.held[name] - of.sale_point[name])
            for segment in range(of.offsets[name], of.offsets[name + 1]):
                of.gain[segment] = of.beyond[segment]
                if of.replaced[segment]:
                    of.cost[segment] = of.sale_cost[name]
        elif of.mode[name] == PAST_PURCHASE:
            constant += of.wash_cost[name]
            of.lower[OWN, name] = max(of.lower[OWN, name], of.held[name] + of.purchase_point[name])
            of.buy_cost[name] = of.spread[name]
    return constant


@kernel(void(ARRAYS, CASE), inner=True)
def _move_back(of: Arrays, case: Case) -> None:
    """The problem with every name short of its point again."""
    copy(of.base_lower, of.lower[OWN], case.n)
    copy(of.base_upper, of.upper[OWN], case.n)
    copy(of.base_buy_cost, of.buy_cost, case.n)
    copy(of.base_cost, of.cost, case.s)
    copy(of.base_gain, of.gain, case.s)
    forget_order(of)


@kernel(void(ARRAYS, CASE, i8), inner=True)
def _keep(of: Arrays, case: Case, order: int) -> None:
    """Put an answer aside."""
    copy(of.orders[order], of.kept_orders, case.n)
    copy(of.ordered_weights[order], of.kept_weights, case.n)
    copy(of.order_offsets[order], of.kept_offsets, case.n + 1)
    pieces = of.order_offsets[order, case.n]
    copy(of.order_segment[order], of.kept_segment, pieces)
    copy(of.order_kind[order], of.kept_kind, pieces)
    copy(of.cut[order], of.kept_cut, case.s)


@kernel(void(ARRAYS, CASE, i8), inner=True)
def _take_back(of: Arrays, case: Case, order: int) -> None:
    """Take the answer that was put aside."""
    copy(of.kept_orders, of.orders[order], case.n)
    copy(of.kept_weights, of.ordered_weights[order], case.n)
    copy(of.kept_offsets, of.order_offsets[order], case.n + 1)
    pieces = of.kept_offsets[case.n]
    copy(of.kept_segment, of.order_segment[order], pieces)
    copy(of.kept_kind, of.order_kind[order], pieces)
    copy(of.kept_cut, of.cut[order], case.s)


@kernel(b1(ANSWER, f8, ANSWER), inner=True)
def _is_better(one: Answer, constant: float, other: Answer) -> bool:
    """Whether an answer, its value without a constant, misses hard rules by less than another, or costs less."""
    breach, known = round(one.breach_bp, 7), round(other.breach_bp, 7)
    return bool(breach < known or (breach == known and one.objective_bp + constant < other.objective_bp))


@kernel(ANSWER(ANSWER, f8, f8), inner=True)
def _judged(answer: Answer, constant: float, bound: float) -> Answer:
    """An answer with its value and bound over all modes."""
    return Answer(
        answer.order,
        answer.slot,
        answer.objective_bp + constant,
        bound,
        answer.continuous_bp,
        answer.iterations,
        answer.breach_bp,
        answer.solved,
    )


@apart(ANSWER(MEMORY, CASE))
def decide_with_washes(memory: Memory, case: Case) -> Answer:
    """Orders of the account in memory, whose own arrays are left as posed; value and bound are of all modes."""
    of = memory.of
    halves = set_halves(of, case, of.gain, 0)
    answer = decide_orders(memory, case, halves)
    if not answer.solved or not _find_points(of, case):
        return answer
    of_all = set_halves(of, case, of.most_lost, ALL_LOSSES)
    short, long = _rates(of, answer.slot)
    bound = _bound_of_modes(of, case, of_all, answer.slot, short, long)
    if not _prefer(of, case, answer.slot):
        return _judged(answer, 0.0, bound)
    _keep(of, case, answer.order)
    constant = _move(of, case)
    halves = set_halves(of, case, of.gain, 0)
    other = decide_orders(memory, case, halves)
    short, long = _rates(of, other.slot)
    _move_back(of, case)
    if not other.solved:
        return other
    bound = max(bound, _bound_of_modes(of, case, of_all, other.slot, short, long))
    if _is_better(other, constant, answer):
        return _judged(other, constant, bound)
    _take_back(of, case, answer.order)
    return _judged(answer, 0.0, bound)
