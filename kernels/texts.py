"""Texts as numbers: an Arrow dictionary's indices looked up in a table of one entry a text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kernels.jit import I4, I4W, kernel, void


@kernel(void(I4, I4, I4W))
def look_up(table: npt.NDArray[np.int32], index: npt.NDArray[np.int32], out: npt.NDArray[np.int32]) -> None:
    """`table[index]`, and -1 where the index is negative. table: (texts,). index, out: (n,)."""
    for row in range(index.size):
        out[row] = table[index[row]] if index[row] >= 0 else -1
