"""Which branch each name takes: a name either takes a loss or buys, and is up to its points of wash sales or past one.

`engine.decide.sides` states the same search. Branches come from the exact one-dimensional minimisers at prices near by,
or at nought where none are known, and the account is solved with them fixed. At the best answer's prices each name's
minima tell how much another branch draws it. Half of the names that are drawn, the most drawn, change branch, and fewer
where that did not help; where few names are in doubt, single names follow while a bound leaves something to be gained.
All this happens in one half of the schedule, then in the other where that could hold something better.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import types

from kernels.bound import best_purchase, best_sale, price_names
from kernels.copying import copy
from kernels.decide.branches import has, least_in, put, put_back
from kernels.decide.half import half_in, prices_at, slopes_near
from kernels.decide.judge import bound_of, untaxed
from kernels.decide.memory import (
    AS_POSED,
    BOUND,
    BRANCHES,
    BUYS,
    CASE,
    CONSTANT,
    FIRST_SLOT,
    FLOOR,
    HALF,
    ITERATIONS,
    MEMORY,
    MOST_PATTERNS,
    OBJECTIVE,
    OWN,
    OWN_BOUND,
    PAST_SALE,
    SELLS,
    SLOPES,
    START_SLOT,
    STATUS,
    TIGHT_SLOT,
    Case,
    Memory,
)
from kernels.decide.order import ordered, price_segments, sort_by_price
from kernels.decide.pose import problem_in
from kernels.decide.solve import begin, solve
from kernels.jit import apart, b1, f8, i8, kernel, void
from kernels.newton.solve import INFEASIBLE

SIDE_PATTERNS = 4
CLOSE_BP = 0.5
"""Further patterns of branches are tried only while the answer is further than this from the bound."""
FLIPPED_NAMES = 12
"""With at most this many names in doubt, single names also change branch while that helps."""
FLIP_GAIN_BP = 0.05
"""A single name changes branch only where its bound leaves this much to be gained."""
WORTH_A_HALF_BP = 0.1
"""The second half is looked at only where its bound leaves this much to be gained."""
WORTH_BP = 0.01
"""A name is drawn past a point only where its own minimum is lower there by this much."""
SLOTS_A_HALF = 2


class Sided(NamedTuple):
    """The search in one half: its first slot and that of the best answer, the best bound, what it took.

    `tightest` is the slot at whose prices that bound was found, `tried` the number of patterns. `solved` is false where some answer was not accepted:
    then another solver must decide the account.
    """

    first: int
    best: int
    tightest: int
    bound_bp: float
    iterations: int
    tried: int
    solved: bool


SIDED = types.NamedTuple((i8, i8, i8, f8, i8, i8, b1), Sided)


class Best(NamedTuple):
    """The better half's search, and the least bound of the half not taken (inf if none); all iterations."""

    sided: Sided
    elsewhere_bp: float
    iterations: int


BEST = types.NamedTuple((SIDED, f8, i8), Best)


@kernel(b1(MEMORY, i8, f8, f8), inner=True)
def _is_ambiguous(memory: Memory, name: int, short: float, long: float) -> bool:
    """Whether a name may be bought and holds a segment that could pay more than a sale and a purchase; up to its points."""
    of = memory.of
    moved, held = of.mode[name] > 0, of.held[name]
    lower = of.base_lower[name] if moved else of.lower[OWN, name]
    upper = of.base_upper[name] if moved else of.upper[OWN, name]
    buy_cost = of.base_buy_cost[name] if moved else of.buy_cost[name]
    if lower < held < upper:
        for segment in range(of.offsets[name], of.offsets[name + 1]):
            gain = of.base_gain[segment] if moved else of.gain[segment]
            cost = of.base_cost[segment] if moved else of.cost[segment]
            if cost + (long if of.long[segment] else short) * gain + buy_cost < 0.0:
                return True
    return False


