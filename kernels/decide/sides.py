"""Which side each name takes: a name either takes a loss or buys, and the relaxation lets it do both.

`engine.decide.sides` states the same search. Sides come from the exact one-dimensional minimisers at prices near by, or
at nought where none are known, and the account is solved with them fixed. At the best answer's prices each name's two
minima tell how much its other side draws it. Half of the names that are drawn, the most drawn, change side, and fewer
where that did not help; where few names are in doubt, single names follow while a bound leaves something to be gained.
All this happens in one half of the schedule, then in the other where that could hold something better.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import types

from kernels.bound import gain_of_buying_at, price_names
from kernels.copying import copy
from kernels.decide.half import half_in, prices_at, slopes_near
from kernels.decide.judge import bound_of, untaxed
from kernels.decide.memory import (
    AS_POSED,
    BOUND,
    CASE,
    FIRST_SLOT,
    FLOOR,
    HALF,
    ITERATIONS,
    MEMORY,
    OBJECTIVE,
    OWN,
    OWN_BOUND,
    SLOPES,
    SMALL_PATTERN,
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
"""Further patterns of sides are tried only while the answer is further than this from the bound."""
FLIP_GAIN_BP = 0.05
"""A single name changes side only where its bound leaves this much to be gained."""
WORTH_A_HALF_BP = 0.1
"""The second half is looked at only where its bound leaves this much to be gained."""
SLOTS_A_HALF = 2


class Sided(NamedTuple):
    """The search in one half: its first slot and that of the best answer, the best bound, what it took.

    `tightest` is the slot at whose prices that bound was found. `solved` is false where some answer was not accepted:
    then another solver must decide the account.
    """

    first: int
    best: int
    tightest: int
    bound_bp: float
    iterations: int
    solved: bool


SIDED = types.NamedTuple((i8, i8, i8, f8, i8, b1), Sided)


class Best(NamedTuple):
    """The better half's search, and the least bound of the half not taken (inf if none); all iterations."""

    sided: Sided
    elsewhere_bp: float
    iterations: int


BEST = types.NamedTuple((SIDED, f8, i8), Best)


@kernel(i8(MEMORY, CASE, i8), inner=True)
def _doubt(memory: Memory, case: Case, half: int) -> int:
    """Mark names that may be bought and hold a segment that could pay more than a sale and a purchase; their number."""
    of = memory.of
    of_schedule = half_in(of, half)
    short, long = prices_at(of_schedule, of_schedule.step)  # a loss saves most where its term is dearest
    count = 0
    for name in range(case.n):
        of.ambiguous[name] = False
        if of.upper[OWN, name] > of.held[name] and of.lower[OWN, name] < of.held[name]:
            for segment in range(of.offsets[name], of.offsets[name + 1]):
                cost = of.cost[segment] + (long if of.long[segment] else short) * of.gain[segment]
                if cost + of.buy_cost[name] < 0.0:
                    of.ambiguous[name] = True
                    count += 1
                    break
    return count


@apart(i8(MEMORY, CASE, i8, f8, f8))
def _draw_at(memory: Memory, case: Case, slot: int, short: float, long: float) -> int:
    """How much each ambiguous name is drawn to its other side at a slot's prices and these of gain; how many are drawn.

    Its own side is the one in `best_buys`. Names that are drawn stand in `drawn`, the most drawn first, equals in their
    order.
    """
    of = memory.of
    sort_by_price(of, case, short, long)
    price_segments(of, case)
    problem = problem_in(of, case, OWN, AS_POSED)
    priced = ordered(of, problem, problem.held, case.ticket, untaxed())
    factors, rows = of.factor_prices[slot, : case.k], of.row_prices[slot, : case.m]
    price_names(priced, factors, rows, of.name_price[: case.n], of.name_risk[: case.n])
    gain_of_buying_at(priced, of.name_price[: case.n], of.ambiguous[: case.n], of.draw[: case.n])
    count = 0
    for name in range(case.n):
        if of.best_buys[name]:
            of.draw[name] = -of.draw[name]
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
def _change_sides(memory: Memory, case: Case, count: int) -> None:
    """Into `buys` the best pattern with the first of the names that are drawn on their other side."""
    of = memory.of
    copy(of.best_buys, of.buys, case.n)
    for place in range(count):
        of.buys[of.drawn[place]] = not of.buys[of.drawn[place]]


