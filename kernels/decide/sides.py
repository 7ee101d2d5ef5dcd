"""Which branch each name takes: a name either takes a loss or buys, and is up to its points of wash sales or past one.

`engine.decide.sides` states the same search. Branches come from the exact one-dimensional minimisers at prices near by,
or at nought where none are known, and the account is solved with them fixed. At the best answer's prices each name's
minima tell how much another branch draws it. Half of the names that are drawn, the most drawn, change branch, and fewer
where that did not help; branch and bound follows (`kernels.decide.tree`).
All this happens in one half of the schedule, then in the other where that could hold something better.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import types

from kernels.copying import copy
from kernels.decide.branches import put, put_back
from kernels.decide.half import half_in, prices_at, slopes_near
from kernels.decide.judge import bound_of
from kernels.decide.memory import (
    AS_POSED,
    BUYS,
    CASE,
    CONSTANT,
    ELSEWHERE_SLOT,
    FIRST_SLOT,
    FLOOR,
    HALF,
    ITERATIONS,
    KINDS,
    MEMORY,
    MOST_NODES,
    MOST_PATTERNS,
    OBJECTIVE,
    OWN,
    OWN_BOUND,
    SELLS,
    SLOPES,
    START_SLOT,
    STATUS,
    TIGHT_ELSEWHERE_SLOT,
    TIGHT_SLOT,
    Case,
    Memory,
)
from kernels.decide.patterns import all_draws, change_branches, doubt, draw, guess, is_new
from kernels.decide.solve import begin, solve
from kernels.decide.tree import allow_all, bound_of_node, is_done, keep_node, least_bound, take_part
from kernels.jit import apart, b1, f8, i8, kernel, void
from kernels.newton.solve import INFEASIBLE

SIDE_PATTERNS = MOST_PATTERNS
CLOSE_BP = 0.2
"""Further patterns of branches are tried only while the answer is further than this from the bound."""
DRAWN_BP = 0.1
"""Many names change branch together only where that could gain more than this."""
BRANCHED_NAMES, FEW_NODES = 16, 3
"""With more names in doubt than this, branch and bound ends after so few nodes."""
WORTH_A_HALF_BP = 0.1
"""The second half is looked at only where its bound leaves this much to be gained."""
SLOTS_A_HALF = 2


class Sided(NamedTuple):
    """The search in one half: its first slot and that of the best answer, the best bound, what it took.

    `tightest` is the slot at whose prices that bound was found, `tried` the number of patterns. `solved` is false where
    some answer was not accepted: then another solver must decide the account.
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
    """The better half's search, and the bound of the half not taken (inf if none); all iterations.

    `elsewhere` is the slot at whose prices that bound was found, or that of a bound nearly as good.
    """

    sided: Sided
    elsewhere_bp: float
    elsewhere: int
    iterations: int


BEST = types.NamedTuple((SIDED, f8, i8, i8), Best)


@kernel(void(MEMORY, CASE, i8), inner=True)
def _bind(memory: Memory, case: Case, slot: int) -> None:
    """The pattern of `branch` into a slot: names past their points, and bounds by which the others keep to a side."""
    of = memory.of
    of.tally[slot, FLOOR] = AS_POSED
    of.value[slot, CONSTANT] = put(of, of.branch)
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
        tightest = TIGHT_SLOT if sided.first == FIRST_SLOT else TIGHT_ELSEWHERE_SLOT
        keep_prices(memory, case, slot, tightest)
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


@kernel(b1(MEMORY, SIDED, f8, f8), inner=True)
def _is_close(memory: Memory, sided: Sided, known: float, bound: float) -> bool:
    """Whether the best answer, or one of `known` bp, is close enough to a bound."""
    return bool(min(memory.of.value[sided.best, OBJECTIVE], known) - bound <= CLOSE_BP)


@kernel(b1(MEMORY, SIDED, f8), inner=True)
def _goes_on(memory: Memory, sided: Sided, known: float) -> bool:
    """Whether another pattern may be tried."""
    return bool(sided.solved and not _is_close(memory, sided, known, sided.bound_bp))


@apart(SIDED(MEMORY, CASE, i8, SIDED, f8, i8))
def _branch_and_bound(memory: Memory, case: Case, half: int, sided: Sided, known: float, most: int) -> Sided:
    """Branch and bound from the best answer on, until its bound is close or `most` nodes are solved."""
    of, nodes, closed = memory.of, 1, math.inf
    allow_all(of, case)
    keep_node(of, case, 0, sided.best, -math.inf)
    for _ in range(most):
        node = least_bound(of, nodes)
        if is_done(of, node) or _is_close(memory, sided, known, bound_of_node(of, node)):
            break
        floor = take_part(of, case, node, nodes)
        slot = sided.first + 1 if sided.best == sided.first else sided.first
        sided = _tried(memory, case, half, sided)
        if not sided.solved:
            return sided
        if of.tally[slot, STATUS] == INFEASIBLE and sided.best != slot:
            closed = min(closed, floor)
            continue
        keep_node(of, case, nodes, slot, floor)
        nodes += 1
    bound = min(closed, bound_of_node(of, least_bound(of, nodes)))
    return Sided(
        sided.first,
        sided.best,
        sided.tightest,
        max(sided.bound_bp, bound),
        sided.iterations,
        sided.tried,
        sided.solved,
    )


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
    guess(memory, case, half)
    is_new(memory, case, 0)
    sided = _tried(memory, case, half, _nothing_tried(slot, 0))
    if of.tally[slot, STATUS] != INFEASIBLE:
        return sided
    relaxed = _relax(memory, case, half, slot, sided.iterations)
    if not relaxed.solved:
        return relaxed
    of.best_branch[: case.n] = SELLS
    first = slot * KINDS
    for name in range(case.n):
        buys = of.ambiguous[name] and of.branch_least[first + BUYS, name] < of.branch_least[first + SELLS, name]
        of.branch[name] = BUYS if buys else SELLS
    is_new(memory, case, 0)
    return _tried(memory, case, half, _nothing_tried(slot, relaxed.iterations))


