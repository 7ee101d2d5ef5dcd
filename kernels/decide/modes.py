"""Wash sales that are not convex: past the shares that are replaced, a name's losses count in full.

`engine.decide.wash_modes` tells the same story. Sides are found with every name up to its point, names that the
separable dual would rather have past theirs are put there, and sides are found again; the better answer is brought to
orders. The bound is that of the lesser side for each name (`kernels.decide.mode_bound`).
"""

from __future__ import annotations

import math

from numba import types

from kernels.bound import least_at
from kernels.copying import copy
from kernels.decide.half import half_in, prices_at, set_halves
from kernels.decide.memory import (
    ARRAYS,
    ASKED_OF_BUYS,
    CASE,
    FIRST_SLOT,
    HALF,
    MEMORY,
    OBJECTIVE,
    OWN,
    START_SLOT,
    STATUS,
    Arrays,
    Case,
    Memory,
)
from kernels.decide.mode_bound import (
    PAST_PURCHASE,
    PAST_SALE,
    SHORT_OF_POINT,
    bound_of_modes,
    is_priced,
    least_on_side,
    price_at_slot,
    priced_at,
)
from kernels.decide.order import forget_order
from kernels.decide.shares import ANSWER, Answer, find_orders
from kernels.decide.sides import BEST, SIDE_PATTERNS, Best, best_half, keep_prices
from kernels.jit import apart, b1, f8, i8, kernel, void
from kernels.newton.solve import INFEASIBLE
from kernels.taxes import dearest

WORTH_BP = 0.01
"""A name is put past its point only where its own minimum is lower there by this much."""
NEAR_BP = 0.05
"""A bound this near to the best answer is not looked for further."""
ROUNDED_FAR_BP = 1.0
"""Where orders past the points cost more than this above the other weights, orders short of them are made too."""
SOUND_BP = 1e-7
"""What orders may miss a hard rule by and still be taken as they are."""


@kernel(f8(ARRAYS, i8, f8), inner=True)
def _whole_steps(of: Arrays, name: int, percent: float) -> float:
    """Percent of the next whole step."""
    step = of.step[name] * of.micro_weight[name]
    return float(math.ceil(percent / step - 1e-9) * step)


@kernel(void(ARRAYS, CASE, i8), inner=True)
def _find_sale(of: Arrays, case: Case, name: int) -> None:
    """The point of a name's losses, and what its replaced segments cost past it: less than all others, to go first."""
    of.easier[name] = of.wash_least[name] < of.wash_price[name] * (1.0 - 1e-9)
    if not of.washed[name]:
        if of.doubtful[name]:
            for segment in range(of.offsets[name], of.offsets[name + 1]):
                of.easier[name] = of.easier[name] or of.most_lost[segment] < of.gain[segment]
        return
    price = dearest(case.schedule)
    size, cheapest, gains_beyond = 0.0, math.inf, False
    for segment in range(of.offsets[name], of.offsets[name + 1]):
        if of.replaced[segment]:
            size += of.size[segment]
        elif of.beyond[segment] < of.gain[segment]:
            gains_beyond = True
        if of.most_lost[segment] < min(of.beyond[segment], of.gain[segment]):
            of.easier[name] = True
        cheapest = min(cheapest, of.cost[segment] + price * of.beyond[segment])
    least = _whole_steps(of, name, size)
    if not gains_beyond or size <= 0.0 or of.held[name] - least < of.lower[OWN, name] - 1e-12 or least > of.held[name]:
        return
    of.sale_point[name], of.sale_cost[name], of.sale_constant[name] = least, cheapest - 1.0, 0.0
    for segment in range(of.offsets[name], of.offsets[name + 1]):
        if of.replaced[segment]:
            of.sale_constant[name] += (of.cost[segment] - of.sale_cost[name]) * of.size[segment]


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
        found = found or is_priced(of, name)
    return found


