"""Reading the parts of a book and writing the parts of a run, with their checksums."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pyarrow as pa

from cluster import layout
from cluster.plan import InputFile, Part
from cluster.receipts import OutputFile
from cluster.storage import Storage
from cluster.storage.tables import parse_table, run_table_bytes
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


Written = tuple[OutputFile, bytes]
"""A file to be written, and its bytes."""


def part_file(run_id: str, table: str, part: int, rows: pa.Table) -> Written:
    """A table as a file named by its content, so that writing it again changes nothing."""
    data = run_table_bytes(rows)
    sha256 = hashlib.sha256(data).hexdigest()
    key = layout.part_key(run_id, table, part, sha256)
    return OutputFile(key=key, table=table, part=part, sha256=sha256, rows=rows.num_rows, bytes=len(data)), data


def write_files(out: Storage, files: Sequence[Written]) -> tuple[OutputFile, ...]:
    """Write the files of a part, or of the run."""
    out.write_all({file.key: data for file, data in files})
    return tuple(file for file, _ in files)