@kernel(i8(MEMORY, CASE, i8), inner=True)
def _doubt(memory: Memory, case: Case, half: int) -> int:
    """Mark names that have a choice of branches; their number."""
    of = memory.of
    of_schedule = half_in(of, half)
    short, long = prices_at(of_schedule, of_schedule.step)  # a loss saves most where its term is dearest
    count = 0
    for name in range(case.n):
        of.ambiguous[name] = _is_ambiguous(memory, name, short, long)
        of.in_doubt[name] = of.ambiguous[name]
        if of.is_pointed[name]:
            for branch in range(PAST_SALE, BRANCHES):
                of.in_doubt[name] = of.in_doubt[name] or has(of, name, branch)
        count += of.in_doubt[name]
    return count


@kernel(void(MEMORY, i8), inner=True)
def _find_rival(memory: Memory, name: int) -> None:
    """The branch, other than its own in `best_branch`, that draws a name most, and how much."""
    of, own = memory.of, memory.of.best_branch[name]
    of.rival[name], least = own, math.inf
    for branch in range(BRANCHES):
        value = of.branch_least[branch, name] + (WORTH_BP if branch >= PAST_SALE else 0.0)
        if branch != own and value < least:
            of.rival[name], least = branch, value
    of.draw[name] = of.branch_least[own, name] - least


@apart(i8(MEMORY, CASE, i8, f8, f8))
def _draw_at(memory: Memory, case: Case, slot: int, short: float, long: float) -> int:
    """How much each name in doubt is drawn to another branch at a slot's prices and these of gain; how many are drawn.

    Names that are drawn stand in `drawn`, the most drawn first, equals in their order.
    """
    of = memory.of
    sort_by_price(of, case, short, long)
    price_segments(of, case)
    problem = problem_in(of, case, OWN, AS_POSED)
    posed = ordered(of, problem, problem.held, case.ticket, untaxed())
    factors, rows = of.factor_prices[slot, : case.k], of.row_prices[slot, : case.m]
    price_names(posed, factors, rows, of.name_price[: case.n], of.name_risk[: case.n])
    count = 0
    for name in range(case.n):
        of.draw[name] = -math.inf
        if not of.in_doubt[name]:
            continue
        price = of.name_price[name]
        for branch in range(BRANCHES):
            of.branch_least[branch, name] = math.inf
            if of.is_pointed[name] and has(of, name, branch):
                of.branch_least[branch, name] = least_in(of, posed, name, branch, price, short, long)
        if not of.is_pointed[name]:
            of.branch_least[SELLS, name] = best_sale(posed, name, price)[1]
            of.branch_least[BUYS, name] = best_purchase(posed, name, price)[1]
        _find_rival(memory, name)
        if of.draw[name] > 0.0:
            place = count
            while place > 0 and of.draw[of.drawn[place - 1]] < of.draw[name]:
                of.drawn[place] = of.drawn[place - 1]
                place -= 1
            of.drawn[place] = name
            count += 1
    return count


@kernel(i8(MEMORY, CASE, i8), inner=True)
def _draw(memory: Memory, case: Case, slot: int) -> int:
    """The same at all prices of a slot's answer."""
    of = memory.of
    half = half_in(of, of.tally[slot, HALF])
    short, long = prices_at(half, of.slopes[slot, : len(half.step)])
    return int(_draw_at(memory, case, slot, short, long))


@kernel(void(MEMORY, CASE, i8), inner=True)
def _change_branches(memory: Memory, case: Case, count: int) -> None:
    """Into `branch` the best pattern with the first of the names that are drawn in their other branch."""
    of = memory.of
    copy(of.best_branch, of.branch, case.n)
    for place in range(count):
        of.branch[of.drawn[place]] = of.rival[of.drawn[place]]


