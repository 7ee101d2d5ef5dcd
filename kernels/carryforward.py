"""What a year's capital losses leave for the next (IRC §1212(b); Publication 550, Capital Loss Carryover Worksheet).

Carryforwards enter as losses of their kind (§1212(b)(1)). A net loss reduces ordinary income up to a limit (§1211(b)),
short-term loss first (§1212(b)(2)); what is left is carried on with its character. All amounts are cents.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba.types import UniTuple

from kernels.jit import I8, I8W, i8, kernel, void


@kernel(UniTuple(i8, 2)(i8, i8, i8))
def carried(short: int, long: int, ordinary_offset: int) -> tuple[int, int]:
    """Short- and long-term loss carried out of a year, both ≥ 0.

    `short` and `long` are the year's net totals, gains positive, carryforwards entered; `ordinary_offset` ≥ 0 is the
    loss deductible against ordinary income, of which there is taken to be enough.
    """
    if short + long >= 0:
        return 0, 0
    short_loss = max(-short - max(long, 0), 0)
    long_loss = max(-long - max(short, 0), 0)
    deducted = min(short_loss + long_loss, ordinary_offset)
    from_short = min(deducted, short_loss)
    return short_loss - from_short, long_loss - (deducted - from_short)


@kernel(void(I8, I8, I8, I8W, I8W))
def carried_each(
    short: npt.NDArray[np.int64],
    long: npt.NDArray[np.int64],
    ordinary_offset: npt.NDArray[np.int64],
    short_out: npt.NDArray[np.int64],
    long_out: npt.NDArray[np.int64],
) -> None:
    """`carried` of each account; all (n,)."""
    for k in range(short.size):
        short_out[k], long_out[k] = carried(short[k], long[k], ordinary_offset[k])
