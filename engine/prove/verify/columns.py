"""Raw Arrow columns, as delivered, to NumPy arrays.

A column that is absent reads as null; what cannot be read (NaN, infinity, too large, of another type) reads as null
too, and null passes no check. Null is NaN among floats, `NULL` among whole numbers.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.prove.verify.compiled.arrays import NULL as NULL
from engine.prove.verify.compiled.arrays import Bools as Bools
from engine.prove.verify.compiled.arrays import Floats as Floats
from engine.prove.verify.compiled.arrays import Ints as Ints
from engine.prove.verify.compiled.arrays import Ints32
from engine.prove.verify.compiled.reading import LARGEST, LEAST, mark_used, rounded, take, unscaled, widen

SHARES: Final = 6
"""Decimals of shares and prices: micro-shares, micro-dollars."""
MONEY: Final = 2
"""Decimals of money: cents."""


def column(table: pa.Table, name: str) -> pa.Array:
    """The column in one piece, all null where the table does not have it."""
    place = table.schema.get_field_index(name)
    if place < 0:
        return pa.nulls(table.num_rows)
    chunks = table.column(place)
    return chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()


def known(*columns: npt.NDArray[Any]) -> Bools:
    """Where none of the columns is null."""
    found = np.ones(len(columns[0]), dtype=bool)
    for one in columns:
        found &= ~np.isnan(one) if one.dtype.kind == "f" else one != NULL
    return found


def filled(values: Ints, default: Ints | int = 0) -> Ints:
    """The values, `default` where they are null."""
    return np.where(values == NULL, default, values)


def in_units(values: Ints, decimals: int) -> Floats:
    """Whole numbers as what they count: shares or USD, NaN for null."""
    units = values / 10.0**decimals
    units[values == NULL] = np.nan
    return units


def is_empty(array: pa.Array) -> bool:
    """Whether every value is null."""
    return bool(array.null_count == len(array))


def reals(array: pa.Array) -> Floats:
    """Finite numbers as float64."""
    if is_empty(array):
        return np.full(len(array), np.nan)
    values = _numpy(_cast(array, pa.float64()))
    finite = np.isfinite(values)
    return values if finite.all() else np.where(finite, values, np.nan)


def scaled(array: pa.Array, decimals: int) -> Ints:
    """Numbers times 10**decimals, rounded half up; decimals exactly.

    The millionth lets a half that binary cannot hold round as it reads.
    """
    if is_empty(array):
        return np.full(len(array), NULL)
    if pa.types.is_decimal128(array.type) and array.type.scale == decimals:
        return _unscaled(array)
    if pa.types.is_decimal64(array.type) and array.type.scale == decimals:
        words = np.frombuffer(array.buffers()[1], dtype=np.int64)[array.offset :][: len(array)]
        fits = (words > -LARGEST) & (words < LARGEST)
        return _with_null(words if fits.all() else np.where(fits, words, NULL), array)
    if pa.types.is_decimal(array.type) and not pa.types.is_decimal256(array.type):
        return _unscaled(_rescaled(array, decimals))
    if pa.types.is_integer(array.type):
        return _unscaled(_rescaled(array.cast(pa.decimal128(20, 0)), decimals))
    found = np.empty(len(array), dtype=np.int64)
    rounded(_numpy(_cast(array, pa.float64())), 10.0**decimals, found)
    return found


def days(array: pa.Array) -> Ints:
    """Dates as days since 1970."""
    if is_empty(array):
        return np.full(len(array), NULL)
    whole, found = _cast(_cast(array, pa.date32()), pa.int32()), np.empty(len(array), dtype=np.int64)
    widen(_numpy(whole.fill_null(LEAST) if whole.null_count else whole), found)
    return found


def integers(array: pa.Array) -> Ints:
    """Whole numbers."""
    if is_empty(array):
        return np.full(len(array), NULL)
    whole = _cast(array, pa.int64())
    return _with_null(_numpy(whole.fill_null(0) if whole.null_count else whole), whole)


def flags(array: pa.Array, *, default: bool) -> Bools:
    """True or false, `default` for null."""
    if is_empty(array):
        return np.full(len(array), default)
    found = _cast(array, pa.bool_())
    return np.asarray(_numpy(found.fill_null(default) if found.null_count else found), dtype=bool)


def texts(array: pa.Array) -> pa.Array:
    """The column as text: an Array of string, or a DictionaryArray of it."""
    dtype = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    if pa.types.is_string(dtype):
        return array
    if pa.types.is_dictionary(array.type):
        return pa.DictionaryArray.from_arrays(array.indices, array.dictionary.cast(pa.string()))
    return array.cast(pa.string())


def choice(array: pa.Array, *words: str) -> Ints:
    """Which of the words it is, from 1; 0 for null, -1 for any other."""
    if is_empty(array):
        return np.zeros(len(array), dtype=np.int64)
    codes, distinct = dictionary(array)
    place = {word: number for number, word in enumerate((None, *words))}
    return numbered(codes, np.array([place.get(one, -1) for one in distinct.to_pylist()], dtype=np.int64))


def dictionary(array: pa.Array) -> tuple[Ints32, pa.Array]:
    """A column of texts as places in its distinct ones, -1 for null; these may hold null too."""
    text = texts(array)
    if not pa.types.is_dictionary(text.type):
        text = text.dictionary_encode()
    indices, words = _cast(text.indices, pa.int32()), text.dictionary
    place: Ints32 = _numpy(indices.fill_null(-1) if indices.null_count else indices)
    used = np.zeros(len(words) + 1, dtype=bool)
    if mark_used(place, used):
        return place, words
    kept = np.cumsum(used) - 1  # a dictionary may have texts that no row has
    kept[-1] = -1
    return numbered(place, kept[:-1], -1).astype(np.int32), words.filter(pa.array(used[:-1]))


def numbered(place: Ints32, number: Ints, null: int = 0) -> Ints:
    """The number of each place, `null` for -1."""
    found = np.empty(len(place), dtype=np.int64)
    take(place, number, null, found)
    return found


def _cast(array: pa.Array, dtype: pa.DataType) -> pa.Array:
    """The array as `dtype`, null where it is of a type that cannot be."""
    if array.type == dtype:
        return array
    try:
        return array.cast(dtype, safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.nulls(len(array), dtype)


def _numpy(array: pa.Array) -> Any:
    return array.to_numpy(zero_copy_only=False)


def _with_null(values: Ints, array: pa.Array) -> Ints:
    if array.null_count == 0:
        return values
    return np.where(array.is_null().to_numpy(zero_copy_only=False), NULL, values)


def _rescaled(array: pa.Array, decimals: int) -> pa.Array:
    """Decimals as decimal128 of this scale, null where they are too large for 18 digits."""
    fits = pc.less(pc.abs(array.cast(pa.float64())), 10.0 ** (18 - decimals))
    fitting = pc.if_else(fits, array, pa.scalar(None, array.type))
    if array.type.scale > decimals:
        fitting = pc.round(fitting, decimals, "half_towards_infinity")
    return fitting.cast(pa.decimal128(38, decimals), safe=False)


def _unscaled(array: pa.Array) -> Ints:
    """The whole numbers that a decimal128 array holds: the low words, where the high ones only carry their sign."""
    found = np.empty(len(array), dtype=np.int64)
    unscaled(np.frombuffer(array.buffers()[1], dtype=np.int64), array.offset, found)
    return _with_null(found, array)
