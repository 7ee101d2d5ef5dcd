"""Every Arrow type in which a delivery may hold its text."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

TEXT_TYPES = [pa.string_view(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())]


def as_text(table: pa.Table, dtype: pa.DataType) -> pa.Table:
    """The table with its text in this type."""
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(dtype))
    return table


def write_as(folder: Path, dtype: pa.DataType) -> None:
    """Write every Parquet file below the folder again with its text in this type."""
    for path in folder.rglob("*.parquet"):
        pq.write_table(as_text(pq.read_table(path), dtype), path)
