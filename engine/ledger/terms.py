"""Holding periods of many pieces: short- or long-term."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.dates import last_long_term_start, long_term_days

MANY = 1 << 30
"""Days, beyond any date."""
FEW_DAYS = 400


def are_long_term(start: NDArray[np.int32], sold: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether shares whose holding period began on `start` are long-term when `sold` (IRC §1222); (n,), days."""
    first_day, last_day = int(sold.min(initial=MANY)), int(sold.max(initial=-MANY))
    if 0 <= last_day - first_day < min(len(sold), FEW_DAYS):  # as recent sales are: each day is worked out once
        latest = [last_long_term_start(day) for day in range(first_day, last_day + 1)]
        return np.asarray(start <= np.array(latest, dtype=np.int32)[sold - first_day])
    first = np.empty(len(start), dtype=np.int32)
    long_term_days(np.ascontiguousarray(start, dtype=np.int32), first)
    return np.asarray(sold >= first)
