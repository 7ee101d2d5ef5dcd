"""One account's problem laid down in memory for those who look at it from Python."""

from __future__ import annotations

from numba import types

from kernels.arrays import frozen
from kernels.decide.book import BOOK, Book
from kernels.decide.households import HOUSEHOLDS, Households, enter
from kernels.decide.memory import AS_POSED, CASE, MEMORY, OWN, Case, Memory
from kernels.decide.posed import ask_as_set, pose
from kernels.jit import b1, i8, kernel
from kernels.problem import Problem


@kernel(types.Tuple((CASE, b1))(BOOK, HOUSEHOLDS, MEMORY, i8))
def pose_alone(book: Book, seen: Households, memory: Memory, account: int) -> tuple[Case, bool]:
    """Pose an account as its household stands; False where it must be posed elsewhere.

    Its target is known.
    """
    enter(seen, book.accounts.household[account])
    ask_as_set(book, memory.of, account)
    return pose(book, seen, memory, account, True)


def problem_of(memory: Memory, case: Case) -> Problem:
    """The problem that was posed last, in the memory's own arrays: gone with the next account's."""
    of, n, k, m, s = memory.of, case.n, case.k, case.m, case.s
    return frozen(
        Problem(
            loadings=of.loadings[: n * k].reshape(n, k),
            curvature=of.curvature[:n],
            target=of.target[:n],
            held=of.held[:n],
            lower=of.lower[OWN, :n],
            upper=of.upper[OWN, :n],
            buy_cost=of.buy_cost[:n],
            spread=of.spread[:n],
            hold_cost=of.hold_cost[:n],
            segment_offsets=of.offsets[: n + 1],
            segment_size=of.size[:s],
            segment_cost=of.cost[:s],
            segment_gain=of.gain[:s],
            segment_long=of.long[:s],
            rows=of.rows[: m * n].reshape(m, n),
            row_lower=of.row_lower[:m],
            row_upper=of.row_upper[AS_POSED, :m],
            row_price=of.row_price[:m],
            risk_aversion=case.aversion,
            ticket=case.ticket,
            schedule=case.schedule,
        )
    )
