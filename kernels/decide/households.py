"""What the accounts of a household see of one another and of the 30 days before, by wash group.

Accounts write here what they trade, whether they are decided in compiled code or one at a time
(`engine.decide.household`), in their turns.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import types

from kernels.jit import B1W, I8, I8W, b1, i8, kernel, void
from kernels.pieces import COUNT_SOLD_EARLIER, SKIP_BEFORE_LOT, SKIP_SAME_DAY
from kernels.problem import Flags, Ints
from kernels.table import Table

UNTOLD = -1
"""A loss of which nobody says how much it was."""


class Purchases(NamedTuple):
    """(p,) purchases of the last 30 days, by household and group and, within these, by acquisition; micro-shares."""

    group: Ints
    purchase: Ints
    acquired: Ints
    unused: Ints
    """have replaced no loss so far"""
    sold: Ints
    """the day on which they were sold again, or `kernels.pieces.NOT_SOLD`"""
    unused_before: Ints
    """`unused` as the run began"""


class Losses(NamedTuple):
    """(l,) losses of the last 30 days not yet replaced, by household and group and, within these, by disposition."""

    group: Ints
    quantity: Ints
    loss: Ints
    """cents, or UNTOLD"""
    long_term: Flags
    quantity_before: Ints
    """both as the run began"""
    loss_before: Ints


class Households(NamedTuple):
    """(groups,) the last household that each is true of, and where its rows are."""

    today: int
    bought_today: Ints
    """in this run"""
    sold_today: Ints
    """at a loss in this run"""
    bought: Ints
    """with a purchase of the last 30 days: rows `first_bought` to `last_bought` of `purchases`"""
    first_bought: Ints
    last_bought: Ints
    lost: Ints
    """with a loss of the last 30 days, likewise"""
    first_lost: Ints
    last_lost: Ints
    purchases: Purchases
    purchases_of: Ints
    """(households + 1,) each household's rows of `purchases`; the same for losses"""
    losses: Losses
    losses_of: Ints


PURCHASES = Table(Purchases, (I8W,) * 6)
LOSSES = Table(Losses, (I8W, I8W, I8W, B1W, I8W, I8W))
HOUSEHOLDS = Table(Households, (i8, *(I8W,) * 8, PURCHASES, I8, LOSSES, I8))
RANGE = types.UniTuple(i8, 2)


@kernel(void(HOUSEHOLDS, i8), inner=True)
def enter(seen: Households, household: int) -> None:
    """Mark what the last 30 days of a household concern."""
    for row in range(seen.purchases_of[household], seen.purchases_of[household + 1]):
        group = seen.purchases.group[row]
        if seen.bought[group] != household:
            seen.bought[group], seen.first_bought[group] = household, row
        seen.last_bought[group] = row + 1
    for row in range(seen.losses_of[household], seen.losses_of[household + 1]):
        group = seen.losses.group[row]
        if seen.lost[group] != household:
            seen.lost[group], seen.first_lost[group] = household, row
        seen.last_lost[group] = row + 1


@kernel(RANGE(HOUSEHOLDS, i8, i8), inner=True)
def purchases_of(seen: Households, household: int, group: int) -> tuple[int, int]:
    """The household's purchases of a group; an empty range where there are none. After `enter`."""
    return (seen.first_bought[group], seen.last_bought[group]) if seen.bought[group] == household else (0, 0)


@kernel(RANGE(HOUSEHOLDS, i8, i8), inner=True)
def losses_of(seen: Households, household: int, group: int) -> tuple[int, int]:
    """The household's losses of a group, likewise."""
    return (seen.first_lost[group], seen.last_lost[group]) if seen.lost[group] == household else (0, 0)


@kernel(i8(HOUSEHOLDS, i8, i8, b1), inner=True)
def open_shares(seen: Households, row: int, policy: int, before: bool) -> int:
    """Micro-shares of a purchase that could still replace a loss of an account with these policy bits.

    `before`: as the run began, whatever losses other accounts have taken in it: which of a day's losses are replaced is
    not for the order of deciding to say, but for that of acquisition (Reg. §1.1091-1(b)).
    """
    sold = seen.purchases.sold[row]
    if sold < seen.today and not policy & COUNT_SOLD_EARLIER:
        return 0
    if sold == seen.today and policy & SKIP_SAME_DAY:
        return 0
    return int(seen.purchases.unused_before[row] if before else seen.purchases.unused[row])


@kernel(b1(HOUSEHOLDS, i8, i8, i8, i8), inner=True)
def may_replace(seen: Households, row: int, purchase: int, acquired: int, policy: int) -> bool:
    """Whether a purchase may replace a loss of a lot: not of its own, nor under a flag one made before the lot."""
    earlier = policy & SKIP_BEFORE_LOT and seen.purchases.acquired[row] < acquired
    return bool(seen.purchases.purchase[row] != purchase and not earlier)


@kernel(void(HOUSEHOLDS, i8, i8, i8), inner=True)
def record_purchase(seen: Households, household: int, group: int, quantity: int) -> None:
    """An account has bought: further accounts sell the group at no loss, and recent losses of it are replaced."""
    seen.bought_today[group] = household
    first, last = losses_of(seen, household, group)
    left = quantity
    for row in range(first, last):
        before = seen.losses.quantity[row]
        taken = min(left, before)
        left -= taken
        seen.losses.quantity[row] = before - taken
        if taken > 0 and seen.losses.loss[row] != UNTOLD:
            seen.losses.loss[row] = math.floor(seen.losses.loss[row] * ((before - taken) / before))


@kernel(void(HOUSEHOLDS, i8, i8, i8, i8), inner=True)
def record_loss(seen: Households, household: int, group: int, quantity: int, own: int) -> None:
    """An account has sold at a loss a lot of the recent purchase `own`: no other account buys the group."""
    seen.sold_today[group] = household
    first, last = purchases_of(seen, household, group)
    left = quantity
    for row in range(first, last):
        if seen.purchases.purchase[row] != own:
            taken = min(left, seen.purchases.unused[row])
            left -= taken
            seen.purchases.unused[row] -= taken
