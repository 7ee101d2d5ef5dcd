"""Rows held as columns, and rows grouped by equal keys."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Rows:
    """A frozen dataclass of columns of equal length."""

    def __len__(self) -> int:
        return len(getattr(self, self._names()[0]))

    def where(self, keep: NDArray[Any]) -> Self:
        """Some of the rows, by mask or number."""
        return type(self)(*(getattr(self, name)[keep] for name in self._names()))

    @classmethod
    def stacked(cls, blocks: Sequence[Self]) -> Self:
        """The rows of several blocks as one."""
        return cls(*(np.concatenate([getattr(block, name) for block in blocks]) for name in cls._names()))

    @classmethod
    def _names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in fields(cls))  # type: ignore[arg-type]


def ordered(*keys: NDArray[Any]) -> Ints:
    """Rows in ascending order of integer keys, the first one first, equal rows in their order; shape (rows,).

    The same as `np.lexsort`, many times faster: the keys and the row are packed into one int64 and that is sorted.
    """
    count = len(keys[0])
    if count < 2:
        return np.arange(count)
    row_bits = count.bit_length()
    low = [int(key.min()) for key in keys]
    spans = [int(key.max()) - least + 1 for key, least in zip(keys, low, strict=True)]
    if math.prod(spans) >= 1 << (63 - row_bits):
        keys = tuple(_dense(key) if span > count else key for key, span in zip(keys, spans, strict=True))
        low = [int(key.min()) for key in keys]
        spans = [int(key.max()) - least + 1 for key, least in zip(keys, low, strict=True)]
    if math.prod(spans) >= 1 << (63 - row_bits):
        return np.lexsort(keys[::-1])
    packed = np.zeros(count, dtype=np.int64)
    for key, least, span in zip(keys, low, spans, strict=True):
        packed *= span
        packed += key
        packed -= least
    packed <<= row_bits
    packed |= np.arange(count)
    packed.sort()
    packed &= (1 << row_bits) - 1
    return packed


def _dense(key: NDArray[Any]) -> Ints:
    """The place of each value among the distinct ones."""
    values = np.sort(key)
    return np.searchsorted(values[np.append(True, values[1:] != values[:-1])], key)


def grouped(*keys: NDArray[Any]) -> tuple[Ints, Ints]:
    """The group of each row of equal integer keys, in ascending order of the keys, and the first row of each group."""
    order = ordered(*keys)
    new = starts_of_runs(*(key[order] for key in keys))
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(new) - 1
    return number, order[new]


def starts_of_runs(*keys: NDArray[Any]) -> NDArray[np.bool_]:
    """True for each row that differs in a key from the one before, and for the first; (rows,)."""
    new = np.zeros(len(keys[0]), dtype=np.bool_)
    new[:1] = True
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    return new


def places(key: NDArray[Any]) -> Ints:
    """How many rows before each have its `key` (rows,)."""
    order = ordered(key)
    place = np.empty(len(key), dtype=np.int64)
    place[order] = np.arange(len(key)) - np.searchsorted(key[order], key[order])
    return place


def sums(number: NDArray[Any], values: Ints, count: int) -> Ints:
    """Sum of `values` by group `number`, (count,)."""
    total = np.zeros(count, dtype=np.int64)
    np.add.at(total, number, values)
    return total
