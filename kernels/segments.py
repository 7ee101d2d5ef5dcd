"""Rows grouped under owners: offsets in the manner of compressed sparse rows (CSR), and sums over them.

Owner k has the rows `offsets[k]:offsets[k + 1]`; `offsets` is int64, one longer than there are owners.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kernels.jit import B1W, F8, F8W, I4, I4W, I8, I8W, i8, kernel, void


@kernel(void(I4, I8W), void(I8, I8W))
def offsets_from_sorted(ids: npt.NDArray[Any], out: npt.NDArray[np.int64]) -> None:
    """Offsets of owners 0..n−1, where row r belongs to `ids[r]`, ascending; owners may have no rows.

    ids: (rows,) int32 or int64. out: (n + 1,). Afterwards `out[n] == rows` if and only if ids were sorted and in range.
    """
    row = 0
    for owner in range(out.size - 1):
        out[owner] = row
        while row < ids.size and ids[row] == owner:
            row += 1
    out[out.size - 1] = row


@kernel(i8(I4, I4, I8W), i8(I8, I8, I8W))
def pair_offsets(first: npt.NDArray[Any], second: npt.NDArray[Any], out: npt.NDArray[np.int64]) -> int:
    """Offsets of the runs of equal (first, second), such as (account, security) over lots sorted by both.

    first, second: (rows,) int32 or int64. out: (rows + 1,). Returns the number of runs r; `out[: r + 1]` is filled.
    """
    runs = 0
    for row in range(first.size):
        if row == 0 or first[row] != first[row - 1] or second[row] != second[row - 1]:
            out[runs] = row
            runs += 1
    out[runs] = first.size
    return runs


@kernel(void(F8, I8, F8W), void(I8, I8, I8W))
def segment_sum(values: npt.NDArray[Any], offsets: npt.NDArray[np.int64], out: npt.NDArray[Any]) -> None:
    """Sum of each owner's values, in the order of rows. values: (rows,), offsets: (n + 1,), out: (n,), as values."""
    for owner in range(offsets.size - 1):
        out[owner] = 0
        for row in range(offsets[owner], offsets[owner + 1]):
            out[owner] += values[row]


@kernel(void(I4, I8, I8W, I8W))
def group_rows(
    owner: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int64],
    offsets: npt.NDArray[np.int64],
    out: npt.NDArray[np.int64],
) -> None:
    """Rows by owner, an owner's in the order given: a stable counting sort. A negative owner's rows are left out.

    owner: (n,). rows: (r,) numbers of rows. offsets: (owners + 1,), filled. out: (r,), `out[: offsets[-1]]` is filled.
    """
    offsets[:] = 0
    for place in range(rows.size):
        if owner[rows[place]] >= 0:
            offsets[owner[rows[place]] + 1] += 1
    for each in range(1, offsets.size):
        offsets[each] += offsets[each - 1]
    for place in range(rows.size):
        row = rows[place]
        if owner[row] >= 0:
            out[offsets[owner[row]]] = row
            offsets[owner[row]] += 1
    for each in range(offsets.size - 1, 0, -1):
        offsets[each] = offsets[each - 1]
    offsets[0] = 0


@kernel(i8(I8, I4, I8))
def count_falls(offsets: npt.NDArray[np.int64], key: npt.NDArray[np.int32], rows: npt.NDArray[np.int64]) -> int:
    """How many of the rows of any owner have a lesser key than the one before. offsets: (owners + 1,) into rows."""
    falls = 0
    for owner in range(offsets.size - 1):
        if offsets[owner] < offsets[owner + 1]:
            before = key[rows[offsets[owner]]]
            for place in range(offsets[owner] + 1, offsets[owner + 1]):
                now = key[rows[place]]
                falls += 1 if now < before else 0
                before = now
    return falls