@kernel(void(MEMORY, CASE, i8), inner=True)
def _guess(memory: Memory, case: Case, half: int) -> None:
    """The first pattern into `buys`: who would rather buy at START_SLOT's prices and the half's middle slopes."""
    of = memory.of
    of_schedule, slopes = half_in(of, half), of.slopes[OWN]
    for hinge in range(len(of_schedule.step)):
        slopes[hinge] = 0.5 * of_schedule.step[hinge]
    short, long = prices_at(of_schedule, slopes[: len(of_schedule.step)])
    of.best_buys[: case.n] = False
    _change_sides(memory, case, _draw_at(memory, case, START_SLOT, short, long))


@kernel(i8(MEMORY, CASE), inner=True)
def _pattern(memory: Memory, case: Case) -> int:
    """The ambiguous names that buy, as a number; for at most SMALL_PATTERN of them."""
    pattern, bit = 0, 1
    for name in range(case.n):
        if memory.of.ambiguous[name]:
            if memory.of.buys[name]:
                pattern += bit
            bit *= 2
    return pattern


@kernel(b1(MEMORY, CASE, i8, i8), inner=True)
def _is_new(memory: Memory, case: Case, doubtful: int, count: int) -> bool:
    """Whether the pattern of `buys` was not tried among `count` before; it is remembered."""
    of = memory.of
    if doubtful <= SMALL_PATTERN:
        pattern = _pattern(memory, case)
        if of.tried[pattern]:
            return False
        of.tried[pattern] = True
        return True
    for known in range(count):
        same = True
        for name in range(case.n):
            if of.patterns[known, name] != of.buys[name]:
                same = False
                break
        if same:
            return False
    copy(of.buys, of.patterns[count], case.n)
    return True


@kernel(void(MEMORY, CASE, i8), inner=True)
def _bind(memory: Memory, case: Case, slot: int) -> None:
    """Bounds of a slot: ambiguous names in `buys` do not sell, the others do not buy."""
    of = memory.of
    of.tally[slot, FLOOR] = AS_POSED
    for name in range(case.n):
        lower, upper, held = of.lower[OWN, name], of.upper[OWN, name], of.held[name]
        of.lower[slot, name] = max(lower, held) if of.buys[name] else lower
        of.upper[slot, name] = min(upper, held) if of.ambiguous[name] and not of.buys[name] else upper


@kernel(void(MEMORY, CASE, i8, i8), inner=True)
def keep_prices(memory: Memory, case: Case, slot: int, other: int) -> None:
    """The prices of a slot's answer into another slot."""
    of = memory.of
    copy(of.factor_prices[slot], of.factor_prices[other], case.k)
    copy(of.row_prices[slot], of.row_prices[other], case.m)
    copy(of.slopes[slot], of.slopes[other], of.half_hinges[of.tally[slot, HALF]])
    of.tally[other, HALF], of.tally[other, SLOPES] = of.tally[slot, HALF], of.half_hinges[of.tally[slot, HALF]]


@apart(SIDED(MEMORY, CASE, i8, SIDED, b1))
def _tried(memory: Memory, case: Case, half: int, sided: Sided, first: bool) -> Sided:
    """The search after solving the pattern of `buys`, into a slot that does not hold the best answer.

    A pattern proved to be in conflict with hard rules is none to take.
    """
    of = memory.of
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
        copy(of.buys, of.best_buys, case.n)
    tighter = bound > sided.bound_bp
    return Sided(
        sided.first,
        slot if better else sided.best,
        slot if tighter else tightest,
        bound if tighter else sided.bound_bp,
        sided.iterations + of.tally[slot, ITERATIONS],
        sided.solved and (solved or (conflict and not first)),
    )


@kernel(b1(MEMORY, SIDED), inner=True)
def _goes_on(memory: Memory, sided: Sided) -> bool:
    """Whether another pattern may be tried."""
    return bool(sided.solved and memory.of.value[sided.best, OBJECTIVE] - sided.bound_bp > CLOSE_BP)


@kernel(b1(MEMORY, CASE, SIDED, i8), inner=True)
def _flip(memory: Memory, case: Case, sided: Sided, doubtful: int) -> bool:
    """Into `buys` the best pattern with the most drawn name that was not tried on its other side.

    False where none could gain enough: with a name there no answer is worth more than the bound less what draws it.
    """
    of = memory.of
    _draw(memory, case, sided.best)
    gap = of.value[sided.best, OBJECTIVE] - of.value[sided.best, BOUND]
    while True:
        drawn = -1
        for name in range(case.n):
            if of.ambiguous[name] and (drawn < 0 or of.draw[name] > of.draw[drawn]):
                drawn = name
        if drawn < 0 or gap + of.draw[drawn] <= FLIP_GAIN_BP:
            return False
        copy(of.best_buys, of.buys, case.n)
        of.buys[drawn] = not of.buys[drawn]
        if _is_new(memory, case, doubtful, 0):
            return True
        of.draw[drawn] = -math.inf


