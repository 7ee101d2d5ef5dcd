"""The continuous pipeline: an account is posed, its relaxation solved once a half, the better answer rounded.

No run hands out these orders. They are what `wholebook bench` measures the passes against that make an answer discrete:
sides, wash sales that are not convex, and the bounds of both (`kernels.decide.modes`).
"""

from __future__ import annotations

from kernels.decide.book import BOOK, Book
from kernels.decide.half import set_halves
from kernels.decide.households import HOUSEHOLDS, Households, enter
from kernels.decide.memory import CASE, FIRST_SLOT, MEMORY, OBJECTIVE, Case, Memory
from kernels.decide.posed import ask_as_set, pose
from kernels.decide.shares import ANSWER, Answer, find_orders
from kernels.decide.sides import BEST, SLOTS_A_HALF, Best, relax, solved_with
from kernels.decide.solve import begin
from kernels.jit import I8, apart, i8, kernel
from kernels.problem import Ints


@apart(BEST(MEMORY, CASE))
def _relax_halves(memory: Memory, case: Case) -> Best:
    """The better half's relaxation."""
    halves = set_halves(memory.of, case, memory.of.gain, 0)
    begin(memory, case, 0, False)
    first = relax(memory, case, 0, FIRST_SLOT)
    if halves == 1:
        return Best(first, 1e300, first.iterations)
    begin(memory, case, 1, False)
    second = relax(memory, case, 1, FIRST_SLOT + SLOTS_A_HALF)
    spent, value = first.iterations + second.iterations, memory.of.value
    if value[second.best, OBJECTIVE] < value[first.best, OBJECTIVE]:
        return Best(solved_with(second, first.solved), first.bound_bp, spent)
    return Best(solved_with(first, second.solved), second.bound_bp, spent)


@apart(ANSWER(MEMORY, CASE))
def _answer(memory: Memory, case: Case) -> Answer:
    return find_orders(memory, case, _relax_halves(memory, case))


@kernel(i8(BOOK, HOUSEHOLDS, MEMORY, I8))
def relax_in_turn(book: Book, seen: Households, memory: Memory, turns: Ints) -> int:
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
