"""Segments in which a purchase may have replaced a loss: they are replayed. In the others nothing is to be found out.

A loss that no purchase can replace is open as it was sold, a sell of a purchase takes what it says. So events are made
only for what may meet: purchases, sells of them, and losses that some purchase could replace.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kernels.dates import WASH_DAYS
from kernels.jit import B1, B1W, I4, I4W, I8, I8W, b1, i8, kernel, void
from kernels.pieces import BUY, NONE, NOT_SOLD, OPEN, SELL, Events, Positions
from kernels.table import Table
from kernels.window.tables import (
    LONG_AGO,
    NO_DAY,
    NOBODY,
    OWNERS,
    PURCHASES,
    SEGMENTS,
    TRADES,
    Flags,
    Ints,
    Numbers,
    Owners,
    Purchases,
    Segments,
    Trades,
)

NEVER_A_LOSS = 1 << 50
"""Proceeds in cents that no basis reaches."""


@kernel(b1(TRADES, OWNERS, i8))
def is_losing(trades: Trades, owners: Owners, row: int) -> bool:
    """Whether a sell may have been a loss that a tax return would claim."""
    loses = trades.gain[row] < 0 or not trades.told[row] or trades.disallowed[row] > 0
    return bool(owners.taxable[trades.account[row]] and loses)


@kernel(b1(TRADES, i8))
def is_all_washed(trades: Trades, row: int) -> bool:
    """Whether trades tell that all of a sell's loss was disallowed."""
    return bool(trades.told[row] and trades.gain[row] == 0 and trades.disallowed[row] > 0)


@kernel(b1(TRADES, i8))
def is_none_washed(trades: Trades, row: int) -> bool:
    """Whether trades tell that nothing of a sell's loss was disallowed by the end of its day."""
    none = trades.disallowed_told[row] and trades.disallowed[row] == 0
    return bool(trades.told[row] and trades.gain[row] < 0 and none)


@kernel(b1(TRADES, PURCHASES, I4, i8, i8))
def is_turned(trades: Trades, found: Purchases, of_sell: Numbers, row: int, first_day: int) -> bool:
    """Whether a sell, wholly disallowed, is of shares that, bought from `first_day` for no more, took up a loss.

    That loss is in `activity`, so the replay gives it to them; until then they are none, as their own sale was a gain
    without it. Of shares bought before, the loss that they took up may not be told.
    """
    one = of_sell[row]
    if one == NOBODY or not is_all_washed(trades, row) or found.day[one] < first_day:
        return False
    tacked = trades.start[row] != NO_DAY and trades.start[row] < found.day[one]
    return bool(tacked and found.price[one] > 0 and trades.price[row] >= found.price[one])


@kernel(b1(TRADES, PURCHASES, SEGMENTS, I8, I4, i8, i8), inner=True)
def _may_meet(
    trades: Trades, found: Purchases, under: Segments, size: Ints, of_sell: Numbers, segment: int, row: int
) -> bool:
    """Whether a purchase of the segment could have replaced the loss of a sell; `size` (p,) of purchases."""
    day = trades.day[row]
    first = day + 1 if is_none_washed(trades, row) else day - WASH_DAYS
    for one in range(under.purchases_of[segment], under.purchases_of[segment + 1]):
        if first <= found.day[one] <= day + WASH_DAYS and one != of_sell[row] and size[one] > 0:
            return True
    return False


class Marks(NamedTuple):
    """What is replayed: segments (s,), and sells by row of `Trades` (t,)."""

    segment: Flags
    sell: Flags


MARKS = Table(Marks, (B1, B1))
MARKS_OUT = Table(Marks, (B1W, B1W))


@kernel(void(TRADES, PURCHASES, SEGMENTS, OWNERS, I8, I4, i8, MARKS_OUT, I8W))
def mark_hard(
    trades: Trades,
    found: Purchases,
    under: Segments,
    owners: Owners,
    size: Ints,
    of_sell: Numbers,
    first_day: int,
    marks: Marks,
    counts: Ints,
) -> None:
    """Which segments must be replayed, and which of their sells.

    A segment of which the window, from `first_day`, learns nothing is not. Where a sell comes before the purchase that
    it names, all of its segment is: the replay stops there. Out: `marks`, False before; `counts` (3,): segments,
    positions and events of the replay.
    """
    counts[:] = 0
    for segment in range(under.purchases_of.size - 1):
        first, last = under.sells_of[segment], under.sells_of[segment + 1]
        purchases = under.purchases_of[segment + 1] - under.purchases_of[segment]
        if first == last or purchases == 0:
            continue
        near = bool(found.day[under.purchases_of[segment + 1] - 1] >= first_day)
        hard, early = False, False
        for place in range(first, last):
            row = int(under.sell[place])
            one = of_sell[row]
            early = early or (one != NOBODY and trades.day[row] < found.day[one])
            if is_losing(trades, owners, row):
                near = near or trades.day[row] >= first_day
                meets = bool(_may_meet(trades, found, under, size, of_sell, segment, row))
                marks.sell[row] = meets
                hard = hard or meets
        hard = near and (hard or early)
        marks.segment[segment] = hard
        counts[0] += 1 if hard else 0
        counts[1] += purchases if hard else 0
        counts[2] += purchases if hard else 0
        for place in range(first, last):
            row = under.sell[place]
            named = of_sell[row] != NOBODY
            marks.sell[row] = hard and (early or named or marks.sell[row])
            if marks.sell[row]:
                counts[1] += 0 if named else 1
                counts[2] += 1 if named else 2


