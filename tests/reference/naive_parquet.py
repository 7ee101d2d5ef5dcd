"""Twins of `kernels.parquet`: readers of what it writes, and its numberings, in lists."""

from __future__ import annotations

from collections.abc import Sequence


class Reader:
    """Bytes read from the front; `bits` of a number come the lowest first."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, count: int) -> bytes:
        taken, self.data = self.data[:count], self.data[count:]
        assert len(taken) == count
        return taken

    def count(self) -> int:
        byte = self.take(1)[0]
        return byte if byte < 128 else byte - 128 + 128 * self.count()

    def signed(self) -> int:
        number = self.count()
        return -(number + 1) // 2 if number % 2 else number // 2

    def packed(self, count: int, width: int) -> list[int]:
        bits = "".join(f"{byte:08b}"[::-1] for byte in self.take(count * width // 8))
        return [int("0" + bits[width * k : width * (k + 1)][::-1], 2) for k in range(count)]


def codes(data: bytes, count: int, width: int) -> list[int]:
    """The hybrid of runs and packed bits."""
    reader, found = Reader(data), []
    while reader.data:
        head = reader.count()
        if head % 2:
            found += reader.packed(8 * (head // 2), width)
        else:
            found += [int.from_bytes(reader.take((width + 7) // 8), "little")] * (head // 2)
    assert not any(found[count:])
    assert len(found) < count + 8
    return found[:count]


def deltas(data: bytes) -> list[int]:
    """DELTA_BINARY_PACKED."""
    reader = Reader(data)
    block, minis, count = reader.count(), reader.count(), reader.count()
    found = [reader.signed()]
    while len(found) < count:
        least, widths = reader.signed(), reader.take(minis)
        for width in widths:
            for delta in reader.packed(block // minis, width):
                found.append(found[-1] + least + delta)
    assert not reader.data
    return found[:count]


def texts(data: bytes) -> list[bytes]:
    reader, found = Reader(data), []
    while reader.data:
        found.append(reader.take(int.from_bytes(reader.take(4), "little")))
    return found


def header(data: bytes) -> dict[int, object]:
    """A structure of the compact protocol, its numbers, bytes and structures by the number of the field."""
    reader = Reader(data)
    found = _fields(reader)
    assert not reader.data
    return found


def _fields(reader: Reader) -> dict[int, object]:
    found: dict[int, object] = {}
    number = 0
    kinds = {5: reader.signed, 6: reader.signed, 8: lambda: reader.take(reader.count()), 12: lambda: _fields(reader)}
    while head := reader.take(1)[0]:
        number += head >> 4
        found[number] = kinds[head & 15]()
    return found


def numbered(values: Sequence[int]) -> tuple[list[int], list[int]]:
    """The different values as they first appear, and the place of each value among them."""
    distinct = list(dict.fromkeys(values))
    return distinct, [distinct.index(value) for value in values]
