"""Whose rows these are: an account once, whole, in one part, and no row without its account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.book.findings import Finding, Scope
from engine.book.validation.keys import repeats
from engine.book.validation.sheet import MOST_ROWS_TOLD, OwnedSheet, count_rest
from engine.codes import Code


def check_membership(sheets: Mapping[str, OwnedSheet], misplaced: frozenset[str]) -> Iterator[Finding]:
    """Accounts with two rows, accounts that are not whole in this part, rows whose account is not in this part."""
    accounts = sheets["accounts"]
    if len(accounts.subjects) < accounts.rows:
        for row, first in zip(*repeats(accounts, ("account_id",)), strict=True):
            what, whose = f"has a row already, row {first}", accounts.subject(int(row))
            yield accounts.finding(Scope.ACCOUNT, Code.ACCOUNT_DUPLICATE, "account_id", int(row), what, subject=whose)
    elsewhere = pa.array(sorted(misplaced), pa.string())
    if misplaced:
        split = accounts.codes("account_id", elsewhere) >= 0
        what = "has rows, or others of its household, in more than one part"
        yield from accounts.blame(Code.ACCOUNT_SPLIT, "account_id", split, what)
    for sheet in sheets.values():
        yield from _check_strays(sheet, elsewhere)


def _check_strays(sheet: OwnedSheet, elsewhere: pa.Array) -> list[Finding]:
    """One finding for each account that has rows here and itself is not here."""
    if sheet.owner.min(initial=0) >= 0:
        return []
    rows = np.flatnonzero((sheet.owner < 0) & sheet.filled("account_id"))
    names = sheet.text("account_id").take(pa.array(rows)).dictionary_encode()
    code = np.asarray(names.indices)
    first, count = np.unique(code, return_index=True)[1], np.bincount(code)
    split = np.asarray(pc.is_in(names.dictionary, value_set=elsewhere))
    nowhere = np.flatnonzero(~split)
    told = [_stray(sheet, int(rows[first[i]]), int(count[i]), False) for i in nowhere[:MOST_ROWS_TOLD]]
    told += count_rest(told, len(nowhere))
    return told + [_stray(sheet, int(rows[first[i]]), int(count[i]), True) for i in np.flatnonzero(split)]


def _stray(sheet: OwnedSheet, row: int, count: int, split: bool) -> Finding:
    what = f"is not in this part's accounts and has {count:,} row{'s' if count > 1 else ''} here"
    scope, code = (Scope.ACCOUNT, Code.ACCOUNT_SPLIT) if split else (Scope.NOTE, Code.LOT_WITHOUT_ACCOUNT)
    return sheet.finding(scope, code, "account_id", row, what, subject=sheet.cell("account_id", row))
