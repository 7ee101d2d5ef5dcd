"""What the twins trade on a day when they have lots of their own (`engine.prove.twin_ledger`)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from engine.book import columns
from engine.book.firm import Firm
from engine.book.schema import PRICE, SHARES, SIDES
from engine.decide.prepared import Prepared, prepare
from engine.decide.tables import aims, part_tables
from engine.decide.targets import targets_of
from engine.prove.twin import twin_memory
from kernels.decide.book import Book
from kernels.problem import Ints
from kernels.twin.carry import NO_LOT, make_rows, trade


def twin_trades(firm: Firm, tables: Mapping[str, pa.Table], refused: frozenset[str]) -> pa.Table:
    """Trades of a part whose `tables` are the twins': columns of the contract's `trades` that a settlement reads.

    Each twin closes every gap to the target that its account has today, out of its own lots; an account in `refused`
    trades nothing.
    """
    ready = prepare(firm, tables, refused)
    book, target = _as_kernels_see(firm, ready)
    names = int(np.append(np.diff(book.targets.offsets), 0)[target].sum())
    rows = make_rows(len(book.lots.quantity) + len(book.positions.security) + names)
    count = trade(book, target, twin_memory(book, target), np.zeros(firm.risk.loadings.shape[1]), rows)
    account, security, lot, quantity = (column[:count] for column in rows)
    row = np.append(ready.block.lots.row, NO_LOT)[lot]
    return pa.table(
        {
            "account_id": columns.take_text(ready.block.ids, account),
            "security_id": columns.take_text(firm.market.ids, security),
            "side": columns.take_text(
                pa.array(SIDES), np.where(lot == NO_LOT, SIDES.index("BUY"), SIDES.index("SELL"))
            ),
            "lot_id": columns.take_text(columns.text(tables["lots"]["lot_id"]), row),
            "quantity": columns.decimals(np.ascontiguousarray(quantity), SHARES),
            "price": columns.decimals(firm.market.price_micro[security], PRICE),
        }
    )


def _as_kernels_see(firm: Firm, ready: Prepared) -> tuple[Book, Ints]:
    """The part, and what each account aims at, -1 for none."""
    aimed = aims(firm, ready.block, targets_of(firm))
    return part_tables(firm, ready.block, ready.positions, aimed, ready.memory), aimed.number