@kernel(SIDED(MEMORY, CASE, i8, i8), inner=True)
def relax(memory: Memory, case: Case, half: int, slot: int) -> Sided:
    """The relaxation of a half, in a slot, as an answer."""
    of = memory.of
    of.tally[slot, FLOOR] = AS_POSED
    copy(of.lower[OWN], of.lower[slot], case.n)
    copy(of.upper[OWN], of.upper[slot], case.n)
    solved = solve(memory, case, half, slot)
    return Sided(slot, slot, slot, of.value[slot, BOUND], of.tally[slot, ITERATIONS], solved)


@kernel(SIDED(MEMORY, CASE, i8, i8, i8), inner=True)
def _first_pattern(memory: Memory, case: Case, half: int, slot: int, doubtful: int) -> Sided:
    """The answer to the pattern guessed; where that is in conflict with hard rules, to the one of the relaxation."""
    of = memory.of
    _guess(memory, case, half)
    _is_new(memory, case, doubtful, 0)
    sided = _tried(memory, case, half, Sided(slot, slot + 1, slot, -math.inf, 0, True), True)
    if of.tally[slot, STATUS] != INFEASIBLE:
        return sided
    relaxed = relax(memory, case, half, slot)
    if not relaxed.solved:
        return relaxed
    of.best_buys[: case.n] = False
    _change_sides(memory, case, _draw(memory, case, slot))
    _is_new(memory, case, doubtful, 0)
    spent = sided.iterations + relaxed.iterations
    return _tried(memory, case, half, Sided(slot, slot + 1, slot, -math.inf, spent, True), True)


@apart(SIDED(MEMORY, CASE, i8, i8, i8))
def fix_sides(memory: Memory, case: Case, half: int, slot: int, patterns: int) -> Sided:
    """Fix sides and solve; the names most drawn to their other side change it, together and then one by one.

    Answers stand in `slot` and the next. Where no name is in doubt the relaxation is the answer. Ends where the answer
    is close to the bound, and after the first of `patterns` where that is one.
    """
    of = memory.of
    doubtful = _doubt(memory, case, half)
    if doubtful == 0:
        return relax(memory, case, half, slot)
    if doubtful <= SMALL_PATTERN:
        of.tried[: 2**doubtful] = False
    sided, parts = _first_pattern(memory, case, half, slot, doubtful), 2
    if patterns == 1:
        return sided
    for count in range(1, patterns):
        if not _goes_on(memory, sided):
            return sided
        best = sided.best
        _change_sides(memory, case, -(-_draw(memory, case, best) // parts))
        if not _is_new(memory, case, doubtful, count):
            break
        sided = _tried(memory, case, half, sided, False)
        if sided.best == best:
            parts *= 2
    if doubtful <= SMALL_PATTERN:
        while _goes_on(memory, sided) and _flip(memory, case, sided, doubtful):
            sided = _tried(memory, case, half, sided, False)
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
            best = max(best, bound_of(of, case, other, slopes, slot, OWN))
        before = prices
    return best


@kernel(SIDED(SIDED, b1), inner=True)
def solved_with(sided: Sided, other: bool) -> Sided:
    """The search, solved where the other half's answers are accepted too."""
    return Sided(sided.first, sided.best, sided.tightest, sided.bound_bp, sided.iterations, sided.solved and other)


@apart(BEST(MEMORY, CASE, i8, b1, i8))
def best_half(memory: Memory, case: Case, halves: int, near: bool, patterns: int) -> Best:
    """Fix sides in each half of the schedule that could have the best answer, trying so many `patterns` of them.

    The first solve of each starts `near` START_SLOT's prices.
    """
    of = memory.of
    begin(memory, case, 0, near)
    if not near:
        of.factor_prices[START_SLOT, : case.k] = 0.0
        of.row_prices[START_SLOT, : case.m] = 0.0
    sided = fix_sides(memory, case, 0, FIRST_SLOT, patterns)
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
    other = fix_sides(memory, case, 1, FIRST_SLOT + SLOTS_A_HALF, patterns)
    spent += other.iterations
    if of.value[other.best, OBJECTIVE] < of.value[sided.best, OBJECTIVE]:
        return Best(solved_with(other, sided.solved), sided.bound_bp, spent)
    return Best(solved_with(sided, other.solved), max(bound, other.bound_bp), spent)
