"""Rows with equal keys, and sums over them; sorted keys to be found in."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from engine.prove.verify.columns import Bools, Floats, Ints

Number = TypeVar("Number", bound=np.generic)


class Groups:
    """Rows by key, in order of key. Rows that come in that order are not sorted again.

    `keys`: of each group; `first`: its first row as delivered.
    """

    def __init__(self, key: Ints) -> None:
        rising = bool(np.all(key[1:] >= key[:-1]))
        self._order = None if rising else np.argsort(key, kind="stable")
        ordered = key if self._order is None else key[self._order]
        self._starts = _changes(ordered)
        self._rows = len(key)
        self.keys = ordered[self._starts]
        self.first = self._starts if self._order is None else self._order[self._starts]

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def sizes(self) -> Ints:
        """How many rows each group has."""
        return np.diff(np.append(self._starts, self._rows))

    @cached_property
    def of_row(self) -> Ints:
        """The group of each row."""
        group = np.repeat(np.arange(len(self)), self.sizes)
        if self._order is None:
            return group
        found = np.empty_like(group)
        found[self._order] = group
        return found

    def sum(self, values: Ints) -> Ints:
        """Whole numbers without null, exactly."""
        return self._reduced(np.add, values)

    def total(self, values: Floats) -> Floats:
        """Real numbers; null counts as nothing."""
        return self._reduced(np.add, np.where(np.isnan(values), 0.0, values))

    def any(self, flags: Bools) -> Bools:
        """Where one row is so."""
        return self._reduced(np.logical_or, flags)

    def all(self, flags: Bools) -> Bools:
        """Where every row is so."""
        return self._reduced(np.logical_and, flags)

    def checksum(self, hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """Their sum, modulo 2**64."""
        return self._reduced(np.add, hashes)

    def most(self, values: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """The largest."""
        return self._reduced(np.maximum, values)

    def least(self, values: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """The smallest."""
        return self._reduced(np.minimum, values)

    def _reduced(self, function: np.ufunc, values: npt.NDArray[Number]) -> npt.NDArray[Number]:
        if not len(self):
            return values[:0]
        found: npt.NDArray[Number] = function.reduceat(
            values if self._order is None else values[self._order], self._starts
        )
        return found


def pair(first: Ints, second: Ints, size: int) -> Ints:
    """One key for two codes; `size`: more than any of the second."""
    return first * size + second


def distinct(values: Ints) -> Ints:
    """Each value once, sorted."""
    ordered = np.sort(values)
    found: Ints = ordered[_changes(ordered)]
    return found


def _changes(ordered: Ints) -> Ints:
    """Where a value differs from the one before it, the first included."""
    change = np.empty(len(ordered), dtype=bool)
    change[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=change[1:])
    return np.flatnonzero(change)


def find(sorted_keys: Ints, wanted: Ints) -> Ints:
    """Where each key stands among sorted ones, each there once; -1 where it is not."""
    if not len(sorted_keys):
        return np.full(len(wanted), -1)
    place = np.searchsorted(sorted_keys, wanted)
    np.minimum(place, len(sorted_keys) - 1, out=place)
    return np.where(sorted_keys[place] == wanted, place, -1)


def at(values: npt.NDArray[Number], places: Ints, default: float) -> npt.NDArray[Number]:
    """`values[places]`, `default` where a place is -1."""
    if not len(values):
        return np.full(len(places), default, dtype=values.dtype)
    found = values[places]
    found[places < 0] = default
    return found


def join(sorted_keys: Ints, wanted: Ints) -> tuple[Ints, Ints]:
    """Every pair of equal keys: (place in `wanted`, place in `sorted_keys`), in order of `wanted`."""
    start = np.searchsorted(sorted_keys, wanted)
    count = np.searchsorted(sorted_keys, wanted, side="right") - start
    row = np.repeat(np.arange(len(wanted)), count)
    return row, np.repeat(start - (np.cumsum(count) - count), count) + np.arange(len(row))


def first_rows(codes: Ints, size: int) -> Ints:
    """The first row of each code below `size`, -1 where there is none."""
    found = np.full(size, -1)
    found[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return found


def order_by(*keys: Ints) -> Ints:
    """Rows in order of the keys, the first one first; rows that are equal in all stay as they are.

    Keys next to each other become one where their ranges leave room for that.
    """
    packed: list[Ints] = []
    room = 0
    for key in keys:
        low, high = (int(key.min()), int(key.max())) if len(key) else (0, 0)
        size = high - low + 1
        if packed and room * size < 2**62:
            packed[-1] = packed[-1] * size + (key - low)
            room *= size
        else:
            packed.append(key)
            room = size if low == 0 else 2**62
    return np.argsort(packed[0], kind="stable") if len(packed) == 1 else np.lexsort(packed[::-1])


def total_by(codes: Ints, values: Floats, size: int) -> Floats:
    """Sums of real numbers by code; `size`: more than any."""
    return np.asarray(np.bincount(codes, weights=values, minlength=size), dtype=np.float64)
