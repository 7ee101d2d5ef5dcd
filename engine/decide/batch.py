"""All accounts of a part: whole accounts in compiled code, and one by one what that leaves.

Both decide in the same turns and see what the other did in the same household.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.firm import Firm
from engine.codes import Code
from engine.decide.account import Outcome, decide_account, pose_account
from engine.decide.decided import Decided, Refusal, gather
from engine.decide.household import Household, turns
from engine.decide.names import Undecidable
from engine.decide.positions import Positions
from engine.decide.prepared import Prepared
from engine.decide.resolve import Resolved, resolve_account
from engine.decide.tables import Aims, aims, part_memory, part_tables
from engine.decide.targets import Targets, targets_of
from kernels.decide import account as whole
from kernels.decide import book as tables
from kernels.decide.alone import pose_alone, problem_of
from kernels.decide.memory import Memory
from kernels.decide.outcomes import make_outcomes
from kernels.decide.trades import make_rows
from kernels.decide.unsold import make_unsold
from kernels.problem import Problem


@dataclass(frozen=True)
class DecidedBlock:
    """What was decided for the accounts of a block; how many were decided as a whole; those solved again.

    `book`: the part as kernels saw it. `seconds`: what deciding each of those marked took, where a clock was given.
    """

    book: tables.Book
    outcomes: Decided
    whole: int
    resolved: tuple[Resolved, ...]
    seconds: tuple[float, ...]


def decide_block(
    firm: Firm, ready: Prepared, again: NDArray[np.bool_], clock: Callable[[], float] | None = None
) -> DecidedBlock:
    """Decide every account in its turn; those marked in `again` (accounts,) are solved by OSQP too, before they are.

    Those are decided each in a call of its own, which the clock times: what an empty call takes is taken off. The
    first of all turns is not timed, for the kernel is loaded in it.
    """
    block, positions, memory, targets = ready.block, ready.positions, ready.memory, targets_of(firm)
    aimed = aims(firm, block, targets)
    book = part_tables(firm, block, positions, aimed, memory)
    work, out = part_memory(firm, book, memory.seen), make_outcomes(len(block))
    rows = make_rows(len(block.lots.quantity) + len(positions.security) + _aimed_names(aimed))
    unsold = make_unsold(int(np.count_nonzero(book.rules.kind == tables.SELL_OUT)))
    order = turns(block, positions)
    alone: dict[int, Outcome | Refusal] = {}
    resolved: list[Resolved] = []
    seconds: list[float] = []
    turn, row = 0, 0
    marked = np.nonzero(again[order])[0].tolist()
    for stop in sorted({*marked, *(one + 1 for one in marked), len(order)}):
        watch = clock if 0 < turn < stop and again[order[turn]] else None
        if watch:
            start = watch()
            whole.decide_in_turn(book, memory.seen, work, order[:turn], turn, out, unsold, rows, row)
            begun = watch()
        while turn < stop:
            turn, row = whole.decide_in_turn(book, memory.seen, work, order[:stop], turn, out, unsold, rows, row)
            if turn < stop:
                account = int(order[turn])
                household = memory.household(int(block.household[account]))
                alone[account] = _decide_alone(firm, block, positions, targets, household, account)
                turn += 1
        if watch:
            seconds.append(max(watch() - begun - (begun - start), 0.0))
        if stop < len(order) and again[order[stop]]:
            account = int(order[stop])
            problem = _posed(firm, ready, targets, book, work, account)
            if problem is not None:
                resolved.append(resolve_account(block.ids[account].as_py(), problem))
    outcomes = gather(firm, block, positions, aimed.targets, aimed.number, out, unsold, rows, alone)
    return DecidedBlock(book, outcomes, len(block) - len(alone), tuple(resolved), tuple(seconds))


def _aimed_names(aimed: Aims) -> int:
    """Names that all accounts aim at together."""
    sizes = np.array([len(target.security) for target in aimed.targets], dtype=np.int64)
    return int(sizes[aimed.number[aimed.number >= 0]].sum())


def _posed(
    firm: Firm, ready: Prepared, targets: Targets, book: tables.Book, work: Memory, account: int
) -> Problem | None:
    """The problem of an account as its household stands, until the next is decided; None where it has none."""
    memory, accounts = ready.memory, book.accounts
    if accounts.target[account] >= 0 and not accounts.alone[account]:
        case, sound = pose_alone(book, memory.seen, work, account)
        if sound:
            return problem_of(work, case)
    household = memory.household(int(ready.block.household[account]))
    try:
        return pose_account(firm, ready.block, ready.positions, targets, household, account)[1].problem
    except Undecidable:
        return None


def _decide_alone(
    firm: Firm, block: AccountBlock, positions: Positions, targets: Targets, household: Household, account: int
) -> Outcome | Refusal:
    try:
        return decide_account(firm, block, positions, targets, household, account)
    except Undecidable as conflict:
        return Refusal("decide", conflict.code, conflict.message, conflict.field, conflict.value, conflict.limit)
    except Exception as error:  # one bad account never stops the others; the message says what to report
        return Refusal("decide", Code.INTERNAL_ERROR, f"{type(error).__name__}: {error}", "", "", "")
