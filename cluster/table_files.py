"""Files of a table that a user has at hand: one CSV or Parquet file, or a folder of them, read as the contract asks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.csv as csv

from cluster.storage import Storage, open_storage
from cluster.storage.tables import read_table
from engine.book.schema import Kind, Table
from engine.errors import InputRefused

SUFFIXES: Final = (".csv", ".parquet")
_CSV_PLACE: Final = re.compile(r"In CSV column #(\d+): Row #(\d+): (.*)")
_CSV_TYPES: Final = {
    Kind.TEXT: pa.string(),
    Kind.NUMBER: pa.float64(),
    Kind.INTEGER: pa.int64(),
    Kind.DATE: pa.date32(),
    Kind.BOOL: pa.bool_(),
}


@dataclass(frozen=True)
class TableFile:
    """One file: a table, or a part of one."""

    storage: Storage
    key: str

    @property
    def uri(self) -> str:
        """Where it is."""
        return f"{self.storage.uri}/{self.key}"

    def read(self, spec: Table) -> pa.Table:
        """Its columns that `spec` knows. A CSV's dates are ISO (2018-02-07) and only its empty cells are null.

        Raises `InputRefused` where the content does not fit, with row and column.
        """
        if self.key.endswith(".parquet"):
            return read_table(self.storage, self.key, tuple(spec.by_name))
        return _parse_csv(self.storage.read(self.key), self.uri, spec)


def table_files(uri: str) -> list[TableFile]:
    """The file that `uri` names, or the files of the folder, in order of name.

    Raises `InputRefused` for a folder without any.
    """
    if uri.endswith(SUFFIXES):
        folder, _, name = uri.rpartition("/")
        return [TableFile(open_storage(folder or ("/" if uri.startswith("/") else ".")), name)]
    storage = open_storage(uri)
    keys = [info.key for info in storage.list() if "/" not in info.key and info.key.endswith(SUFFIXES)]
    if not keys:
        raise InputRefused(
            "there is no .csv or .parquet file", where=storage.uri, remedy="Name a file, or a folder of part files."
        )
    return [TableFile(storage, key) for key in keys]


def _parse_csv(data: bytes, where: str, spec: Table) -> pa.Table:
    types = {name: _CSV_TYPES[column.kind] for name, column in spec.by_name.items()}
    convert = csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True)
    in_order = csv.ReadOptions(use_threads=False)  # with threads, errors do not name the row
    try:
        table = csv.read_csv(pa.BufferReader(data), read_options=in_order, convert_options=convert)
    except pa.ArrowInvalid as error:
        raise InputRefused(
            f"not a sound CSV file: {_told(str(error).partition(chr(10))[0], data)}",
            where=where,
            remedy="Write a header line and as many values in every row, dates as 2018-02-07, numbers as 1234.5.",
        ) from error
    return table.select([place for place, name in enumerate(table.column_names) if name in types])


def _told(message: str, data: bytes) -> str:
    """What Arrow says, with the column's name for its number."""
    match = _CSV_PLACE.match(message)
    if match is None:
        return message
    names = data.partition(b"\n")[0].decode(errors="replace").strip().split(",")
    return f"column {names[int(match[1])]}, row {int(match[2]) - 2}: {match[3]}"
