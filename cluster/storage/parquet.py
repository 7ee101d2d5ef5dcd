"""A run's tables as Parquet files, encoded from the codes and integers that they are made of.

Ordinary Parquet: one data page of version 1 a column and row group, zstd, checksums, statistics; every column may hold
nulls. Text is a dictionary in the order of first appearance, plain where most of it is distinct; numbers are a
dictionary where they repeat themselves, and otherwise plain floats, or the differences of decimals from row to row.
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cluster.storage.thrift import Struct, count_bytes
from engine.book import columns
from kernels import parquet as encode
from kernels.parquet import BY_DICTIONARY, DATA_PAGE, DELTA, DICTIONARY_PAGE, PLAIN, RLE

ROWS_PER_GROUP: Final = 1 << 20
MOST_NUMBERS: Final = 1 << 12
"""Different numbers in a dictionary."""
LONGEST_BOUND: Final = 64
"""Bytes of a text in statistics."""
CREATED_BY: Final = b"wholebook version 1 (build 1)"
_MAGIC: Final = b"PAR1"
_BY_TYPE: Final = Struct().struct(1, Struct()).end()
"""The order of a column in its bounds."""
_NO_BYTES: Final = np.empty(0, dtype=np.uint8)
_CODEC: Final = pa.Codec("zstd", compression_level=1)

INT32, INT64, DOUBLE, BYTE_ARRAY = 1, 2, 5, 6
_NUMBERS: Final = {INT32: "<i4", INT64: "<i8", DOUBLE: "<f8"}
_ZSTD, _OPTIONAL = 6, 1

Bounds = tuple[bytes, bytes] | None
"""The least and the greatest value of a column."""


def parquet_bytes(table: pa.Table) -> bytes:
    """The table as a file whose bytes depend on names, types and values alone.

    Its columns are text, plain or as dictionaries of distinct words, decimals of up to 18 digits, float64 and int32.
    """
    fields = tuple(_Field.of(field) for field in table.schema)
    out, groups = _Output(), []
    for start in range(0, table.num_rows, ROWS_PER_GROUP):
        rows = table.slice(start, ROWS_PER_GROUP)
        work = _Work(rows.num_rows)
        chunks = [_write_chunk(out, work, field, columns.flat(rows[field.name])) for field in fields]
        size = sum(chunk.size for chunk in chunks)
        group = Struct().finished(1, [chunk.footer for chunk in chunks]).i64(2, size).i64(3, rows.num_rows)
        groups.append(group)
    footer = Struct().i32(1, 2).finished(2, _schema(fields)).i64(3, table.num_rows).structs(4, groups)
    end = footer.binary(6, CREATED_BY).finished(7, [_BY_TYPE] * len(fields)).end()
    return b"".join([*out.pieces, end, struct.pack("<I", len(end)), _MAGIC])


@dataclass(frozen=True)
class _Field:
    """A column: its name, Parquet's physical type, and precision and scale of a decimal."""

    name: str
    physical: int
    decimal: tuple[int, int] | None = None

    @classmethod
    def of(cls, field: pa.Field) -> _Field:
        dtype = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_string(dtype):
            return cls(field.name, BYTE_ARRAY)
        if pa.types.is_decimal128(dtype) and dtype.precision <= 18:
            return cls(field.name, INT64, (dtype.precision, dtype.scale))
        if dtype in (pa.float64(), pa.int32()):
            return cls(field.name, DOUBLE if pa.types.is_floating(dtype) else INT32)
        raise TypeError(f"a run's tables have no column of type {field.type}, as {field.name} is")


@cache
def _schema(fields: tuple[_Field, ...]) -> list[bytes]:
    """The root and its columns."""
    elements = [Struct().binary(4, b"schema").i32(5, len(fields))]
    for field in fields:
        element = Struct().i32(1, field.physical).i32(3, _OPTIONAL).binary(4, field.name.encode())
        if field.physical == BYTE_ARRAY:
            element.i32(6, 0).struct(10, Struct().struct(1, Struct()))
        if field.decimal is not None:
            precision, scale = field.decimal
            told = Struct().i32(1, scale).i32(2, precision)
            element.i32(6, 5).i32(7, scale).i32(8, precision).struct(10, Struct().struct(5, told))
        elements.append(element)
    return [element.end() for element in elements]


