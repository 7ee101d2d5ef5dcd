"""The continuous pipeline: an account is posed and solved once a half of its schedule, the better answer rounded.

No run hands out these orders. They are what `wholebook bench` measures the passes against that make an answer discrete:
the search over sides, wash sales that are not convex, and the bounds of both (`kernels.decide.modes`). A name that
could take a loss and be bought back keeps to one side, the one that its own risk and costs prefer while factors and
rows cost nothing: the relaxation does both, and its weights are then far from any orders.
"""

from __future__ import annotations

from kernels.bound import best_purchase, best_sale
from kernels.copying import copy
from kernels.decide.book import BOOK, Book
from kernels.decide.half import half_in, prices_at, set_halves
from kernels.decide.households import HOUSEHOLDS, Households, enter
from kernels.decide.judge import untaxed
from kernels.decide.memory import (
    AS_POSED,
    CASE,
    FIRST_SLOT,
    FLOOR,
    ITERATIONS,
    MEMORY,
    OBJECTIVE,
    OWN,
    OWN_BOUND,
    STATUS,
    Case,
    Memory,
)
from kernels.decide.order import ordered, price_segments, sort_by_price
from kernels.decide.pose import problem_in
from kernels.decide.posed import ask_as_set, pose
from kernels.decide.shares import ANSWER, Answer, find_orders
from kernels.decide.sides import BEST, SIDED, SLOTS_A_HALF, Best, Sided, relax, solved_with
from kernels.decide.solve import begin, solve
from kernels.jit import I8, apart, i8, kernel, void
from kernels.newton.solve import INFEASIBLE
from kernels.problem import Ints


@kernel(void(MEMORY, CASE, i8, i8), inner=True)
def _bind(memory: Memory, case: Case, half: int, slot: int) -> None:
    """Bounds of a slot in which no name both takes a loss and is bought; hinges at half their steps."""
    of = memory.of
    of.tally[slot, FLOOR] = AS_POSED
    copy(of.lower[OWN], of.lower[slot], case.n)
    copy(of.upper[OWN], of.upper[slot], case.n)
    of_schedule = half_in(of, half)
    for hinge in range(len(of_schedule.step)):
        of.slopes[slot, hinge] = 0.5 * of_schedule.step[hinge]
    short, long = prices_at(of_schedule, of.slopes[slot, : len(of_schedule.step)])
    sort_by_price(of, case, short, long)
    price_segments(of, case)
    problem = problem_in(of, case, OWN, AS_POSED)
    priced = ordered(of, problem, problem.held, case.ticket, untaxed())
    for name in range(case.n):
        first = of.offsets[name]
        if first == of.offsets[name + 1] or of.priced_cost[first] + of.buy_cost[name] >= 0.0:
            continue
        if of.lower[OWN, name] < of.held[name] < of.upper[OWN, name]:
            price = of.hold_cost[name]
            if best_sale(priced, name, price)[1] < best_purchase(priced, name, price)[1]:
                of.upper[slot, name] = of.held[name]
            else:
                of.lower[slot, name] = of.held[name]


@kernel(SIDED(MEMORY, CASE, i8, i8), inner=True)
def _solve_half(memory: Memory, case: Case, half: int, slot: int) -> Sided:
    """A half's answer with these sides, in a slot; its relaxation's where hard rules ask for others."""
    of = memory.of
    begin(memory, case, half, False)
    _bind(memory, case, half, slot)
    solved = solve(memory, case, half, slot)
    if not solved and of.tally[slot, STATUS] == INFEASIBLE:
        return relax(memory, case, half, slot)
    return Sided(slot, slot, slot, of.value[slot, OWN_BOUND], of.tally[slot, ITERATIONS], solved)


@apart(BEST(MEMORY, CASE))
def _solve_halves(memory: Memory, case: Case) -> Best:
    """The better half's answer."""
    halves = set_halves(memory.of, case, memory.of.gain, 0)
    first = _solve_half(memory, case, 0, FIRST_SLOT)
    if halves == 1:
        return Best(first, 1e300, first.iterations)
    second = _solve_half(memory, case, 1, FIRST_SLOT + SLOTS_A_HALF)
    spent, value = first.iterations + second.iterations, memory.of.value
    if value[second.best, OBJECTIVE] < value[first.best, OBJECTIVE]:
        return Best(solved_with(second, first.solved), first.bound_bp, spent)
    return Best(solved_with(first, second.solved), second.bound_bp, spent)


@apart(ANSWER(MEMORY, CASE))
def _answer(memory: Memory, case: Case) -> Answer:
    return find_orders(memory, case, _solve_halves(memory, case))


@kernel(i8(BOOK, HOUSEHOLDS, MEMORY, I8))
def solve_in_turn(book: Book, seen: Households, memory: Memory, turns: Ints) -> int:
    """Take the accounts of `turns` (t,) through the continuous pipeline; how many came to orders."""
    last, done = -1, 0
    for account in turns:
        if book.accounts.household[account] != last:
            last = book.accounts.household[account]
            enter(seen, last)
        if book.accounts.target[account] >= 0:
            ask_as_set(book, memory.of, account)
            case, sound = pose(book, seen, memory, account, True)
            if sound and _answer(memory, case).solved:
                done += 1
    return done
