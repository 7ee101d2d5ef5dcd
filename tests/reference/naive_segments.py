"""Twin of `kernels.segments` in lists."""

from __future__ import annotations

import itertools
from typing import Any


def offsets_from_sorted(ids: list[int], n: int) -> list[int]:
    return [sum(other < owner for other in ids) for owner in range(n)] + [len(ids)]


def pair_offsets(first: list[int], second: list[int]) -> list[int]:
    lengths = [len(list(run)) for _, run in itertools.groupby(zip(first, second, strict=True))]
    return [0, *itertools.accumulate(lengths)]


def segment_sum(values: list[Any], offsets: list[int]) -> list[Any]:
    return [sum(values[start:stop]) for start, stop in itertools.pairwise(offsets)]
