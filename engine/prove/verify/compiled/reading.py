"""Columns of Arrow to whole numbers, row by row: texts by number, decimals and floats in units."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.prove.verify.compiled.arrays import (
    B1W,
    F8,
    I4,
    I8,
    I8W,
    NULL,
    Bools,
    Floats,
    Ints,
    Ints32,
    b1,
    f8,
    i8,
    void,
)
from engine.prove.verify.compiled.decorator import compiled

LEAST: Final = -(2**31)
LARGEST: Final = 10**18
"""Whole numbers stay below it either way, as in a decimal of 18 digits."""


@compiled(b1(I4, B1W))
def mark_used(place: Ints32, used: Bools) -> bool:
    """Whether every place has a row; where not, those that have one are marked in `used`, whose last is for -1."""
    left = len(used) - 1
    for row in range(len(place)):
        if not used[place[row]]:
            used[place[row]] = True
            left -= place[row] >= 0
            if left == 0:
                return True
    return left == 0


@compiled(void(I4, I8, i8, I8W))
def take(place: Ints32, number: Ints, null: int, found: Ints) -> None:
    """`number[place]`, `null` where that is -1."""
    for row in range(len(place)):
        found[row] = number[place[row]] if place[row] >= 0 else null


@compiled(void(I4, I8W))
def widen(values: Ints32, found: Ints) -> None:
    """Whole numbers, the least of which stands for null."""
    for row in range(len(values)):
        found[row] = values[row] if values[row] != LEAST else NULL


@compiled(void(I8, i8, I8W))
def unscaled(words: Ints, offset: int, found: Ints) -> None:
    """Whole numbers of a decimal128 column from row `offset`: two words each, the high one no more than its sign."""
    for row in range(len(found)):
        low, high = words[2 * (offset + row)], words[2 * (offset + row) + 1]
        found[row] = low if high == low >> 63 and -LARGEST < low < LARGEST else NULL


@compiled(void(F8, f8, I8W))
def rounded(values: Floats, units: float, found: Ints) -> None:
    """Numbers in units, half up; the millionth lets a half that binary cannot hold round as it reads."""
    for row in range(len(values)):
        number = np.floor(values[row] * units + 0.5 + 1e-6)
        found[row] = int(number) if -LARGEST < number < LARGEST else NULL
