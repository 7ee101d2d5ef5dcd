"""Opening a book: header, firm tables and their faults. The driver does this itself; firm tables are small."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from cluster.catalog import HEADER_KEY, Catalog, make_catalog
from cluster.inspection import look_at
from cluster.plan import InputFile
from cluster.storage import Storage
from cluster.storage.tables import parse_table
from engine.book.findings import Finding, Scope
from engine.book.header import Header, parse_header
from engine.book.schema import BOOK_TABLES
from engine.book.validation import check_firm
from engine.codes import Code
from engine.errors import InputRefused, ObjectMissing

SHOWN = 20


@dataclass(frozen=True)
class Book:
    """An opened book. `files` are the header and the firm tables, with their checksums; `tables` the latter's rows."""

    storage: Storage
    header: Header
    catalog: Catalog
    files: tuple[InputFile, ...]
    tables: Mapping[str, pa.Table]
    findings: tuple[Finding, ...]


def read_header(storage: Storage) -> tuple[Header, InputFile]:
    """`book.json`. Raises `InputRefused` where it is absent or not a book's header."""
    try:
        data = storage.read(HEADER_KEY)
    except ObjectMissing:
        raise InputRefused(
            "no book here: book.json is missing",
            where=storage.uri,
            remedy="Name the folder or prefix that holds book.json, or add it.",
        ) from None
    file = InputFile("", HEADER_KEY, hashlib.sha256(data).hexdigest(), 0, len(data))
    return parse_header(data), file


def open_book(storage: Storage, settings: Mapping[str, object]) -> Book:
    """Read what is the firm's. Faults become findings; raises `InputRefused` only where there is no book to look at."""
    header, header_file = read_header(storage)
    catalog = make_catalog(storage.list())
    files, findings, tables = [header_file], list(catalog.findings), {}
    for name, keys in catalog.firm.items():
        looked = [look_at(storage, name, key) for key in keys]
        files += [one.file for one in looked]
        faults = [fault for one in looked for fault in one.findings]
        findings += faults
        if any(fault.code == Code.FILE_UNREADABLE.name for fault in faults):
            continue
        known = tuple(BOOK_TABLES[name].by_name)
        pieces = [parse_table(one.data, one.where, known) for one in looked]
        tables[name] = _join(name, pieces, keys, findings)
    findings += check_firm(header.as_of, tables, settings, {name: keys[0] for name, keys in catalog.firm.items()})
    return Book(storage, header, catalog, tuple(files), tables, tuple(findings))


def _join(name: str, pieces: list[pa.Table], keys: tuple[str, ...], findings: list[Finding]) -> pa.Table:
    """One table of its part files, whose numbers may be of different types."""
    try:
        return pa.concat_tables(pieces, promote_options="permissive")
    except pa.ArrowException as error:
        code = Code.COLUMN_TYPE
        message = f"its files have columns of different types: {error}"
        findings.append(Finding(Scope.BOOK, code.name, name, "", message, code.value, file=keys[0]))
        return pieces[0]


def refuse(book: Storage, findings: list[Finding] | tuple[Finding, ...]) -> None:
    """Raise `InputRefused` where a finding of scope BOOK is among them, naming the first."""
    faults = [finding for finding in findings if finding.scope is Scope.BOOK]
    if faults:
        shown = "\n  ".join(str(fault) for fault in faults[:SHOWN])
        more = f"\n  and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise InputRefused(
            f"the book is refused, {len(faults)} faults concern all of it:\n  {shown}{more}\n",
            where=book.uri,
            remedy="`wholebook validate` lists everything that is wrong with it.",
        )
