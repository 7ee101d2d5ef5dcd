"""Reading the parts of a book and writing the parts of a run, with their checksums."""

from __future__ import annotations

import hashlib

import pyarrow as pa

from cluster import layout
from cluster.plan import InputFile, Part
from cluster.receipts import MERGED_TABLES, OutputFile
from cluster.storage import Storage
from cluster.storage.parquet import parquet_bytes
from cluster.storage.tables import parse_table
from engine.book.schema import BOOK_TABLES
from engine.errors import InputRefused

CHANGED = "the file changed while the run was going on"


def read_part(book: Storage, part: Part) -> dict[str, pa.Table]:
    """The part's tables, those columns that the contract knows; text as the files hold it, dictionaries or plain."""
    return {file.table: read_file(book, file, dictionaries=True) for file in part.files}


def read_file(book: Storage, file: InputFile, *, dictionaries: bool = False) -> pa.Table:
    """One file of the book. Raises `InputRefused` where its bytes are not those that the run was planned with."""
    data, where = book.read(file.key), f"{book.uri}/{file.key}"
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise InputRefused(
            CHANGED,
            where=where,
            remedy="Let the delivery finish, then start the run again; nothing was published.",
        )
    return parse_table(data, where, tuple(BOOK_TABLES[file.table].by_name), dictionaries=dictionaries)


def write_part(out: Storage, run_id: str, table: str, part: int, rows: pa.Table, *, merged: bool = False) -> OutputFile:
    """Write a table under a name made of its content, so that writing it again changes nothing.

    A part's own orders and targets are partial until they are `merged` over all parts.
    """
    data = parquet_bytes(rows)
    sha256 = hashlib.sha256(data).hexdigest()
    name = layout.partial_key if table in MERGED_TABLES and not merged else layout.part_key
    key = name(run_id, table, part, sha256)
    out.write(key, data)
    return OutputFile(key=key, table=table, part=part, sha256=sha256, rows=rows.num_rows, bytes=len(data))
