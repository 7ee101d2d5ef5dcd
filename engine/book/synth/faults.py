"""Accounts with one hard fault each, and the code that each must come out with.

They are added to the book, each in a household of its own: every other row is what it is without them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from engine.book.synth.market import Market
from engine.codes import Code

_STALE_DAYS = 30
_NULL_PRICE, _NAN_PRICE, _STALE_PRICE = "FAULT-NULL-PRICE", "FAULT-NAN-PRICE", "FAULT-STALE-PRICE"
_UNKNOWN = "FAULT-UNKNOWN"


@dataclass
class _Rows:
    """The rows of one faulty account, before they become Arrow."""

    account_id: str
    model_id: str
    cash: float = 25_000.0
    copies: int = 1
    lots: list[dict[str, object]] = field(default_factory=list)


def _lot(rows: _Rows, **changes: object) -> None:
    rows.lots[0].update(changes)


def _twice(rows: _Rows) -> None:
    rows.lots.append(dict(rows.lots[0]))


def _empty(rows: _Rows) -> None:
    rows.cash = -125.5
    rows.lots.clear()


def _model(rows: _Rows, model: str) -> None:
    rows.model_id = model


def _cash(rows: _Rows, cash: float) -> None:
    rows.cash = cash


def _copies(rows: _Rows) -> None:
    rows.copies = 2


FAULTS: Mapping[str, tuple[Code, Callable[[_Rows, int], None]]] = {
    "ROW-TWICE": (Code.ACCOUNT_DUPLICATE, lambda rows, _: _copies(rows)),
    "UNKNOWN-SECURITY": (Code.SECURITY_UNKNOWN, lambda rows, _: _lot(rows, security_id=_UNKNOWN)),
    "NULL-PRICE": (Code.PRICE_MISSING, lambda rows, _: _lot(rows, security_id=_NULL_PRICE)),
    "NAN-PRICE": (Code.PRICE_MISSING, lambda rows, _: _lot(rows, security_id=_NAN_PRICE)),
    "STALE-PRICE": (Code.PRICE_STALE, lambda rows, _: _lot(rows, security_id=_STALE_PRICE)),
    "LOT-TWICE": (Code.LOT_DUPLICATE, lambda rows, _: _twice(rows)),
    "NEGATIVE-QUANTITY": (Code.QUANTITY_INVALID, lambda rows, _: _lot(rows, quantity=-3.0)),
    "FUTURE-DATE": (Code.DATE_INVALID, lambda rows, today: _lot(rows, acquired=today + 20)),
    "NO-MODEL": (Code.MODEL_MISSING, lambda rows, _: _model(rows, "FAULT-NO-SUCH-MODEL")),
    "NO-VALUE": (Code.ACCOUNT_EMPTY, lambda rows, _: _empty(rows)),
    "NAN-CASH": (Code.VALUE_NOT_FINITE, lambda rows, _: _cash(rows, float("nan"))),
    "MODEL-CYCLE": (Code.MODEL_INVALID, lambda rows, _: _model(rows, "FAULT-CYCLE-1")),
    "MODEL-UNKNOWN-NAME": (Code.MODEL_INVALID, lambda rows, _: _model(rows, "FAULT-NAME")),
    "MODEL-WEIGHTS": (Code.MODEL_INVALID, lambda rows, _: _model(rows, "FAULT-WEIGHTS")),
}
"""Fault → the code expected, and what it does to the sound rows of an account, given as_of."""


def expected_codes() -> dict[str, str]:
    """Account → name of the code that it must come out with."""
    return {_account_id(fault): code.name for fault, (code, _) in FAULTS.items()}


def _account_id(fault: str) -> str:
    return f"FAULT-{fault}"


def with_faulty_firm(firm: dict[str, pa.Table], market: Market) -> dict[str, pa.Table]:
    """The firm's tables, and the securities and models that the faults need; nothing else in them changes."""
    names = [_NULL_PRICE, _NAN_PRICE, _STALE_PRICE]
    today = int(market.days[-1])
    first = firm["securities"].slice(0, 1).to_pylist()[0]
    prices = [None, float("nan"), 50.0]
    dates = [today, today, today - _STALE_DAYS]
    securities = [
        {**first, "security_id": name, "symbol": name, "name": name, "wash_group": name, "price": price}
        for name, price in zip(names, prices, strict=True)
    ]
    added = _table(firm["securities"].schema, securities, {"price_date": dates})
    variance = [{"security_id": name, "variance": 0.09} for name in names]
    exposures = [{"security_id": name, "factor": "market", "exposure": 1.0} for name in names]
    return {
        **firm,
        "securities": _joined(firm["securities"], added),
        "risk_specific": _joined(firm["risk_specific"], _table(firm["risk_specific"].schema, variance)),
        "risk_exposures": _joined(firm["risk_exposures"], _table(firm["risk_exposures"].schema, exposures)),
        "models": _joined(firm["models"], _table(firm["models"].schema, _faulty_models(market))),
    }


