"""Accounts of a book with the problem that the run gives them and what it decides, in the run's own order."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from cluster.bench.opened import OpenBook
from cluster.plan import Part
from engine.book.accounts import AccountBlock
from engine.book.findings import Scope
from engine.decide.account import Outcome, decide_account, pose_account
from engine.decide.household import NOBODY, turns
from engine.decide.names import Undecidable
from engine.decide.prepared import prepare
from engine.decide.problem import AccountProblem
from engine.decide.targets import Targets

DIRECT_NAMES = 100
"""A target of at least so many names is a direct index."""
LEGACY = 0.4
"""An account with at least this fraction of its lots' value in names outside its target is in transition."""


@dataclass(frozen=True)
class Case:
    """One account: its kind, told by what it holds, its problem as the run poses it, and what the run decided."""

    account: str
    kind: str
    posed: AccountProblem
    outcome: Outcome


def part_cases(book: OpenBook, part: Part, rows: Collection[int] | None = None) -> Iterator[Case]:
    """Decide the accounts at `rows` of the part's accounts table, all by default.

    Accounts of one household see each other's trades, so theirs are decided too, in order. Exceptions are left out.
    """
    tables = book.read(part)
    faulty = {finding.subject for finding in book.check(part, tables) if finding.scope is Scope.ACCOUNT}
    ready = prepare(book.firm, tables, frozenset(faulty))
    block, positions, memory = ready.block, ready.positions, ready.memory
    wanted = np.ones(len(block), dtype=np.bool_) if rows is None else np.isin(block.row, list(rows))
    targets, near = Targets(book.firm), np.isin(block.household, block.household[wanted])
    order = turns(block, positions)
    household = memory.household(NOBODY)
    for account in order[near[order]].tolist():
        if household.number != block.household[account]:
            household = memory.household(int(block.household[account]))
        given = (book.firm, block, positions, targets, household, account)
        try:
            _, posed = pose_account(*given)
            outcome = decide_account(*given)
        except Undecidable:
            continue
        if wanted[account]:
            yield Case(block.ids[account].as_py(), _kind(block, account, posed), posed, outcome)


def _kind(block: AccountBlock, account: int, posed: AccountProblem) -> str:
    held, target = posed.problem.held, posed.problem.target
    if block.lots.offsets[account] == block.lots.offsets[account + 1]:
        return "cash"
    if not block.taxable[account]:
        return "ira"
    if held[target == 0.0].sum() >= LEGACY * held.sum():
        return "transition"
    return "direct" if np.count_nonzero(target) >= DIRECT_NAMES else "etf"
