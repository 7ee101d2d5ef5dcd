"""An account's settings as they come out of the three levels, in order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from engine.book import columns
from engine.book.findings import Finding, Scope
from engine.book.roll import household_numbers
from engine.book.schema import SETTING_COLUMNS
from engine.book.settings import SettingsBlock, decode
from engine.book.validation.sheet import OwnedSheet
from engine.codes import Code


def check_settings(accounts: OwnedSheet, settings: SettingsBlock) -> Iterator[Finding]:
    """Settings that cannot hold together."""
    yield from _check_cash(accounts, settings)
    yield from _check_wash_policy(accounts, settings)


def _check_cash(accounts: OwnedSheet, settings: SettingsBlock) -> Iterator[Finding]:
    """Told where each of the three is a fraction; one that is not is told as out of range."""
    names = ("cash_min", "cash_target", "cash_max")
    low, target, high = (settings[name] for name in names)
    own = [decode(accounts.data, SETTING_COLUMNS[name]) for name in names]
    ranged = np.all([np.isnan(value) | ((value >= 0) & (value <= 1)) for value in own], axis=0)
    disordered = ranged & ((low > target) | (target > high))
    for row in np.flatnonzero(disordered & (accounts.owner >= 0)):
        found = ", ".join(f"{name} {settings[name][row]:g}" for name in names)
        yield Finding(
            Scope.ACCOUNT,
            Code.SETTINGS_CONFLICT.name,
            "accounts",
            "cash_target",
            f"{found} are out of order (an account's own values, else its policy's, the firm's, the defaults)",
            Code.SETTINGS_CONFLICT.value,
            file=accounts.file,
            row=int(row),
            key=accounts.key(int(row)),
            subject=accounts.subject(int(row)),
            value=f"{target[row]:g}",
            limit=f"between {low[row]:g} and {high[row]:g}",
        )


def _check_wash_policy(accounts: OwnedSheet, settings: SettingsBlock) -> Iterator[Finding]:
    """`ignore` is for an account alone in its household and not taxable: elsewhere it would break the law."""
    ignores = settings["wash_policy"] == SETTING_COLUMNS["wash_policy"].choices.index("ignore")
    if not ignores.any():
        return
    household = household_numbers(accounts.data, columns.text(accounts.data["account_id"]))
    alone = np.bincount(household)[household] == 1
    taxable = accounts.codes("tax_status", pa.array(["taxable"])) == 0
    for row in np.flatnonzero(ignores & (taxable | ~alone) & (accounts.owner >= 0)):
        yield Finding(
            Scope.ACCOUNT,
            Code.SETTINGS_CONFLICT.name,
            "accounts",
            "wash_policy",
            "ignore is only for an account that is alone in its household and not taxable",
            Code.SETTINGS_CONFLICT.value,
            file=accounts.file,
            row=int(row),
            key=accounts.key(int(row)),
            subject=accounts.subject(int(row)),
            value="ignore",
            limit="avoid or forbid",
        )
