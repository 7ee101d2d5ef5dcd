"""One part settled, from storage to storage: read → check → settle → write → receipt."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from cluster.catalog import key_beside
from cluster.inspection import misplaced_accounts
from cluster.outputs import read_output
from cluster.parts import CHANGED
from cluster.plan import InputFile, Part
from cluster.publish import ManifestFile
from cluster.settle_files import part_fills
from cluster.storage import Storage
from cluster.storage.tables import parse_table, table_bytes
from engine.book import columns
from engine.book.firm import Firm
from engine.book.validation import Reference, check_part
from engine.errors import InputRefused
from engine.ledger.settle import Settlement, Totals, settle_part
from engine.ledger.settle.trouble import Trouble
from engine.prove.twin_ledger import TWIN_TABLES, carry_twins


@dataclass(frozen=True)
class SettleJob:
    """What all tasks share. `out` is None in a dry run, `fills` None where every trade is filled at its price.

    `then` is the firm on the new book's day, at its prices, where twins are carried on; None where there are none.
    """

    book: Storage
    runs: Storage
    out: Storage | None
    settlement: Settlement
    reference: Reference
    misplaced: frozenset[int]
    fills: str | None
    then: Firm | None = None


@dataclass(frozen=True)
class PartReceipt:
    """One finished part. `fill_rows` counts the rows of the fills file that concern it."""

    part: int
    totals: Totals
    troubles: tuple[Trouble, ...]
    fill_rows: int


def settle_one(job: SettleJob, part: Part, trades: ManifestFile, results: ManifestFile) -> tuple[PartReceipt, None]:
    """Settle one part and write its tables. Raises what storage raises, and `InputRefused`."""
    tables = {file.table: _read_whole(job.book, file) for file in part.files}
    files = {file.table: file.key for file in part.files}
    findings = check_part(job.reference, tables, misplaced_accounts(tables.values(), job.misplaced), files)
    ids = columns.text(tables["accounts"]["account_id"])
    fills = None if job.fills is None else part_fills(job.fills, ids)
    decided = read_output(job.runs, trades), read_output(job.runs, results)
    settled = settle_part(job.settlement, tables, decided[0], findings, fills, decided[1])
    new, troubles = settled.tables, settled.troubles
    if job.then is not None:
        kept = _twins(job.book, files["accounts"])
        carried = carry_twins(job.settlement, job.then, job.reference, tables, findings, settled, kept)
        new, troubles = {**new, **carried.tables}, (*troubles, *carried.troubles)
    if job.out is not None:
        _write(job.out, files, new)
    pa.default_memory_pool().release_unused()
    rows = 0 if fills is None else fills.num_rows
    return PartReceipt(part.number, settled.totals, troubles, rows), None


def _read_whole(book: Storage, file: InputFile) -> pa.Table:
    """The file with all its columns, also those that the contract does not know: they are kept."""
    data, where = book.read(file.key), f"{book.uri}/{file.key}"
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise InputRefused(CHANGED, where=where, remedy="Let the delivery finish, then settle again.")
    return parse_table(data, where)


def _twins(book: Storage, accounts: str) -> dict[str, pa.Table] | None:
    """The twins' tables of a part, beside its `accounts`; None where it has none yet."""
    keys = {name: key_beside(accounts, name) for name in TWIN_TABLES}
    if not all(book.exists(key) for key in keys.values()):
        return None
    return {name: parse_table(book.read(key), f"{book.uri}/{key}") for name, key in keys.items()}


def _write(out: Storage, files: Mapping[str, str], tables: Mapping[str, pa.Table]) -> None:
    """Every table under the name it had; a new one under that of `accounts`."""
    for name, table in tables.items():
        key = files.get(name, key_beside(files["accounts"], name))
        out.write(key, table_bytes(table))
