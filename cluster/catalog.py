"""Which files a book consists of. Names only; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cluster.storage import ObjectInfo
from engine.book.findings import Finding, Scope
from engine.book.schema import BOOK_TABLES, FIRM_TABLES, PART_TABLES
from engine.codes import Code

HEADER_KEY = "book.json"
_PART = re.compile(r"part-(\d+)\.parquet")


@dataclass(frozen=True)
class Catalog:
    """The book's files. `firm[table]` are keys in order; `parts[number][table]` is one key."""

    firm: Mapping[str, tuple[str, ...]]
    parts: Mapping[int, Mapping[str, str]]
    findings: tuple[Finding, ...] = ()


@dataclass
class _Files:
    """Files of one table: the single file, numbered parts, and what is neither."""

    single: str = ""
    parts: dict[int, list[str]] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)

    def keys(self) -> tuple[str, ...]:
        """All files that hold rows, parts in order of number."""
        return ((self.single,) if self.single else ()) + tuple(
            key for _, keys in sorted(self.parts.items()) for key in keys
        )


def make_catalog(objects: Iterable[ObjectInfo]) -> Catalog:
    """Sort keys into tables and parts; what does not fit the contract becomes findings of scope BOOK."""
    tables = _by_table(objects)
    findings = [finding for name, files in tables.items() for finding in _layout_faults(name, files)]
    findings += [
        _fault(Code.TABLE_MISSING, name, "", f"the book has no table {name}")
        for name in PART_TABLES  # the firm's tables are missed by `check_firm`
        if BOOK_TABLES[name].required and not tables[name].keys()
    ]
    numbers = {name: _numbers(tables[name]) for name in PART_TABLES}
    expected = set(numbers["accounts"])
    for name in PART_TABLES:
        if tables[name].keys() and expected and set(numbers[name]) != expected:
            findings.append(_fault(Code.PARTS_MISMATCH, name, "", _difference(set(numbers[name]), expected)))
    parts = {
        number: {name: numbers[name][number] for name in PART_TABLES if number in numbers[name]}
        for number in sorted(expected)
    }
    firm = {name: tables[name].keys() for name in FIRM_TABLES if tables[name].keys()}
    return Catalog(firm, parts, tuple(findings))


def _by_table(objects: Iterable[ObjectInfo]) -> dict[str, _Files]:
    tables = {name: _Files() for name in BOOK_TABLES}
    for info in objects:
        folder, _, name = info.key.rpartition("/")
        table = folder or name.removesuffix(".parquet")
        if table not in tables or not name.endswith(".parquet"):
            continue
        if not folder:
            tables[table].single = info.key
        elif match := _PART.fullmatch(name):
            tables[table].parts.setdefault(int(match[1]), []).append(info.key)
        else:
            tables[table].strange.append(info.key)
    return tables


def _layout_faults(name: str, files: _Files) -> list[Finding]:
    faults = [
        _fault(Code.PARTS_MISMATCH, name, key, "the file is in the table's folder and is not named part-NNNNN.parquet")
        for key in files.strange
    ]
    if files.single and files.parts:
        faults.append(_fault(Code.PARTS_MISMATCH, name, files.single, f"there is also a folder {name}/"))
    faults += [
        _fault(Code.PARTS_MISMATCH, name, keys[1], f"part number {number} is also in {keys[0]}")
        for number, keys in sorted(files.parts.items())
        if len(keys) > 1
    ]
    return faults


def _numbers(files: _Files) -> dict[int, str]:
    """Key by part number; a single file is part 0."""
    if files.single:
        return {0: files.single}
    return {number: keys[0] for number, keys in files.parts.items()}


def _difference(found: set[int], expected: set[int]) -> str:
    told = []
    if missing := sorted(expected - found):
        told.append("accounts also has part " + _some(missing))
    if extra := sorted(found - expected):
        told.append("accounts has no part " + _some(extra))
    return "; ".join(told)


def _some(numbers: list[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:5])
    return shown + (f" and {len(numbers) - 5} more" if len(numbers) > 5 else "")


def _fault(code: Code, table: str, file: str, message: str) -> Finding:
    return Finding(Scope.BOOK, code.name, table, "", message, code.value, file=file)


def key_beside(accounts: str, name: str) -> str:
    """The key of another table of the part whose `accounts` have this one, named alike."""
    return accounts.replace("accounts", name, 1)
