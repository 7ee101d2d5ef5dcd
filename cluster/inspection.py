"""First look at a book: checksums, rows and schemas of every part, and whether households are whole in their parts.

`inspect_part` runs once a part and keeps its memory bounded; `reconcile` runs once, on what the parts' names hash to.
Names leave a task only as 64-bit hashes, and those stay among the workers: the driver gets `Inspection` and
`Reconciliation`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cluster.plan import InputFile
from cluster.storage import Storage
from cluster.storage.tables import open_parquet, read_columns
from engine.book.columns import optional, text
from engine.book.findings import Finding, Scope
from engine.book.validation import check_schema
from engine.codes import Code
from engine.errors import InputRefused

NAMES = ("account_id", "household_id")
"""Columns that tell which accounts a part has."""

Hashes = NDArray[np.uint64]
Parts = NDArray[np.int64]


@dataclass(frozen=True)
class Inspection:
    """What the driver learns of a part: its files as they are now, and what is wrong with their schemas."""

    number: int
    files: tuple[InputFile, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Names:
    """Hashed names of a part. `accounts` and `households` have one entry a row of `accounts`.

    `others`: accounts of which the part has rows and which are not among its `accounts`, each once.
    """

    number: int
    accounts: Hashes
    households: Hashes
    others: Hashes


@dataclass(frozen=True)
class Reconciliation:
    """Hashes of the accounts that are not whole in one part, ascending; normally none."""

    misplaced: tuple[int, ...]


@dataclass(frozen=True)
class Looked:
    """One file as it is now: its bytes, what is wrong with its schema, and its columns unless it is unreadable."""

    file: InputFile
    where: str
    data: bytes
    findings: tuple[Finding, ...]
    columns: pq.ParquetFile | None

    @property
    def sound(self) -> bool:
        """Whether its columns can be read."""
        return not any(finding.scope is Scope.BOOK for finding in self.findings)


def inspect_part(book: Storage, number: int, keys: Mapping[str, str]) -> tuple[Inspection, Names]:
    """Inspect the files of one part, one in memory at a time. Raises what `Storage` raises, and `InputRefused`."""
    files: list[InputFile] = []
    findings: list[Finding] = []
    ids, homes = _no_text(), _no_text()
    elsewhere = [_none()]
    for table, key in sorted(keys.items(), key=lambda item: item[0] != "accounts"):
        looked = look_at(book, table, key)
        files.append(looked.file)
        findings += looked.findings
        if looked.sound and table == "accounts":
            ids, homes = _accounts(looked)
        elif looked.sound:
            elsewhere.append(hash_names(_distinct(looked, ids)))
    places = {table: place for place, table in enumerate(keys)}
    files.sort(key=lambda file: places[file.table])
    names = Names(number, hash_names(ids), hash_names(homes), np.unique(np.concatenate(elsewhere)))
    return Inspection(number, tuple(files), tuple(findings)), names


def look_at(book: Storage, table: str, key: str) -> Looked:
    """Read one file: checksum, rows and schema faults."""
    data, where = book.read(key), f"{book.uri}/{key}"
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        columns = open_parquet(data, where, NAMES)
    except InputRefused as error:
        unreadable = Code.FILE_UNREADABLE
        fault = Finding(Scope.BOOK, unreadable.name, table, "", error.what, unreadable.value, file=key)
        return Looked(InputFile(table, key, sha256, 0, len(data)), where, data, (fault,), None)
    file = InputFile(table, key, sha256, columns.metadata.num_rows, len(data))
    return Looked(
        file, where, data, tuple(check_schema(table, columns.metadata.schema.to_arrow_schema(), key)), columns
    )


def reconcile(*parts: Names) -> tuple[Reconciliation, None]:
    """Find accounts in several parts, households split over parts, and rows whose account is in another part."""
    account, part = _with_part([(names.accounts, names.number) for names in parts])
    household, _ = _with_part([(names.households, names.number) for names in parts])
    other, other_part = _with_part([(names.others, names.number) for names in parts])
    strays = _elsewhere(other, other_part, account, part)
    split_households = np.isin(household, _in_several_parts(household, part))
    misplaced = np.concatenate([_in_several_parts(account, part), account[split_households], strays])
    return Reconciliation(tuple(np.unique(misplaced).tolist())), None


def misplaced_accounts(tables: Iterable[pa.Table], misplaced: frozenset[int]) -> frozenset[str]:
    """Those account ids in a part's tables whose hash is among `misplaced`."""
    if not misplaced:
        return frozenset()
    ids = {name for table in tables for name in table["account_id"].unique().to_pylist() if name is not None}
    return frozenset(name for name in ids if hash_name(name) in misplaced)


def hash_name(name: str) -> int:
    """64 bits of BLAKE2b; two of a million names collide with a probability of 3e-8."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def hash_names(names: pa.Array) -> Hashes:
    """`hash_name` of each name; none is null."""
    return np.fromiter(map(hash_name, names.to_pylist()), np.uint64, len(names))


def _in_several_parts(name: Hashes, part: Parts) -> Hashes:
    """Names that occur with more than one part number."""
    order = np.lexsort((part, name))
    name, part = name[order], part[order]
    repeated: Hashes = name[1:][(name[1:] == name[:-1]) & (part[1:] != part[:-1])]
    return repeated


def _elsewhere(other: Hashes, other_part: Parts, account: Hashes, part: Parts) -> Hashes:
    """Names in `other` whose account is in another part; an account that is nowhere is not among them."""
    if not len(account):
        return _none()
    order = np.argsort(account)
    at = order[np.minimum(np.searchsorted(account, other, sorter=order), len(account) - 1)]
    strays: Hashes = other[(account[at] == other) & (part[at] != other_part)]
    return strays


def _with_part(arrays: Iterable[tuple[Hashes, int]]) -> tuple[Hashes, Parts]:
    """All names in one array, and the part number of each."""
    pairs = [(names, np.full(len(names), number)) for names, number in arrays]
    if not pairs:
        return _none(), np.empty(0, dtype=np.int64)
    return np.concatenate([names for names, _ in pairs]), np.concatenate([number for _, number in pairs])


def _accounts(looked: Looked) -> tuple[pa.Array, pa.Array]:
    """Account and household of every row that has an account; one without household is its own."""
    table = read_columns(looked.columns, looked.where, NAMES)
    ids = text(table["account_id"])
    homes = text(optional(table, "household_id", pa.string()))
    homes = pc.if_else(pc.equal(pc.fill_null(homes, ""), ""), ids, homes)
    return (ids, homes) if ids.null_count == 0 else (ids.drop_null(), homes.filter(ids.is_valid()))


def _distinct(looked: Looked, known: pa.Array) -> pa.Array:
    """Distinct accounts of another table that are not `known`.

    Most often a file's dictionaries, one a row group, tell already that there is none.
    """
    found = [_no_text()]
    for words in read_columns(looked.columns, looked.where, ["account_id"])["account_id"].chunks:
        if not _all_known(text(words.dictionary), known):
            names = text(words.unique()).drop_null()
            found.append(names.filter(pc.invert(pc.is_in(names, value_set=known))))
    return pa.concat_arrays(found).unique()


def _all_known(names: pa.Array, known: pa.Array) -> bool:
    return bool(pc.all(pc.is_in(names, value_set=known), skip_nulls=False, min_count=0).as_py())


def _no_text() -> pa.Array:
    return pa.array([], pa.string())


def _none() -> Hashes:
    return np.empty(0, dtype=np.uint64)
