"""Arrays as NumPy and as compiled functions know them: those that are read may be read-only, as Arrow's are."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import types

Ints = npt.NDArray[np.int64]
Ints32 = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NULL: Final = int(np.iinfo(np.int64).min)
"""Null among whole numbers."""

i8, f8, b1, void = types.int64, types.float64, types.boolean, types.void
I4, I8, F8, B1 = (types.Array(one, 1, "C", readonly=True) for one in (types.int32, i8, f8, b1))
"""Read."""
I8W, F8W, B1W = (types.Array(one, 1, "C") for one in (i8, f8, b1))
"""Written."""


def read_only(*arrays: npt.NDArray[Any]) -> list[Any]:
    """Views that nobody writes through, as a tuple of arrays that is read must have them."""
    views = [array.view() for array in arrays]
    for view in views:
        view.flags.writeable = False
    return views
