"""Twins of `engine.prove.verify.compiled.grouping` and `.reading` in lists."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

LARGEST = 10**18


def groups(key: list[int]) -> tuple[list[int], list[int], list[int]]:
    """Each key once, sorted; its first row; the group of each row."""
    keys = sorted(set(key))
    return keys, [key.index(one) for one in keys], [keys.index(one) for one in key]


def sums(key: list[int], values: list[int]) -> list[int]:
    return [sum(v for k, v in zip(key, values, strict=True) if k == one) for one in sorted(set(key))]


def find(sorted_keys: list[int], wanted: list[int]) -> list[int]:
    return [sorted_keys.index(one) if one in sorted_keys else -1 for one in wanted]


def find_lots(lots: list[tuple[int, int]], wanted: list[tuple[int, int]]) -> tuple[list[int], list[bool]]:
    """(account, name): the first lot of each wanted, -1 where there is none or no name; lots named before."""
    found = [lots.index(one) if one in lots and one[1] else -1 for one in wanted]
    return found, [one in lots[:row] for row, one in enumerate(lots)]


def scaled(number: Decimal, decimals: int) -> int | None:
    whole = int(number.scaleb(decimals).quantize(Decimal(1), ROUND_HALF_UP))
    return whole if abs(whole) < LARGEST else None


def rounded(value: float, decimals: int) -> int | None:
    whole = value * 10.0**decimals + 0.5 + 1e-6
    return math.floor(whole) if math.isfinite(whole) and abs(math.floor(whole)) < LARGEST else None


def codes(texts: list[str | None], before: list[str | None]) -> tuple[list[int], set[str | None]]:
    """The texts by number, where `before`, null first, have theirs; all texts that have one then."""
    return [before.index(text) if text in before else -1 for text in texts], set(before) | set(texts)