EVENTS_OUT = Table(
    Events,
    (I4W, I4W, I4W, I4W, I8W, I8W, I4W, I8W, I4W, I4W, I4W, B1W, I4W, I8W, I8W, I4W, I8W, I8W),
)
POSITIONS_OUT = Table(Positions, (I4W, B1W, I4W))


@kernel(void(EVENTS_OUT, i8, i8, i8, i8, i8, i8), inner=True)
def _happens(events: Events, at: int, kind: int, day: int, batch: int, position: int, quantity: int) -> None:
    """An event of which nothing else is to be said."""
    events.kind[at], events.day[at], events.batch[at] = kind, day, batch
    events.position[at], events.quantity[at] = position, quantity
    events.amount[at], events.path[at], events.price[at], events.basis_ppb[at] = 0, 0, 0, 0
    events.lot[at], events.purchase[at], events.target[at] = NONE, NONE, NONE
    events.acquired[at], events.holding_start[at], events.sold[at] = day, day, NOT_SOLD
    events.washed[at] = False
    events.new[at], events.old[at] = 1, 1


@kernel(void(POSITIONS_OUT, OWNERS, I4, i8, i8, i8), inner=True)
def _stands(positions: Positions, owners: Owners, group: Numbers, at: int, account: int, security: int) -> None:
    """A position of an account in a security."""
    positions.group[at] = group[security]
    positions.taxable[at], positions.policy[at] = owners.taxable[account], owners.policy[account]


@kernel(void(TRADES, PURCHASES, SEGMENTS, OWNERS, I4, I8, I4, i8, MARKS, EVENTS_OUT, POSITIONS_OUT, I8W, I4W, I4W))
def make_events(
    trades: Trades,
    found: Purchases,
    under: Segments,
    owners: Owners,
    group: Numbers,
    size: Ints,
    of_sell: Numbers,
    first_day: int,
    marks: Marks,
    events: Events,
    positions: Positions,
    starts: Ints,
    row_of: Numbers,
    place: Numbers,
) -> None:
    """The events of the segments that are marked, in their order.

    A position is a purchase, or a lot of which nothing is known but a sale: then it is opened as large as that sale.
    Every share costs nothing, and one sold at a loss loses a cent a micro-share. `group` (securities,) is the wash
    group. place: (p,), for its own use. Out: `events`, `positions`, `starts` of each segment's events and their end,
    and the row of `trades` that an event sells, `row_of`, NOBODY where it sells nothing.
    """
    at, stands, segments = 0, 0, 0
    for segment in range(marks.segment.size):
        if not marks.segment[segment]:
            continue
        starts[segments] = at
        segments += 1
        sell, last = int(under.sells_of[segment]), int(under.sells_of[segment + 1])
        buy, end = int(under.purchases_of[segment]), int(under.purchases_of[segment + 1])
        for one in range(buy, end):
            place[one] = stands
            _stands(positions, owners, group, stands, int(found.account[one]), int(found.security[one]))
            stands += 1
        alone = stands
        for k in range(sell, last):
            row = int(under.sell[k])
            if marks.sell[row] and of_sell[row] == NOBODY:
                _stands(positions, owners, group, stands, int(trades.account[row]), int(trades.security[row]))
                _happens(events, at, OPEN, LONG_AGO, 0, stands, int(trades.quantity[row]))
                events.washed[at], row_of[at] = True, NOBODY
                at += 1
                stands += 1
        batch, day, moment = 0, NO_DAY, np.int64(0)
        while buy < end or sell < last:
            if sell < last and not marks.sell[under.sell[sell]]:
                sell += 1
                continue
            one = min(buy, end - 1)
            row = int(under.sell[min(sell, last - 1)])
            bought = buy < end and (
                sell == last
                or found.day[one] < trades.day[row]
                or (found.day[one] == trades.day[row] and found.sequence[one] <= trades.sequence[row])
            )
            when = int(found.day[one]) if bought else int(trades.day[row])
            turn = found.sequence[one] if bought else trades.sequence[row]
            if when != day or turn != moment:
                batch += 1
            day, moment = when, turn
            if bought:
                buy += 1
                if size[one] == 0:
                    continue
                _happens(events, at, BUY, when, batch, int(place[one]), int(size[one]))
                events.lot[at], events.purchase[at], row_of[at] = one, one, NOBODY
            else:
                sell += 1
                position = alone if of_sell[row] == NOBODY else int(place[of_sell[row]])
                alone += 1 if of_sell[row] == NOBODY else 0
                _happens(events, at, SELL, when, batch, position, int(trades.quantity[row]))
                lost = 0 if is_turned(trades, found, of_sell, row, first_day) else trades.quantity[row]
                events.amount[at] = -lost if is_losing(trades, owners, row) else NEVER_A_LOSS
                events.path[at] = 1 if trades.rest[row] else 0
                events.washed[at] = is_none_washed(trades, row)
                row_of[at] = row
            at += 1
    starts[segments] = at
