"""Which inputs of two books differ, and whom that concerns: what a change of an account's outcome can come from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from engine.book import columns
from engine.book.schema import BOOK_TABLES
from engine.report.fingerprint import different, fingerprints

OWN = {
    "accounts": "its own row",
    "lots": "its lots",
    "restrictions": "its restrictions",
    "activity": "its recent trades",
    "flows": "its flows",
}
"""Account tables, and how a change in one is told."""
_RISK = ("risk_exposures", "risk_covariance", "risk_specific")

Tables = Mapping[str, pa.Table]


@dataclass(frozen=True)
class FirmChanges:
    """What differs between two books of the firm's: ids of models (those that hold a changed one among them), ..."""

    models: frozenset[str]
    screens: frozenset[str]
    policies: frozenset[str]
    prices: frozenset[str]
    """Securities whose price changed."""
    securities: frozenset[str]
    """Securities of which anything else changed."""
    everyone: tuple[str, ...]
    """What concerns every account: the date, the risk model, substitutes, settings, the code."""


@dataclass
class AccountInputs:
    """What one book says of its accounts: by table and account a fingerprint, and what each is bound to."""

    prints: dict[str, dict[str, str]] = field(default_factory=lambda: {name: {} for name in OWN})
    model: dict[str, str] = field(default_factory=dict)
    policy: dict[str, str] = field(default_factory=dict)
    household: dict[str, str] = field(default_factory=dict)
    screens: dict[str, set[str]] = field(default_factory=dict)
    held: dict[str, set[str]] = field(default_factory=dict)
    """Of the securities that were asked for, those that the account holds."""

    def add(self, tables: Tables, securities: Collection[str]) -> None:
        """Take in a part."""
        for name in OWN:
            if name in tables:
                self.prints[name] |= fingerprints(tables[name], BOOK_TABLES[name], "account_id")
        accounts = tables["accounts"]
        ids = _text(accounts, "account_id")
        self.model |= dict(zip(ids, _text(accounts, "model_id"), strict=True))
        self.policy |= {one: policy for one, policy in zip(ids, _text(accounts, "policy_id"), strict=True) if policy}
        for one, household in zip(ids, _text(accounts, "household_id"), strict=True):
            self.household[one] = f"household {household}" if household else f"account {one}"
        if "restrictions" in tables:
            of = tables["restrictions"]
            for one, screen in zip(_text(of, "account_id"), _text(of, "screen_id"), strict=True):
                if screen:
                    self.screens.setdefault(one, set()).add(screen)
        lots = tables["lots"]
        chosen = lots.filter(pc.is_in(columns.text(lots["security_id"]), pa.array(sorted(securities), pa.string())))
        for one, security in zip(_text(chosen, "account_id"), _text(chosen, "security_id"), strict=True):
            self.held.setdefault(one, set()).add(security)


def firm_changes(before: Tables, after: Tables, everyone: Iterable[str]) -> FirmChanges:
    """What differs between two books' firm tables; `everyone` is what else concerns all accounts."""

    def changed(name: str, by: str, without: Collection[str] = ()) -> frozenset[str]:
        spec = BOOK_TABLES[name]
        sides = [fingerprints(one[name], spec, by, without) if name in one else {} for one in (before, after)]
        return frozenset(different(*sides))

    told = list(everyone)
    if any(changed(name, BOOK_TABLES[name].columns[0].name) for name in _RISK):
        told.append("the risk model")
    if changed("substitutes", "security_id"):
        told.append("substitutes")
    return FirmChanges(
        models=_holders(changed("models", "model_id"), before, after),
        screens=changed("screens", "screen_id"),
        policies=changed("policies", "policy_id"),
        prices=_prices(before, after),
        securities=changed("securities", "security_id", ("price", "price_date")),
        everyone=tuple(told),
    )


def _prices(before: Tables, after: Tables) -> frozenset[str]:
    """Securities on both sides whose price differs."""
    sides = [
        dict(zip(_text(one["securities"], "security_id"), columns.numbers(one["securities"]["price"]), strict=True))
        for one in (before, after)
    ]
    return frozenset(name for name in sides[0].keys() & sides[1].keys() if sides[0][name] != sides[1][name])


def _holders(changed: frozenset[str], before: Tables, after: Tables) -> frozenset[str]:
    """The changed models and all that hold one, through however many sleeves."""
    parents: dict[str, set[str]] = {}
    for tables in (before, after):
        models = tables["models"]
        for parent, child in zip(_text(models, "model_id"), _text(models, "child_model_id"), strict=True):
            if child:
                parents.setdefault(child, set()).add(parent)
    found, next_ones = set(changed), set(changed)
    while next_ones:
        next_ones = {parent for one in next_ones for parent in parents.get(one, ())} - found
        found |= next_ones
    return frozenset(found)


def _text(table: pa.Table, name: str) -> list[str]:
    """A column of text, empty where null or absent."""
    values: list[str] = pc.fill_null(columns.text(columns.optional(table, name, pa.string())), "").to_pylist()
    return values


def reasons(account: str, firm: FirmChanges, before: AccountInputs, after: AccountInputs) -> list[str]:
    """What of an account's inputs differs, in words, its household's other accounts apart."""
    if account not in before.model or account not in after.model:
        return ["a new account" if account in after.model else "no longer in the book"]
    told = list(firm.everyone)
    told += [what for name, what in OWN.items() if before.prints[name].get(account) != after.prints[name].get(account)]
    told += [f"model {one}" for one in sorted({before.model[account], after.model[account]} & firm.models)]
    policies = {side.policy.get(account, "") for side in (before, after)}
    told += [f"policy {one}" for one in sorted(policies & firm.policies)]
    screens = before.screens.get(account, set()) | after.screens.get(account, set())
    told += [f"screen {one}" for one in sorted(screens & firm.screens)]
    held = before.held.get(account, set()) | after.held.get(account, set())
    for what, names in (("the price", firm.prices), ("the row", firm.securities)):
        some = sorted(held & names)
        if some:
            told.append(f"{what} of {', '.join(some[:3])}" + (f" and {len(some) - 3} more" if len(some) > 3 else ""))
    return told
