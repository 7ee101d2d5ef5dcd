"""An account's orders, wash sales and all: every name up to its points or past one, whichever is better.

`engine.decide.wash_modes` tells the same story. Branches are found for sides and points together
(`kernels.decide.sides`), and their answer is brought to orders. Where that costs much past points, orders up to them
are made too. Value and bound are of all branches.
"""

from __future__ import annotations

from numba import types

from kernels.decide.branches import any_past, put_back
from kernels.decide.half import set_halves
from kernels.decide.memory import CASE, KEPT_ORDER, MEMORY, START_SLOT, Case, Memory
from kernels.decide.order import keep_order
from kernels.decide.points import find_points
from kernels.decide.shares import ANSWER, Answer, find_orders
from kernels.decide.sides import SIDE_PATTERNS, best_half, keep_prices
from kernels.jit import apart, b1, f8, i8, kernel
from kernels.rounding.descent import FEW

ROUNDED_FAR_BP, ROUNDED_FAR_MANY_BP = 1.0, 5.0
"""Where orders past points cost more than this above their weights, orders up to all points are made too; the second
where there are more than FEW names."""
SOUND_BP = 1e-7
"""What orders may miss a hard rule by and still be taken as they are."""


@kernel(ANSWER(ANSWER, i8, f8, f8), inner=True)
def judged(answer: Answer, order: int, constant: float, bound: float) -> Answer:
    """An answer whose orders stand in an order of sale, with its value, which lacks a constant, and its bound."""
    return Answer(
        order,
        answer.slot,
        answer.objective_bp + constant,
        bound,
        answer.continuous_bp,
        answer.iterations,
        answer.breach_bp,
        answer.solved,
    )


@kernel(b1(ANSWER, ANSWER), inner=True)
def _is_better(one: Answer, other: Answer) -> bool:
    """Whether an answer misses hard rules by less than another, or costs less."""
    breach, known = round(one.breach_bp, 7), round(other.breach_bp, 7)
    return bool(breach < known or (breach == known and one.objective_bp < other.objective_bp))


@apart(types.Tuple((ANSWER, b1))(MEMORY, CASE, i8, b1))
def _decide(memory: Memory, case: Case, halves: int, near: bool) -> tuple[Answer, bool]:
    """Orders of the account in memory, and whether any name is past a point; solves start `near` START_SLOT."""
    of = memory.of
    best = best_half(memory, case, halves, near, SIDE_PATTERNS)
    return find_orders(memory, case, best, True), any_past(of, of.branches[best.sided.best])


@kernel(ANSWER(MEMORY, CASE, i8, ANSWER), inner=True)
def _up_to_points(memory: Memory, case: Case, halves: int, past: Answer) -> Answer:
    """The better of orders past points and of those up to all."""
    of = memory.of
    keep_prices(memory, case, past.slot, START_SLOT)
    keep_order(of, case, past.order)
    of.passes[0], of.passes[1] = False, False
    answer, _ = _decide(memory, case, halves, True)
    bound = max(past.bound_bp, answer.bound_bp) if answer.solved else past.bound_bp
    if not answer.solved or _is_better(past, answer):
        return judged(past, KEPT_ORDER, 0.0, bound)
    return judged(answer, answer.order, 0.0, bound)


@apart(ANSWER(MEMORY, CASE))
def decide_with_washes(memory: Memory, case: Case) -> Answer:
    """Orders of the account in memory, whose own arrays are left as posed; value and bound are of all branches."""
    of = memory.of
    find_points(of, case)
    halves = set_halves(of, case, of.most_lost)
    answer, past = _decide(memory, case, halves, False)
    most = ROUNDED_FAR_BP if case.n <= FEW else ROUNDED_FAR_MANY_BP
    far = answer.breach_bp > SOUND_BP or answer.objective_bp > answer.continuous_bp + most
    if answer.solved and past and far:
        answer = _up_to_points(memory, case, halves, answer)
    put_back(of, case)
    return answer
