"""The same findings whatever Arrow types, chunks and order of rows a part comes in."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from engine.book.schema import FIRM_TABLES, PART_TABLES
from engine.book.validation import build_reference, check_part
from engine.book.validation.keys import _CHUNK, repeated_in_owner


def check(book: Any, tables: dict[str, pa.Table]) -> list[str]:
    reference = build_reference(datetime.date(2018, 2, 7), book.arrow(FIRM_TABLES), {})
    return [f"{finding.code} {finding.key}" for finding in check_part(reference, tables, frozenset(), {})]


def recast(table: pa.Table, change: Any) -> pa.Table:
    return pa.table({name: change(table[name]) for name in table.column_names})


def dictionary(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.dictionary_encode() if pa.types.is_string(column.type) else column


def large(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.large_string()) if pa.types.is_string(column.type) else column


def money(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_float64(column.type):
        return column
    exact = [None if value is None else decimal.Decimal(str(value)) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(exact, pa.decimal128(38, 12))])


def timestamps(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.timestamp("us")) if pa.types.is_date32(column.type) else column


def rechunked(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([column.chunk(0)[:1], column.chunk(0)[1:]])


def rechunked_dictionaries(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_string(column.type):
        return column
    return pa.chunked_array([chunk.dictionary_encode() for chunk in rechunked(column).chunks])


@pytest.mark.parametrize("change", [dictionary, large, money, timestamps, rechunked, rechunked_dictionaries])
def test_types_do_not_matter(book: Any, change: Any) -> None:
    sound = {name: recast(table, change) for name, table in book.arrow(PART_TABLES).items()}
    assert check(book, sound) == []
    book["lots"][4]["lot_id"] = "L1"
    book["lots"][1]["quantity"] = -2.0
    book["accounts"][2]["model_id"] = "NONE"
    tables = book.arrow(PART_TABLES)
    expected = check(book, tables)
    assert len(expected) == 3
    assert check(book, {name: recast(table, change) for name, table in tables.items()}) == expected


def test_missing_or_mistyped_columns_are_left_to_check_schema(book: Any) -> None:
    tables = book.arrow(PART_TABLES)
    lots = tables["lots"].drop_columns(["cost_basis", "holding_start"])
    tables["lots"] = lots.set_column(lots.column_names.index("acquired"), "acquired", pa.array(["2018-01-01"] * 5))
    assert check(book, tables) == []


def test_unknown_columns_are_ignored(book: Any) -> None:
    tables = book.arrow(PART_TABLES)
    tables["accounts"] = tables["accounts"].append_column("advisor", pa.array([None, "x", "y"]))
    assert check(book, tables) == []


@pytest.mark.parametrize("ascending", [True, False])
def test_repeated_names_against_a_set(ascending: bool) -> None:
    """More rows than a chunk, owners across chunk borders, nulls and rows without owner."""
    rng = np.random.default_rng(11)
    owner = rng.integers(-1, 9, 3 * _CHUNK).astype(np.int32)
    owner = np.sort(owner) if ascending else owner
    name = [None if value == 0 else f"L{value}" for value in rng.integers(0, 300_000, len(owner))]
    seen: set[tuple[int, str]] = set()
    expected = []
    for who, what in zip(owner.tolist(), name, strict=True):
        expected.append(who >= 0 and what is not None and (who, what) in seen)
        if what is not None:
            seen.add((who, what))
    assert sum(expected) > 1_000
    assert repeated_in_owner(owner, pa.array(name)).tolist() == expected
    assert repeated_in_owner(owner, pa.array(name).dictionary_encode()).tolist() == expected


def test_no_rows() -> None:
    assert repeated_in_owner(np.empty(0, dtype=np.int32), pa.array([], pa.string())).tolist() == []
