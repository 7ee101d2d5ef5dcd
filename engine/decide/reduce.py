"""What the parts' trades are together: block orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.book import columns
from engine.book.schema import MONEY, SHARES
from engine.ledger.rows import Ints
from kernels.trade_sums import ACCOUNTS, AMOUNT, QUANTITY, sum_orders

if TYPE_CHECKING:  # it loads all that decides, and the driver merges orders only
    from engine.decide.trades import TradeRows

SIDES = ("BUY", "SELL")


def block_orders(ids: pa.Array, account: Ints, trades: TradeRows) -> pa.Table:
    """Orders of one part by name of security and side: its trades summed; an account counts once an order.

    `ids` name the securities. Trades of an account lie together; `account` (trades,) is whose each is.
    """
    orders = np.zeros((2 * len(ids), 3), dtype=np.int64)
    last = np.full(len(orders), -1, dtype=np.int64)
    sum_orders(trades.security, trades.buy, account, trades.quantity, trades.amount, last, orders)
    given = np.flatnonzero(orders[:, ACCOUNTS])
    names = ids.take(pa.array(given // 2))
    rank = np.asarray(pc.sort_indices(names))  # stable: buys stay before sells
    rows = orders[given[rank]]
    return pa.table(
        {
            "security_id": names.take(pa.array(rank)),
            "side": columns.take_text(pa.array(SIDES), given[rank] % 2),
            "quantity": columns.decimals(rows[:, QUANTITY], SHARES),
            "amount": columns.decimals(rows[:, AMOUNT], MONEY),
            "accounts": pa.array(rows[:, ACCOUNTS], pa.int32()),
        }
    )


def merge_orders(parts: Sequence[pa.Table]) -> pa.Table:
    """Block orders of the book; an account is in one part only, so that counts add."""
    summed = (
        pa.concat_tables(parts)
        .group_by(["security_id", "side"])
        .aggregate([("quantity", "sum"), ("amount", "sum"), ("accounts", "sum")])
    )
    table = pa.table(
        {
            "security_id": summed["security_id"],
            "side": summed["side"],
            "quantity": summed["quantity_sum"].cast(SHARES),
            "amount": summed["amount_sum"].cast(MONEY),
            "accounts": summed["accounts_sum"].cast(pa.int32()),
        }
    )
    return table.sort_by([("security_id", "ascending"), ("side", "ascending")])
