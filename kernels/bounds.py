"""Whether a column lies within its bounds, in one look at it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kernels.jit import F8, f8, i8, kernel

BEYOND = -1


@kernel(i8(F8, f8, f8, f8))
def unknown_within(values: npt.NDArray[np.float64], above: float, least: float, most: float) -> int:
    """How many values (n,) are NaN, if all others are finite and within bounds; else BEYOND.

    Bounds: above the first, at least the second, at most the third.
    """
    sound, unknown = True, 0
    for value in values:
        known = value == value
        unknown += 0 if known else 1
        sound &= not known or (above < value < np.inf and least <= value <= most)
    return unknown if sound else BEYOND
