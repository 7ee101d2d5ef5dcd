"""What a process does with memory that a part gave back: it keeps it, for the next part needs as much.

glibc hands large arrays back to the system at once, and the system clears every page anew when the next part asks;
`cluster.threads` keeps Arrow's allocator from the same.
"""

from __future__ import annotations

import ctypes
import gc
from functools import cache

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST_ARRAY = 32 << 20
"""Bytes; glibc takes no more for the least array that comes from the system alone."""
_MOST_KEPT = 1 << 30


@cache
def keep_memory() -> None:
    """Keep freed memory, and leave what is loaded by now out of Python's search for cycles. Once a process.

    Does nothing where the C library has no `mallopt`.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_ARRAY)
        mallopt(_M_TRIM_THRESHOLD, _MOST_KEPT)
    gc.collect()
    gc.freeze()
