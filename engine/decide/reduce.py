"""What the parts' trades are together: block orders."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.book import columns
from engine.book.schema import MONEY, SHARES
from engine.ledger.rows import Ints, grouped, sums


def block_orders(trades: pa.Table) -> pa.Table:
    """Orders of one part: trades summed by security and side; an account counts once an order."""
    security, side = columns.encoded(trades["security_id"]), columns.encoded(trades["side"])
    account = columns.indices(columns.encoded(trades["account_id"]))
    place = _rank(security)[columns.indices(security)], _rank(side)[columns.indices(side)]
    by_account, _ = grouped(*place, account)
    order, first = grouped(*place)
    once = np.zeros(len(order), dtype=np.int64)
    once[np.unique(by_account, return_index=True)[1]] = 1
    count = len(first)
    return pa.table(
        {
            "security_id": columns.text(security.take(pa.array(first))),
            "side": columns.text(side.take(pa.array(first))),
            "quantity": columns.decimals(sums(order, columns.scaled(trades["quantity"], columns.MICRO), count), SHARES),
            "amount": columns.decimals(sums(order, columns.scaled(trades["amount"], 100), count), MONEY),
            "accounts": pa.array(sums(order, once, count), pa.int32()),
        }
    )


def _rank(words: pa.DictionaryArray) -> Ints:
    """The place of each text of the dictionary among all in ascending order."""
    rank = np.empty(len(words.dictionary), dtype=np.int64)
    rank[np.asarray(pc.array_sort_indices(words.dictionary))] = np.arange(len(rank))
    return rank


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