@apart(b1(ARRAYS, CASE, i8))
def _prefer(of: Arrays, case: Case, slot: int) -> bool:
    """Put each name on the side of its point where its own minimum is less, into `mode`; whether any is past it.

    Under a gain budget no sale goes past its point: what wash sales leave of its losses is only sure up to there.
    """
    half = half_in(of, of.tally[slot, HALF])
    short, long = prices_at(half, of.slopes[slot, : len(half.step)])
    priced, moved = priced_at(of, case, short, long), False
    price_at_slot(of, priced, slot)
    for name in range(case.n):
        of.mode[name], saved = SHORT_OF_POINT, WORTH_BP
        if of.sale_point[name] > 0.0 or of.purchase_point[name] > 0.0:
            price = of.name_price[name]
            here = least_at(priced, name, price)[1]
            if of.purchase_point[name] > 0.0:
                less = here - least_on_side(of, priced, name, PAST_PURCHASE, price, short, long)
                if less > saved:
                    of.mode[name], saved = PAST_PURCHASE, less
            if of.sale_point[name] > 0.0 and math.isinf(case.schedule.room):
                less = here - least_on_side(of, priced, name, PAST_SALE, price, short, long)
                if less > saved:
                    of.mode[name] = PAST_SALE
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
            of.buy_cost[name] = of.spread[name] + of.asked[ASKED_OF_BUYS]
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


@kernel(ANSWER(ANSWER, f8, f8), inner=True)
def judged(answer: Answer, constant: float, bound: float) -> Answer:
    """An answer with its value, which lacks a constant, and its bound over all modes."""
    return Answer(
        answer.order,
        answer.slot,
        answer.objective_bp + constant,
        bound,
        answer.continuous_bp,
        answer.iterations,
        answer.breach_bp,
        answer.gain,
        answer.solved,
    )


@kernel(b1(ANSWER, f8, ANSWER), inner=True)
def _is_better(one: Answer, constant: float, other: Answer) -> bool:
    """Whether an answer, its value without a constant, misses hard rules by less than another, or costs less."""
    breach, known = round(one.breach_bp, 7), round(other.breach_bp, 7)
    return bool(breach < known or (breach == known and one.objective_bp + constant < other.objective_bp))


@apart(BEST(MEMORY, CASE, b1))
def _find_sides(memory: Memory, case: Case, near: bool) -> Best:
    """Sides of the problem as it stands; `near` START_SLOT's prices."""
    return best_half(memory, case, set_halves(memory.of, case, memory.of.gain, 0), near, SIDE_PATTERNS)


@kernel(types.Tuple((ANSWER, f8))(MEMORY, CASE), inner=True)
def _decide_moved(memory: Memory, case: Case) -> tuple[Answer, float]:
    """Orders with names past their points, as `mode` says, and the constant that their value lacks."""
    constant = _move(memory.of, case)
    answer = find_orders(memory, case, _find_sides(memory, case, True))
    _move_back(memory.of, case)
    return answer, constant


@apart(ANSWER(MEMORY, CASE))
def decide_with_washes(memory: Memory, case: Case) -> Answer:
    """Orders of the account in memory, whose own arrays are left as posed; value and bound are of all modes.

    Names short of their points are brought to orders where that may give more: sides are found again for it, as memory
    holds one problem's.
    """
    of = memory.of
    best = _find_sides(memory, case, False)
    if not best.sided.solved or not _find_points(of, case):
        return find_orders(memory, case, best)
    slot = best.sided.best
    least = of.value[slot, OBJECTIVE]
    bound = bound_of_modes(memory, case, slot, least - NEAR_BP)
    if not _prefer(of, case, slot):
        return judged(find_orders(memory, case, best), 0.0, bound)
    keep_prices(memory, case, slot, START_SLOT)
    moved, constant = _decide_moved(memory, case)
    if not moved.solved:
        if of.tally[FIRST_SLOT, STATUS] != INFEASIBLE:
            return moved
        return judged(find_orders(memory, case, _find_sides(memory, case, False)), 0.0, bound)
    near = min(least, moved.continuous_bp + constant) - NEAR_BP
    if bound < near:
        bound = max(bound, bound_of_modes(memory, case, moved.slot, near))
    if moved.breach_bp <= SOUND_BP and moved.objective_bp + constant <= least + ROUNDED_FAR_BP:
        return judged(moved, constant, bound)
    answer = find_orders(memory, case, _find_sides(memory, case, False))
    if not _is_better(moved, constant, answer):
        return judged(answer, 0.0, bound)
    moved, constant = _decide_moved(memory, case)
    return judged(moved, constant, bound)
