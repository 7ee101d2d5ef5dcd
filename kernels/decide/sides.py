"""Which side each name takes: a name either takes a loss or buys, and the relaxation lets it do both.

`engine.decide.sides` states the same search. Sides come from the exact one-dimensional minimisers at the relaxation's
prices; the account is solved with them fixed, and its new prices choose again. Where few names are in doubt, single
names also change side while that helps. All this happens in one half of the schedule, then in the other where that
could hold something better.
"""

from __future__ import annotations

from typing import NamedTuple

from numba import types

from kernels.bound import lower_bound
from kernels.copying import copy
from kernels.decide.half import half_in, prices_at
from kernels.decide.judge import bound_of
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
    SMALL_PATTERN,
    Case,
    Memory,
)
from kernels.decide.order import ordered, price_segments, sort_by_price
from kernels.decide.pose import problem_in
from kernels.decide.solve import solve
from kernels.jit import apart, b1, f8, i8, kernel, void
from kernels.taxes import Schedule

SIDE_PATTERNS = 4
CLOSE_BP = 0.5
"""Further patterns of sides are tried only while the answer is further than this from the bound."""
FLIP_GAIN_BP = 1e-3
WORTH_A_HALF_BP = 0.1
"""The second half is looked at only where its bound leaves this much to be gained."""
SLOTS_A_HALF = 3


class Sided(NamedTuple):
    """The search in one half: slots of its relaxation and of the best answer, the best bound, what it took.

    `solved` is false where some answer was not accepted: then another solver must decide the account.
    """

    relaxed: int
    best: int
    bound_bp: float
    iterations: int
    solved: bool


SIDED = types.NamedTuple((i8, i8, f8, i8, b1), Sided)


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


