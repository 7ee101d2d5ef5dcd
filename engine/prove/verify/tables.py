"""Raw Arrow tables, as delivered, to DuckDB tables of known columns and types.

The verifier keeps its own list of the columns it reads, so that a mistake in the reader's schema cannot hide here.
A column or table that is absent reads as null; what cannot be read (NaN, infinity, too large) reads as null too, and
null passes no check.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import duckdb
import pyarrow as pa

from engine.prove.verify.kinds import Kind
from engine.prove.verify.settings import SETTING_KINDS

_DECIMALS: Final = {Kind.SHARES: 6, Kind.MONEY: 2}
_ACCOUNT: Final = {"account_id": Kind.TEXT}
INPUTS: Final[dict[str, dict[str, Kind]]] = {
    "securities": {
        "security_id": Kind.TEXT,
        "sector": Kind.TEXT,
        "price": Kind.SHARES,
        "price_date": Kind.DATE,
        "half_spread_bps": Kind.REAL,
        "adv_shares": Kind.REAL,
        "fractional": Kind.BOOL,
        "tradable": Kind.BOOL,
        "wash_group": Kind.TEXT,
    },
    "models": {"model_id": Kind.TEXT, "security_id": Kind.TEXT, "child_model_id": Kind.TEXT, "weight": Kind.REAL},
    "risk_exposures": {"security_id": Kind.TEXT, "factor": Kind.TEXT, "exposure": Kind.REAL},
    "risk_covariance": {"factor_1": Kind.TEXT, "factor_2": Kind.TEXT, "covariance": Kind.REAL},
    "risk_specific": {"security_id": Kind.TEXT, "variance": Kind.REAL},
    "screens": {"screen_id": Kind.TEXT, "security_id": Kind.TEXT},
    "substitutes": {"security_id": Kind.TEXT, "substitute_id": Kind.TEXT},
    "policies": {"policy_id": Kind.TEXT, **SETTING_KINDS},
    "accounts": _ACCOUNT
    | {
        "household_id": Kind.TEXT,
        "model_id": Kind.TEXT,
        "policy_id": Kind.TEXT,
        "tax_status": Kind.TEXT,
        "cash": Kind.MONEY,
        "realised_st_ytd": Kind.REAL,
        "realised_lt_ytd": Kind.REAL,
        "carryforward_st": Kind.REAL,
        "carryforward_lt": Kind.REAL,
        **SETTING_KINDS,
    },
    "lots": _ACCOUNT
    | {
        "lot_id": Kind.TEXT,
        "security_id": Kind.TEXT,
        "quantity": Kind.SHARES,
        "cost_basis": Kind.REAL,
        "acquired": Kind.DATE,
        "holding_start": Kind.DATE,
        "locked": Kind.BOOL,
    },
    "restrictions": _ACCOUNT
    | {
        "kind": Kind.TEXT,
        "security_id": Kind.TEXT,
        "sector": Kind.TEXT,
        "screen_id": Kind.TEXT,
        "value": Kind.REAL,
    },
    "activity": _ACCOUNT
    | {
        "trade_date": Kind.DATE,
        "sequence": Kind.INTEGER,
        "security_id": Kind.TEXT,
        "side": Kind.TEXT,
        "quantity": Kind.SHARES,
        "price": Kind.SHARES,
        "lot_id": Kind.TEXT,
        "realised_gain": Kind.REAL,
        "wash_disallowed": Kind.REAL,
        "holding_start": Kind.DATE,
    },
    "flows": _ACCOUNT | {"amount": Kind.REAL},
}
OUTPUTS: Final[dict[str, dict[str, Kind]]] = {
    "trades": {
        "run_id": Kind.TEXT,
        "account_id": Kind.TEXT,
        "security_id": Kind.TEXT,
        "side": Kind.TEXT,
        "lot_id": Kind.TEXT,
        "quantity": Kind.SHARES,
        "price": Kind.SHARES,
        "amount": Kind.MONEY,
        "cost_basis": Kind.MONEY,
        "wash_disallowed": Kind.MONEY,
        "realised_gain": Kind.MONEY,
        "term": Kind.TEXT,
        "reason": Kind.TEXT,
    },
    "results": {
        "account_id": Kind.TEXT,
        "status": Kind.TEXT,
        "code": Kind.TEXT,
        "value": Kind.MONEY,
        "te_before": Kind.REAL,
        "te_after": Kind.REAL,
        "target_id": Kind.TEXT,
        "drift_before": Kind.REAL,
        "drift_after": Kind.REAL,
        "turnover": Kind.REAL,
        "realised_st": Kind.MONEY,
        "realised_lt": Kind.MONEY,
        "tax_cost": Kind.MONEY,
        "tax_blind": Kind.MONEY,
        "tax_saved_or_deferred": Kind.MONEY,
        "saved_by_lot_choice": Kind.MONEY,
        "deferred_gains": Kind.MONEY,
        "harvested": Kind.MONEY,
        "cash_before": Kind.MONEY,
        "cash_after": Kind.MONEY,
        "objective_bp": Kind.REAL,
        "gap_bp": Kind.REAL,
        "solver": Kind.TEXT,
    },
    "exceptions": {"account_id": Kind.TEXT, "code": Kind.TEXT, "severity": Kind.TEXT},
    "targets": {"target_id": Kind.TEXT, "security_id": Kind.TEXT, "weight": Kind.REAL},
    "orders": {
        "security_id": Kind.TEXT,
        "side": Kind.TEXT,
        "quantity": Kind.SHARES,
        "amount": Kind.MONEY,
        "accounts": Kind.REAL,
    },
}


def connect() -> duckdb.DuckDBPyConnection:
    """A database in memory: one thread (a worker is one core), no disk, no network."""
    return duckdb.connect(
        ":memory:",
        config={
            "threads": 1,
            "temp_directory": "",
            "python_enable_replacements": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )


def load(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table], columns: Mapping[str, Mapping[str, Kind]]
) -> None:
    """Make one DuckDB table for each entry of `columns`, empty where `tables` has none."""
    for name, kinds in columns.items():
        table = _readable(tables.get(name, pa.table({})), kinds)
        fields = {field.name: field.type for field in table.schema}
        chosen = ", ".join(_expression(column, kind, fields.get(column)) for column, kind in kinds.items())
        if not fields:
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {chosen} WHERE false")
            continue
        connection.register(f"raw_{name}", table)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {chosen} FROM raw_{name}")
        connection.unregister(f"raw_{name}")


def _readable(table: pa.Table, kinds: Mapping[str, Kind]) -> pa.Table:
    """Only the columns in `kinds`, in types that DuckDB reads: 256-bit decimals and 16-bit floats become float64."""
    table = table.select([name for name in dict.fromkeys(table.column_names) if name in kinds])
    for index, field in enumerate(table.schema):
        if pa.types.is_decimal256(field.type) or pa.types.is_float16(field.type):
            table = table.set_column(index, field.name, table.column(index).cast(pa.float64(), safe=False))
    return table


def _expression(column: str, kind: Kind, dtype: pa.DataType | None) -> str:
    """SQL that reads `column` as `kind`; null where the column is absent or the value does not fit.

    Floats round half up; the millionth lets a half that binary cannot hold round as it reads.
    """
    if dtype is None or pa.types.is_null(dtype):
        return f"CAST(NULL AS {kind.value}) AS {column}"
    source = f'"{column}"'
    if kind is Kind.REAL:
        return f"CASE WHEN isfinite(CAST({source} AS DOUBLE)) THEN CAST({source} AS DOUBLE) END AS {column}"
    if kind in _DECIMALS:
        decimals = _DECIMALS[kind]
        if pa.types.is_floating(dtype):
            source = f"floor(CAST({source} AS DOUBLE) * 1e{decimals} + 0.5 + 1e-6) / 1e{decimals}"
        elif pa.types.is_decimal(dtype) and dtype.scale > decimals:
            source = f"round({source}, {decimals})"
    return f"TRY_CAST({source} AS {kind.value}) AS {column}"
