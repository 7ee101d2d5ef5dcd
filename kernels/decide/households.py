"""What the accounts of a household see of one another and of the 30 days before, by wash group."""

from __future__ import annotations

from typing import NamedTuple

from kernels.jit import I8W, i8, kernel, void
from kernels.problem import Ints
from kernels.table import Table


class Households(NamedTuple):
    """(groups,) the last household that each is true of; by household, the groups that its last 30 days concern."""

    bought_today: Ints
    """in this run"""
    sold_today: Ints
    """at a loss in this run"""
    bought: Ints
    """with a purchase of the last 30 days that could replace a loss"""
    lost: Ints
    """with a loss of the last 30 days that a purchase would take away"""
    bought_offsets: Ints
    """(households + 1,) of each household's groups in `bought_groups`; the same for losses"""
    bought_groups: Ints
    lost_offsets: Ints
    lost_groups: Ints


HOUSEHOLDS = Table(Households, (I8W,) * 8)


@kernel(void(HOUSEHOLDS, i8), inner=True)
def enter(seen: Households, household: int) -> None:
    """Mark what the last 30 days of a household concern."""
    for row in range(seen.bought_offsets[household], seen.bought_offsets[household + 1]):
        seen.bought[seen.bought_groups[row]] = household
    for row in range(seen.lost_offsets[household], seen.lost_offsets[household + 1]):
        seen.lost[seen.lost_groups[row]] = household
