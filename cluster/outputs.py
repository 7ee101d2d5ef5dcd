"""Reading the files that a manifest lists, never without checking them against it."""

from __future__ import annotations

import hashlib
from typing import Protocol

import pyarrow as pa

from cluster.storage import Storage
from cluster.storage.tables import parse_table
from engine.errors import ObjectMissing, StorageError

REMEDY = "Restore the file, or run the book again."


class Listed(Protocol):
    """A file as the manifest or a receipt lists it."""

    @property
    def key(self) -> str:
        """Relative to the output URI."""
        ...

    @property
    def sha256(self) -> str:
        """Of the file's bytes."""
        ...

    @property
    def rows(self) -> int:
        """Rows of the table."""
        ...


def read_output(out: Storage, file: Listed) -> pa.Table:
    """The table. Raises `StorageError` where the file is missing, has other bytes, or other rows."""
    where = f"{out.uri}/{file.key}"
    table = parse_table(read_checked(out, file), where)
    if table.num_rows != file.rows:
        raise StorageError(
            f"a file of the run has {table.num_rows} rows, its manifest says {file.rows}", where=where, remedy=REMEDY
        )
    return table


def read_checked(out: Storage, file: Listed) -> bytes:
    """The file's bytes. Raises `StorageError` where it is missing or has other bytes."""
    where = f"{out.uri}/{file.key}"
    try:
        data = out.read(file.key)
    except ObjectMissing as error:
        raise StorageError("a file of the run is missing", where=where, remedy=REMEDY) from error
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise StorageError("a file of the run has other bytes than its manifest says", where=where, remedy=REMEDY)
    return data
