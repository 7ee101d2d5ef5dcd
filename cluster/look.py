"""One account of a book, found without a run: its part read, everything else left where it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import pyarrow as pa
import pyarrow.compute as pc

from cluster.inspection import inspect_part
from cluster.opening import Book, open_book, refuse
from cluster.parts import read_part
from cluster.plan import Part
from cluster.storage import open_storage
from cluster.storage.tables import parse_table
from engine.book.columns import text
from engine.errors import UsageError

ALIKE = 3


@dataclass(frozen=True)
class Found:
    """An account, its book, and the tables of its part."""

    account: str
    book: Book
    tables: Mapping[str, pa.Table]

    @property
    def row(self) -> pa.Table:
        """The account's row of `accounts`, alone."""
        table = self.tables["accounts"]
        return table.filter(pc.equal(text(table["account_id"]), self.account)).slice(0, 1)


def find_account(uri: str, account: str, settings: Mapping[str, object]) -> Found:
    """Find an account by its id. Raises `UsageError` where the book has none, `InputRefused` where a run would."""
    book = open_book(open_storage(uri), settings)
    refuse(book.storage, book.findings)
    known: list[str] = []
    for number, keys in book.catalog.parts.items():
        names = _names(book, keys["accounts"])
        if account in names:
            inspection, _ = inspect_part(book.storage, number, keys)
            refuse(book.storage, inspection.findings)
            return Found(account, book, read_part(book.storage, Part(number, inspection.files)))
        known += names
    near = get_close_matches(account, known, ALIKE)
    raise UsageError(
        f"the book has no account {account}",
        where=uri,
        remedy=f"Did you mean {' or '.join(near)}?" if near else "Account ids are those of the accounts table.",
    )


def _names(book: Book, key: str) -> list[str]:
    where = f"{book.storage.uri}/{key}"
    names: list[str] = text(parse_table(book.storage.read(key), where, ("account_id",))["account_id"]).to_pylist()
    return names
