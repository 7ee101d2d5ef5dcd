"""Twin of `kernels.sorting` in lists."""

from __future__ import annotations


def sort_by_bits(keys: list[int], low: int, high: int) -> list[int]:
    return sorted(keys, key=lambda key: (key >> low) % 2 ** max(high - low, 0))
