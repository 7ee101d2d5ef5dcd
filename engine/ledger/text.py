"""Names as numbers in the order of the names, so that sorting numbers sorts names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book import columns


def filled(column: Any) -> pa.Array:
    """Text as plain strings, where an empty one counts as null."""
    text = columns.text(column)
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def ranked(text: pa.Array) -> tuple[NDArray[np.int32], pa.Array]:
    """Each text's place among the distinct texts, -1 for null, and those texts, ascending."""
    encoded = text.dictionary_encode()
    order = pc.array_sort_indices(encoded.dictionary)
    rank = np.full(len(order) + 1, -1, dtype=np.int32)
    rank[order.to_numpy()] = np.arange(len(order), dtype=np.int32)
    index = pc.fill_null(encoded.indices, len(order)).to_numpy(zero_copy_only=False)
    return rank[index], encoded.dictionary.take(order)


def joined(*parts: Any) -> pa.Array:
    """Texts put together, row by row."""
    return pc.binary_join_element_wise(*parts, "")
