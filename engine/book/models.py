"""Models flattened to sleeves: a model may hold models, and what each inner model holds directly is a sleeve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns

WEIGHT_TOLERANCE: Final = 1e-6


@dataclass(frozen=True)
class Model:
    """A model's holdings by sleeve; all arrays have shape (holdings,).

    `security` indexes the securities table, `sleeve` numbers the sleeves from 0, `weight` is the fraction of the whole
    model; they sum to 1. A security in two sleeves has two rows.
    """

    security: NDArray[np.int32]
    sleeve: NDArray[np.int32]
    weight: NDArray[np.float64]


def flatten_models(table: pa.Table, ids: pa.Array) -> tuple[pa.Array, tuple[Model | None, ...]]:
    """All models of the `models` table, in order of first appearance; None where one cannot be flattened."""
    names = columns.text(table["model_id"]).unique()
    rows = _Rows(table, names, ids)
    return names, tuple(rows.flatten(index) for index in range(len(names)))


class _Rows:
    """The models table as arrays, and the walk over its nesting."""

    def __init__(self, table: pa.Table, names: pa.Array, ids: pa.Array) -> None:
        self.model = columns.codes(table["model_id"], names)
        security = columns.optional(table, "security_id", pa.string())
        child = columns.optional(table, "child_model_id", pa.string())
        self.security = columns.codes(security, ids)
        self.child = columns.codes(child, names)
        self.weight = columns.numbers(table["weight"])
        named = np.asarray(columns.text(security).is_valid()), np.asarray(columns.text(child).is_valid())
        known = (named[0] & (self.security >= 0)) ^ (named[1] & (self.child >= 0))
        self.sound = known & (named[0] ^ named[1]) & (self.weight >= 0)

    def flatten(self, model: int) -> Model | None:
        leaves: list[tuple[NDArray[np.int32], NDArray[np.float64]]] = []
        if not self._walk(model, 1.0, (), leaves):
            return None
        sizes = [len(security) for security, _ in leaves]
        return Model(
            security=np.concatenate([security for security, _ in leaves]),
            sleeve=np.repeat(np.arange(len(leaves), dtype=np.int32), sizes),
            weight=np.concatenate([weight for _, weight in leaves]),
        )

    def _walk(
        self,
        model: int,
        scale: float,
        path: tuple[int, ...],
        leaves: list[tuple[NDArray[np.int32], NDArray[np.float64]]],
    ) -> bool:
        """Collect the sleeves below `model`; False on a cycle, an unknown name or weights that do not sum to 1."""
        rows = np.nonzero(self.model == model)[0]
        if model in path or not self.sound[rows].all() or abs(self.weight[rows].sum() - 1) > WEIGHT_TOLERANCE:
            return False
        share = scale * self.weight[rows] / self.weight[rows].sum()
        direct = self.security[rows] >= 0
        if direct.any():
            leaves.append((self.security[rows[direct]], share[direct]))
        return all(
            self._walk(int(self.child[row]), float(weight), (*path, model), leaves)
            for row, weight in zip(rows[~direct], share[~direct], strict=True)
        )
