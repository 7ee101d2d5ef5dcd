"""Households whose trades the verifier refuses: they are left alone, so that the rest of the book can be published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from engine.book import columns
from engine.book.findings import Finding, Scope
from engine.book.roll import household_numbers
from engine.codes import Code
from engine.prove.verify import Violation

AT_MOST = 0.01
"""Of a part's households. Where more are refused something is wrong with more than an account, and so is the run."""


def withheld(violations: Sequence[Violation], accounts: pa.Table) -> list[Finding]:
    """What makes the accounts that break a rule exceptions, and all of their households, whose wash sales they share.

    Empty where that would help nothing: a violation is of no account of the part, or more than a hundredth of the
    part's households have one (one household always may).
    """
    ids = columns.text(accounts["account_id"])
    household, known = household_numbers(accounts, ids), ids.to_pylist()
    row = {account: number for number, account in enumerate(known)}
    if not all(violation.account_id in row for violation in violations):
        return []
    concerned = np.unique(household[[row[violation.account_id] for violation in violations]])
    if len(concerned) > max(1, int(AT_MOST * len(np.unique(household)))):
        return []
    said = _by_household(violations, {account: int(household[row[account]]) for account in known})
    rows = np.flatnonzero(np.isin(household, concerned))
    return [_finding(known[number], said[int(household[number])]) for number in rows.tolist()]


def _by_household(violations: Sequence[Violation], household: Mapping[str, int]) -> dict[int, Violation]:
    """The first violation of each household."""
    return {household[violation.account_id]: violation for violation in reversed(violations)}


def _finding(account: str, violation: Violation) -> Finding:
    whose = "its trades" if account == violation.account_id else f"those of {violation.account_id} in its household"
    return Finding(
        scope=Scope.ACCOUNT,
        code=Code.WITHHELD.name,
        table="trades",
        column="",
        message=f"{whose} would break a rule, {violation}",
        remedy=Code.WITHHELD.value,
        key=f"account_id={account}",
        subject=account,
        value=violation.rule,
    )
