"""Rows with equal keys, and sums over them; sorted keys to be found in."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from engine.prove.verify.columns import Bools, Floats, Ints
from engine.prove.verify.compiled.grouping import (
    add,
    add_reals,
    any_of,
    find_places,
    find_runs,
    join_runs,
    rises,
    sort_by,
    spread,
)

Number = TypeVar("Number", bound=np.generic)


class Groups:
    """Rows by key, in order of key; or by `pair` of two codes.

    `keys`: of each group; `first`: its first row as delivered; `starts`, `group`: of each run of rows that stand
    together, the first row, with the number of rows at the end, and the group.
    """

    def __init__(self, key: Ints, second: Ints | None = None, size: int = 0) -> None:
        """`size`: more than any of the second codes."""
        both = key, key if second is None else second
        starts = np.empty(len(key) + 1, dtype=np.int64)
        self.starts: Ints = starts[: find_runs(*both, starts) + 1].copy()
        self.first: Ints = self.starts[:-1]
        self.keys = key[self.first] if second is None else pair(key[self.first], second[self.first], size)
        self.group: Ints = np.arange(len(self.keys))
        if not rises(self.keys):
            order = (
                np.argsort(self.keys, kind="stable") if second is None else _order(*(one[self.first] for one in both))
            )
            keys, first = np.empty((2, len(order)), dtype=np.int64)
            count = join_runs(self.keys, self.starts, order, self.group, keys, first)
            self.keys, self.first = keys[:count], first[:count]

    def __len__(self) -> int:
        return len(self.keys)

    def rows_of(self, groups: Ints) -> Ints:
        """The rows of these groups, as they stand."""
        wanted = np.zeros(len(self), dtype=bool)
        wanted[groups] = True
        runs = np.flatnonzero(wanted[self.group])
        first, sizes = self.starts[runs], self.starts[runs + 1] - self.starts[runs]
        return np.repeat(first - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())

    def of(self, rows: Ints) -> Ints:
        """The groups of these rows."""
        return self.group[np.searchsorted(self.starts, rows, side="right") - 1]

    @cached_property
    def of_row(self) -> Ints:
        """The group of each row."""
        found = np.empty(self.starts[-1], dtype=np.int64)
        spread(self.starts, self.group, found)
        return found

    @cached_property
    def sizes(self) -> Ints:
        """How many rows each group has."""
        return np.bincount(self.of_row, minlength=len(self))

    def sum(self, values: Ints) -> Ints:
        """Whole numbers, exactly; null counts as nothing."""
        found = np.zeros(len(self), dtype=np.int64)
        add(self.starts, self.group, values, found)
        return found

    def total(self, values: Floats) -> Floats:
        """Real numbers; null counts as nothing."""
        found = np.zeros(len(self))
        add_reals(self.starts, self.group, values, found)
        return found

    def any(self, flags: Bools) -> Bools:
        """Where one row is so."""
        found = np.zeros(len(self), dtype=bool)
        any_of(self.starts, self.group, flags, found)
        return found

    def all(self, flags: Bools) -> Bools:
        """Where every row is so."""
        return ~self.any(~flags)

    def checksum(self, hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """Their sum, modulo 2**64."""
        found = np.zeros(len(self), dtype=np.uint64)
        np.add.at(found, self.of_row, hashes)
        return found

    def most(self, values: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """The largest."""
        return self._reduced(np.maximum, values)

    def least(self, values: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """The smallest."""
        return self._reduced(np.minimum, values)

    def _reduced(self, function: np.ufunc, values: npt.NDArray[Number]) -> npt.NDArray[Number]:
        if not len(self):
            return values[:0]
        order = np.argsort(self.of_row, kind="stable")
        found: npt.NDArray[Number] = function.reduceat(values[order], np.cumsum(self.sizes) - self.sizes)
        return found


def _order(first: Ints, second: Ints) -> Ints:
    """The order of rows by two codes."""
    order: Ints = np.arange(len(first))
    for code in (second, first):
        rows, order = order, np.empty_like(order)
        sort_by(code, rows, np.zeros(int(code.max()) + 2, dtype=np.int64), order)
    return order


def pair(first: Ints, second: Ints, size: int) -> Ints:
    """One key for two codes; `size`: more than any of the second."""
    return first * size + second


def distinct(values: Ints) -> Ints:
    """Each value once, sorted."""
    return Groups(values).keys


def find(sorted_keys: Ints, wanted: Ints) -> Ints:
    """Where each key stands among sorted ones, each there once; -1 where it is not."""
    found = np.empty(len(wanted), dtype=np.int64)
    find_places(sorted_keys, wanted, found)
    return found


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


def total_by(codes: Ints, values: Floats, size: int) -> Floats:
    """Sums of real numbers by code; `size`: more than any."""
    return np.asarray(np.bincount(codes, weights=values, minlength=size), dtype=np.float64)
