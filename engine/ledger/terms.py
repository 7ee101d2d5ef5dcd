"""Holding periods of many pieces: short- or long-term."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.dates import last_long_term_start, long_term_days


def are_long_term(start: NDArray[np.int32], sold: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether shares whose holding period began on `start` are long-term when `sold` (IRC §1222); (n,), days."""
    if len(sold) and (sold == sold[0]).all():  # as yesterday's sales are
        return np.asarray(start <= last_long_term_start(int(sold[0])))
    first = np.empty(len(start), dtype=np.int32)
    long_term_days(np.ascontiguousarray(start, dtype=np.int32), first)
    return np.asarray(sold >= first)
