"""Benchmarks: each prints one table and appends one line to a file of results. Not part of the distribution.

One thread, whatever the environment says, and set here because BLAS and Numba read it when they are first imported.
"""

from cluster.threads import use_one_thread

use_one_thread()
