"""One thread a process: parallelism comes from the number of workers, and sums do not depend on it.

Ray sets OMP_NUM_THREADS for its workers but not Numba's variable; BLAS reads these once, when NumPy is first imported,
and Arrow's allocator its own when Arrow is.
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
KEEPING_MEMORY = {"MIMALLOC_PURGE_DELAY": "-1"}
"""Arrow keeps what a part gave back, as `cluster.memory` has it of the C library."""
ENVIRONMENT = SINGLE_THREADED | KEEPING_MEMORY


def use_one_thread() -> None:
    """Set the variables for this process. Call before NumPy and Arrow are imported."""
    os.environ.update(ENVIRONMENT)


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
