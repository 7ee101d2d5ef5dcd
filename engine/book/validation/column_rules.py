"""What the contract alone says about a column's values: filled, finite, within bounds, one of the choices."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book.schema import SETTING_COLUMNS, Column, Kind
from engine.book.validation.sheet import Mask, Sheet
from kernels.bounds import unknown_within


class Wrong(enum.Enum):
    """How a value may break its column's rule."""

    EMPTY = enum.auto()
    NOT_FINITE = enum.auto()
    RANGE = enum.auto()
    CHOICE = enum.auto()


@dataclass(frozen=True)
class ColumnFault:
    """The rows of a column that break one rule; `what` reads after the column's name and value."""

    column: Column
    wrong: Wrong
    faulty: Mask
    what: str
    limit: str = ""


def column_faults(sheet: Sheet) -> Iterator[ColumnFault]:
    """Every broken rule of every readable column, in the contract's order."""
    for column in sheet.spec.columns:
        if sheet.has(column.name) and (column.required or sheet.arrays[column.name].null_count < sheet.rows):
            for fault in _faults(sheet, column):
                if fault.faulty.any():
                    yield fault


def _faults(sheet: Sheet, column: Column) -> Iterator[ColumnFault]:
    if column.required and sheet.arrays[column.name].null_count:
        yield ColumnFault(column, Wrong.EMPTY, ~sheet.filled(column.name), "is empty")
    if column.kind is Kind.NUMBER:
        yield from _number_faults(sheet, column)
    if column.choices:
        unknown = sheet.codes(column.name, pa.array(column.choices)) < 0
        if np.count_nonzero(unknown) > sheet.arrays[column.name].null_count:
            choices = ", ".join(column.choices)
            unknown &= sheet.filled(column.name)
            yield ColumnFault(column, Wrong.CHOICE, unknown, f"is none of {choices}", choices)


def _number_faults(sheet: Sheet, column: Column) -> Iterator[ColumnFault]:
    values = sheet.numbers(column.name)
    unknown = unknown_within(values, *_ends(column))
    if unknown == sheet.arrays[column.name].null_count or (unknown > 0 and nan_is_null(sheet, column)):
        return
    strange = ~np.isfinite(values)
    if strange.any():
        strange &= sheet.filled(column.name)
        if nan_is_null(sheet, column):
            strange &= ~np.isnan(values)
        yield ColumnFault(column, Wrong.NOT_FINITE, strange, "is not a finite number")
    outside = _outside(column, values)
    if outside.any():
        yield ColumnFault(
            column, Wrong.RANGE, outside & np.isfinite(values), f"is not {bounds(column)}", bounds(column)
        )


def _ends(column: Column) -> tuple[float, float, float]:
    """A column's bounds, infinite where it has none: above, at least, at most."""
    above, least, most = column.above, column.least, column.most
    return -np.inf if above is None else above, -np.inf if least is None else least, np.inf if most is None else most


def _outside(column: Column, values: NDArray[np.float64]) -> Mask:
    """True where a value is not finite or beyond the column's bounds; (values,)."""
    outside = ~np.isfinite(values)
    if column.above is not None:
        outside |= values <= column.above
    if column.least is not None:
        outside |= values < column.least
    if column.most is not None:
        outside |= values > column.most
    return outside


def nan_is_null(sheet: Sheet, column: Column) -> bool:
    """Optional numbers with a default may be written as NaN; an account's tax position may not."""
    return not column.required and (column.name in SETTING_COLUMNS or not sheet.spec.per_part)


def bounds(column: Column) -> str:
    """A column's range in words: `at least 0 and at most 1`."""
    parts = (("above", column.above), ("at least", column.least), ("at most", column.most))
    return " and ".join(f"{word} {bound:g}" for word, bound in parts if bound is not None)
