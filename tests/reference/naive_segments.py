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


def group_rows(owner: list[int], rows: list[int], n: int) -> tuple[list[int], list[int]]:
    """Offsets and rows by owner; `sorted` keeps an owner's rows in their order."""
    kept = sorted((row for row in rows if owner[row] >= 0), key=owner.__getitem__)
    return offsets_from_sorted([owner[row] for row in kept], n), kept


def mark_repeats(owner: list[int], key: list[int]) -> list[bool]:
    pairs = list(zip(owner, key, strict=True))
    return [min(pair) >= 0 and pair in pairs[:row] for row, pair in enumerate(pairs)]


def number_by_first(key: list[int]) -> list[int]:
    distinct = list(dict.fromkeys(key))
    return [distinct.index(each) for each in key]
