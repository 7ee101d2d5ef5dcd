"""All accounts of a part: whole accounts in compiled code, and one by one what that leaves.

Both decide in the same turns and see what the other did in the same household.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.firm import Firm
from engine.codes import Code
from engine.decide.account import (
    CALM,
    NO_ROOM,
    TOO_SMALL,
    WIDENED,
    Outcome,
    Proof,
    decide_account,
    not_worth_it,
    too_little,
)
from engine.decide.household import Household, Memory, turns
from engine.decide.names import Undecidable
from engine.decide.output import Refusal
from engine.decide.positions import Positions
from engine.decide.resolve import Resolved, resolve_account
from engine.decide.tables import Aims, aims, part_memory, part_tables
from engine.decide.targets import Targets
from engine.decide.trades import TradeRows
from engine.decide.triage import State
from engine.decide.wash_modes import Declined
from kernels.decide import account as whole
from kernels.decide.trades import Rows, make_rows

LEFT = {
    whole.IN_BAND: (Code.IN_BAND, CALM),
    whole.RESTRICTED: (Code.RESTRICTED, NO_ROOM),
    whole.MIN_TRADE: (Code.MIN_TRADE, TOO_SMALL),
    whole.WIDENS: (Code.NO_BENEFIT, WIDENED),
}
"""Why accounts are left alone; what else there is tells a number."""


@dataclass(frozen=True)
class Decided:
    """One outcome an account of the block, in its order; how many were decided as a whole; those solved again."""

    outcomes: list[Outcome | Refusal]
    whole: int
    resolved: tuple[Resolved, ...]


def decide_block(
    firm: Firm, block: AccountBlock, positions: Positions, memory: Memory, again: NDArray[np.bool_]
) -> Decided:
    """Decide every account in its turn; those marked in `again` (accounts,) are solved by OSQP too, before they are."""
    targets = Targets(firm)
    aimed = aims(firm, block, targets)
    book = part_tables(firm, block, positions, aimed, memory)
    work, out = part_memory(firm, book, memory.seen), whole.make_outcomes(len(block))
    rows = make_rows(len(block.lots.quantity) + len(positions.security) + _aimed_names(aimed))
    order = turns(block, positions)
    alone: dict[int, Outcome | Refusal] = {}
    resolved: list[Resolved | None] = []
    turn, row = 0, 0
    for stop in (*np.nonzero(again[order])[0].tolist(), len(order)):
        while turn < stop:
            turn, row = whole.decide_in_turn(book, memory.seen, work, order[:stop], turn, out, rows, row)
            if turn < stop:
                account = int(order[turn])
                household = memory.household(int(block.household[account]))
                alone[account] = _decide_alone(firm, block, positions, targets, household, account)
                turn += 1
        if stop < len(order):
            household = memory.household(int(block.household[order[stop]]))
            resolved.append(resolve_account(firm, block, positions, targets, household, int(order[stop])))
    outcomes = [alone.get(account) or _outcome(block, aimed, out, rows, account) for account in range(len(block))]
    return Decided(outcomes, len(block) - len(alone), tuple(one for one in resolved if one is not None))


def _aimed_names(aimed: Aims) -> int:
    """Names that all accounts aim at together."""
    sizes = np.array([len(target.security) for target in aimed.targets], dtype=np.int64)
    return int(sizes[aimed.number[aimed.number >= 0]].sum())


def _decide_alone(
    firm: Firm, block: AccountBlock, positions: Positions, targets: Targets, household: Household, account: int
) -> Outcome | Refusal:
    try:
        return decide_account(firm, block, positions, targets, household, account)
    except Undecidable as conflict:
        return Refusal("decide", conflict.code, conflict.message, conflict.field, conflict.value, conflict.limit)
    except Exception as error:  # one bad account never stops the others; the message says what to report
        return Refusal("decide", Code.INTERNAL_ERROR, f"{type(error).__name__}: {error}", "", "", "")


def _outcome(block: AccountBlock, aimed: Aims, out: whole.Outcomes, rows: Rows, account: int) -> Outcome:
    """The outcome of an account that was decided as a whole."""
    kind = int(out.code[account])
    code, message = None, ""
    if kind in LEFT:
        code, message = LEFT[kind]
    elif kind != whole.TRADED:
        least, number = float(block.settings["min_benefit_bp"][account]), float(out.number[account])
        code, message = Code.NO_BENEFIT, not_worth_it(least) if kind == whole.NO_BENEFIT else too_little(number, least)
    iterations = int(out.iterations[account])
    return Outcome(
        code=code,
        message=message,
        target=aimed.targets[aimed.number[account]],
        before=State(
            tracking_error=float(out.te_before[account]),
            drift=float(out.drift_before[account]),
            in_band=kind == whole.IN_BAND,
            forced=False,
        ),
        te_after=float(out.te_after[account]),
        drift_after=float(out.drift_after[account]),
        objective_bp=float(out.objective_bp[account]),
        trades=_trades(rows, slice(int(out.first[account]), int(out.last[account]))),
        proof=None if iterations < 0 else Proof(float(out.bound_bp[account]), "newton", iterations),
        warnings=(),
        declined=Declined(int(out.declined_sales[account]), int(out.declined_purchases[account])),
    )


def _trades(rows: Rows, mine: slice) -> TradeRows:
    return TradeRows(
        security=rows.security[mine].astype(np.int32),
        buy=rows.buy[mine],
        lot=rows.lot[mine],
        quantity=rows.quantity[mine],
        amount=rows.amount[mine],
        basis=rows.basis[mine],
        disallowed=np.zeros(mine.stop - mine.start, dtype=np.int64),
        long_term=rows.long_term[mine],
        reason=rows.reason[mine].astype(np.int8),
    )
