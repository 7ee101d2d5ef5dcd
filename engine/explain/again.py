"""One account's decision made again in its household's turn, with everything that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.accounts import AccountBlock
from engine.book.columns import MICRO
from engine.book.findings import Scope
from engine.book.firm import Firm
from engine.book.scene import Scene
from engine.book.validation import build_reference, check_part
from engine.decide.account import Outcome, Working, decide_account, pose_account
from engine.decide.household import Household, turns
from engine.decide.names import Undecidable
from engine.decide.positions import Positions
from engine.decide.prepared import prepare
from engine.decide.problem import AccountProblem
from engine.decide.targets import Targets, targets_of
from engine.explain.rows import Piece


@dataclass(frozen=True)
class Again:
    """The account (`account` numbers the block's) as its turn found it.

    `case` is its problem as posed, with its household's earlier trades; `working` is None where nothing was solved.
    """

    firm: Firm
    tables: Mapping[str, pa.Table]
    block: AccountBlock
    positions: Positions
    account: int
    case: AccountProblem
    outcome: Outcome
    working: Working | None

    @property
    def value(self) -> float:
        """The account's value, USD."""
        return self.case.value

    @property
    def usd_per_bp(self) -> float:
        """USD that a basis point of account value is worth."""
        return 1e-4 * self.value

    @property
    def sensitivity(self) -> float:
        """What a dollar of tax counts as; nothing in a retirement account."""
        return self.setting("tax_sensitivity") if self.block.taxable[self.account] else 0.0

    def name(self, security: int) -> str:
        """A security's id."""
        return str(self.firm.market.ids[security].as_py())

    def setting(self, name: str) -> float:
        """A setting of the account as it is in force."""
        return float(self.block.settings[name][self.account])

    def lot_names(self, lots: NDArray[np.int64]) -> list[str | None]:
        """Names of lots of the block; None for a purchase."""
        names = columns.text(self.tables["lots"]["lot_id"])
        return [None if lot < 0 else names[int(self.block.lots.row[lot])].as_py() for lot in lots]

    def pieces(self) -> dict[Piece, Decimal]:
        """Shares traded by security, side and lot."""
        found: dict[Piece, Decimal] = {}
        rows = self.outcome.trades
        for at, lot in enumerate(self.lot_names(rows.lot)):
            key = (self.name(int(rows.security[at])), "BUY" if rows.buy[at] else "SELL", lot)
            found[key] = found.get(key, Decimal(0)) + Decimal(int(rows.quantity[at])) / MICRO
        return found


def decide_again(scene: Scene) -> Again | str:
    """Decide the scene's account again, after those of its household whose turn is before it.

    Where it cannot be decided, the reason.
    """
    firm = scene.firm()
    reference = build_reference(scene.header.as_of, scene.firm_tables, scene.settings)
    findings = check_part(reference, scene.tables, frozenset(), {})
    refused = {finding.subject: finding.message for finding in findings if finding.scope is Scope.ACCOUNT}
    if scene.account in refused:
        return f"the book has a fault: {refused[scene.account]}"
    ready = prepare(firm, scene.tables, frozenset(refused))
    block, positions, targets = ready.block, ready.positions, targets_of(firm)
    account = block.ids.to_pylist().index(scene.account)
    household = ready.memory.household(int(block.household[account]))
    for other in turns(block, positions).tolist():
        if other == account:
            break
        _let_decide(firm, block, positions, targets, household, other)
    heard: list[Working] = []
    given = (firm, block, positions, targets, household, account)
    try:
        outcome = decide_account(*given, watch=heard.append)
        working = heard[-1] if heard else None
        case = working.posed if working else _as_posed(*given)
    except Undecidable as conflict:
        return f"made again, it cannot be decided: {conflict.message}"
    return Again(
        firm=firm,
        tables=scene.tables,
        block=block,
        positions=positions,
        account=account,
        case=case,
        outcome=outcome,
        working=working,
    )


def _let_decide(
    firm: Firm, block: AccountBlock, positions: Positions, targets: Targets, household: Household, account: int
) -> None:
    """Let an earlier account decide, for what it leaves with the household; as in a run, it stops no other."""
    with suppress(Exception):
        decide_account(firm, block, positions, targets, household, account)


def _as_posed(
    firm: Firm, block: AccountBlock, positions: Positions, targets: Targets, household: Household, account: int
) -> AccountProblem:
    """The problem of an account that was left alone before anything was solved."""
    try:
        return pose_account(firm, block, positions, targets, household, account)[1]
    except Undecidable:
        return pose_account(firm, block, positions, targets, household, account, moving=False)[1]