@kernel(void(MEMORY, CASE, i8), inner=True)
def _guess(memory: Memory, case: Case, half: int) -> None:
    """The first pattern into `branch`: the least at START_SLOT's prices and the half's middle slopes."""
    of = memory.of
    of_schedule, slopes = half_in(of, half), of.slopes[OWN]
    for hinge in range(len(of_schedule.step)):
        slopes[hinge] = 0.5 * of_schedule.step[hinge]
    short, long = prices_at(of_schedule, slopes[: len(of_schedule.step)])
    of.best_branch[: case.n] = SELLS
    _change_branches(memory, case, _draw_at(memory, case, START_SLOT, short, long))


@kernel(b1(MEMORY, CASE, i8), inner=True)
def _is_new(memory: Memory, case: Case, count: int) -> bool:
    """Whether the pattern of `branch` was not tried among `count` before; it is remembered."""
    of = memory.of
    if count == MOST_PATTERNS:
        return False
    for known in range(count):
        same = True
        for name in range(case.n):
            if of.patterns[known, name] != of.branch[name]:
                same = False
                break
        if same:
            return False
    copy(of.branch, of.patterns[count], case.n)
    return True


@kernel(void(MEMORY, CASE, i8), inner=True)
def _bind(memory: Memory, case: Case, slot: int) -> None:
    """The pattern of `branch` into a slot: names past their points, and bounds by which the others keep to a side."""
    of = memory.of
    of.tally[slot, FLOOR] = AS_POSED
    of.value[slot, CONSTANT] = put(of, case, of.branch)
    copy(of.branch, of.branches[slot], case.n)
    for name in range(case.n):
        lower, upper, held, branch = of.lower[OWN, name], of.upper[OWN, name], of.held[name], of.branch[name]
        of.lower[slot, name] = max(lower, held) if branch == BUYS else lower
        of.upper[slot, name] = min(upper, held) if branch == SELLS and of.ambiguous[name] else upper


@kernel(void(MEMORY, CASE, i8, i8), inner=True)
def keep_prices(memory: Memory, case: Case, slot: int, other: int) -> None:
    """The prices of a slot's answer into another slot."""
    of = memory.of
    copy(of.factor_prices[slot], of.factor_prices[other], case.k)
    copy(of.row_prices[slot], of.row_prices[other], case.m)
    copy(of.slopes[slot], of.slopes[other], of.half_hinges[of.tally[slot, HALF]])
    of.tally[other, HALF], of.tally[other, SLOPES] = of.tally[slot, HALF], of.half_hinges[of.tally[slot, HALF]]


@apart(SIDED(MEMORY, CASE, i8, SIDED))
def _tried(memory: Memory, case: Case, half: int, sided: Sided) -> Sided:
    """The search after solving the pattern of `branch`, into a slot that does not hold the best answer.

    A pattern proved to be in conflict with hard rules is none to take.
    """
    of, first = memory.of, sided.tried == 0
    slot = sided.first + 1 if sided.best == sided.first else sided.first
    tightest = sided.tightest
    if tightest == slot and not first:
        keep_prices(memory, case, slot, TIGHT_SLOT)
        tightest = TIGHT_SLOT
    _bind(memory, case, slot)
    solved = solve(memory, case, half, slot)
    bound = of.value[slot, OWN_BOUND]
    conflict = not solved and of.tally[slot, STATUS] == INFEASIBLE
    better = first or (not conflict and of.value[slot, OBJECTIVE] < of.value[sided.best, OBJECTIVE])
    if better:
        copy(of.branch, of.best_branch, case.n)
    tighter = bound > sided.bound_bp
    return Sided(
        sided.first,
        slot if better else sided.best,
        slot if tighter else tightest,
        bound if tighter else sided.bound_bp,
        sided.iterations + of.tally[slot, ITERATIONS],
        sided.tried + 1,
        sided.solved and (solved or (conflict and not first)),
    )


