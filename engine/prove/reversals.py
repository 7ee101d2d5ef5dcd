"""What of the tax that was put off or saved was later reversed, year by year, to the cent.

A year in which an account owes less than its twin puts tax off, or saves it; one in which it owes more reverses so much
of the years before, the earliest first. What is not reversed is open: put off still, or saved for good.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Reversed:
    """One year, cents: `put_off` less than the twin beyond what it reverses, `reverses` of earlier years.

    `later` of what it put off was reversed in later years, `open` is not; `put_off` = `later` + `open`, and over all
    years what is reversed is what was later reversed. Below nought: more than the twin, and nothing to reverse.
    """

    put_off: int
    reverses: int
    later: int
    open: int


def reversals(less: Sequence[int]) -> tuple[Reversed, ...]:
    """`less`, (years,) cents by which each year's tax was less than the twin's, the first year first."""
    waiting: deque[int] = deque()
    left, later, reverses = list(less), [0] * len(less), [0] * len(less)
    for year in range(len(less)):
        while left[year] and waiting and (left[waiting[0]] < 0) != (left[year] < 0):
            first = waiting[0]
            part = min(abs(left[first]), abs(left[year])) * (1 if left[first] > 0 else -1)
            left[first] -= part
            left[year] += part
            later[first] += part
            reverses[year] += part
            if not left[first]:
                waiting.popleft()
        if left[year]:
            waiting.append(year)
    return tuple(
        Reversed(one + back, back, later_, open_)
        for one, back, later_, open_ in zip(less, reverses, later, left, strict=True)
    )
