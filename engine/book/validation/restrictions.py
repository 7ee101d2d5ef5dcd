"""Restrictions: each kind with what it needs, naming what the book knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pyarrow as pa

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


def check_restrictions(sheet: OwnedSheet, reference: Reference) -> Iterator[Finding]:
    """Incomplete and unknown restrictions."""
    if not sheet.has("kind") or sheet.rows == 0:
        return
    kind = sheet.codes("kind", pa.array(RESTRICTION_KINDS))
    for position, name in enumerate(RESTRICTION_KINDS):
        mine = kind == position
        if mine.any():
            yield from _check_needs(sheet, name, mine)
            yield from _check_names(sheet, name, mine, reference)
    weight = np.isin(kind, [RESTRICTION_KINDS.index("min_weight"), RESTRICTION_KINDS.index("max_weight")])
    value = sheet.numbers("value")
    outside = weight & np.isfinite(value) & ((value < 0) | (value > 1))
    limit = "at least 0 and at most 1"
    yield from sheet.blame(Code.VALUE_OUT_OF_RANGE, "value", outside, f"is not {limit}", limit=limit)


def _check_needs(sheet: OwnedSheet, kind: str, mine: Mask) -> Iterator[Finding]:
    for group in NEEDS[kind]:
        filled = np.sum([sheet.filled(column) for column in group], axis=0)
        choice = " or ".join(group)
        yield from sheet.blame(
            Code.RESTRICTION_INVALID, group[0], mine & (filled == 0), f"is empty; {kind} needs {choice}"
        )
        yield from sheet.blame(
            Code.RESTRICTION_INVALID, group[0], mine & (filled > 1), f"is one too many; {kind} takes either {choice}"
        )


def _check_names(sheet: OwnedSheet, kind: str, mine: Mask, reference: Reference) -> Iterator[Finding]:
    """Unknown names. A rule that keeps off an unknown security keeps itself: a note. One that asks for it cannot."""
    needed = {column for group in NEEDS[kind] for column in group}
    rules = (
        ("security_id", reference.securities, Code.SECURITY_UNKNOWN, "securities"),
        ("screen_id", reference.screens, Code.SCREEN_MISSING, "screens"),
        ("sector", reference.sectors, Code.VALUE_UNKNOWN, "the sectors of securities"),
        ("factor", reference.factors, Code.VALUE_UNKNOWN, "risk_covariance"),
    )
    for column, known, code, where in rules:
        if column in needed:
            unknown = mine & sheet.filled(column) & (sheet.codes(column, known) < 0)
            harmless = column == "security_id" and kind != "min_weight"
            scope = Scope.NOTE if harmless else Scope.ACCOUNT
            remedy = f"Correct the {column}; it is not in {where}." if code is Code.VALUE_UNKNOWN else ""
            yield from sheet.blame(code, column, unknown, f"is not in {where}", remedy=remedy, scope=scope)
