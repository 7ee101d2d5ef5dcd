"""What a worker of a run loads as it starts, while the driver still opens the book."""

from __future__ import annotations

from importlib import import_module

import pyarrow as pa

from cluster.calls import engine_calls
from cluster.pandas_free import without_pandas

MODULES = ("cluster.inspection", "cluster.worker", "cluster.reduce", "engine.decide.solvers.osqp")
"""The tasks, and the solver of a run's sample, which is otherwise loaded when it is needed."""

with without_pandas():
    pa.array([0])  # pyarrow asks for pandas now, and not again
    engine_calls()
    for name in MODULES:
        import_module(name)
