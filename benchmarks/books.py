"""Books to measure on: made from a seed as `wholebook synth` makes them, and opened as a run opens them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from cluster.cli.synth import write_book
from cluster.inspection import inspect_part
from cluster.opening import open_book, refuse
from cluster.parts import read_part
from cluster.plan import Part
from cluster.price_files import read_file
from cluster.storage import Storage, open_storage
from engine.book.findings import Finding
from engine.book.firm import Firm, build_firm
from engine.book.synth import Market, Wish, make_book, real_market, simulated_market
from engine.book.validation import Reference, build_reference, check_part
from engine.risk import wide_panel


@dataclass(frozen=True)
class Prices:
    """The market of a benchmark: real where files are named, otherwise `equities` simulated names."""

    prices: str | None = None
    constituents: str | None = None
    equities: int = 600


@dataclass(frozen=True)
class OpenBook:
    """A book ready to be rebalanced: what is the firm's, and the parts."""

    storage: Storage
    firm: Firm
    firm_tables: Mapping[str, pa.Table]
    reference: Reference
    parts: tuple[Part, ...]

    @property
    def accounts(self) -> int:
        """Accounts in all parts."""
        return sum(part.rows("accounts") for part in self.parts)

    @property
    def lots(self) -> int:
        """Lots in all parts."""
        return sum(part.rows("lots") for part in self.parts)

    def read(self, part: Part) -> dict[str, pa.Table]:
        """The part's tables."""
        return read_part(self.storage, part)

    def check(self, part: Part, tables: Mapping[str, pa.Table]) -> list[Finding]:
        """The validator's findings on a part."""
        return check_part(self.reference, tables, frozenset(), {file.table: file.key for file in part.files})


def write_kind(folder: str, kind: str, accounts: int, seed: int, prices: Prices) -> str:
    """Write a book of one kind of account to `folder/kind` and return its URI."""
    wish = Wish(accounts, seed, {kind: 1.0}, name=f"bench-{kind}")
    uri = f"{folder}/{kind}"
    write_book(make_book(wish, _market(prices, seed)), open_storage(uri))
    return uri


@cache
def _market(prices: Prices, seed: int) -> Market:
    if prices.prices is None or prices.constituents is None:
        return simulated_market(seed, equities=prices.equities)
    panel = wide_panel(read_file(prices.prices), where=prices.prices)
    return real_market(panel, read_file(prices.constituents), seed, where=prices.constituents)


def open_for_run(uri: str) -> OpenBook:
    """Open a book. Raises `InputRefused` where a run would."""
    book = open_book(open_storage(uri), {})
    refuse(book.storage, book.findings)
    inspections = [inspect_part(book.storage, number, keys)[0] for number, keys in book.catalog.parts.items()]
    refuse(book.storage, [finding for inspection in inspections for finding in inspection.findings])
    return OpenBook(
        storage=book.storage,
        firm=build_firm(book.header, book.tables, {}),
        firm_tables=book.tables,
        reference=build_reference(book.header.as_of, book.tables, {}),
        parts=tuple(Part(inspection.number, inspection.files) for inspection in inspections),
    )
