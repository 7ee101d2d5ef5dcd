"""What a worker of a run loads as it starts, while the driver still opens the book."""

from __future__ import annotations

from importlib import import_module

import pyarrow as pa

from cluster.calls import engine_calls
from cluster.pandas_free import without_pandas

TASKS = ("cluster.inspection", "cluster.worker", "cluster.reduce")

with without_pandas():
    pa.array([0])  # pyarrow asks for pandas now, and not again
    engine_calls()
    for name in TASKS:
        import_module(name)
