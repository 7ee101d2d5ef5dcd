"""Rows held as columns, and rows grouped by equal keys."""

from __future__ import annotations

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


def grouped(*keys: NDArray[Any]) -> tuple[Ints, Ints]:
    """The group of each row of equal keys, in ascending order of the keys, and the first row of each group."""
    order = np.lexsort(keys[::-1])
    new = np.zeros(len(order), dtype=np.bool_)
    new[:1] = True
    for key in keys:
        new[1:] |= np.diff(key[order]) != 0
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(new) - 1
    return number, order[new]


def places(key: NDArray[Any]) -> Ints:
    """How many rows before each have its `key` (rows,)."""
    order = np.argsort(key, kind="stable")
    place = np.empty(len(key), dtype=np.int64)
    place[order] = np.arange(len(key)) - np.searchsorted(key[order], key[order])
    return place


def sums(number: NDArray[Any], values: Ints, count: int) -> Ints:
    """Sum of `values` by group `number`, (count,)."""
    total = np.zeros(count, dtype=np.int64)
    np.add.at(total, number, values)
    return total
