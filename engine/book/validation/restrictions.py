"""Restrictions: each kind with what it needs, naming what the book knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book.findings import Finding, Scope
from engine.book.schema import RESTRICTION_KINDS
from engine.book.validation.reference import Reference
from engine.book.validation.sheet import Mask, OwnedSheet
from engine.codes import Code

# For each kind, groups of columns of which exactly one is to be filled.
NEEDS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "never_buy": (("security_id",),),
    "never_sell": (("security_id",),),
    "sell_out": (("security_id",),),
    "min_weight": (("security_id", "sector"), ("value",)),
    "max_weight": (("security_id", "sector"), ("value",)),
    "screen": (("screen_id",),),
    "factor_min": (("factor",), ("value",)),
    "factor_max": (("factor",), ("value",)),
}

_NAMES: Final[Mapping[str, tuple[Code, str]]] = {
    "security_id": (Code.SECURITY_UNKNOWN, "securities"),
    "screen_id": (Code.SCREEN_MISSING, "screens"),
    "sector": (Code.VALUE_UNKNOWN, "the sectors of securities"),
    "factor": (Code.VALUE_UNKNOWN, "risk_covariance"),
}
"""Columns that name something: what is wrong where the book does not know it, and where it looks."""

_COLUMNS: Final = (*_NAMES, "value")
_NEEDED: Final = np.array(
    [
        [[column in (needs[group] if group < len(needs) else ()) for column in _COLUMNS] for needs in NEEDS.values()]
        for group in range(max(map(len, NEEDS.values())))
    ]
)
"""(groups, kinds, columns) which columns are in each group that a kind needs."""


def check_restrictions(sheet: OwnedSheet, reference: Reference) -> Iterator[Finding]:
    """Incomplete and unknown restrictions."""
    if not sheet.has("kind") or sheet.rows == 0:
        return
    kind = sheet.codes("kind", pa.array(RESTRICTION_KINDS))
    filled = {column: sheet.filled(column) for column in _COLUMNS}
    known = (reference.securities, reference.screens, reference.sectors, reference.factors)
    unknown = {
        column: filled[column] & (sheet.codes(column, values) < 0)
        for column, values in zip(_NAMES, known, strict=True)
        if filled[column].any()
    }
    unsound = ~_has_needs(kind, filled) | np.any(list(unknown.values()), axis=0)
    for position in np.unique(kind[unsound & (kind >= 0)]).tolist():
        name, mine = RESTRICTION_KINDS[position], kind == position
        yield from _check_needs(sheet, name, mine, filled)
        yield from _check_names(sheet, name, mine, unknown)
    weight = np.isin(kind, [RESTRICTION_KINDS.index("min_weight"), RESTRICTION_KINDS.index("max_weight")])
    value = sheet.numbers("value")
    outside = weight & np.isfinite(value) & ((value < 0) | (value > 1))
    limit = "at least 0 and at most 1"
    yield from sheet.blame(Code.VALUE_OUT_OF_RANGE, "value", outside, f"is not {limit}", limit=limit)


def _has_needs(kind: NDArray[np.int32], filled: Mapping[str, Mask]) -> Mask:
    """True for rows (rows,) that have of each group that their kind needs exactly one, and whose kind is known."""
    there = np.stack([filled[column] for column in _COLUMNS], axis=1)
    needed = _NEEDED[:, kind]
    found = np.count_nonzero(needed & there, axis=2)
    has: Mask = ((found == 1) | ~needed.any(axis=2)).all(axis=0) & (kind >= 0)
    return has


def _check_needs(sheet: OwnedSheet, kind: str, mine: Mask, filled: Mapping[str, Mask]) -> Iterator[Finding]:
    for group in NEEDS[kind]:
        count = sum(filled[column].astype(np.int64) for column in group)
        choice = " or ".join(group)
        yield from sheet.blame(
            Code.RESTRICTION_INVALID, group[0], mine & (count == 0), f"is empty; {kind} needs {choice}"
        )
        yield from sheet.blame(
            Code.RESTRICTION_INVALID, group[0], mine & (count > 1), f"is one too many; {kind} takes either {choice}"
        )


def _check_names(sheet: OwnedSheet, kind: str, mine: Mask, unknown: Mapping[str, Mask]) -> Iterator[Finding]:
    """Unknown names. A rule that keeps off an unknown security keeps itself: a note. One that asks for it cannot."""
    needed = {column for group in NEEDS[kind] for column in group}
    for column, (code, where) in _NAMES.items():
        if column in needed and column in unknown:
            harmless = column == "security_id" and kind != "min_weight"
            scope = Scope.NOTE if harmless else Scope.ACCOUNT
            remedy = f"Correct the {column}; it is not in {where}." if code is Code.VALUE_UNKNOWN else ""
            what = f"is not in {where}"
            yield from sheet.blame(code, column, mine & unknown[column], what, remedy=remedy, scope=scope)