@apart(void(MEMORY, CASE, i8))
def _preferred_buys(memory: Memory, case: Case, slot: int) -> None:
    """The ambiguous names whose own minimiser, at the prices of a slot's answer, buys."""
    of = memory.of
    half = half_in(of, of.tally[slot, HALF])
    short, long = prices_at(half, of.slopes[slot, : len(half.step)])
    sort_by_price(of, case, short, long)
    price_segments(of, case)
    problem = problem_in(of, case, OWN, AS_POSED)
    untaxed = Schedule(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    priced = ordered(of, problem, problem.held, case.ticket, untaxed)
    choice = of.scratch[: case.n]
    lower_bound(priced, of.factor_prices[slot, : case.k], of.row_prices[slot, : case.m], choice)
    for name in range(case.n):
        of.buys[name] = of.ambiguous[name] and choice[name] > of.held[name]


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


@kernel(SIDED(MEMORY, CASE, i8, SIDED, i8, b1), inner=True)
def _tried(memory: Memory, case: Case, half: int, sided: Sided, slot: int, first: bool) -> Sided:
    """The search after solving the pattern of `buys` into a slot."""
    of = memory.of
    _bind(memory, case, slot)
    solved = solve(memory, case, half, slot)
    slopes = of.slopes[slot, : of.half_hinges[half]]
    bound = max(sided.bound_bp, bound_of(of, case, half_in(of, half), slopes, slot, OWN))
    better = first or of.value[slot, OBJECTIVE] < of.value[sided.best, OBJECTIVE]
    if better:
        copy(of.buys, of.best_buys, case.n)
    return Sided(
        sided.relaxed,
        slot if better else sided.best,
        bound,
        sided.iterations + of.tally[slot, ITERATIONS],
        sided.solved and solved,
    )


@kernel(SIDED(MEMORY, CASE, i8, SIDED, i8), inner=True)
def _flipped(memory: Memory, case: Case, half: int, sided: Sided, doubtful: int) -> Sided:
    """The search after single names have changed side while that helps; only where few are in doubt."""
    of = memory.of
    improved = doubtful <= SMALL_PATTERN
    while improved and sided.solved and of.value[sided.best, OBJECTIVE] - sided.bound_bp > CLOSE_BP:
        improved = False
        for name in range(case.n):
            if not of.ambiguous[name] or not sided.solved:
                continue
            copy(of.best_buys, of.buys, case.n)
            of.buys[name] = not of.buys[name]
            if not _is_new(memory, case, doubtful, 0):
                continue
            before = of.value[sided.best, OBJECTIVE]
            slot = sided.relaxed + 2 if sided.best == sided.relaxed + 1 else sided.relaxed + 1
            sided = _tried(memory, case, half, sided, slot, False)
            improved = improved or of.value[slot, OBJECTIVE] < before - FLIP_GAIN_BP
    return sided


@apart(SIDED(MEMORY, CASE, i8, i8, b1))
def fix_sides(memory: Memory, case: Case, half: int, relaxed: int, solved: bool) -> Sided:
    """Fix sides and solve; the new prices choose again until they repeat, then single names change side.

    `relaxed` is the slot of the relaxation's answer; the next two are used too. Ends where the answer is close to the
    bound.
    """
    of = memory.of
    sided = Sided(relaxed, relaxed, of.value[relaxed, BOUND], 0, solved)
    doubtful = _doubt(memory, case, half)
    if doubtful == 0:
        return sided
    if doubtful <= SMALL_PATTERN:
        of.tried[: 2**doubtful] = False
    latest = relaxed
    for count in range(SIDE_PATTERNS):
        close = count > 0 and of.value[sided.best, OBJECTIVE] - sided.bound_bp <= CLOSE_BP
        _preferred_buys(memory, case, latest)
        if not sided.solved or close or not _is_new(memory, case, doubtful, count):
            break
        latest = relaxed + 2 if sided.best == relaxed + 1 else relaxed + 1
        sided = _tried(memory, case, half, sided, latest, count == 0)
    return _flipped(memory, case, half, sided, doubtful)


@kernel(f8(MEMORY, CASE, i8, i8), inner=True)
def _bound_elsewhere(memory: Memory, case: Case, half: int, slot: int) -> float:
    """Lower bound of another half than a slot's: the best of a few slopes near the rates of the slot's answer."""
    of = memory.of
    other, own = half_in(of, half), half_in(of, of.tally[slot, HALF])
    short, long = prices_at(own, of.slopes[slot, : len(own.step)])
    best = -1e300
    for which in range(3):
        net = (min(short, long), 0.5 * (short + long), max(short, long))[which]
        spent = min(other.rate[0], other.rate[1])
        for hinge in range(len(other.step)):
            if other.counts[hinge, 0] > 0.0 and other.counts[hinge, 1] > 0.0:
                wanted = net - spent
            else:
                wanted = (short if other.counts[hinge, 0] > 0.0 else long) - spent
            slope = min(max(wanted, 0.0), other.step[hinge])
            of.slopes[OWN, hinge] = slope
            spent += slope
        best = max(best, bound_of(of, case, other, of.slopes[OWN, : len(other.step)], slot, OWN))
    return best


@kernel(SIDED(MEMORY, CASE, i8, i8), inner=True)
def _relaxed(memory: Memory, case: Case, half: int, slot: int) -> Sided:
    """The relaxation of a half, in a slot."""
    of = memory.of
    of.tally[slot, FLOOR] = AS_POSED
    copy(of.lower[OWN], of.lower[slot], case.n)
    copy(of.upper[OWN], of.upper[slot], case.n)
    solved = solve(memory, case, half, slot)
    return Sided(slot, slot, of.value[slot, BOUND], of.tally[slot, ITERATIONS], solved)


@apart(BEST(MEMORY, CASE, i8))
def best_half(memory: Memory, case: Case, halves: int) -> Best:
    """Fix sides in each half of the schedule that could have the best answer."""
    of = memory.of
    relaxed = _relaxed(memory, case, 0, FIRST_SLOT)
    sided = fix_sides(memory, case, 0, FIRST_SLOT, relaxed.solved)
    spent = relaxed.iterations + sided.iterations
    if halves == 1 or not sided.solved:
        return Best(sided, 1e300, spent)
    enough = min(of.value[sided.best, OBJECTIVE], sided.bound_bp) - WORTH_A_HALF_BP
    bound = _bound_elsewhere(memory, case, 1, sided.relaxed)
    if sided.best != sided.relaxed:
        bound = max(bound, _bound_elsewhere(memory, case, 1, sided.best))
    if bound >= enough:
        return Best(sided, bound, spent)
    slot = FIRST_SLOT + SLOTS_A_HALF
    relaxed = _relaxed(memory, case, 1, slot)
    spent += relaxed.iterations
    bound = max(bound, relaxed.bound_bp)
    if bound >= enough:
        return Best(Sided(sided.relaxed, sided.best, sided.bound_bp, 0, sided.solved and relaxed.solved), bound, spent)
    other = fix_sides(memory, case, 1, slot, relaxed.solved)
    spent += other.iterations
    solved = sided.solved and other.solved
    if of.value[other.best, OBJECTIVE] < of.value[sided.best, OBJECTIVE]:
        return Best(Sided(other.relaxed, other.best, other.bound_bp, 0, solved), sided.bound_bp, spent)
    return Best(Sided(sided.relaxed, sided.best, sided.bound_bp, 0, solved), max(bound, other.bound_bp), spent)
