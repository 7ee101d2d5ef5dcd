"""Arrow columns to NumPy and back, for every type that the contract lets in."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from engine.book import columns
from engine.book.columns import MICRO, NO_DATE

D = Decimal


def chunked(array: pa.Array) -> pa.ChunkedArray:
    return pa.chunked_array([array.slice(0, 1), array.slice(1)])


@pytest.mark.parametrize("dtype", [pa.float64(), pa.float32(), pa.int32(), pa.int64(), pa.decimal128(30, 3)])
@pytest.mark.parametrize("wrap", [lambda array: array, chunked])
def test_numbers_of_any_type(dtype: pa.DataType, wrap: object) -> None:
    read = columns.numbers(wrap(pa.array([1, None, -3]).cast(dtype)))  # type: ignore[operator]
    assert read.dtype == np.float64
    assert read.flags.c_contiguous
    np.testing.assert_array_equal(read, [1.0, np.nan, -3.0])


def test_numbers_of_nulls_and_of_nothing() -> None:
    assert np.isnan(columns.numbers(pa.nulls(2))).all()
    assert columns.numbers(pa.chunked_array([], pa.float64())).shape == (0,)


@pytest.mark.parametrize(
    ("value", "cents"),
    [(1.005, 101), (2.675, 268), (0.004999, 0), (1e13, 10**15), (-1.25, -125), (float("nan"), 0), (None, 0)],
)
def test_floats_are_scaled_half_up(value: float | None, cents: int) -> None:
    assert columns.scaled(pa.array([value], pa.float64()), 100).tolist() == [cents]


def test_decimals_are_scaled_exactly() -> None:
    """0.1 + 2^53 + 1 has no float64."""
    values = [D("9007199254740.993001"), D("-0.000001"), None]
    array = pa.array(values, pa.decimal128(24, 6))
    assert columns.scaled(array, MICRO).tolist() == [9007199254740993001, -1, 0]
    assert columns.scaled(array.slice(1), MICRO).tolist() == [-1, 0]
    assert columns.scaled(pa.array([D("12.34")], pa.decimal128(10, 2)), MICRO).tolist() == [12_340_000]
    assert columns.scaled(pa.array([D("1.23456789")], pa.decimal128(18, 8)), MICRO).tolist() == [1_234_568]


def test_decimals_survive_the_way_out_and_back() -> None:
    values = np.array([0, 1, -1, 2**62, -(2**62)], dtype=np.int64)
    array = columns.decimals(values, pa.decimal128(38, 2), np.array([False, False, False, False, True]))
    assert array.to_pylist() == [D("0.00"), D("0.01"), D("-0.01"), D(2**62).scaleb(-2), None]
    assert columns.scaled(array, 100)[:4].tolist() == values[:4].tolist()


def test_short_decimals_are_the_same_numbers() -> None:
    values = np.array([0, 1, -1, 10**17], dtype=np.int64)
    short = columns.short_decimals(values, pa.decimal128(18, 2))
    assert short.cast(pa.decimal128(18, 2)).equals(columns.decimals(values, pa.decimal128(18, 2)))
    assert columns.scaled(short, 100).tolist() == values.tolist()
    assert columns.scaled(short.slice(1, 2), 100).tolist() == [1, -1]
    assert columns.scaled(short[:3], MICRO).tolist() == [0, 10_000, -10_000]
    assert len(columns.scaled(columns.short_decimals(values[:0], pa.decimal128(18, 2)), 100)) == 0


@pytest.mark.parametrize("dtype", [pa.date32(), pa.date64(), pa.timestamp("s"), pa.timestamp("ns")])
def test_days_of_dates_and_timestamps(dtype: pa.DataType) -> None:
    array = pa.array([dt.date(1970, 1, 2), None, dt.date(1969, 12, 31)], pa.date32()).cast(dtype)
    assert columns.days(array).tolist() == [1, NO_DATE, -1]
    assert columns.days(array).dtype == np.int32


def test_time_of_day_is_dropped() -> None:
    array = pa.array([dt.datetime(2026, 1, 30, 23, 59, 59)])
    assert columns.days(array).tolist() == [(dt.date(2026, 1, 30) - dt.date(1970, 1, 1)).days]


def test_flags_read_null_as_the_default() -> None:
    array = pa.array([True, False, None])
    assert columns.flags(array, True).tolist() == [True, False, True]
    assert columns.flags(chunked(array), False).tolist() == [True, False, False]
    assert columns.flags(pa.nulls(2), True).tolist() == [True, True]


@pytest.mark.parametrize("dtype", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
@pytest.mark.parametrize("values", [pa.array(["b", "a"]), pa.array(["b", "a"]).dictionary_encode()])
def test_codes_of_any_text(dtype: pa.DataType, values: pa.Array) -> None:
    array = pa.array(["a", None, "z", "b", "a"]).cast(dtype)
    plain = columns.text(values)
    assert columns.codes(array, plain).tolist() == [1, -1, -1, 0, 1]
    assert columns.codes(chunked(array), plain).tolist() == [1, -1, -1, 0, 1]
    assert columns.codes(array.slice(2), plain).tolist() == [-1, 0, 1]


def test_codes_of_chunks_with_dictionaries_of_their_own() -> None:
    one, other = (pa.array(names).dictionary_encode() for names in (["a", "b"], ["b", "c", "a"]))
    assert columns.codes(pa.chunked_array([one, other]), pa.array(["a", "b"])).tolist() == [0, 1, 1, -1, 0]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["b", None, "a", "b"]),
        pa.array(["b", None, "a", "b"], pa.large_string()),
        pa.array(["b", None, "a", "b"]).dictionary_encode(),
        pa.DictionaryArray.from_arrays(pa.array([1, None, 2, 0], pa.int8()), ["b", "b", "a", "unused"]),
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 0], pa.int32()), ["b", None, "a"]),
        pa.chunked_array([pa.array(["b", None]).dictionary_encode(), pa.array(["a", "b"]).dictionary_encode()]),
    ],
)
def test_encoded_text_has_each_word_once(column: object) -> None:
    encoded = columns.encoded(column)
    assert encoded.to_pylist() == ["b", None, "a", "b"]
    assert encoded.dictionary.type == pa.string()
    assert len(encoded.dictionary) == len(encoded.dictionary.unique())
    assert encoded.dictionary.null_count == 0
    index = columns.indices(encoded)
    assert (index[0] == index[3], index[1], index.dtype) == (True, -1, np.int32)


def test_some_rows() -> None:
    table = pa.table({"x": [1, 2, 3]})
    assert columns.some_rows(table, np.arange(3)) is table
    assert columns.some_rows(table, np.array([0, 2]))["x"].to_pylist() == [1, 3]


def test_codes_of_nulls() -> None:
    assert columns.codes(pa.nulls(2), pa.array(["a"])).tolist() == [-1, -1]


def test_text_by_index_and_absent_columns() -> None:
    taken = columns.take_text(pa.array(["a", "b"]), np.array([1, -1, 0]))
    assert taken.to_pylist() == ["b", None, "a"]
    table = pa.table({"x": [1.5]})
    assert columns.optional(table, "x", pa.float64()).to_pylist() == [1.5]
    assert columns.optional(table, "y", pa.float64()).to_pylist() == [None]
