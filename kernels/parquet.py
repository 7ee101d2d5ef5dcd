"""The encodings of Parquet's pages that numbers and codes of texts are written in.

https://parquet.apache.org/docs/file-format/data-pages/encodings/: PLAIN, the hybrid of runs and packed bits, and
DELTA_BINARY_PACKED. A kernel writes bytes into `out` from `at` on, which has room, and returns where they end.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import types

from kernels.jit import I4, I4W, I8, I8W, i8, kernel, void

Bytes = npt.NDArray[np.uint8]

U1: Final = types.Array(types.uint8, 1, "C", readonly=True)
U1W: Final = types.Array(types.uint8, 1, "C")
u8: Final = types.uint64

DATA_PAGE, DICTIONARY_PAGE = 0, 2
PLAIN, RLE, DELTA, BY_DICTIONARY = 0, 3, 5, 8
"""As the format numbers pages and encodings."""
GROUP: Final = 8
"""Values that are packed together; a run of as many equal ones is written once."""
BLOCK, MINIBLOCK, MINIBLOCKS = 128, 32, 4
"""Differences that share their least, and those of them that are packed to one width."""
FEW: Final = 1024
"""Values after which a column is known to repeat itself, or not to."""


def code_bytes(count: int, width: int) -> int:
    """Room that `put_codes` needs."""
    return (count // GROUP + 1) * (width + 6) + 16


def delta_bytes(count: int) -> int:
    """Room that `put_deltas` needs."""
    return (count // BLOCK + 1) * (8 * BLOCK + 16) + 40


@kernel(i8(u8, U1W, i8), inlined=True)
def put_count(value: np.uint64 | int, out: Bytes, at: int) -> int:
    """An unsigned number, seven bits a byte, the lowest first (ULEB128)."""
    left = np.uint64(value)
    while left >= np.uint64(128):
        out[at] = np.uint8((left & np.uint64(127)) | np.uint64(128))
        left >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(left)
    return at + 1


@kernel(i8(i8, U1W, i8), inlined=True)
def put_signed(value: int, out: Bytes, at: int) -> int:
    """A signed number: 0, -1, 1, -2, ... are counted 0, 1, 2, 3, ..."""
    return put_count(np.uint64((value << 1) ^ (value >> 63)), out, at)


@kernel(i8(u8, U1W, i8), inlined=True)
def put_word(word: np.uint64 | int, out: Bytes, at: int) -> int:
    """64 bits, the lowest byte first."""
    for byte in range(8):
        out[at + byte] = np.uint8((np.uint64(word) >> np.uint64(8 * byte)) & np.uint64(255))
    return at + 8


@kernel(i8(I4, i8, U1W, i8))
def put_codes(codes: npt.NDArray[np.int32], width: int, out: Bytes, at: int) -> int:
    """Codes (n,) of `width` bits, 1 to 31: eight or more equal ones as a run, the others packed."""
    row, wide = 0, np.uint64(width)
    while row < codes.size:
        run = row + 1
        while run < codes.size and codes[run] == codes[row]:
            run += 1
        if run - row >= GROUP or run == codes.size:
            at = put_count(np.uint64((run - row) << 1), out, at)
            for byte in range((width + 7) // 8):
                out[at] = (codes[row] >> (8 * byte)) & 255
                at += 1
            row = run
            continue
        end = row + GROUP
        while end + GROUP <= codes.size:
            equal = 1
            while equal < GROUP and codes[end + equal] == codes[end]:
                equal += 1
            if equal == GROUP:
                break
            end += GROUP
        at = put_count(np.uint64(((end - row) // GROUP) << 1 | 1), out, at)
        held, bits = np.uint64(0), np.uint64(0)
        for place in range(row, end):
            code = np.uint64(codes[place]) if place < codes.size else np.uint64(0)
            held |= code << bits
            bits += wide
            while bits >= np.uint64(8):
                out[at] = np.uint8(held & np.uint64(255))
                held >>= np.uint64(8)
                bits -= np.uint64(8)
                at += 1
        row = end
    return at


@kernel(i8(I8, i8, i8, i8), inlined=True)
def width_of(values: npt.NDArray[np.int64], first: int, last: int, least: int) -> int:
    """Bits of the largest difference of rows `first` to `last`, each less the row before, over `least`."""
    most = np.uint64(0)
    for row in range(first, last):
        most |= np.uint64(values[row] - values[row - 1] - least)
    width = 0
    while most > np.uint64(0):
        most >>= np.uint64(1)
        width += 1
    return width


@kernel(i8(I8, U1W, i8))
def put_deltas(values: npt.NDArray[np.int64], out: Bytes, at: int) -> int:
    """Values (n,), n > 0, as differences between neighbours, which are less than 2^63 apart."""
    at = put_count(np.uint64(BLOCK), out, at)
    at = put_count(np.uint64(MINIBLOCKS), out, at)
    at = put_count(np.uint64(values.size), out, at)
    at = put_signed(values[0], out, at)
    for block in range(1, values.size, BLOCK):
        least = values[block] - values[block - 1]
        for row in range(block, min(block + BLOCK, values.size)):
            least = min(least, values[row] - values[row - 1])
        at = put_signed(least, out, at)
        widths, at = at, at + MINIBLOCKS
        for mini in range(MINIBLOCKS):
            first = block + mini * MINIBLOCK
            last = min(first + MINIBLOCK, values.size)
            width = width_of(values, first, last, least)
            out[widths + mini] = width
            if width == 0:
                continue
            held, bits = np.uint64(0), 0
            for row in range(first, first + MINIBLOCK):
                value = np.uint64(values[row] - values[row - 1] - least) if row < last else np.uint64(0)
                held |= value << np.uint64(bits)
                bits += width
                if bits >= 64:
                    at = put_word(held, out, at)
                    bits -= 64
                    held = value >> np.uint64(width - bits) if bits > 0 else np.uint64(0)
            if bits > 0:  # 32 values fill whole words, or a half more
                for byte in range(4):
                    out[at] = np.uint8((held >> np.uint64(8 * byte)) & np.uint64(255))
                    at += 1
    return at


@kernel(i8(I4, U1, I4, U1W, i8))
def put_texts(offsets: npt.NDArray[np.int32], data: Bytes, chosen: npt.NDArray[np.int32], out: Bytes, at: int) -> int:
    """Texts by number, each with its length before it; text k is `data[offsets[k]:offsets[k + 1]]`."""
    for text in chosen:
        start, stop = offsets[text], offsets[text + 1]
        for byte in range(4):
            out[at] = ((stop - start) >> (8 * byte)) & 255
            at += 1
        for place in range(start, stop):
            out[at] = data[place]
            at += 1
    return at


@kernel(void(I4, U1, I4, I4W))
def ends_of_texts(
    offsets: npt.NDArray[np.int32], data: Bytes, chosen: npt.NDArray[np.int32], out: npt.NDArray[np.int32]
) -> None:
    """The least and the greatest, by their bytes, of some texts, at least one: `out` (2,) their numbers."""
    out[:] = chosen[0]
    for text in chosen:
        for end in range(2):
            low, high = (text, out[0]) if end == 0 else (out[1], text)
            place, stop = 0, min(offsets[low + 1] - offsets[low], offsets[high + 1] - offsets[high])
            while place < stop and data[offsets[low] + place] == data[offsets[high] + place]:
                place += 1
            if place < stop:
                less = data[offsets[low] + place] < data[offsets[high] + place]
            else:
                less = offsets[low + 1] - offsets[low] < offsets[high + 1] - offsets[high]
            if less:
                out[end] = text


@kernel(i8(i8, i8, i8, i8, i8, i8, U1W))
def put_page_header(kind: int, size: int, packed: int, checksum: int, count: int, encoding: int, out: Bytes) -> int:
    """The header of a page of `count` values: DATA_PAGE or DICTIONARY_PAGE, of `size` bytes that became `packed`.

    A structure in Thrift's compact protocol: before each field by how much its number grows, and its type.
    """
    at = 0
    for value in (kind, size, packed, checksum):
        out[at] = 0x15
        at = put_signed(value, out, at + 1)
    out[at] = 0x1C if kind == DATA_PAGE else 0x3C
    at += 1
    for value in (count, encoding):
        out[at] = 0x15
        at = put_signed(value, out, at + 1)
    if kind == DATA_PAGE:
        for _levels in range(2):
            out[at] = 0x15
            at = put_signed(RLE, out, at + 1)
    out[at] = 0
    out[at + 1] = 0
    return at + 2


@kernel(i8(U1, i8, i8, i8, i8, i8, i8, U1, U1, U1W))
def put_chunk(
    head: Bytes,
    count: int,
    size: int,
    packed: int,
    data: int,
    words: int,
    nulls: int,
    low: Bytes,
    high: Bytes,
    out: Bytes,
) -> int:
    """What the footer says of a column of `count` values whose metadata begin with `head`, fields 1 to 4.

    Its pages begin at `data` and `words`, the latter -1 where it has no dictionary; no bounds where `high` is empty.
    """
    out[0], out[1], out[2] = 0x26, 0, 0x1C
    at = 3
    for byte in head:
        out[at] = byte
        at += 1
    for value in (count, size, packed):
        out[at] = 0x16
        at = put_signed(value, out, at + 1)
    out[at] = 0x26
    at = put_signed(data, out, at + 1)
    if words >= 0:
        out[at] = 0x26
        at = put_signed(words, out, at + 1)
    out[at] = 0x1C if words >= 0 else 0x3C
    out[at + 1] = 0x36
    at = put_signed(nulls, out, at + 2)
    if high.size > 0:
        out[at] = 0x28
        at = put_count(np.uint64(high.size), out, at + 1)
        for byte in high:
            out[at] = byte
            at += 1
        out[at] = 0x18
        at = put_count(np.uint64(low.size), out, at + 1)
        for byte in low:
            out[at] = byte
            at += 1
    for _end in range(3):
        out[at] = 0
        at += 1
    return at


@kernel(i8(I4, U1, I4W, I4W, I4W))
def number_texts(
    codes: npt.NDArray[np.int32],
    valid: Bytes,
    number: npt.NDArray[np.int32],
    first: npt.NDArray[np.int32],
    out: npt.NDArray[np.int32],
) -> int:
    """Codes (n,) of texts numbered anew in the order in which they first appear, but those that are null.

    valid: a bit for each row, zero where it is null; no bytes where none is. number: (texts,), the new number of each,
    -1 where it does not appear. first: (texts,), the code of each new number. out: (n,), one for each row that is not
    null. Returns how many texts appear.
    """
    used, row = 0, 0
    number[:] = -1
    for place in range(codes.size):
        if valid.size > 0 and (valid[place >> 3] >> (place & 7)) & 1 == 0:
            continue
        code = codes[place]
        if number[code] < 0:
            number[code] = used
            first[used] = code
            used += 1
        out[row] = number[code]
        row += 1
    return used


@kernel(i8(I8, I4W, I8W, I4W))
def number_values(
    values: npt.NDArray[np.int64],
    table: npt.NDArray[np.int32],
    distinct: npt.NDArray[np.int64],
    out: npt.NDArray[np.int32],
) -> int:
    """Values (n,) numbered in the order in which they first appear.

    table: (2^k,) with more entries than `distinct`, which takes the different values. out: (n,). Returns how many there
    are, or -1 where they do not fit, or the first `FEW` hardly repeat themselves: then the numbers mean nothing.
    """
    used, mask = 0, table.size - 1
    table[:] = -1
    for row in range(values.size):
        value = values[row]
        at = (value ^ (value >> 7) ^ (value >> 15) ^ (value >> 29)) & mask
        while table[at] >= 0 and distinct[table[at]] != value:
            at = (at + 1) & mask
        if table[at] < 0:
            if used == distinct.size or (row >= FEW and used > FEW // 2 and row < 2 * FEW):
                return -1
            table[at] = used
            distinct[used] = value
            used += 1
        out[row] = table[at]
    return used
