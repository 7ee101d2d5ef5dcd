"""Names that have a choice of branches, what draws them to others, and the patterns of branches to be tried.

A part of the search of `kernels.decide.sides`.
"""

from __future__ import annotations

import math

from kernels.bound import price_names
from kernels.copying import copy
from kernels.decide.branches import has, price_branches
from kernels.decide.half import half_in, prices_at
from kernels.decide.judge import NOISE_BP, untaxed
from kernels.decide.memory import (
    AS_POSED,
    BRANCHES,
    CASE,
    KINDS,
    MEMORY,
    MOST_PATTERNS,
    OWN,
    PAST_SALE,
    SELLS,
    START_SLOT,
    Case,
    Memory,
)
from kernels.decide.order import ordered, price_segments, sort_by_price
from kernels.decide.pose import problem_in
from kernels.jit import apart, b1, f8, i8, kernel, void

WORTH_BP = 0.01
"""A name is drawn to another branch only where its own minimum is lower there by this much."""


@kernel(b1(MEMORY, i8, f8, f8), inner=True)
def _is_ambiguous(memory: Memory, name: int, short: float, long: float) -> bool:
    """Whether a name, up to its points, may be bought and has a segment that could pay more than sale and purchase."""
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
def doubt(memory: Memory, case: Case, half: int) -> int:
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


@kernel(void(MEMORY, i8, i8), inner=True)
def find_rival(memory: Memory, slot: int, name: int) -> None:
    """The branch, other than its own in `best_branch`, that draws a name most at a slot's prices, and how much."""
    of, own, first = memory.of, memory.of.best_branch[name], slot * KINDS
    of.rival[name], least = own, math.inf
    for branch in range(BRANCHES):
        value = of.branch_least[first + branch, name]
        if branch != own and value < least - NOISE_BP and has(of, name, branch):
            of.rival[name], least = branch, value
    of.draw[name] = of.branch_least[first + own, name] - least - WORTH_BP


@kernel(i8(MEMORY, CASE, i8), inner=True)
def draw(memory: Memory, case: Case, slot: int) -> int:
    """How much each name in doubt is drawn to another branch, as a slot's `branch_least` says; how many are drawn.

    Names that are drawn stand in `drawn`, the most drawn first, equals in their order.
    """
    of, count = memory.of, 0
    for name in range(case.n):
        if not of.in_doubt[name]:
            continue
        find_rival(memory, slot, name)
        if of.draw[name] > 0.0:
            place = count
            while place > 0 and of.draw[of.drawn[place - 1]] < of.draw[name]:
                of.drawn[place] = of.drawn[place - 1]
                place -= 1
            of.drawn[place] = name
            count += 1
    return count


@apart(void(MEMORY, CASE, f8, f8))
def _price_near(memory: Memory, case: Case, short: float, long: float) -> None:
    """The branches of names in doubt at START_SLOT's prices and these of gain."""
    of = memory.of
    sort_by_price(of, case, short, long)
    price_segments(of, case)
    problem = problem_in(of, case, OWN, AS_POSED)
    posed = ordered(of, problem, problem.held, case.ticket, untaxed())
    factors, rows = of.factor_prices[START_SLOT, : case.k], of.row_prices[START_SLOT, : case.m]
    price_names(posed, factors, rows, of.name_price[: case.n], of.name_risk[: case.n])
    for name in range(case.n):
        if of.in_doubt[name]:
            price_branches(of, posed, START_SLOT, name, of.name_price[name], short, long, math.nan, math.nan)


@kernel(f8(MEMORY, i8), inner=True)
def all_draws(memory: Memory, count: int) -> float:
    """What draws the first names of `drawn` together, bp."""
    total = 0.0
    for place in range(count):
        total += memory.of.draw[memory.of.drawn[place]]
    return total


@kernel(void(MEMORY, CASE, i8), inner=True)
def change_branches(memory: Memory, case: Case, count: int) -> None:
    """Into `branch` the best pattern with the first of the names that are drawn in their other branch."""
    of = memory.of
    copy(of.best_branch, of.branch, case.n)
    for place in range(count):
        of.branch[of.drawn[place]] = of.rival[of.drawn[place]]


@kernel(void(MEMORY, CASE, i8), inner=True)
def guess(memory: Memory, case: Case, half: int) -> None:
    """The first pattern into `branch`: the least at START_SLOT's prices and the half's middle slopes."""
    of = memory.of
    of_schedule, slopes = half_in(of, half), of.slopes[OWN]
    for hinge in range(len(of_schedule.step)):
        slopes[hinge] = 0.5 * of_schedule.step[hinge]
    short, long = prices_at(of_schedule, slopes[: len(of_schedule.step)])
    of.best_branch[: case.n] = SELLS
    _price_near(memory, case, short, long)
    change_branches(memory, case, draw(memory, case, START_SLOT))


@kernel(b1(MEMORY, CASE, i8), inner=True)
def is_new(memory: Memory, case: Case, count: int) -> bool:
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
