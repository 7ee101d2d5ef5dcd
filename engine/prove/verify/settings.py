"""The settings that the verifier checks, with its own copy of the defaults (contract, section 2).

The nearest non-null value wins: account row, policy, firm, default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import duckdb

from engine.prove.verify.kinds import Kind

_SETTINGS: Final[dict[str, tuple[Kind, object]]] = {
    "st_rate": (Kind.REAL, 0.408),
    "lt_rate": (Kind.REAL, 0.238),
    "loss_value": (Kind.REAL, 0.5),
    "ordinary_offset": (Kind.REAL, 3000.0),
    "gain_budget": (Kind.REAL, None),
    "tax_budget": (Kind.REAL, None),
    "preserve_until": (Kind.DATE, None),
    "cash_target": (Kind.REAL, 0.01),
    "cash_min": (Kind.REAL, 0.005),
    "drift_band": (Kind.REAL, 0.005),
    "min_trade_usd": (Kind.REAL, 100.0),
    "min_position_usd": (Kind.REAL, 0.0),
    "max_turnover": (Kind.REAL, None),
    "max_price_age_days": (Kind.REAL, 7.0),
    "max_weight": (Kind.REAL, None),
    "wash_policy": (Kind.TEXT, "avoid"),
    "wash_tacking": (Kind.TEXT, "days"),
    "wash_before_lot": (Kind.TEXT, "count"),
    "wash_same_day": (Kind.TEXT, "count"),
    "wash_sold_earlier": (Kind.TEXT, "ignore"),
}
SETTING_KINDS: Final = {name: kind for name, (kind, _) in _SETTINGS.items()}
DEFAULTS: Final = {name: default for name, (_, default) in _SETTINGS.items()}


def load_firm_settings(connection: duckdb.DuckDBPyConnection, firm: Mapping[str, object]) -> None:
    """Make the one-row table `firm_settings`: the firm's value of each setting, else the default."""
    chosen = [default if _absent(firm.get(name)) else firm[name] for name, default in DEFAULTS.items()]
    columns = ", ".join(f"CAST(? AS {kind.value}) AS {name}" for name, kind in SETTING_KINDS.items())
    connection.execute(f"CREATE TEMP TABLE firm_settings AS SELECT {columns}", chosen)


def _absent(value: object) -> bool:
    return value is None or value != value


def resolved(account: str, policy: str, firm: str) -> str:
    """SQL that picks each setting from the tables with these aliases, the nearest non-null one first."""
    return ",\n       ".join(
        f"coalesce({account}.{name}, {policy}.{name}, {firm}.{name}) AS {name}" for name in SETTING_KINDS
    )
