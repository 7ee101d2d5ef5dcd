"""Columns of the new book from those of the old: what did not change keeps its value and its type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book import columns
from engine.ledger.rows import Ints

Flags = NDArray[np.bool_]
CENT = 100


def old_rows(table: pa.Table, row: Ints) -> pa.Table:
    """The old table's rows by number, nulls where `row` (rows,) is negative."""
    return table.take(pa.array(row, mask=row < 0))


def put(table: pa.Table, name: str, changed: Flags, values: pa.Array) -> pa.Table:
    """Replace a column's values where `changed` (rows,). A column that is absent is added.

    Text and dates take the type of `values`. Numbers stay floating where they were, else become the wider decimal of
    the two, so that nothing is cut off.
    """
    if name not in table.column_names:
        return table.append_column(name, pc.if_else(pa.array(changed), values, pa.scalar(None, values.type)))
    old = columns.flat(table[name])
    dtype = _type(old.type, values.type)
    merged = pc.if_else(pa.array(changed), pc.cast(values, dtype), pc.cast(old, dtype))
    return table.set_column(table.column_names.index(name), name, merged)


def put_scaled(table: pa.Table, name: str, changed: Flags, values: Ints, dtype: pa.Decimal128Type) -> pa.Table:
    """`put` of unscaled integers: decimals of `dtype`, or the nearest floating number where the column is floating."""
    if name in table.column_names and pa.types.is_floating(table[name].type):
        return put(table, name, changed, pa.array(values / 10**dtype.scale))
    return put(table, name, changed, columns.decimals(values, dtype))


def cents(table: pa.Table, name: str) -> Ints:
    """A money column in cents, 0 where it is null or absent."""
    return columns.scaled(columns.optional(table, name, pa.float64()), CENT)


def dates(days: NDArray[np.int32]) -> pa.Array:
    """Days as dates, null for `columns.NO_DATE`."""
    return pa.array(days, pa.date32(), mask=days == columns.NO_DATE)


def _type(old: pa.DataType, new: pa.DataType) -> Any:
    if pa.types.is_floating(old):
        return pa.float64()
    if pa.types.is_decimal(new):
        return pa.decimal128(38, max(new.scale, old.scale if pa.types.is_decimal(old) else 0))
    return new
