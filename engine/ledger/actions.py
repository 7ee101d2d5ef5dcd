"""The table of corporate actions: checked, in order, and exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.findings import Finding, Scope
from engine.book.validation.column_rules import column_faults
from engine.book.validation.sheet import Sheet
from engine.codes import Code
from engine.ledger.schema import ACTION_KINDS, CORPORATE_ACTIONS
from kernels.pieces import MERGER, NONE, RETURN_OF_CAPITAL, SPIN_OFF, SPLIT, SYMBOL

LARGEST_DENOMINATOR: Final = 10**6
PPB: Final = 10**9
_KERNEL_KIND: Final = {
    "SPLIT": SPLIT,
    "STOCK_DIVIDEND": SPLIT,
    "RETURN_OF_CAPITAL": RETURN_OF_CAPITAL,
    "SYMBOL": SYMBOL,
    "MERGER": MERGER,
    "SPIN_OFF": SPIN_OFF,
}
_NEEDS: Final = {
    "ratio": ("SPLIT", "STOCK_DIVIDEND", "SPIN_OFF"),
    "cash": ("CASH_DIVIDEND", "RETURN_OF_CAPITAL"),
    "new_security_id": ("SYMBOL", "SPIN_OFF"),
    "basis_fraction": ("SPIN_OFF",),
}
_JOINING: Final = (SYMBOL, MERGER, SPIN_OFF)


@dataclass(frozen=True)
class Actions:
    """(k,) arrays in the order in which the actions happen; of `Events` they have the columns of the same names.

    `security` and `target` number the securities of the history; `target` is NONE where there is no new one. Cash
    dividends are not here: they touch no lot.
    """

    day: NDArray[np.int32]
    kind: NDArray[np.int32]
    security: NDArray[np.int32]
    target: NDArray[np.int32]
    new: NDArray[np.int64]
    old: NDArray[np.int64]
    cash: NDArray[np.int64]
    price: NDArray[np.int64]
    basis_ppb: NDArray[np.int64]

    @property
    def joining(self) -> NDArray[np.bool_]:
        """Where an action turns one security into another, or out of it."""
        return np.asarray(np.isin(self.kind, _JOINING) & (self.target != NONE))


def check_actions(sheet: Sheet) -> Iterator[Finding]:
    """Every fault of the table; all refuse it, because an action concerns whoever holds the security."""
    for fault in column_faults(sheet):
        code = Code.NULL_VALUE if fault.what == "is empty" else Code.BAD_VALUE
        yield from sheet.tell(Scope.BOOK, code, fault.column.name, fault.faulty, fault.what, limit=fault.limit)
    kind = sheet.codes("kind", pa.array(ACTION_KINDS))
    for column, kinds in _NEEDS.items():
        missing = np.isin(kind, [ACTION_KINDS.index(name) for name in kinds]) & ~sheet.filled(column)
        what = f"is empty; {', '.join(kinds)} need{'s' if len(kinds) == 1 else ''} it"
        yield from sheet.tell(Scope.BOOK, Code.NULL_VALUE, column, missing, what)
    yield from _check_mergers(sheet, kind == ACTION_KINDS.index("MERGER"))
    names = sheet.text("security_id").unique()
    same = (sheet.codes("security_id", names) == sheet.codes("new_security_id", names)) & sheet.filled("security_id")
    yield from sheet.tell(Scope.BOOK, Code.BAD_VALUE, "new_security_id", same, "is the security itself")
    tiny = sheet.numbers("ratio") < 0.5 / LARGEST_DENOMINATOR
    yield from sheet.tell(Scope.BOOK, Code.BAD_VALUE, "ratio", tiny, "is no ratio", limit="at least 0.0000005")


def _check_mergers(sheet: Sheet, merger: NDArray[np.bool_]) -> Iterator[Finding]:
    """Shares (ratio and new_security_id), or cash, or both with the worth of a new share."""
    shares, cash = sheet.filled("ratio"), sheet.numbers("cash") > 0
    half = merger & (shares != sheet.filled("new_security_id"))
    what = "and new_security_id go together in a merger for shares"
    yield from sheet.tell(Scope.BOOK, Code.NULL_VALUE, "ratio", half, what)
    nothing = merger & ~shares & ~half & ~cash
    yield from sheet.tell(Scope.BOOK, Code.NULL_VALUE, "cash", nothing, "is empty; a merger gives shares, cash or both")
    worth = merger & shares & cash & ~sheet.filled("price")
    what = "is empty; with shares and cash the gain depends on what a new share is worth (§356)"
    yield from sheet.tell(Scope.BOOK, Code.NULL_VALUE, "price", worth, what)


def read_actions(table: pa.Table, securities: pa.Array) -> Actions:
    """The actions of a sound table, as they happen: by date, sequence (those without one last), kind and names."""
    sheet = Sheet.cut(CORPORATE_ACTIONS, table, "")
    rows = [row for row in sheet.data.to_pylist() if row["kind"] != "CASH_DIVIDEND"]
    sheet = Sheet.cut(CORPORATE_ACTIONS, in_order(rows, sheet.data.schema), "")
    kinds = [str(kind) for kind in sheet.text("kind").to_pylist()]
    ratios = [_ratio(kind, value) for kind, value in zip(kinds, _values(sheet, "ratio"), strict=True)]
    return Actions(
        day=sheet.days("date"),
        kind=np.array([_KERNEL_KIND[kind] for kind in kinds], dtype=np.int32),
        security=sheet.codes("security_id", securities),
        target=sheet.codes("new_security_id", securities),
        new=np.array([ratio.numerator for ratio in ratios], dtype=np.int64),
        old=np.array([ratio.denominator for ratio in ratios], dtype=np.int64),
        cash=_scaled(sheet, "cash", columns.MICRO),
        price=_scaled(sheet, "price", columns.MICRO),
        basis_ppb=_scaled(sheet, "basis_fraction", PPB),
    )


def in_order(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Actions as they happen: by date, sequence (those without one last), kind and names."""

    def place(row: dict[str, Any]) -> tuple[Any, ...]:
        sequence = row.get("sequence")
        names = row["kind"], row["security_id"], row.get("new_security_id") or ""
        return row["date"], sequence is None, sequence or 0, *names, repr(sorted(row.items()))

    return pa.Table.from_pylist(sorted(rows, key=place), schema)


def _values(sheet: Sheet, column: str) -> list[Any]:
    return sheet.data[column].to_pylist() if sheet.has(column) else [None] * sheet.rows


def _ratio(kind: str, value: Any) -> Fraction:
    """New shares for old, exactly what was meant by a decimal number: 0.333333333333 is a third."""
    ratio = Fraction(1) if value is None else Fraction(value).limit_denominator(LARGEST_DENOMINATOR)
    return ratio + 1 if kind == "STOCK_DIVIDEND" else ratio


def _scaled(sheet: Sheet, column: str, scale: int) -> NDArray[np.int64]:
    return columns.scaled(sheet.data[column], scale) if sheet.has(column) else np.zeros(sheet.rows, dtype=np.int64)
