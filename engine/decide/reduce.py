"""What the parts' trades are together: block orders."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from engine.book.schema import OUTPUT_TABLES, SHARES


def block_orders(trades: pa.Table) -> pa.Table:
    """Orders of one part: trades summed by security and side; an account counts once an order."""
    by_account = trades.group_by(["account_id", "security_id", "side"]).aggregate(
        [("quantity", "sum"), ("amount", "sum")]
    )
    summed = by_account.group_by(["security_id", "side"]).aggregate(
        [("quantity_sum", "sum"), ("amount_sum", "sum"), ("account_id", "count")]
    )
    return _ordered(summed, "quantity_sum_sum", "amount_sum_sum", "account_id_count")


def merge_orders(parts: Sequence[pa.Table]) -> pa.Table:
    """Block orders of the book; an account is in one part only, so that counts add."""
    summed = (
        pa.concat_tables(parts)
        .group_by(["security_id", "side"])
        .aggregate([("quantity", "sum"), ("amount", "sum"), ("accounts", "sum")])
    )
    return _ordered(summed, "quantity_sum", "amount_sum", "accounts_sum")


def _ordered(summed: pa.Table, quantity: str, amount: str, accounts: str) -> pa.Table:
    table = pa.table(
        {
            "security_id": summed["security_id"],
            "side": summed["side"],
            "quantity": summed[quantity].cast(SHARES),
            "amount": summed[amount].cast(OUTPUT_TABLES["orders"].field("amount").type),
            "accounts": summed[accounts].cast(pa.int32()),
        }
    )
    return table.sort_by([("security_id", "ascending"), ("side", "ascending")])