@kernel(b1(MEMORY, SIDED), inner=True)
def _goes_on(memory: Memory, sided: Sided) -> bool:
    """Whether another pattern may be tried."""
    return bool(sided.solved and memory.of.value[sided.best, OBJECTIVE] - sided.bound_bp > CLOSE_BP)


@kernel(b1(MEMORY, CASE, SIDED), inner=True)
def _flip(memory: Memory, case: Case, sided: Sided) -> bool:
    """Into `branch` the best pattern with one name in another branch: the most drawn of those that were not tried.

    False where none could gain enough: with a name there no answer is worth more than the bound less what draws it.
    """
    of = memory.of
    _draw(memory, case, sided.best)
    gap = of.value[sided.best, OBJECTIVE] - of.value[sided.best, BOUND]
    while True:
        drawn = -1
        for name in range(case.n):
            if of.in_doubt[name] and (drawn < 0 or of.draw[name] > of.draw[drawn]):
                drawn = name
        if drawn < 0 or gap + of.draw[drawn] <= FLIP_GAIN_BP:
            return False
        copy(of.best_branch, of.branch, case.n)
        of.branch[drawn] = of.rival[drawn]
        if _is_new(memory, case, sided.tried):
            return True
        of.branch_least[of.rival[drawn], drawn] = math.inf
        _find_rival(memory, drawn)


@kernel(SIDED(MEMORY, CASE, i8, i8, i8), inner=True)
def _relax(memory: Memory, case: Case, half: int, slot: int, spent: int) -> Sided:
    """The relaxation of a half up to all points, in a slot, as an answer; after so many iterations."""
    of = memory.of
    put_back(of, case)
    copy(of.branch, of.branches[slot], case.n)
    of.tally[slot, FLOOR], of.value[slot, CONSTANT] = AS_POSED, 0.0
    copy(of.lower[OWN], of.lower[slot], case.n)
    copy(of.upper[OWN], of.upper[slot], case.n)
    solved = solve(memory, case, half, slot)
    return Sided(slot, slot, slot, of.value[slot, OWN_BOUND], spent + of.tally[slot, ITERATIONS], 0, solved)


@kernel(SIDED(i8, i8), inner=True)
def _nothing_tried(slot: int, spent: int) -> Sided:
    """The search before its first pattern, which goes into a slot."""
    return Sided(slot, slot + 1, slot, -math.inf, spent, 0, True)


@kernel(SIDED(MEMORY, CASE, i8, i8), inner=True)
def _first_pattern(memory: Memory, case: Case, half: int, slot: int) -> Sided:
    """The answer to the pattern guessed.

    Where that is in conflict with hard rules, to the one of the relaxation, up to all points.
    """
    of = memory.of
    _guess(memory, case, half)
    _is_new(memory, case, 0)
    sided = _tried(memory, case, half, _nothing_tried(slot, 0))
    if of.tally[slot, STATUS] != INFEASIBLE:
        return sided
    relaxed = _relax(memory, case, half, slot, sided.iterations)
    if not relaxed.solved:
        return relaxed
    of.best_branch[: case.n] = SELLS
    _draw(memory, case, slot)
    for name in range(case.n):
        buys = of.ambiguous[name] and of.branch_least[BUYS, name] < of.branch_least[SELLS, name]
        of.branch[name] = BUYS if buys else SELLS
    _is_new(memory, case, 0)
    return _tried(memory, case, half, _nothing_tried(slot, relaxed.iterations))


