"""Where each of an account's settings comes from: its own row, its policy, the firm, or the default."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from engine.book import columns
from engine.book.schema import SETTING_COLUMNS
from engine.book.settings import CASH_BAND, DEFAULTS


@dataclass(frozen=True)
class Level:
    """One setting in force: its value, None where nothing sets it, and the `level` that says so.

    `account`, `policy`, `firm` or `default`; `given` are the values of all levels that say something, nearest first.
    """

    name: str
    value: object
    level: str
    given: tuple[tuple[str, object], ...]
    meaning: str


def levels(account: pa.Table, policies: pa.Table | None, firm: Mapping[str, object]) -> list[Level]:
    """Every setting of an account, in the contract's order (contract, section 2).

    `account` is its row of `accounts`, alone; `policies` the book's, `firm` the run's `[settings]`.
    """
    policy = _policy(account, policies)
    found: list[Level] = []
    for name, column in SETTING_COLUMNS.items():
        said = [("account", _value(account, name)), ("policy", _value(policy, name)), ("firm", firm.get(name))]
        given = tuple((level, value) for level, value in said if value is not None)
        level, value = given[0] if given else ("default", _default(name, found))
        found.append(Level(name, value, level, given, column.meaning))
    return found


def _default(name: str, before: list[Level]) -> object:
    """`cash_max` goes by the cash target in force."""
    if name == "cash_max":
        target = next(one.value for one in before if one.name == "cash_target")
        return float(target) + CASH_BAND  # type: ignore[arg-type]
    default = DEFAULTS[name]
    return None if isinstance(default, float) and math.isnan(default) else default


def _policy(account: pa.Table, policies: pa.Table | None) -> pa.Table | None:
    """The account's row of `policies`, alone; None where it follows none."""
    if policies is None or "policy_id" not in account.column_names:
        return None
    return policies.filter(pc.equal(columns.text(policies["policy_id"]), columns.text(account["policy_id"])[0]))


def _value(table: pa.Table | None, name: str) -> object:
    if table is None or table.num_rows == 0 or name not in table.column_names:
        return None
    value = table[name][0].as_py()
    return None if isinstance(value, float) and math.isnan(value) else value
