"""A part made ready for deciding: its lots in their positions, what wash sales saw, and its households' memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from engine.book.accounts import AccountBlock, build_block
from engine.book.firm import Firm
from engine.book.roll import call_roll
from engine.decide.household import Memory
from engine.decide.positions import Positions, prepare_positions
from engine.ledger.owners import Owners, owners
from engine.ledger.window import Recent, recent


@dataclass(frozen=True)
class Prepared:
    """What deciding takes. `block` leaves out refused accounts; `owned` and `window` are of all in the tables.

    `memory` learns what is decided, so it serves one pass over the accounts.
    """

    block: AccountBlock
    positions: Positions
    owned: Owners
    window: Recent
    memory: Memory


def prepare(firm: Firm, tables: Mapping[str, pa.Table], refused: frozenset[str] = frozenset()) -> Prepared:
    """Prepare a part's tables; `refused` accounts are not looked at."""
    roll = call_roll(firm, tables["accounts"])
    block, owned = build_block(firm, tables, refused, roll), owners(roll)
    positions = prepare_positions(firm, block)
    window = recent(firm, tables, owned)
    return Prepared(block, positions, owned, window, Memory(firm, block, owned, window))
