"""Integers sorted by counting digits (Knuth, The Art of Computer Programming 3, algorithm 5.2.5R)."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from kernels.jit import I8W, i8, kernel

DIGIT: Final = 11
"""Bits that are sorted by at a time."""
DIGITS: Final = 1 << DIGIT


@kernel(i8(I8W, i8, i8, I8W, I8W))
def sort_by_bits(
    keys: npt.NDArray[np.int64], low: int, high: int, spare: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]
) -> int:
    """Sort keys (n,), none negative, by their bits from `low` up to `high`, 62 at most; equal ones keep their order.

    spare: (n,). counts: (DIGITS,). Returns 0 where the sorted keys are in `keys`, 1 where they are in `spare`.
    """
    source, target, moved = keys, spare, 0
    for shift in range(low, high, DIGIT):
        mask = (1 << min(DIGIT, high - shift)) - 1
        counts[:] = 0
        for key in source:
            counts[(key >> shift) & mask] += 1
        if counts[(source[0] >> shift) & mask if source.size else 0] == source.size:
            continue
        total = 0
        for digit in range(DIGITS):
            count = counts[digit]
            counts[digit] = total
            total += count
        for key in source:
            digit = (key >> shift) & mask
            target[counts[digit]] = key
            counts[digit] += 1
        source, target, moved = target, source, 1 - moved
    return moved
