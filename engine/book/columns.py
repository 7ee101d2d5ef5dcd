"""Arrow columns to NumPy arrays and back, without a Python object a row.

Numbers: float64 with NaN for null. Dates: int32 days since 1970-01-01 with `NO_DATE` for null. Text: int32 codes into a
value set with -1 for null or unknown. Shares and money: int64 micro-shares and cents.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kernels.money import units_each
from kernels.texts import look_up

NO_DATE: Final = np.iinfo(np.int32).min
MICRO: Final = 1_000_000


def flat(column: Any) -> pa.Array:
    """One contiguous array of a column (chunked or not)."""
    if isinstance(column, pa.ChunkedArray):
        return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    return column


def numbers(column: Any) -> NDArray[np.float64]:
    """Any numeric column as float64, NaN for null; shape (rows,)."""
    array = flat(column)
    if array.type != pa.float64():
        array = pc.cast(array, pa.float64(), safe=False)
    return np.ascontiguousarray(array.to_numpy(zero_copy_only=False), dtype=np.float64)


def scaled(column: Any, scale: int) -> NDArray[np.int64]:
    """A numeric column times `scale`, rounded half up to int64; null and NaN become 0. Decimals stay exact."""
    array = flat(column)
    digits = len(str(scale)) - 1
    if pa.types.is_decimal64(array.type) and array.type.scale == digits and array.null_count == 0:
        return np.frombuffer(array.buffers()[1], dtype="<i8")[array.offset : array.offset + len(array)]
    if pa.types.is_decimal(array.type) and array.type.scale <= digits:
        if array.type.scale < digits or not pa.types.is_decimal128(array.type):
            array = flat(pc.cast(array, pa.decimal128(38, digits)))
        if array.null_count:
            array = flat(pc.fill_null(array, pa.scalar(0, array.type)))
        return unscaled(array)
    units = np.empty(len(array), dtype=np.int64)
    units_each(numbers(array), float(scale), units)
    return units


def unscaled(array: pa.Array) -> NDArray[np.int64]:
    """The digits of a decimal128 array without nulls, of 18 at most, as integers: its values without their scale."""
    return np.ascontiguousarray(_words(array)[:, 0])


def _words(array: pa.Array) -> NDArray[np.int64]:
    """The 128-bit values of a decimal array as (rows, 2) little-endian words."""
    words = np.frombuffer(array.buffers()[1], dtype="<i8").reshape(-1, 2)
    return words[array.offset : array.offset + len(array)]


def decimals(values: NDArray[np.int64], dtype: pa.DataType, null: NDArray[np.bool_] | None = None) -> pa.Array:
    """Int64 unscaled values as a decimal128 array of `dtype`; True in `null` makes a null."""
    words = np.empty((len(values), 2), dtype="<i8")
    words[:, 0] = values
    words[:, 1] = values >> 63
    valid = None if null is None else pa.array(~null).buffers()[1]
    return pa.Array.from_buffers(dtype, len(values), [valid, pa.py_buffer(words)])


def short_decimals(values: NDArray[np.int64], dtype: pa.DataType) -> pa.Array:
    """The same as a decimal64 array without copying them; Parquet files hold either as 64-bit integers."""
    short = pa.decimal64(dtype.precision, dtype.scale)
    return pa.Array.from_buffers(short, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def days(column: Any) -> NDArray[np.int32]:
    """A date or timestamp column as int32 days, `NO_DATE` for null."""
    array = flat(column)
    array = (array if array.type == pa.date32() else pc.cast(array, pa.date32())).view(pa.int32())
    array = pc.fill_null(array, NO_DATE) if array.null_count else array
    return np.ascontiguousarray(array.to_numpy(zero_copy_only=False), dtype=np.int32)


def flags(column: Any, default: bool) -> NDArray[np.bool_]:
    """A Boolean column, null read as `default`."""
    array = flat(column)
    if pa.types.is_null(array.type):
        return np.full(len(array), default)
    array = pc.fill_null(array, default) if array.null_count else array
    return np.ascontiguousarray(array.to_numpy(zero_copy_only=False))


def codes(column: Any, values: pa.Array) -> NDArray[np.int32]:
    """Position of each text in `values`, -1 where it is null or not there. A dictionary is looked up once a value."""
    array = flat(column)
    if array.null_count == len(array):
        return np.full(len(array), -1, dtype=np.int32)
    if pa.types.is_dictionary(array.type):
        found = np.empty(len(array), dtype=np.int32)
        look_up(codes(array.dictionary, values), indices(array), found)
        return found
    places = pc.index_in(text(array), value_set=text(values), skip_nulls=True)
    places = pc.fill_null(places, -1) if places.null_count else places
    return np.ascontiguousarray(places.to_numpy(zero_copy_only=False), dtype=np.int32)


def indices(array: pa.DictionaryArray) -> NDArray[np.int32]:
    """The place of each row's text in the dictionary, -1 for null; shape (rows,)."""
    places = array.indices if array.indices.type == pa.int32() else pc.cast(array.indices, pa.int32())
    places = pc.fill_null(places, -1) if places.null_count else places
    return np.ascontiguousarray(places.to_numpy(zero_copy_only=False), dtype=np.int32)


def text(column: Any) -> pa.Array:
    """A text column as a plain string array."""
    array = flat(column)
    return array if array.type == pa.string() else pc.cast(array, pa.string())


def encoded(column: Any) -> pa.DictionaryArray:
    """A text column with each distinct text once in its dictionary, of plain strings; null stays null."""
    array = flat(column)
    if not pa.types.is_dictionary(array.type):
        return pc.dictionary_encode(pc.cast(array, pa.string()))
    names = pc.cast(array.dictionary, pa.string())
    distinct = names.drop_null().unique()
    if len(distinct) == len(names) and array.indices.type == pa.int32():
        return pa.DictionaryArray.from_arrays(array.indices, names)
    index = codes(array, distinct)
    return pa.DictionaryArray.from_arrays(pa.array(index, mask=index < 0), distinct)


def some_rows(table: pa.Table, rows: NDArray[np.int64]) -> pa.Table:
    """The rows of these numbers, ascending and each at most once; the table itself where that is all of them."""
    return table if len(rows) == table.num_rows else table.take(pa.array(rows))


def take_text(values: pa.Array, index: NDArray[np.int64] | NDArray[np.int32]) -> pa.Array:
    """`values[index]` as text; a negative index gives null."""
    return pc.take(values, pa.array(index, mask=index < 0))


def take_words(values: pa.Array, index: NDArray[Any]) -> pa.DictionaryArray:
    """`values[index]` as a dictionary of distinct `values`, without copying a text; a negative index gives null."""
    places = index.astype(np.int32)
    absent = places < 0
    indices = pa.array(places, mask=absent) if absent.any() else pa.array(places)
    return pa.DictionaryArray.from_arrays(indices, values, safe=False)


def optional(table: pa.Table, name: str, dtype: pa.DataType) -> Any:
    """The column, or as many nulls of `dtype` where the table lacks it."""
    return table[name] if name in table.column_names else pa.nulls(table.num_rows, dtype)