class _Output:
    """The file so far."""

    def __init__(self) -> None:
        self.pieces = [_MAGIC]
        self.size = len(_MAGIC)
        self.scratch = np.empty(4096, dtype=np.uint8)

    def add(self, piece: bytes) -> None:
        self.pieces.append(piece)
        self.size += len(piece)


class _Work:
    """Memory for encoding columns of some rows."""

    def __init__(self, rows: int) -> None:
        most = min(rows // 4, MOST_NUMBERS)
        self.out = np.empty(max(encode.delta_bytes(rows), encode.code_bytes(rows, 31)), dtype=np.uint8)
        self.codes = np.empty(rows, dtype=np.int32)
        self.distinct = np.empty(most, dtype=np.int64)
        self.table = np.empty(1 << (2 * most + 1).bit_length(), dtype=np.int32)


@dataclass(frozen=True)
class _Encoded:
    """The values of a column that are not null: those of its dictionary, where it has one, and those of the rows."""

    encoding: int
    body: bytes
    bounds: Bounds
    words: bytes = b""
    used: int = 0


@dataclass(frozen=True)
class _Chunk:
    """A column of a row group in the footer, and its bytes before compression."""

    footer: bytes
    size: int


def _write_chunk(out: _Output, work: _Work, field: _Field, array: pa.Array) -> _Chunk:
    rows, start, size, words = len(array), out.size, 0, -1
    found = _texts(work, array) if field.physical == BYTE_ARRAY else _numbers(work, field, array)
    if found.encoding == BY_DICTIONARY:
        words = start
        size += _write_page(out, DICTIONARY_PAGE, found.used, PLAIN, found.words)
    data = out.size
    size += _write_page(out, DATA_PAGE, rows, found.encoding, _levels(array) + found.body)
    low, high = (_bytes(end) for end in found.bounds or (b"", b""))
    head, packed = _head(field, found.encoding), out.size - start
    end = encode.put_chunk(head, rows, size, packed, data, words, array.null_count, low, high, out.scratch)
    return _Chunk(out.scratch[:end].tobytes(), size)


@cache
def _head(field: _Field, encoding: int) -> NDArray[np.uint8]:
    """Type, encodings, name and codec: what the metadata of a column begin with."""
    encodings = [RLE, encoding, PLAIN] if encoding == BY_DICTIONARY else [RLE, encoding]
    meta = Struct().i32(1, field.physical).i32s(2, encodings).binaries(3, [field.name.encode()]).i32(4, _ZSTD)
    return _bytes(meta.fields)


def _bytes(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, dtype=np.uint8)


def _write_page(out: _Output, kind: int, count: int, encoding: int, body: bytes) -> int:
    """Write a page; its bytes before compression."""
    packed = _CODEC.compress(body, asbytes=True)
    checksum = (zlib.crc32(packed) ^ 1 << 31) - (1 << 31)  # the same 32 bits as a signed number
    end = encode.put_page_header(kind, len(body), len(packed), checksum, count, encoding, out.scratch)
    out.add(out.scratch[:end].tobytes())
    out.add(packed)
    return end + len(body)


def _levels(array: pa.Array) -> bytes:
    """Which rows are not null, with the length before it: a run of ones, or packed bits as Arrow has them."""
    rows, valid = len(array), _valid(array)
    told = count_bytes(rows << 1) + b"\1" if len(valid) == 0 else count_bytes(len(valid) << 1 | 1) + valid.tobytes()
    return struct.pack("<I", len(told)) + told


def _valid(array: pa.Array) -> NDArray[np.uint8]:
    """A bit for each row, zero where it is null and after the last; no bytes where none is."""
    return np.packbits(np.asarray(array.is_valid()), bitorder="little") if array.null_count else _NO_BYTES


def _by_dictionary(work: _Work, codes: NDArray[np.int32], used: int, words: bytes, bounds: Bounds) -> _Encoded:
    width = max((used - 1).bit_length(), 1)
    end = encode.put_codes(codes, width, work.out, 0)
    return _Encoded(BY_DICTIONARY, bytes([width]) + work.out[:end].tobytes(), bounds, words, used)


def _texts(work: _Work, array: pa.Array) -> _Encoded:
    count = len(array) - array.null_count
    if count == 0:
        return _Encoded(PLAIN, b"", None)
    words = array if pa.types.is_dictionary(array.type) else pc.dictionary_encode(array)
    places = words.indices.cast(pa.int32())
    codes = np.frombuffer(places.buffers()[1], dtype=np.int32, count=len(places), offset=4 * places.offset)
    number, first = np.empty((2, len(words.dictionary)), dtype=np.int32)
    used = encode.number_texts(codes, _valid(array), number, first, work.codes)
    known, first, codes = _Texts(words.dictionary), first[:used], work.codes[:count]
    if 2 * used > count:
        return _Encoded(PLAIN, known.plain(first[codes]), known.bounds(first))
    return _by_dictionary(work, codes, used, known.plain(first), known.bounds(first))


class _Texts:
    """The bytes of an array of texts."""

    def __init__(self, texts: pa.Array) -> None:
        _, offsets, data = texts.buffers()
        self._starts = np.frombuffer(offsets, dtype=np.int32, count=len(texts) + 1, offset=4 * texts.offset)
        self._data = np.frombuffer(data or b"", dtype=np.uint8)

    def plain(self, chosen: NDArray[np.int32]) -> bytes:
        """Some of the texts, by number, each with its length before it."""
        room = int((self._starts[chosen + 1] - self._starts[chosen]).sum(dtype=np.int64)) + 4 * len(chosen)
        out = np.empty(room, dtype=np.uint8)
        encode.put_texts(self._starts, self._data, chosen, out, 0)
        return out.tobytes()

    def bounds(self, chosen: NDArray[np.int32]) -> Bounds:
        """The least and the greatest of some of them."""
        ends = np.empty(2, dtype=np.int32)
        encode.ends_of_texts(self._starts, self._data, chosen, ends)
        low, high = (self._data[self._starts[end] : self._starts[end + 1]].tobytes() for end in ends)
        return (low, high) if max(len(low), len(high)) <= LONGEST_BOUND else None


def _numbers(work: _Work, field: _Field, array: pa.Array) -> _Encoded:
    values, dtype = _values(field, array), np.dtype(_NUMBERS[field.physical])
    if len(values) == 0:
        return _Encoded(PLAIN, b"", None)
    wide = values.view(np.int64) if dtype.itemsize == 8 else values.astype(np.int64)
    bounds = _number_bounds(values)
    used = encode.number_values(wide, work.table, work.distinct, work.codes)
    if used > 0:
        words = work.distinct[:used]
        words = words.view(dtype) if dtype.itemsize == 8 else words.astype(dtype)
        return _by_dictionary(work, work.codes[: len(values)], used, words.tobytes(), bounds)
    if field.physical == INT64:
        return _Encoded(DELTA, work.out[: encode.put_deltas(values, work.out, 0)].tobytes(), bounds)
    return _Encoded(PLAIN, values.tobytes(), bounds)


def _values(field: _Field, array: pa.Array) -> NDArray[Any]:
    """The values that are not null; of a decimal the digits as an integer."""
    array = array.drop_null() if array.null_count else array
    return columns.unscaled(array) if field.decimal is not None else np.asarray(array)


def _number_bounds(values: NDArray[Any]) -> Bounds:
    low, high = values.min(), values.max()
    if low != low:
        return None  # one is not a number
    if values.dtype.kind == "f":
        low, high = low or -abs(low), high or abs(high)  # zero has two signs
    return low.tobytes(), high.tobytes()
