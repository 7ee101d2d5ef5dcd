"""Parquet tables in a storage: read the columns wanted, write the same bytes for the same content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from cluster.storage.base import Storage
from engine.errors import InputRefused, StorageError

COMPRESSION_LEVEL, RUN_COMPRESSION_LEVEL = 3, 1
BATCH = 1 << 15
"""Rows encoded at a time: the same bytes in a twentieth less time than at 1,024, pages of a part being no larger."""
ROWS_PER_GROUP = 1 << 20
KEYS = ("account_id",)
"""Columns of a run's tables by whose bounds a reader may leave row groups out."""
REPEATED = ("quantity", "price", "wash_disallowed")
"""Decimals that are mostly the same few."""


def read_table(storage: Storage, key: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Read the table, or those of `columns` that it has, in their order; of the rest nothing is fetched.

    Text comes as plain strings, however it was encoded.
    Raises `InputRefused` where the object is not a sound Parquet file, and what `Storage.open_input` raises.
    """
    where = f"{storage.uri}/{key}"
    if columns is None:
        return parse_table(storage.read(key), where)
    with storage.open_input(key) as file:
        return _read(file, where, columns)


def parse_table(
    data: bytes, where: str, columns: Sequence[str] | None = None, *, dictionaries: bool = False
) -> pa.Table:
    """As `read_table`, from a Parquet file's bytes, which came from `where`. Raises `InputRefused`.

    With `dictionaries`, text that the file holds as a dictionary comes as one: of a part's rows that takes a quarter of
    the time of plain strings, and each text is looked up once.
    """
    with pa.BufferReader(data) as file:
        return _read(file, where, columns, dictionaries=dictionaries)


def read_footer(storage: Storage, key: str) -> pq.FileMetaData:
    """A Parquet file's row groups and the bounds of their columns; nothing else is fetched. Raises `InputRefused`."""
    with storage.open_input(key) as file, _refusing(f"{storage.uri}/{key}"):
        return pq.read_metadata(file)


def open_parquet(data: bytes, where: str, dictionaries: Sequence[str] = ()) -> pq.ParquetFile:
    """A Parquet file's footer: schema, row counts, statistics. `dictionaries`: text columns to be read as such.

    Raises `InputRefused`.
    """
    with _refusing(where), pa.BufferReader(data) as file:
        metadata = pq.read_metadata(file)
    there = set(metadata.schema.names)
    kept = [name for name in dictionaries if name in there]
    with _refusing(where):
        return pq.ParquetFile(
            pa.BufferReader(data), metadata=metadata, read_dictionary=kept, page_checksum_verification=True
        )


def read_columns(file: pq.ParquetFile, where: str, columns: Sequence[str]) -> pa.Table:
    """Those of the columns that an open file has. Raises `InputRefused`."""
    with _refusing(where):
        return file.read([name for name in columns if name in file.schema_arrow.names], use_threads=False)


def table_bytes(table: pa.Table) -> bytes:
    """Return the table as a Parquet file whose bytes depend on names, types and values alone.

    Chunks are joined and dictionaries decoded first, because they show how a table was made. Columns
    but decimals are dictionary encoded in the file; pages carry checksums, which `read_table` verifies.
    """
    plain = _plain(table)
    sink = pa.BufferOutputStream()
    pq.write_table(plain, sink, row_group_size=ROWS_PER_GROUP, **parquet_options(plain.schema))
    return bytes(sink.getvalue())


def run_table_bytes(table: pa.Table) -> bytes:
    """A run's table as a Parquet file. Text in dictionaries is written as it comes, in half the time of `table_bytes`.

    So the bytes depend on the order of the words in them too, which is that of the part's rows.
    """
    rows = table if all(column.num_chunks == 1 for column in table.columns) else _plain(table)
    text = [field.name for field in rows.schema if _is_text(_value_type(field.type))]
    decimals = [field.name for field in rows.schema if pa.types.is_decimal(field.type) and field.name not in REPEATED]
    options = parquet_options(rows.schema) | {
        "compression_level": RUN_COMPRESSION_LEVEL,
        "use_dictionary": [*text, *REPEATED],
        "column_encoding": dict.fromkeys(decimals, "DELTA_BINARY_PACKED"),
        "store_decimal_as_integer": True,
        "write_statistics": [name for name in KEYS if name in rows.schema.names] or False,
        "store_schema": False,
        "write_batch_size": BATCH,
    }
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, row_group_size=ROWS_PER_GROUP, **options)
    return bytes(sink.getvalue())


def parquet_options(schema: pa.Schema) -> dict[str, Any]:
    """How a Parquet file of this schema is written, so that equal tables give equal bytes."""
    return {
        "version": "2.6",
        "data_page_version": "1.0",
        "compression": "zstd",
        "compression_level": COMPRESSION_LEVEL,
        "use_dictionary": [field.name for field in schema if not pa.types.is_decimal(field.type)] or False,
        "write_statistics": True,
        "write_page_checksum": True,
    }


def _plain(table: pa.Table) -> pa.Table:
    """Return the table in one chunk a column, without dictionaries and without metadata."""
    fields = [field.with_type(_value_type(field.type)) for field in table.schema.remove_metadata()]
    schema = pa.schema([field.remove_metadata() for field in fields])
    return table.replace_schema_metadata(None).cast(schema).combine_chunks()


def _value_type(dtype: pa.DataType) -> pa.DataType:
    return dtype.value_type if pa.types.is_dictionary(dtype) else dtype


def _is_text(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_string(dtype) or pa.types.is_large_string(dtype) or pa.types.is_string_view(dtype))


def _read(file: BinaryIO, where: str, columns: Sequence[str] | None, *, dictionaries: bool = False) -> pa.Table:
    with _refusing(where):
        metadata = pq.read_metadata(file)
        kept = _dictionaries(metadata) if dictionaries else []
        with pq.ParquetFile(file, metadata=metadata, read_dictionary=kept, page_checksum_verification=True) as parquet:
            if columns is None:
                table = parquet.read(use_threads=False)
            else:
                present = set(parquet.schema_arrow.names)
                names = [name for name in columns if name in present]
                table = parquet.read(columns=names, use_threads=False).select(names)
    return table if dictionaries else _decoded(table)


def _dictionaries(metadata: pq.FileMetaData) -> list[str]:
    """The text columns that the file's first row group holds as dictionaries."""
    if metadata.num_row_groups == 0:
        return []
    group, schema = metadata.row_group(0), metadata.schema
    return [
        schema.column(place).path
        for place in range(metadata.num_columns)
        if schema.column(place).logical_type.type == "STRING"
        and not {"RLE_DICTIONARY", "PLAIN_DICTIONARY"}.isdisjoint(group.column(place).encodings)
    ]


def _decoded(table: pa.Table) -> pa.Table:
    """The table with one type of text, and no dictionaries of it: readers need to know no other."""
    for place, field in enumerate(table.schema):
        if _is_text(_value_type(field.type)) and not pa.types.is_string(field.type):
            table = table.set_column(place, field.with_type(pa.string()), table.column(place).cast(pa.string()))
    return table


@contextmanager
def _refusing(where: str) -> Iterator[None]:
    """Turn what pyarrow raises about a file's content into `InputRefused`, and about the device into `StorageError`."""
    try:
        yield
    except MemoryError:
        raise
    except (pa.ArrowException, ValueError, KeyError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise StorageError(error.strerror or str(error), where=where, remedy="Check the disk") from error
        first_line = str(error).partition("\n")[0]
        raise InputRefused(
            f"not a sound Parquet file: {first_line}", where=where, remedy="Write the file again as Parquet"
        ) from error
