"""Rows held as columns, and rows grouped by equal keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from kernels.sorting import DIGITS, sort_by_bits

Ints = NDArray[np.int64]
FEW = DIGITS // 2
"""Rows that are sorted faster by comparing them."""


class Rows:
    """A frozen dataclass of columns of equal length."""

    def __len__(self) -> int:
        return len(getattr(self, self._names()[0]))

    def where(self, keep: NDArray[Any] | slice) -> Self:
        """Some of the rows, by mask, number or slice."""
        return type(self)(*(getattr(self, name)[keep] for name in self._names()))

    @classmethod
    def stacked(cls, blocks: Sequence[Self]) -> Self:
        """The rows of several blocks as one."""
        return cls(*(np.concatenate([getattr(block, name) for block in blocks]) for name in cls._names()))

    @classmethod
    @cache
    def _names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in fields(cls))  # type: ignore[arg-type]


def ordered(*keys: NDArray[Any]) -> Ints:
    """Rows in ascending order of integer keys, the first one first, equal rows in their order; shape (rows,).

    The same as `np.lexsort`, many times faster: as many keys as fit are packed with the row into one int64, and that is
    sorted; the last keys first.
    """
    order, left = np.arange(len(keys[0])), list(keys)
    row_bits = len(order).bit_length()
    while left and len(order) > 1:
        packed = _packed(left, 63 - row_bits)
        if packed is None:
            order = order[np.argsort(left.pop()[order], kind="stable")]
        else:
            packed = packed[order]
            if not ascends(packed):
                packed = _sorted((packed << row_bits) | np.arange(len(order)), row_bits)
                order = order[packed & ((1 << row_bits) - 1)]
    return order


def _sorted(packed: Ints, row_bits: int) -> Ints:
    """Keys with their row, which is in its place already, in the lowest bits; sorted, maybe in the memory given."""
    if len(packed) < FEW:
        packed.sort()
        return packed
    spare = np.empty_like(packed)
    counts = np.empty(DIGITS, dtype=np.int64)
    return spare if sort_by_bits(packed, row_bits, int(packed.max()).bit_length(), spare, counts) else packed


def ascends(key: NDArray[Any]) -> bool:
    """True where no row's key is less than the one before."""
    return bool((key[1:] >= key[:-1]).all())


def _packed(left: list[NDArray[Any]], bits: int) -> Ints | None:
    """As many keys as fit into `bits` together, taken off the end of `left`, as one; None where not even one fits."""
    packed, span, taken = np.zeros(len(left[-1]), dtype=np.int64), 1, 0
    for key in reversed(left):
        low = int(key.min())
        wider = span * (int(key.max()) - low + 1)
        if wider >> bits:
            break
        packed += (key.astype(np.int64) - low) * span
        span, taken = wider, taken + 1
    del left[len(left) - taken :]
    return packed if taken else None


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
