"""Files that a settlement is given: fills, prices, corporate actions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cluster.plan import Part
from cluster.storage import Storage
from cluster.storage.tables import read_table
from cluster.table_files import table_files
from engine.book import columns
from engine.book.findings import Scope
from engine.book.schema import Column, Kind, Table
from engine.book.validation.column_rules import column_faults
from engine.book.validation.schemas import check_columns
from engine.book.validation.sheet import Sheet
from engine.codes import Code
from engine.errors import InputRefused
from engine.ledger.schema import CORPORATE_ACTIONS
from engine.ledger.settle.fills import FILE, FILLS, ROW
from engine.ledger.settle.rewriting import put

ACTIONS_TABLE: Final = CORPORATE_ACTIONS.name
FAULTS_TOLD: Final = 10
PRICES: Final = Table(
    "prices",
    "new prices of securities",
    (
        Column("security_id", Kind.TEXT, "key"),
        Column("price", Kind.NUMBER, "USD a share", above=0),
        Column("price_date", Kind.DATE, "day of the price (default: the day of the new book)", required=False),
    ),
    key=("security_id",),
)


def part_fills(uri: str, accounts: pa.Array) -> pa.Table:
    """The rows of the fills that concern these accounts, with the file and row that each comes from.

    One file of a folder is in memory at a time.
    """
    parts = []
    for file in table_files(uri):
        table = file.read(FILLS)
        if "account_id" not in table.column_names:
            raise InputRefused("there is no column account_id", where=file.uri, remedy="Add the column.")
        mine = np.flatnonzero(columns.codes(table["account_id"], accounts) >= 0)
        part = table.take(pa.array(mine))
        parts.append(part.append_column(ROW, pa.array(mine)).append_column(FILE, pa.repeat(file.uri, len(mine))))
    return pa.concat_tables(parts, promote_options="permissive")


def strangers(uri: str, book: Storage, parts: Sequence[Part], taken: int) -> None:
    """Raise `InputRefused` where fills concern accounts that the book does not have; `taken` rows found theirs."""
    tables = [(file.uri, columns.text(file.read(FILLS)["account_id"])) for file in table_files(uri)]
    if taken == sum(len(ids) for _, ids in tables):
        return
    known = {where: np.zeros(len(ids), dtype=np.bool_) for where, ids in tables}
    for part in parts:
        key = next(file.key for file in part.files if file.table == "accounts")
        accounts = columns.text(read_table(book, key, ["account_id"])["account_id"])
        for where, ids in tables:
            known[where] |= columns.codes(ids, accounts) >= 0
    for where, ids in tables:
        if not known[where].all():
            row = int(np.flatnonzero(~known[where])[0])
            raise InputRefused(
                f"row {row}: account {ids[row].as_py()} is not in the book, nor are those of "
                f"{int((~known[where]).sum()) - 1} more rows",
                where=where,
                remedy="Correct the account_id, or remove the rows.",
            )


def read_actions_file(uri: str) -> pa.Table:
    """Corporate actions of a file or a folder."""
    tables = [file.read(CORPORATE_ACTIONS) for file in table_files(uri)]
    return pa.concat_tables(tables, promote_options="permissive")


def book_actions(book: Storage) -> pa.Table | None:
    """The book's own corporate actions, None where it has none."""
    keys = [info.key for info in book.list(ACTIONS_TABLE) if info.key.endswith(".parquet")]
    if not keys:
        return None
    names = tuple(CORPORATE_ACTIONS.by_name)
    return pa.concat_tables((read_table(book, key, names) for key in keys), promote_options="permissive")


def new_prices(uri: str, securities: pa.Table, until: dt.date) -> pa.Table:
    """`securities` with the prices of a file. Raises `InputRefused` where it is unsound."""
    table = pa.concat_tables((file.read(PRICES) for file in table_files(uri)), promote_options="permissive")
    faults = check_columns(PRICES, table.schema, uri)
    sheet = Sheet.cut(PRICES, table, uri)
    for fault in column_faults(sheet):
        faults += sheet.tell(Scope.BOOK, Code.BAD_VALUE, fault.column.name, fault.faulty, fault.what)
    ids = columns.text(securities["security_id"])
    place = sheet.codes("security_id", ids)
    faults += sheet.tell(Scope.BOOK, Code.UNKNOWN_NAME, "security_id", place < 0, "is not in securities")
    again = np.ones(len(place), dtype=np.bool_)
    again[np.unique(place, return_index=True)[1]] = False
    faults += sheet.tell(Scope.BOOK, Code.DUPLICATE_KEY, "security_id", again & (place >= 0), "is there twice")
    if faults:
        shown = "\n  ".join(str(fault) for fault in faults[:FAULTS_TOLD])
        more = f"\n  and {len(faults) - FAULTS_TOLD} more" if len(faults) > FAULTS_TOLD else ""
        raise InputRefused(
            f"the prices have {len(faults)} faults:\n  {shown}{more}", where=uri, remedy="Correct the file."
        )
    given = np.full(len(ids), -1, dtype=np.int64)
    given[place] = np.arange(len(place))
    rows, priced = pa.array(given, mask=given < 0), given >= 0
    day = columns.optional(table, "price_date", pa.date32())
    day = pc.fill_null(pc.cast(columns.flat(day), pa.date32()), until)
    table = put(securities, "price", priced, columns.flat(table["price"]).take(rows))
    return put(table, "price_date", priced, day.take(rows))
