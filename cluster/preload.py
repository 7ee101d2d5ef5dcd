"""What a worker of a run loads as it starts, while the driver still opens the book."""

from __future__ import annotations

import pyarrow as pa

from cluster.pandas_free import without_pandas

with without_pandas():
    import cluster.inspection
    import cluster.reduce
    import cluster.worker
    from cluster.calls import engine_calls

    pa.array([0])  # pyarrow asks for pandas now, and not again
    engine_calls()
