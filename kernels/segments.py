"""Rows grouped under owners: offsets in the manner of compressed sparse rows (CSR), and sums over them.

Owner k has the rows `offsets[k]:offsets[k + 1]`; `offsets` is int64, one longer than there are owners.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kernels.jit import B1W, F8, F8W, I4, I4W, I8, I8W, b1, i8, kernel, void


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


@kernel(b1(I4, I4, I4W))
def ascends(owner: npt.NDArray[np.int32], key: npt.NDArray[np.int32], last: npt.NDArray[np.int32]) -> bool:
    """Whether the keys of each owner ascend or stay, row by row; a negative owner's do not matter.

    owner, key: (n,), keys of at least -1. last: (owners,), for its own use.
    """
    last[:] = -1
    for row in range(owner.size):
        if owner[row] >= 0:
            if key[row] < last[owner[row]]:
                return False
            last[owner[row]] = key[row]
    return True


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
