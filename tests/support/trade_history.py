"""Trade histories for tests of the ledger: rows in a short form, as the `activity` table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from engine.ledger.history import Ledger, Options, ledger

HISTORY = pa.schema(
    [
        ("account_id", pa.string()),
        ("trade_date", pa.date32()),
        ("sequence", pa.int64()),
        ("security_id", pa.string()),
        ("side", pa.string()),
        ("quantity", pa.float64()),
        ("price", pa.float64()),
        ("lot_id", pa.string()),
        ("household_id", pa.string()),
        ("tax_status", pa.string()),
        ("wash_group", pa.string()),
    ]
)
ACTIONS = pa.schema(
    [
        ("date", pa.date32()),
        ("sequence", pa.int64()),
        ("security_id", pa.string()),
        ("kind", pa.string()),
        ("ratio", pa.float64()),
        ("cash", pa.float64()),
        ("price", pa.float64()),
        ("new_security_id", pa.string()),
        ("basis_fraction", pa.float64()),
    ]
)


def trade(day: str, side: str, quantity: float, price: float, **more: Any) -> dict[str, Any]:
    """One row: account A, security XYZ, unless `more` says otherwise."""
    row = {"account_id": "A", "security_id": "XYZ", "trade_date": dt.date.fromisoformat(day), "side": side}
    return row | {"quantity": quantity, "price": price} | more


def buy(day: str, quantity: float, price: float, **more: Any) -> dict[str, Any]:
    return trade(day, "BUY", quantity, price, **more)


def sell(day: str, quantity: float, price: float, **more: Any) -> dict[str, Any]:
    return trade(day, "SELL", quantity, price, **more)


def action(day: str, kind: str, **more: Any) -> dict[str, Any]:
    """One corporate action, of XYZ unless `more` says otherwise."""
    return {"date": dt.date.fromisoformat(day), "security_id": "XYZ", "kind": kind} | more


def table(rows: Iterable[dict[str, Any]], schema: pa.Schema = HISTORY) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema)


def kept(*rows: dict[str, Any], actions: Iterable[dict[str, Any]] = (), **options: Any) -> Ledger:
    """The ledger of these trades and actions."""
    acted = table(actions, ACTIONS)
    return ledger(table(rows), acted if acted.num_rows else None, Options(**options))
