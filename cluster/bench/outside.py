"""Accounts inside their band cost next to nothing, so no figure counts one."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from cluster.bench.books import BAND
from cluster.catalog import make_catalog
from cluster.receipts import Receipt
from cluster.storage import Storage, open_storage
from cluster.storage.tables import read_table, table_bytes
from engine.errors import WholebookError


def inside(out: Storage, receipts: Sequence[Receipt]) -> list[str]:
    """Accounts of a run that were not decided, or that were within their band before it."""
    found: list[str] = []
    for file in (file for receipt in receipts for file in receipt.files if file.table == "results"):
        results = read_table(out, file.key, ("account_id", "te_before"))
        outside = pc.fill_null(pc.greater(results["te_before"], BAND), False)
        found += results.filter(pc.invert(outside))["account_id"].to_pylist()
    return found


def check_outside(out: Storage, receipts: Sequence[Receipt]) -> None:
    """Raise where an account that was timed is inside its band."""
    found = inside(out, receipts)
    if found:
        raise WholebookError(
            f"{len(found)} accounts of the measured run are inside their band or exceptions, the first {found[0]}",
            where=out.uri,
            remedy="This is a bug in the benchmark's preparation of books; please report it.",
        )


def take_out(uri: str, accounts: Sequence[str]) -> None:
    """Rewrite the book at `uri` without these accounts."""
    if not accounts:
        return
    book, gone = open_storage(uri), pa.array(accounts, pa.string())
    catalog = make_catalog(book.list())
    for keys in catalog.parts.values():
        for key in keys.values():
            table = read_table(book, key)
            stays = pc.invert(pc.is_in(pc.cast(table["account_id"], pa.string()), value_set=gone))
            book.write(key, table_bytes(table.filter(stays)))
