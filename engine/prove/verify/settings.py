"""The settings that the verifier checks, with its own copy of the defaults (contract, section 2).

The nearest non-null value wins: account row, policy, firm, default.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa

from engine.prove.verify.columns import NULL, Bools, Floats, Ints, choice, column, days, filled, reals

NUMBERS: Final[dict[str, float | None]] = {
    "st_rate": 0.408,
    "lt_rate": 0.238,
    "loss_value": 0.5,
    "ordinary_offset": 3000.0,
    "gain_budget": None,
    "forced_loss": None,
    "tracking_error_target": None,
    "tax_budget": None,
    "cash_target": 0.01,
    "cash_min": 0.005,
    "drift_band": 0.005,
    "min_trade_usd": 100.0,
    "min_position_usd": 0.0,
    "max_turnover": None,
    "max_price_age_days": 7.0,
    "max_weight": None,
}
WORDS: Final = {
    "wash_policy": ("avoid", "forbid", "ignore"),
    "wash_tacking": ("days", "date"),
    "wash_before_lot": ("count", "ignore"),
    "wash_same_day": ("count", "ignore"),
    "wash_sold_earlier": ("ignore", "count"),
}
"""What each may say; the first is the default."""
EPOCH: Final = datetime.date(1970, 1, 1)


class Settings:
    """The settings of each account, by its number; `numbers` are NaN where they are null."""

    def __init__(self, accounts: pa.Table, policies: pa.Table, policy: Ints, firm: Mapping[str, object]) -> None:
        """`policy`: the row in `policies` of each row of `accounts`, -1 for none."""
        self._tables = accounts, policies
        self._policy = policy
        self._firm = {name: value for name, value in firm.items() if value is not None and value == value}
        self.numbers: dict[str, Floats] = {name: self._number(name, default) for name, default in NUMBERS.items()}
        self.preserve_until = self._date("preserve_until")
        self.transition_until = self._date("transition_until")
        self._chosen = {name: self._word(name, words) for name, words in WORDS.items()}

    def says(self, setting: str, word: str) -> Bools:
        """The accounts whose setting is this word."""
        found: Bools = self._chosen[setting] == 1 + WORDS[setting].index(word)
        return found

    def _number(self, name: str, default: float | None) -> Floats:
        own, shared = (reals(column(table, name)) for table in self._tables)
        firm = float(str(self._firm.get(name, np.nan if default is None else default)))
        inherited = np.append(np.where(np.isnan(shared), firm, shared), firm)[self._policy]
        return np.where(np.isnan(own), inherited, own)

    def _date(self, name: str) -> Ints:
        own, shared = (days(column(table, name)) for table in self._tables)
        chosen = self._firm.get(name)
        firm = NULL if chosen is None else (datetime.date.fromisoformat(str(chosen)[:10]) - EPOCH).days
        inherited = np.append(filled(shared, firm), firm)[self._policy]
        return filled(own, inherited)

    def _word(self, name: str, words: tuple[str, ...]) -> Ints:
        """By place in `words`, from 1; -1 for another word."""
        own, shared = (choice(column(table, name), *words) for table in self._tables)
        chosen = str(self._firm.get(name, words[0]))
        firm = 1 + words.index(chosen) if chosen in words else -1
        inherited = np.append(np.where(shared == 0, firm, shared), firm)[self._policy]
        return np.where(own == 0, inherited, own)
