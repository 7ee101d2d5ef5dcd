"""The continuous pipeline: an account is posed and solved once a half of its schedule, the better answer rounded.

No run hands out these orders. They are what `wholebook bench` measures the passes against that make an answer discrete:
the search over sides, wash sales that are not convex, and the bounds of both (`kernels.decide.modes`). A name that
could take a loss and be bought back keeps to the side that is guessed first: the relaxation does both, and its weights
are then far from any orders.
"""

from __future__ import annotations

from kernels.decide.book import BOOK, Book
from kernels.decide.half import set_halves
from kernels.decide.households import HOUSEHOLDS, Households, enter
from kernels.decide.memory import CASE, MEMORY, Case, Memory
from kernels.decide.points import no_points
from kernels.decide.posed import ask_as_set, pose
from kernels.decide.shares import ANSWER, Answer, find_orders
from kernels.decide.sides import best_half
from kernels.jit import I8, apart, i8, kernel
from kernels.problem import Ints


@apart(ANSWER(MEMORY, CASE))
def _answer(memory: Memory, case: Case) -> Answer:
    no_points(memory.of, case)
    best = best_half(memory, case, set_halves(memory.of, case, memory.of.gain), False, 1)
    return find_orders(memory, case, best, False)


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
