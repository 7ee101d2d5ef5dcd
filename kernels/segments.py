"""Rows grouped under owners: offsets in the manner of compressed sparse rows (CSR), and sums over them.

Owner k has the rows `offsets[k]:offsets[k + 1]`; `offsets` is int64, one longer than there are owners.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kernels.jit import F8, F8W, I4, I8, I8W, i8, kernel, void


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
