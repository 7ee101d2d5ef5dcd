"""The order of trades within a day, as `sequence` tells it: those without one come last, and share a moment."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book import columns

UNORDERED: Final = np.iinfo(np.int64).max
"""The `sequence` of a trade that has none."""
LAST: Final = np.iinfo(np.int32).max
"""The batch of a trade that has none, in every table."""


def sequences(table: pa.Table) -> NDArray[np.int64]:
    """`sequence` of each row (rows,), UNORDERED where it is null or the table has none."""
    given = pc.cast(columns.flat(columns.optional(table, "sequence", pa.int64())), pa.int64())
    return np.ascontiguousarray(pc.fill_null(given, UNORDERED).to_numpy(zero_copy_only=False))


def batches(sequence: NDArray[np.int64]) -> NDArray[np.int32]:
    """What the replay orders a day by (`kernels.pieces.Events.batch`): the rank of `sequence` (rows,), from 1."""
    rank = np.unique(sequence, return_inverse=True)[1].reshape(-1) + 1
    return np.where(sequence == UNORDERED, LAST, rank).astype(np.int32)