@apart(SIDED(MEMORY, CASE, i8, i8, i8, f8))
def fix_branches(memory: Memory, case: Case, half: int, slot: int, patterns: int, known: float) -> Sided:
    """Fix branches and solve; the names most drawn to another change theirs together, then branch and bound.

    Answers stand in `slot` and the next. Where no name is in doubt the relaxation is the answer. Ends where the answer,
    or one of `known` bp, is close to the bound, and after the first of `patterns` where that is one.
    """
    doubtful = doubt(memory, case, half)
    if doubtful == 0:
        return _relax(memory, case, half, slot, 0)
    sided, parts = _first_pattern(memory, case, half, slot), 2
    if patterns == 1:
        return sided
    for _ in range(1, patterns):
        if not _goes_on(memory, sided, known):
            return sided
        best = sided.best
        drawn = draw(memory, case, best)
        if all_draws(memory, drawn) <= DRAWN_BP:
            break
        change_branches(memory, case, -(-drawn // parts))
        if not is_new(memory, case, sided.tried):
            break
        sided = _tried(memory, case, half, sided)
        if sided.best == best:
            parts *= 2
    if _goes_on(memory, sided, known):
        most = MOST_NODES if doubtful <= BRANCHED_NAMES else FEW_NODES
        sided = _branch_and_bound(memory, case, half, sided, known, most)
    return sided


@kernel(f8(MEMORY, CASE, i8, i8, f8), inner=True)
def _bound_elsewhere(memory: Memory, case: Case, half: int, slot: int, known: float) -> float:
    """Lower bound of another half than a slot's: the best of a few slopes near the rates of the slot's answer.

    Into ELSEWHERE_SLOT go the prices of it, where it is above a `known` one, which is returned otherwise.
    """
    of = memory.of
    other, own = half_in(of, half), half_in(of, of.tally[slot, HALF])
    short, long = prices_at(own, of.slopes[slot, : len(own.step)])
    best, before = known, (0.0, 0.0)
    for which in range(3):
        net = (min(short, long), 0.5 * (short + long), max(short, long))[which]
        slopes_near(of, other, short, long, net)
        slopes = of.slopes[OWN, : len(other.step)]
        prices = prices_at(other, slopes)
        if which == 0 or prices != before:
            bound = bound_of(of, case, other, slopes, slot)
            if bound > best:
                best = bound
                keep_prices(memory, case, slot, ELSEWHERE_SLOT)
                copy(slopes, of.slopes[ELSEWHERE_SLOT], len(other.step))
                of.tally[ELSEWHERE_SLOT, HALF] = half
        before = prices
    return best


@kernel(SIDED(SIDED, b1), inner=True)
def solved_with(sided: Sided, other: bool) -> Sided:
    """The search, solved where the other half's answers are accepted too."""
    return Sided(
        sided.first, sided.best, sided.tightest, sided.bound_bp, sided.iterations, sided.tried, sided.solved and other
    )


@kernel(BEST(MEMORY, CASE, i8, b1, i8), inner=True)
def _better_half(memory: Memory, case: Case, halves: int, near: bool, patterns: int) -> Best:
    """The search in the first half, and in the second where that could have a better answer."""
    of = memory.of
    begin(memory, case, 0, near)
    if not near:
        of.factor_prices[START_SLOT, : case.k] = 0.0
        of.row_prices[START_SLOT, : case.m] = 0.0
    sided = fix_branches(memory, case, 0, FIRST_SLOT, patterns, math.inf)
    spent, value = sided.iterations, of.value[sided.best, OBJECTIVE]
    if halves == 1 or not sided.solved:
        return Best(sided, math.inf, ELSEWHERE_SLOT, spent)
    enough = min(value - CLOSE_BP, sided.bound_bp - WORTH_A_HALF_BP)
    bound = _bound_elsewhere(memory, case, 1, sided.tightest, -math.inf)
    if sided.best != sided.tightest:
        bound = _bound_elsewhere(memory, case, 1, sided.best, bound)
    if bound >= enough:
        return Best(sided, bound, ELSEWHERE_SLOT, spent)
    begin(memory, case, 1, near)
    keep_prices(memory, case, sided.best, START_SLOT)
    other = fix_branches(memory, case, 1, FIRST_SLOT + SLOTS_A_HALF, patterns, value)
    spent += other.iterations
    if of.value[other.best, OBJECTIVE] < value:
        return Best(solved_with(other, sided.solved), sided.bound_bp, sided.tightest, spent)
    if other.bound_bp >= bound:
        return Best(solved_with(sided, other.solved), other.bound_bp, other.tightest, spent)
    return Best(solved_with(sided, other.solved), bound, ELSEWHERE_SLOT, spent)


@apart(BEST(MEMORY, CASE, i8, b1, i8))
def best_half(memory: Memory, case: Case, halves: int, near: bool, patterns: int) -> Best:
    """Fix branches in each half of the schedule that could have the best answer, trying so many `patterns` of them.

    The first solve of each starts `near` START_SLOT's prices. Memory then holds bounds and costs of the best pattern.
    """
    best = _better_half(memory, case, halves, near, patterns)
    put(memory.of, memory.of.branches[best.sided.best])
    return best
