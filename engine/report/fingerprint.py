"""What a table says of each account, model or name, in one number: equal where it says the same, in whatever order."""

from __future__ import annotations

from collections.abc import Collection

import duckdb
import pyarrow as pa

from engine.book.schema import Kind, Table

_SQL = {Kind.NUMBER: "DOUBLE", Kind.INTEGER: "DOUBLE", Kind.DATE: "DATE", Kind.BOOL: "BOOLEAN", Kind.TEXT: "VARCHAR"}


def fingerprints(table: pa.Table, spec: Table, by: str, without: Collection[str] = ()) -> dict[str, str]:
    """Fingerprint of all rows of each value of the column `by`, over the contract's columns but those `without`.

    Numbers count by value, whatever their type; a column that is not there counts as null.
    """
    there = set(table.column_names)
    cells = [
        f'CAST("{column.name}" AS {_SQL[column.kind]})' if column.name in there else "NULL"
        for column in spec.columns
        if column.name != by and column.name not in without
    ]
    query = f'SELECT CAST("{by}" AS VARCHAR), count(*), sum(hash({", ".join(cells)})) FROM given GROUP BY 1'
    with duckdb.connect() as connection:
        connection.register("given", table)
        return {key: f"{rows} {total}" for key, rows, total in connection.execute(query).fetchall()}


def different(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Keys whose fingerprint is not the same on both sides, or that only one side has."""
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
