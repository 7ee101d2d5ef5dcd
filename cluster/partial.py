"""What the run's own tables are made of: a part's orders and targets, in one file from the part to the reduce step."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from cluster import layout
from cluster.outputs import read_checked
from cluster.parts import Written
from cluster.receipts import PARTIAL, OutputFile
from cluster.storage import Storage
from engine.errors import StorageError

TABLES: Final = ("orders", "targets")
"""In this order; each is a stream of Arrow's."""
_OPTIONS: Final = pa.ipc.IpcWriteOptions(compression="zstd")


def partial_file(run_id: str, part: int, tables: Mapping[str, pa.Table]) -> Written:
    """A part's orders and targets as a file named by its content."""
    sink = pa.BufferOutputStream()
    for name in TABLES:
        table = tables[name].combine_chunks()
        with pa.ipc.new_stream(sink, table.schema, options=_OPTIONS) as stream:
            stream.write_table(table)
    data = bytes(sink.getvalue())
    sha256 = hashlib.sha256(data).hexdigest()
    key = layout.partial_key(run_id, part, sha256)
    rows = sum(tables[name].num_rows for name in TABLES)
    return OutputFile(key=key, table=PARTIAL, part=part, sha256=sha256, rows=rows, bytes=len(data)), data


def read_partial(out: Storage, file: OutputFile, upto: str = TABLES[-1]) -> dict[str, pa.Table]:
    """A part's tables up to that one. Raises `StorageError` where the file is missing or not what was written."""
    data = read_checked(out, file)
    try:
        with pa.BufferReader(data) as source:
            tables = {name: pa.ipc.open_stream(source).read_all() for name in TABLES[: TABLES.index(upto) + 1]}
    except pa.ArrowException as error:
        raise StorageError(
            f"a file of the run is not what was written: {error}",
            where=f"{out.uri}/{file.key}",
            remedy="Run the book again.",
        ) from error
    return tables