@apart(SIDED(MEMORY, CASE, i8, i8, i8))
def fix_branches(memory: Memory, case: Case, half: int, slot: int, patterns: int) -> Sided:
    """Fix branches and solve; the names most drawn to another change theirs, together and then one by one.

    Answers stand in `slot` and the next. Where no name is in doubt the relaxation is the answer. Ends where the answer
    is close to the bound, and after the first of `patterns` where that is one.
    """
    doubtful = _doubt(memory, case, half)
    if doubtful == 0:
        return _relax(memory, case, half, slot, 0)
    sided, parts = _first_pattern(memory, case, half, slot), 2
    if patterns == 1:
        return sided
    for _ in range(1, patterns):
        if not _goes_on(memory, sided):
            return sided
        best = sided.best
        _change_branches(memory, case, -(-_draw(memory, case, best) // parts))
        if not _is_new(memory, case, sided.tried):
            break
        sided = _tried(memory, case, half, sided)
        if sided.best == best:
            parts *= 2
    if doubtful <= FLIPPED_NAMES:
        while _goes_on(memory, sided) and _flip(memory, case, sided):
            sided = _tried(memory, case, half, sided)
    return sided


@kernel(f8(MEMORY, CASE, i8, i8), inner=True)
def _bound_elsewhere(memory: Memory, case: Case, half: int, slot: int) -> float:
    """Lower bound of another half than a slot's: the best of a few slopes near the rates of the slot's answer."""
    of = memory.of
    other, own = half_in(of, half), half_in(of, of.tally[slot, HALF])
    short, long = prices_at(own, of.slopes[slot, : len(own.step)])
    best, before = -1e300, (0.0, 0.0)
    for which in range(3):
        net = (min(short, long), 0.5 * (short + long), max(short, long))[which]
        slopes_near(of, other, short, long, net)
        slopes = of.slopes[OWN, : len(other.step)]
        prices = prices_at(other, slopes)
        if which == 0 or prices != before:
            best = max(best, bound_of(of, case, other, slopes, slot))
        before = prices
    return best


@kernel(SIDED(SIDED, b1), inner=True)
def solved_with(sided: Sided, other: bool) -> Sided:
    """The search, solved where the other half's answers are accepted too."""
    return Sided(sided.first, sided.best, sided.tightest, sided.bound_bp, sided.iterations, sided.tried, sided.solved and other)


@kernel(BEST(MEMORY, CASE, i8, b1, i8), inner=True)
def _better_half(memory: Memory, case: Case, halves: int, near: bool, patterns: int) -> Best:
    """The search in the first half, and in the second where that could have a better answer."""
    of = memory.of
    begin(memory, case, 0, near)
    if not near:
        of.factor_prices[START_SLOT, : case.k] = 0.0
        of.row_prices[START_SLOT, : case.m] = 0.0
    sided = fix_branches(memory, case, 0, FIRST_SLOT, patterns)
    spent = sided.iterations
    if halves == 1 or not sided.solved:
        return Best(sided, math.inf, spent)
    enough = min(of.value[sided.best, OBJECTIVE], sided.bound_bp) - WORTH_A_HALF_BP
    bound = _bound_elsewhere(memory, case, 1, sided.tightest)
    if sided.best != sided.tightest:
        bound = max(bound, _bound_elsewhere(memory, case, 1, sided.best))
    if bound >= enough:
        return Best(sided, bound, spent)
    begin(memory, case, 1, near)
    keep_prices(memory, case, sided.best, START_SLOT)
    other = fix_branches(memory, case, 1, FIRST_SLOT + SLOTS_A_HALF, patterns)
    spent += other.iterations
    if of.value[other.best, OBJECTIVE] < of.value[sided.best, OBJECTIVE]:
        return Best(solved_with(other, sided.solved), sided.bound_bp, spent)
    return Best(solved_with(sided, other.solved), max(bound, other.bound_bp), spent)


@apart(BEST(MEMORY, CASE, i8, b1, i8))
def best_half(memory: Memory, case: Case, halves: int, near: bool, patterns: int) -> Best:
    """Fix branches in each half of the schedule that could have the best answer, trying so many `patterns` of them.

    The first solve of each starts `near` START_SLOT's prices. Memory then holds bounds and costs of the best pattern.
    """
    best = _better_half(memory, case, halves, near, patterns)
    put(memory.of, case, memory.of.branches[best.sided.best])
    return best
