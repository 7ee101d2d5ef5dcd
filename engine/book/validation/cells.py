"""Single values of the account tables: empty, not finite, out of range, unknown, in the future."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from engine.book.findings import Finding, Scope
from engine.book.schema import Kind
from engine.book.validation.column_rules import ColumnFault, Wrong, column_faults
from engine.book.validation.sheet import OwnedSheet
from engine.codes import Code

# A column that has a code of its own uses it whatever is wrong.
_OF_COLUMN: Final[Mapping[str, Code]] = {
    "quantity": Code.QUANTITY_INVALID,
    "cost_basis": Code.BASIS_INVALID,
    "security_id": Code.SECURITY_UNKNOWN,
    "model_id": Code.MODEL_MISSING,
    "lot_id": Code.NULL_VALUE,
}
_OF_WRONG: Final[Mapping[Wrong, Code]] = {
    Wrong.EMPTY: Code.VALUE_NOT_FINITE,
    Wrong.NOT_FINITE: Code.VALUE_NOT_FINITE,
    Wrong.RANGE: Code.VALUE_OUT_OF_RANGE,
    Wrong.CHOICE: Code.VALUE_UNKNOWN,
}
# Money on its way may have its day to come; what has happened may not.
_NOT_AFTER_AS_OF: Final = ("acquired", "holding_start", "trade_date")


def check_cells(sheet: OwnedSheet, as_of: int) -> Iterator[Finding]:
    """Every single value that breaks its column's rule; a row without account_id concerns the book."""
    for fault in column_faults(sheet):
        name = fault.column.name
        if name == "account_id":
            yield from sheet.tell(Scope.BOOK, Code.NULL_VALUE, name, fault.faulty, fault.what)
        else:
            yield from sheet.blame(_code(fault), name, fault.faulty, fault.what, limit=fault.limit)
    for name in _NOT_AFTER_AS_OF:
        if sheet.has(name):
            days = sheet.days(name)
            if days.max(initial=as_of) <= as_of:
                continue
            future = days > as_of
            limit = f"at most {np.datetime64(as_of, 'D')}"
            yield from sheet.blame(Code.DATE_INVALID, name, future, "is after as_of", limit=limit)


def _code(fault: ColumnFault) -> Code:
    column = fault.column
    if column.name in _OF_COLUMN:
        return _OF_COLUMN[column.name]
    if fault.wrong is Wrong.EMPTY and column.kind is Kind.DATE:
        return Code.DATE_INVALID
    if fault.wrong is Wrong.EMPTY and column.choices:
        return Code.VALUE_UNKNOWN
    return _OF_WRONG[fault.wrong]
