"""Faults of the input that must make their account an exception."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from engine.prove.verify.columns import NULL, Bools, Ints
from engine.prove.verify.compiled.lot_search import find_unsound
from engine.prove.verify.compiled.words import DEFERRED, EXEMPT, TAXABLE

if TYPE_CHECKING:
    from engine.prove.verify.facts import Facts

InputFault = tuple[Ints, Callable[[int], str]]
"""The accounts of the faulty rows, by name, and what is said of each of these rows."""


def find_input_faults(facts: Facts) -> Iterator[InputFault]:
    """All faults, kind by kind."""
    yield from _of_accounts(facts)
    yield from _of_lots(facts)
    yield _of_positions(facts)


def faulty(facts: Facts) -> Bools:
    """By account: whether its input has a fault."""
    found = np.zeros(len(facts.accounts), dtype=bool)
    for accounts, _ in facts.input_faults:
        found[facts.accounts.row(accounts)] = True
    return found


def _of_accounts(facts: Facts) -> Iterator[InputFault]:
    accounts, models = facts.accounts, facts.models
    model = accounts.model.codes
    is_model = (model > 0) & (model < models.count)
    sound = models.sound[np.where(is_model, model, 0)]
    for wrong, said in (
        (accounts.copies > 1, lambda one: f"has {accounts.copies[one]} rows in accounts"),
        (~np.isin(accounts.tax, (TAXABLE, DEFERRED, EXEMPT)), lambda _: "has no known tax_status"),
        (accounts.cash == NULL, lambda _: "has no cash figure"),
        (facts.value <= 0, lambda _: "is worth nothing"),
        (~is_model, lambda _: "follows no known model"),
        (is_model & ~sound, lambda one: f"follows a faulty model, {accounts.model[one]}"),
        (~accounts.policy_known, lambda one: f"has an unknown policy, {accounts.policy[one]}"),
    ):
        yield _rows(np.arange(len(accounts)), wrong & (np.arange(len(accounts)) > 0), said)


def _of_lots(facts: Facts) -> Iterator[InputFault]:
    lots = facts.lots
    unsound = np.empty(len(lots), dtype=bool)
    find_unsound(lots.quantity, lots.cost, lots.acquired, facts.today, unsound)
    yield _rows(
        lots.account.codes,
        unsound,
        lambda row: f"has a lot without a sound quantity, cost or date, {lots.lot_id[row].as_py() or ''}",
    )
    yield _rows(lots.account.codes, facts.rows.same_name, lambda row: f"has two lots {lots.lot_id[row].as_py() or ''}")


def _of_positions(facts: Facts) -> InputFault:
    positions = facts.positions
    age = np.rint(facts.accounts.number("max_price_age_days"))[facts.accounts.row(positions.account.codes)]
    priced = facts.securities.priced_on(positions.security.codes, facts.today - age)
    return _rows(
        positions.account.codes,
        ~priced,
        lambda row: f"holds {positions.security[row]}, which is unknown, without a price or stale",
    )


def _rows(accounts: Ints, wrong: Bools, said: Callable[[int], str]) -> InputFault:
    rows = np.flatnonzero(wrong)
    return accounts[rows], lambda place: said(int(rows[place]))
