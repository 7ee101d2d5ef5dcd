"""An account's settings as they come out of the three levels: in order, and supported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from engine.book import columns
from engine.book.accounts import household_numbers
from engine.book.findings import Finding, Scope
from engine.book.schema import SETTING_COLUMNS
from engine.book.settings import SettingsBlock, decode
from engine.book.validation.reference import Reference
from engine.book.validation.sheet import Mask, OwnedSheet, Sheet
from engine.book.validation.unsupported import UNSUPPORTED
from engine.codes import Code


def check_settings(
    accounts: OwnedSheet, settings: SettingsBlock, reference: Reference, files: Mapping[str, str]
) -> Iterator[Finding]:
    """Cash settings out of order, and settings that this version does not act on, each where it is set."""
    yield from _check_cash(accounts, settings)
    yield from _check_wash_policy(accounts, settings)
    for name in UNSUPPORTED:
        asked = ~np.isnan(settings[name])
        if asked.any():
            own = ~np.isnan(decode(accounts.data, SETTING_COLUMNS[name]))
            what = "is not supported yet"
            yield from accounts.blame(Code.SETTING_UNSUPPORTED, name, asked & own, what)
            yield from _by_policy(accounts, name, asked & ~own, reference.policies, files)


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


def _by_policy(
    accounts: OwnedSheet, name: str, asked: Mask, policies: pa.Table | None, files: Mapping[str, str]
) -> Iterator[Finding]:
    """Followers of a policy that asks for what is not supported; the finding points at the policy."""
    if policies is None or not asked.any():
        return
    sheet = Sheet.of("policies", {"policies": policies}, files)
    policy = accounts.codes("policy_id", sheet.text("policy_id"))
    for row in np.flatnonzero(asked & (policy >= 0) & (accounts.owner >= 0)):
        subject = accounts.subject(int(row))
        what = f"is not supported yet, and {subject} follows the policy"
        if sheet.filled(name)[policy[row]]:
            yield sheet.finding(Scope.ACCOUNT, Code.SETTING_UNSUPPORTED, name, int(policy[row]), what, subject=subject)
