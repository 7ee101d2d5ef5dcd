"""Columns against the contract, from a file's footer alone."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from engine.book.findings import Finding, Scope
from engine.book.schema import BOOK_TABLES, Column, Kind, Table
from engine.codes import Code

_EXPECTED: Final = {
    Kind.TEXT: "text (UTF-8 string)",
    Kind.NUMBER: "a number (float64, decimal or integer)",
    Kind.INTEGER: "an integer",
    Kind.DATE: "a date (date32)",
    Kind.BOOL: "true or false (bool)",
}
_TEXT_DATE: Final = (
    "Write the column as date32, for example CAST({0} AS DATE) in DuckDB or pandas.to_datetime(df['{0}']).dt.date; "
    "dates in text are not guessed at."
)


def check_schema(table: str, schema: pa.Schema, file: str) -> list[Finding]:
    """Required columns that are missing and columns of the wrong kind, as findings of scope BOOK.

    `table` is a name of the contract. Columns that the contract does not know are none of our business.
    """
    return check_columns(BOOK_TABLES[table], schema, file)


def check_columns(spec: Table, schema: pa.Schema, file: str) -> list[Finding]:
    """As `check_schema`, for a table that is no part of a book."""
    return [
        finding for column in spec.columns if (finding := _check_column(spec.name, column, schema, file)) is not None
    ]


def _check_column(table: str, column: Column, schema: pa.Schema, file: str) -> Finding | None:
    found = schema.get_all_field_indices(column.name)
    expected = _EXPECTED[column.kind]
    if not found:
        if not column.required:
            return None
        what = f"the column is missing ({column.meaning}; {expected})"
        return Finding(Scope.BOOK, Code.COLUMN_MISSING.name, table, column.name, what, Code.COLUMN_MISSING.value, file)
    if len(found) > 1:
        what = f"the column is there {len(found)} times"
        return Finding(Scope.BOOK, Code.COLUMN_TYPE.name, table, column.name, what, "Keep one of them.", file)
    dtype = schema.field(column.name).type
    if column.kind.accepts(dtype):
        return None
    return Finding(
        scope=Scope.BOOK,
        code=Code.COLUMN_TYPE.name,
        table=table,
        column=column.name,
        message=f"the column is {dtype}, not {expected}",
        remedy=_remedy(column, dtype),
        file=file,
        value=str(dtype),
        limit=expected,
    )


def _remedy(column: Column, dtype: pa.DataType) -> str:
    if column.kind is Kind.DATE and Kind.TEXT.accepts(dtype):
        return _TEXT_DATE.format(column.name)
    return Code.COLUMN_TYPE.value
