"""The inner product of two vectors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kernels.jit import F8, f8, kernel

Floats = npt.NDArray[np.float64]


@kernel(f8(F8, F8), inlined=True)
def dot(left: Floats, right: Floats) -> float:
    """Σ left·right in four sums: one alone waits for each addition. Indices are unsigned, so none can count back."""
    first, second, third, fourth = 0.0, 0.0, 0.0, 0.0
    for start in range(0, len(right) - 3, 4):
        at = np.uint64(start)
        first += left[at] * right[at]
        second += left[at + np.uint64(1)] * right[at + np.uint64(1)]
        third += left[at + np.uint64(2)] * right[at + np.uint64(2)]
        fourth += left[at + np.uint64(3)] * right[at + np.uint64(3)]
    for at_last in range(len(right) // 4 * 4, len(right)):
        first += left[at_last] * right[at_last]
    return (first + second) + (third + fourth)
