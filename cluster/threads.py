"""One thread a process: parallelism comes from the number of workers, and sums do not depend on it.

Ray sets OMP_NUM_THREADS for its workers but not Numba's variable; BLAS reads these once, when NumPy is first imported.
"""

from __future__ import annotations

import os

SINGLE_THREADED = {
    "NUMBA_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


def use_one_thread() -> None:
    """Set the variables for this process. Call before NumPy is imported."""
    os.environ.update(SINGLE_THREADED)


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
