"""The replay: a household's events in order become pieces of lots, held and disposed of.

Day by day: corporate actions, then trades. A purchase replaces losses of earlier days as it happens; a day's own losses
are matched at its end, so that a sale is judged by all that was bought and sold on its day.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kernels.actions import act
from kernels.dates import WASH_DAYS
from kernels.jit import I4W, I8, I8W, b1, i8, kernel, void
from kernels.lists import (
    ABSENT,
    BOUGHT,
    COUNT,
    ENDS,
    FULL,
    LAST_BOUGHT,
    LAST_LOSS,
    LISTS,
    LOSS_SALES,
    Lists,
    add_bought,
    hold,
    new_piece,
)
from kernels.pieces import (
    BUY,
    COUNT_SOLD_EARLIER,
    DONE,
    EVENTS,
    LOSS,
    NONE,
    NOT_SOLD,
    OPEN,
    OVERSOLD,
    PIECES,
    POSITIONS,
    RELIEF,
    SELL,
    Events,
    Pieces,
    Positions,
    Relief,
)
from kernels.relief import sell
from kernels.wash import add_loss, forget, match_purchase, match_sales_of

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]


@kernel(void(EVENTS, POSITIONS, i8, PIECES, LISTS))
def _enter(events: Events, positions: Positions, event: int, pieces: Pieces, lists: Lists) -> None:
    """OPEN, LOSS or BUY: one new piece."""
    piece = new_piece(pieces, lists)
    kind = events.kind[event]
    sold = events.day[event] if kind == LOSS else events.sold[event]
    pieces.lot[piece] = events.lot[event] if kind != LOSS else NONE
    pieces.path[piece] = 0
    pieces.spun[piece] = NONE
    pieces.purchase[piece] = events.purchase[event]
    pieces.position[piece] = events.position[event]
    pieces.quantity[piece] = events.quantity[event]
    pieces.matching[piece] = events.quantity[event]
    pieces.basis[piece] = events.amount[event]
    pieces.acquired[piece] = events.acquired[event]
    pieces.holding_start[piece] = events.holding_start[event]
    pieces.event[piece] = event if sold != NOT_SOLD else NONE
    pieces.sold[piece] = sold
    pieces.proceeds[piece] = 0
    pieces.disallowed[piece] = 0
    pieces.replaced[piece] = False
    pieces.washed[piece] = events.washed[event] and kind == OPEN
    pieces.source[piece] = NONE
    pieces.absorbed[piece] = 0
    pieces.lost[piece] = events.amount[event] if sold != NOT_SOLD else 0
    if kind == LOSS:
        add_loss(events, pieces, lists, piece)
        return
    if sold == NOT_SOLD:
        hold(pieces, lists, int(events.position[event]), piece)
    add_bought(lists, piece)
    if kind == BUY:
        match_purchase(events, positions, pieces, lists, piece)


@kernel(b1(EVENTS, POSITIONS, i8, PIECES, LISTS, RELIEF), inner=True)
def _happen(events: Events, positions: Positions, event: int, pieces: Pieces, lists: Lists, relief: Relief) -> bool:
    """One event; False where it sells more than is held."""
    kind = events.kind[event]
    if kind in (OPEN, LOSS, BUY):
        _enter(events, positions, event, pieces, lists)
        return True
    if kind != SELL:
        return bool(act(events, positions, event, pieces, lists, relief))
    position, quantity = int(events.position[event]), int(events.quantity[event])
    return bool(sell(events, positions, event, position, quantity, int(events.amount[event]), pieces, lists, relief))


@kernel(i8(EVENTS, POSITIONS, i8, i8, PIECES, LISTS, RELIEF), inner=True)
def _replay_segment(
    events: Events, positions: Positions, start: int, end: int, pieces: Pieces, lists: Lists, relief: Relief
) -> int:
    """Every event of a segment; returns the one that oversold, or NONE."""
    reach = WASH_DAYS
    for event in range(start, end):
        if positions.policy[events.position[event]] & COUNT_SOLD_EARLIER:
            reach = 1 << 30  # a sale may turn into a loss, and reach back from there, again and again
    lists.ends[BOUGHT], lists.ends[LAST_BOUGHT] = NONE, NONE
    lists.ends[LOSS_SALES], lists.ends[LAST_LOSS] = NONE, NONE
    today = NONE
    for event in range(start, end):
        day = int(events.day[event])
        if events.kind[event] > LOSS and day != today:
            if today != NONE:
                match_sales_of(events, positions, pieces, lists, today)
            forget(pieces, lists, day - reach, day - reach)
            today = day
        if not _happen(events, positions, event, pieces, lists, relief):
            return event
        if lists.ends[FULL]:
            return NONE
    if today != NONE:
        match_sales_of(events, positions, pieces, lists, today)
    return NONE


@kernel(i8(I8, EVENTS, POSITIONS, RELIEF, PIECES, I8W, I4W, I4W), allocates=True)
def replay(
    segments: Ints,
    events: Events,
    positions: Positions,
    relief: Relief,
    pieces: Pieces,
    offsets: Ints,
    status: Numbers,
    failed: Numbers,
) -> int:
    """Replay every segment; returns how many were done, fewer than there are where `pieces` ran full.

    `segments` (s + 1,) delimits the events of each. Out: `pieces`, `offsets` (s + 1,) delimiting each segment's,
    `status` (s,) DONE or OVERSOLD, `failed` (s,) the event that sold more than was held, or NONE. The pieces of an
    oversold segment stand as they were at that event.
    """
    capacity = len(pieces.lot)
    lists = Lists(
        np.full(capacity, ABSENT, dtype=np.int32),
        np.full(len(positions.group), NONE, dtype=np.int32),
        np.full(len(positions.group), NONE, dtype=np.int32),
        np.full(capacity, ABSENT, dtype=np.int32),
        np.full(capacity, ABSENT, dtype=np.int32),
        np.zeros(ENDS, dtype=np.int64),
    )
    offsets[0] = 0
    for segment in range(len(segments) - 1):
        stopped = _replay_segment(events, positions, segments[segment], segments[segment + 1], pieces, lists, relief)
        if lists.ends[FULL]:
            return segment
        offsets[segment + 1] = lists.ends[COUNT]
        failed[segment] = stopped
        status[segment] = DONE if stopped == NONE else OVERSOLD
    return len(segments) - 1