@kernel(void(I4, I8W, I8W, i8, i8, i8), inner=True)
def _merge(
    key: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int64],
    spare: npt.NDArray[np.int64],
    start: int,
    middle: int,
    end: int,
) -> None:
    """Merge two runs of rows; of equals the first run's come first."""
    least = key[rows[middle]]
    while start < middle and key[rows[start]] <= least:
        start += 1
    for place in range(start, middle):
        spare[place] = rows[place]
    left, right, place = start, middle, start
    while left < middle:
        if right < end and key[rows[right]] < key[spare[left]]:
            rows[place] = rows[right]
            right += 1
        else:
            rows[place] = spare[left]
            left += 1
        place += 1


@kernel(void(I8, I4, I8W, I8W))
def merge_runs(
    offsets: npt.NDArray[np.int64],
    key: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int64],
    spare: npt.NDArray[np.int64],
) -> None:
    """Each owner's rows by key, equal ones as they are: the runs that ascend already are merged two by two.

    Knuth, The Art of Computer Programming 3, algorithm 5.2.4N. offsets: (owners + 1,) into rows; key: (n,). spare: as
    rows, for its own use.
    """
    for owner in range(offsets.size - 1):
        first, last, runs = offsets[owner], offsets[owner + 1], 2
        while runs > 1:
            start, runs = first, 0
            while start < last:
                middle = start + 1
                while middle < last and key[rows[middle - 1]] <= key[rows[middle]]:
                    middle += 1
                end = middle + 1 if middle < last else middle
                while middle < end < last and key[rows[end - 1]] <= key[rows[end]]:
                    end += 1
                if middle < end:
                    _merge(key, rows, spare, start, middle, end)
                start, runs = end, runs + 1


FEW_FALLS = 16
"""Where fewer than one row in so many has a lesser key than the one before, runs are merged."""


def rows_by_two(
    first: npt.NDArray[np.int32],
    second: npt.NDArray[np.int32],
    owners: int,
    rows: npt.NDArray[np.int64] | None = None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Offsets (owners + 1,) of each owner's rows, and its rows by the second key, equal ones in the order given.

    first: (n,) an owner; where it is negative the rows are left out. second: (n,), at least -1. rows: (r,) of these,
    all of them in their order if it is not given.
    """
    offsets = np.empty(owners + 1, dtype=np.int64)
    order = np.arange(len(first)) if rows is None else rows
    given = order
    if rows is None:
        offsets_from_sorted(first, offsets)
    if rows is not None or offsets[-1] < len(first):
        order = np.empty(len(given), dtype=np.int64)
        group_rows(first, given, offsets, order)
    falls, count = count_falls(offsets, second, order), int(offsets[-1])
    if falls * FEW_FALLS > count:
        spare, seconds = np.empty(len(given), dtype=np.int64), int(second.max(initial=-1)) + 2
        group_rows(second + np.int32(1), given, np.empty(seconds + 1, dtype=np.int64), spare)
        order = np.empty(len(given), dtype=np.int64)
        group_rows(first, spare, offsets, order)
    elif falls:
        merge_runs(offsets, second, order, np.empty(count, dtype=np.int64))
    return offsets, order[:count]


@kernel(void(I4, I4, I4W, B1W))
def mark_repeats(
    owner: npt.NDArray[np.int32],
    key: npt.NDArray[np.int32],
    seen: npt.NDArray[np.int32],
    out: npt.NDArray[np.bool_],
) -> None:
    """True where an owner has the key from an earlier row; a negative owner or key repeats nothing.

    owner: (n,), rows of an owner together. key: (n,). seen: (keys,), for its own use. out: (n,).
    """
    seen[:] = -1
    for row in range(owner.size):
        out[row] = False
        if owner[row] >= 0 and key[row] >= 0:
            out[row] = seen[key[row]] == owner[row]
            seen[key[row]] = owner[row]


@kernel(void(I4, I8W, I8W))
def number_by_first(key: npt.NDArray[np.int32], seen: npt.NDArray[np.int64], out: npt.NDArray[np.int64]) -> None:
    """Keys numbered from 0 in the order of their first rows.

    key: (n,), from 0. seen: (keys,), of -1s, for its own use. out: (n,).
    """
    found = 0
    for row in range(key.size):
        if seen[key[row]] < 0:
            seen[key[row]] = found
            found += 1
        out[row] = seen[key[row]]
