"""Settings at three levels: account row, its policy, the firm, the default; the nearest non-null value wins.

Contract, section 2.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.schema import SETTING_COLUMNS, Column, Kind
from engine.errors import InputRefused

NULL: Final = float("nan")
DEFAULTS: Final[dict[str, float | bool | str]] = {
    "risk_aversion": 20.0,
    "tracking_error_target": NULL,
    "tax_sensitivity": 1.0,
    "st_rate": 0.408,
    "lt_rate": 0.238,
    "harvest": True,
    "loss_value": 0.5,
    "ordinary_offset": 3000.0,
    "gain_budget": NULL,
    "tax_budget": NULL,
    "forced_loss": NULL,
    "preserve_until": NULL,
    "cash_target": 0.01,
    "cash_min": 0.005,
    "cash_max": NULL,  # resolves to cash_target + 0.01
    "drift_band": 0.005,
    "min_trade_usd": 100.0,
    "min_position_usd": 0.0,
    "max_turnover": NULL,
    "min_benefit_bp": 0.5,
    "ticket_usd": 0.0,
    "expense_horizon_years": 1.0,
    "harvest_option": 1.0,
    "max_price_age_days": 7.0,
    "sector_band": 0.03,
    "band_penalty": 0.01,
    "max_weight": NULL,
    "transition_until": NULL,
    "wash_policy": "avoid",
    "wash_tacking": "days",
    "wash_before_lot": "count",
    "wash_same_day": "count",
    "wash_sold_earlier": "ignore",
}
CASH_BAND: Final = 0.01


@dataclass(frozen=True)
class SettingsBlock:
    """Resolved settings of a block of accounts: one float64 array (accounts,) a setting.

    NaN is null. Booleans are 0 or 1, dates are days since 1970-01-01, texts are positions in the column's choices.
    """

    values: Mapping[str, NDArray[np.float64]]

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        return self.values[name]

    def take(self, rows: NDArray[np.int64]) -> SettingsBlock:
        """The settings of some of the accounts."""
        return SettingsBlock({name: values[rows] for name, values in self.values.items()})


def firm_settings(table: Mapping[str, object]) -> dict[str, object]:
    """Check the `[settings]` table of a run's TOML. Raises `InputRefused` that names every wrong key."""
    faults = []
    for name, value in table.items():
        column = SETTING_COLUMNS.get(name)
        fault = "no such setting" if column is None else _fault(column, value)
        if fault:
            faults.append(f"{name} = {value!r}: {fault}")
    if faults:
        raise InputRefused(
            "wrong settings: " + "; ".join(faults),
            where="[settings]",
            remedy="Names, meanings and ranges are listed under settings in the documentation.",
        )
    return dict(table)


def _fault(column: Column, value: object) -> str:
    """What is wrong with a setting's value, or nothing."""
    if column.kind is Kind.BOOL:
        return "" if isinstance(value, bool) else "expected true or false"
    if column.kind is Kind.DATE:
        return "" if type(value) is datetime.date else "expected a date without quotes, YYYY-MM-DD"
    if column.kind is Kind.TEXT:
        return "" if value in column.choices else f"expected one of {', '.join(column.choices)}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "expected a number"
    if column.above is not None and not value > column.above:
        return f"must be above {column.above:g}"
    if column.least is not None and not value >= column.least:
        return f"must be at least {column.least:g}"
    if column.most is not None and not value <= column.most:
        return f"must be at most {column.most:g}"
    return ""


def encode(column: Column, value: object) -> float:
    """One setting's value as the float that `SettingsBlock` holds."""
    if value is None:
        return NULL
    if isinstance(value, datetime.date):
        return float((value - datetime.date(1970, 1, 1)).days)
    if isinstance(value, str):
        return float(column.choices.index(value))
    if isinstance(value, bool | int | float):
        return float(value)
    raise TypeError(f"{column.name}: {value!r}")


def decode(table: pa.Table, column: Column) -> NDArray[np.float64]:
    """A setting's column of a table, NaN where null or absent; shape (rows,)."""
    if column.name not in table.column_names:
        return np.full(table.num_rows, NULL)
    return decoded(table[column.name], column)


def decoded(source: pa.ChunkedArray, column: Column) -> NDArray[np.float64]:
    """A setting's column, NaN where null; shape (rows,)."""
    source = columns.flat(source)
    if source.null_count == len(source):
        return np.full(len(source), NULL)
    if column.kind is Kind.TEXT:
        index = columns.codes(source, pa.array(column.choices))
        return np.where(index < 0, NULL, index.astype(np.float64))
    if column.kind is Kind.DATE:
        day = columns.days(source)
        return np.where(day == columns.NO_DATE, NULL, day.astype(np.float64))
    return columns.numbers(source)


def divided_offset(
    limit: NDArray[np.float64], value: NDArray[np.int64], household: NDArray[np.int64], taxable: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Each account's part of its household's deductible loss, USD (accounts,): by value over its taxable accounts.

    `limit` is `ordinary_offset`, `value` in any one unit, `household` numbers households (contract, section 2).
    """
    taxed = np.where(taxable, value, 0).astype(np.float64)
    whole = np.bincount(household, weights=taxed)[household] if len(taxed) else taxed
    share: NDArray[np.float64] = np.divide(taxed, whole, out=np.zeros_like(taxed), where=whole > 0)
    return limit * share


@dataclass(frozen=True)
class Levels:
    """What an account has where its own row says nothing: its policy's value, else the firm's, else the default.

    `policies` are the policies' names; `values` (settings, policies + 1) in the order of the contract's settings, the
    last column for accounts without a policy.
    """

    policies: pa.Array
    values: NDArray[np.float64]

    @classmethod
    def of(cls, policies: pa.Table | None, firm: Mapping[str, object]) -> Levels:
        """The levels of a firm: its policies, and the settings of its run."""
        names = pa.array([], pa.string()) if policies is None else columns.text(policies["policy_id"])
        values = np.empty((len(SETTING_COLUMNS), len(names) + 1))
        for level, (name, column) in zip(values, SETTING_COLUMNS.items(), strict=True):
            level[:] = encode(column, firm.get(name, DEFAULTS[name]))
            if policies is not None:
                own = decode(policies, column)
                level[:-1] = np.where(np.isnan(own), level[:-1], own)
        return cls(names, values)


def resolve(accounts: pa.Table, levels: Levels) -> SettingsBlock:
    """Settings of every row of `accounts`: its own value, else what its level says."""
    if len(levels.policies) and "policy_id" in accounts.column_names:
        values = levels.values[:, columns.codes(accounts["policy_id"], levels.policies)]
    else:
        values = np.repeat(levels.values[:, -1:], accounts.num_rows, axis=1)
    resolved = dict(zip(SETTING_COLUMNS, values, strict=True))
    for name, source in zip(accounts.column_names, accounts.columns, strict=True):
        if name in SETTING_COLUMNS:
            own = decoded(source, SETTING_COLUMNS[name])
            np.copyto(resolved[name], own, where=~np.isnan(own))
    cap = resolved["cash_max"]
    np.copyto(cap, resolved["cash_target"] + CASH_BAND, where=np.isnan(cap))
    return SettingsBlock(resolved)
