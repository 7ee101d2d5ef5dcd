"""Twin of `kernels.texts` in lists."""

from __future__ import annotations


def look_up(table: list[int], index: list[int]) -> list[int]:
    return [-1 if place < 0 else table[place] for place in index]
