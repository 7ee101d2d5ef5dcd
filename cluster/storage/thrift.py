"""Structures in Thrift's compact protocol, in which Parquet's headers and footer are written.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12


def count_bytes(number: int) -> bytes:
    """An unsigned number, seven bits a byte, the lowest first (ULEB128)."""
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _signed(number: int) -> bytes:
    """A signed number of up to 64 bits: 0, -1, 1, -2, ... are counted 0, 1, 2, 3, ..."""
    return count_bytes(number << 1 if number >= 0 else ~(number << 1))


class Struct:
    """A structure whose fields are added in ascending order of their numbers."""

    def __init__(self) -> None:
        self._out = bytearray()
        self._last = 0

    def end(self) -> bytes:
        """The finished structure."""
        return bytes(self._out) + b"\0"

    def i32(self, number: int, value: int) -> Self:
        """Add a number of 32 bits."""
        return self._add(number, _I32, _signed(value))

    @property
    def fields(self) -> bytes:
        """The fields so far, to be gone on with."""
        return bytes(self._out)

    def i64(self, number: int, value: int) -> Self:
        """Add a number of 64 bits."""
        return self._add(number, _I64, _signed(value))

    def binary(self, number: int, value: bytes) -> Self:
        """Add bytes, or text in UTF-8."""
        return self._add(number, _BINARY, count_bytes(len(value)) + value)

    def struct(self, number: int, value: Struct) -> Self:
        """Add another structure."""
        return self._add(number, _STRUCT, value.end())

    def i32s(self, number: int, values: Sequence[int]) -> Self:
        """Add a list of numbers of 32 bits."""
        return self._add_list(number, _I32, [_signed(value) for value in values])

    def binaries(self, number: int, values: Sequence[bytes]) -> Self:
        """Add a list of bytes."""
        return self._add_list(number, _BINARY, [count_bytes(len(value)) + value for value in values])

    def structs(self, number: int, values: Sequence[Struct]) -> Self:
        """Add a list of structures."""
        return self.finished(number, [value.end() for value in values])

    def finished(self, number: int, values: Sequence[bytes]) -> Self:
        """Add a list of finished structures."""
        return self._add_list(number, _STRUCT, values)

    def _add(self, number: int, kind: int, value: bytes) -> Self:
        step, self._last = number - self._last, number
        self._out.append(step << 4 | kind)  # no two fields are more than 15 apart
        self._out += value
        return self

    def _add_list(self, number: int, kind: int, values: Sequence[bytes]) -> Self:
        count = (
            bytes([len(values) << 4 | kind]) if len(values) < 15 else bytes([15 << 4 | kind]) + count_bytes(len(values))
        )
        return self._add(number, _LIST, count + b"".join(values))
