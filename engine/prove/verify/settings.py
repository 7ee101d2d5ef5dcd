"""The settings that the verifier checks, with its own copy of the defaults (contract, section 2).

The nearest non-null value wins: account row, policy, firm, default.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from engine.prove.verify.columns import NULL, Bools, Floats, Ints, choice, column, days, filled, reals
from engine.prove.verify.groups import first_rows
from engine.prove.verify.names import Names
from engine.prove.verify.rows import Rows

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
DATES: Final = ("preserve_until", "transition_until")
WORDS: Final = {
    "wash_policy": ("avoid", "forbid", "ignore"),
    "wash_tacking": ("days", "date"),
    "wash_before_lot": ("count", "ignore"),
    "wash_same_day": ("count", "ignore"),
    "wash_sold_earlier": ("ignore", "count"),
}
"""What each may say; the first is the default."""
EPOCH: Final = datetime.date(1970, 1, 1)


class Policies:
    """Settings by policy, its rows as delivered; those of an absent column are not kept."""

    def __init__(self, table: pa.Table) -> None:
        self.names = Names()
        self.first = first_rows(self.names.codes(column(table, "policy_id")), len(self.names))
        """The row of each policy, -1 for null."""
        self.first[0] = -1
        here = {name: column(table, name) for name in table.column_names}
        self.numbers = {name: reals(here[name]) for name in NUMBERS if name in here}
        self.dates = {name: days(here[name]) for name in DATES if name in here}
        self.words = {name: choice(here[name], *words) for name, words in WORDS.items() if name in here}


class Settings:
    """The settings of each account, by its number; numbers are NaN where they are null."""

    def __init__(self, own: Rows, policies: Policies, policy: Ints, firm: Mapping[str, object]) -> None:
        """`policy`: the row in `policies` of each account, -1 for none."""
        self._own, self._policies, self._policy = own, policies, policy
        self._firm = {name: value for name, value in firm.items() if value is not None and value == value}
        self._numbers: dict[str, Floats] = {}
        self.preserve_until, self.transition_until = (self._date(name) for name in DATES)
        self._chosen = {name: self._word(name, words) for name, words in WORDS.items()}

    def number(self, name: str) -> Floats:
        """A setting by account."""
        if name not in self._numbers:
            default = NUMBERS[name]
            firm = float(str(self._firm.get(name, np.nan if default is None else default)))
            shared = self._policies.numbers.get(name)
            found = self._inherited(None if shared is None else np.where(np.isnan(shared), firm, shared), firm)
            if self._own.has(name):
                own = self._own.reals(name)
                found = np.where(np.isnan(own), found, own)
            self._numbers[name] = found
        return self._numbers[name]

    def says(self, setting: str, word: str) -> Bools:
        """The accounts whose setting is this word."""
        found: Bools = self._chosen[setting] == 1 + WORDS[setting].index(word)
        return found

    def _date(self, name: str) -> Ints:
        chosen = self._firm.get(name)
        firm = NULL if chosen is None else (datetime.date.fromisoformat(str(chosen)[:10]) - EPOCH).days
        shared = self._policies.dates.get(name)
        found: Ints = self._inherited(None if shared is None else filled(shared, firm), firm)
        if self._own.has(name):
            found = filled(self._own.days(name), found)
        return found

    def _word(self, name: str, words: tuple[str, ...]) -> Ints:
        """By place in `words`, from 1; -1 for another word."""
        chosen = str(self._firm.get(name, words[0]))
        firm = 1 + words.index(chosen) if chosen in words else -1
        shared = self._policies.words.get(name)
        found: Ints = self._inherited(None if shared is None else np.where(shared == 0, firm, shared), firm)
        if self._own.has(name):
            own = self._own.choice(name, *words)
            found = np.where(own == 0, found, own)
        return found

    def _inherited(self, shared: Any, firm: float) -> Any:
        """By account what its policy says, or the firm; `shared`: by row of the policies, None where none tells."""
        if shared is None:
            return np.full(len(self._policy), firm)
        return np.append(shared, firm)[self._policy]
