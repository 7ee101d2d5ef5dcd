"""Small books for tests: real ones, as `wholebook synth` writes them, of a smaller market."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cluster.cli.synth import write_book
from cluster.storage import open_storage
from engine.book.synth import Book, Market, Wish, make_book, simulated_market
from engine.book.synth.population import DEFAULT_MIX, KINDS

EQUITIES = 160
AS_OF = dt.date(2026, 1, 30)
WINDOW, LONG_BEFORE = AS_OF - dt.timedelta(days=30), dt.timedelta(days=61)


@cache
def small_market(seed: int = 1) -> Market:
    """160 equities and their funds, five years up to 2026-01-30; made once a process."""
    return simulated_market(seed, equities=EQUITIES)


@cache
def planned_book(
    accounts: int = 64, seed: int = 1, kind: str = "mixed", *, faults: bool = False, models: int = 10
) -> Book:
    """A book not yet written. `kind` is `mixed` or one of etf, direct, transition, ira, cash."""
    assert kind in ("mixed", *KINDS)
    mix = dict(DEFAULT_MIX) if kind == "mixed" else {kind: 1.0}
    return make_book(Wish(accounts, seed, mix, models, f"small-{kind}", faults), small_market(seed), statistical=4)


def small_book(
    folder: Path, accounts: int = 64, seed: int = 1, kind: str = "mixed", *, faults: bool = False, models: int = 10
) -> str:
    """Write such a book to `folder/book` and return its URI."""
    target = folder / "book"
    write_book(planned_book(accounts, seed, kind, faults=faults, models=models), open_storage(str(target)))
    return str(target)


def quiet(book: Path) -> None:
    """Make it a book to which the next day brings nothing: accounts alone in their household, no payment, no purchase
    or sale of the 30 days before."""
    for path in book.glob("accounts/*.parquet"):
        table = pq.read_table(path)
        at = table.schema.get_field_index("household_id")
        pq.write_table(table.set_column(at, "household_id", pa.nulls(table.num_rows, pa.string())), path)
    for path in [*book.glob("flows/*.parquet"), *book.glob("activity/*.parquet")]:
        pq.write_table(pq.read_table(path).slice(0, 0), path)
    for path in book.glob("lots/*.parquet"):
        table = pq.read_table(path)
        days = [day if day < WINDOW else day - LONG_BEFORE for day in table["acquired"].to_pylist()]
        at = table.schema.get_field_index("acquired")
        pq.write_table(table.set_column(at, "acquired", pa.array(days, pa.date32())), path)
