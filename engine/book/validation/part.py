"""One part of the account tables: every fault of every account in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import pyarrow as pa

from engine.book.findings import Finding, Scope
from engine.book.schema import PART_TABLES
from engine.book.settings import resolve
from engine.book.validation.account_rules import check_accounts
from engine.book.validation.cells import check_cells
from engine.book.validation.holdings import check_lots, check_tacking, check_values
from engine.book.validation.membership import check_membership
from engine.book.validation.movements import check_activity
from engine.book.validation.prices import check_prices
from engine.book.validation.reference import Reference
from engine.book.validation.restrictions import check_restrictions
from engine.book.validation.setting_rules import check_settings
from engine.book.validation.sheet import MOST_TOLD_OF_ONE, OwnedSheet, Sheet


def check_part(
    reference: Reference,
    tables: Mapping[str, pa.Table],
    misplaced: frozenset[str],
    files: Mapping[str, str],
) -> list[Finding]:
    """All faults of one part: scope ACCOUNT with the account as subject, BOOK for rows without key, else NOTE.

    `misplaced` names the accounts that the book does not hold whole, with their household, in one part. `files` names
    each table's file in the findings. Columns that are missing or of the wrong kind are told by `check_schema` and
    skipped here. At most 20 findings an account; every faulty account has one.
    """
    sheets = {name: Sheet.of(name, tables, files) for name in PART_TABLES}
    ids = sheets["accounts"].text("account_id").drop_null().unique()
    owned = {name: OwnedSheet.owned(sheet, "account_id", ids, Scope.ACCOUNT) for name, sheet in sheets.items()}
    accounts, lots = owned["accounts"], owned["lots"]
    settings = resolve(accounts.data, reference.levels)
    security = lots.codes("security_id", reference.securities)
    return _at_most_each(
        [
            *check_membership(owned, misplaced),
            *check_accounts(accounts, reference),
            *(finding for sheet in owned.values() for finding in check_cells(sheet, reference.as_of)),
            *check_settings(accounts, settings),
            *check_lots(lots, security),
            *check_tacking(lots),
            *check_values(accounts, lots, security, reference),
            *check_prices(accounts, lots, security, settings["max_price_age_days"], reference, files),
            *check_restrictions(owned["restrictions"], reference),
            *check_activity(owned["activity"], reference),
        ]
    )


def _at_most_each(findings: Iterable[Finding]) -> list[Finding]:
    """The first 20 of each account; other scopes are capped where they are found."""
    told: Counter[str] = Counter()
    kept = []
    for finding in findings:
        if finding.scope is Scope.ACCOUNT:
            told[finding.subject] += 1
        if finding.scope is not Scope.ACCOUNT or told[finding.subject] <= MOST_TOLD_OF_ONE:
            kept.append(finding)
    return kept
