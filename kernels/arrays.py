"""Arrays as the kernels' signatures ask: C-contiguous and read-only."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from kernels.table import Table

Block = TypeVar("Block", bound=tuple[Any, ...])


def empty(table: Table, count: int) -> Any:
    """A table's named tuple with arrays of `count`, unfilled."""
    return table.kind._make(np.empty(count, dtype=str(kind.dtype)) for kind in table.tuple.types)  # type: ignore[attr-defined]


def readonly(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The array, C-contiguous and read-only."""
    kept = np.ascontiguousarray(array)
    kept.flags.writeable = False
    return kept


def frozen(block: Block) -> Block:
    """The same named tuple with every array contiguous and read-only."""
    return type(block)(*(readonly(value) if isinstance(value, np.ndarray) else value for value in block))