def _faulty_models(market: Market) -> list[dict[str, object]]:
    one, other = market.ids[0], market.ids[1]
    rows = [
        ("FAULT-CYCLE-1", None, "FAULT-CYCLE-2", 0.5),
        ("FAULT-CYCLE-1", one, None, 0.5),
        ("FAULT-CYCLE-2", None, "FAULT-CYCLE-1", 1.0),
        ("FAULT-NAME", one, None, 0.5),
        ("FAULT-NAME", _UNKNOWN, None, 0.5),
        ("FAULT-WEIGHTS", one, None, 0.5),
        ("FAULT-WEIGHTS", other, None, 0.4),
    ]
    return [dict(zip(("model_id", "security_id", "child_model_id", "weight"), row, strict=True)) for row in rows]


def with_faulty_accounts(
    tables: dict[str, pa.Table], market: Market, model: str, part: int, parts: int
) -> dict[str, pa.Table]:
    """The tables of part number `part` of `parts`, and after their rows those of the faults that fall to it."""
    today = int(market.days[-1])
    accounts: list[dict[str, object]] = []
    lots: list[dict[str, object]] = []
    for place, (fault, (_, spoil)) in enumerate(FAULTS.items()):
        if place % parts != part:
            continue
        rows = _Rows(_account_id(fault), model)
        rows.lots = [
            {
                "account_id": rows.account_id,
                "lot_id": f"L{number + 1:05d}",
                "security_id": market.ids[number],
                "quantity": 10.0,
                "cost_basis": float(market.price[number]),
                "acquired": int(market.days[market.price_row[number]]),
                "locked": False,
            }
            for number in range(2)
        ]
        spoil(rows, today)
        row = {"account_id": rows.account_id, "model_id": rows.model_id, "tax_status": "taxable", "cash": rows.cash}
        accounts += [row] * rows.copies
        lots += rows.lots
    return {
        **tables,
        "accounts": _joined(tables["accounts"], _table(tables["accounts"].schema, accounts)),
        "lots": _joined(
            tables["lots"],
            _table(tables["lots"].schema, lots, {"acquired": [lot["acquired"] for lot in lots]}),
        ),
    }


def _table(
    schema: pa.Schema, rows: list[dict[str, object]], days: Mapping[str, Sequence[object]] | None = None
) -> pa.Table:
    """`rows` in the types of `schema`, null where a row lacks a column; `days` are columns of days since 1970."""
    columns = []
    for name, dtype in zip(schema.names, schema.types, strict=True):
        if days and name in days:
            columns.append(pa.array(days[name], pa.int32()).cast(pa.date32()))
            continue
        values = [row.get(name) for row in rows]
        plain = dtype.value_type if pa.types.is_dictionary(dtype) else dtype
        array = pa.array(values, plain)
        columns.append(array.dictionary_encode() if pa.types.is_dictionary(dtype) else array)
    return pa.table(columns, schema=schema)


def _joined(table: pa.Table, added: pa.Table) -> pa.Table:
    return pa.concat_tables([table, added]).unify_dictionaries()
