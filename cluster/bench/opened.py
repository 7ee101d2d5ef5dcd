"""A book opened as a run opens it, to look at its parts one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from cluster.inspection import inspect_part
from cluster.opening import open_book, refuse
from cluster.parts import read_part
from cluster.plan import Part
from cluster.storage import Storage, open_storage
from engine.book.findings import Finding
from engine.book.firm import Firm, build_firm
from engine.book.validation import Reference, build_reference, check_part
from engine.decide.household import turns
from engine.decide.prepared import Prepared, prepare
from engine.decide.tables import aims, part_memory, part_tables
from engine.decide.targets import targets_of
from engine.ledger.rows import Ints
from kernels.decide.book import Book
from kernels.decide.memory import Memory


@dataclass(frozen=True)
class OpenBook:
    """A book ready to be rebalanced: what is the firm's, and the parts."""

    storage: Storage
    firm: Firm
    reference: Reference
    parts: tuple[Part, ...]

    @property
    def accounts(self) -> int:
        """Accounts in all parts."""
        return sum(part.rows("accounts") for part in self.parts)

    def read(self, part: Part) -> dict[str, pa.Table]:
        """The part's tables."""
        return read_part(self.storage, part)

    def check(self, part: Part, tables: Mapping[str, pa.Table]) -> list[Finding]:
        """The validator's findings on a part."""
        return check_part(self.reference, tables, frozenset(), {file.table: file.key for file in part.files})


@dataclass(frozen=True)
class FlatPart:
    """A part as kernels take it: prepared, laid flat, with memory for its accounts and their turns (accounts,)."""

    ready: Prepared
    flat: Book
    work: Memory
    turns: Ints

    @classmethod
    def of(cls, firm: Firm, tables: Mapping[str, pa.Table]) -> FlatPart:
        """Prepare a part's tables, every account's effective target found."""
        ready = prepare(firm, tables)
        block, memory = ready.block, ready.memory
        flat = part_tables(firm, block, ready.positions, aims(firm, block, targets_of(firm)), memory)
        return cls(ready, flat, part_memory(firm, flat, memory.seen), turns(block, ready.positions))


def open_for_run(uri: str) -> OpenBook:
    """Open a book. Raises `InputRefused` where a run would."""
    book = open_book(open_storage(uri), {})
    refuse(book.storage, book.findings)
    inspections = [inspect_part(book.storage, number, keys)[0] for number, keys in book.catalog.parts.items()]
    refuse(book.storage, [finding for inspection in inspections for finding in inspection.findings])
    return OpenBook(
        storage=book.storage,
        firm=build_firm(book.header, book.tables, {}),
        reference=build_reference(book.header.as_of, book.tables, {}),
        parts=tuple(Part(inspection.number, inspection.files) for inspection in inspections),
    )
