"""Copies between arrays that do not overlap; Numba's own slice assignment counts references."""

from __future__ import annotations

from kernels.jit import B1, B1W, F8, F8W, I8, I8W, i8, kernel, void
from kernels.problem import Flags, Floats, Ints


@kernel(void(F8, F8W, i8), void(I8, I8W, i8), void(B1, B1W, i8))
def copy(source: Floats | Ints | Flags, target: Floats | Ints | Flags, count: int) -> None:
    """The first `count` entries."""
    for entry in range(count):
        target[entry] = source[entry]
