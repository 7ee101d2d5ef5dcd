"""What the window leaves: unused shares of each purchase, lot by lot and in a list, and losses not yet replaced."""

from __future__ import annotations

from typing import NamedTuple

from kernels.jit import I4, I4W, I8, I8W, i8, kernel, void
from kernels.money import share_of
from kernels.pieces import NONE, NOT_SOLD, PIECES, Pieces
from kernels.table import Table
from kernels.window.hard import MARKS, Marks, is_all_washed, is_losing, is_turned
from kernels.window.order import DISPOSITION, LATEST_PIECE, acquired, sort_rows
from kernels.window.tables import (
    AWAY,
    HELD,
    LOTS,
    NAMES,
    NO_DAY,
    NOBODY,
    OWNERS,
    PURCHASES,
    SEGMENTS,
    SOLD,
    TRADES,
    UNTOLD,
    Ints,
    Lots,
    Names,
    Numbers,
    Owners,
    Purchases,
    Segments,
    Trades,
)


class Rest(NamedTuple):
    """What nothing has replaced; micro-shares. `still` (p,) of purchases not sold since, `open` (t,) of losses.

    `since` (t,): of losses replaced after their day. Shares sold again are linked by purchase, by day: `sold_first`
    (p,), then `next`, to `day` and `quantity` (sells + pieces,); `taken` (1,) counts these.
    """

    still: Ints
    open: Ints
    since: Ints
    sold_first: Ints
    next: Ints
    day: Ints
    quantity: Ints
    taken: Ints


REST = Table(Rest, (I8W,) * 8)


@kernel(void(REST, i8, i8, i8), inner=True)
def _sold_again(rest: Rest, one: int, day: int, quantity: int) -> None:
    """Shares of a purchase were sold on a day, and have replaced nothing."""
    before, after = NONE, int(rest.sold_first[one])
    while after != NONE and rest.day[after] < day:
        before, after = after, int(rest.next[after])
    if after != NONE and rest.day[after] == day:
        rest.quantity[after] += quantity
        return
    at = int(rest.taken[0])
    rest.taken[0] = at + 1
    rest.day[at], rest.quantity[at], rest.next[at] = day, quantity, after
    if before == NONE:
        rest.sold_first[one] = at
    else:
        rest.next[before] = at


@kernel(void(TRADES, PURCHASES, SEGMENTS, OWNERS, I8, I4, i8, MARKS, PIECES, I8, I4, REST))
def what_is_left(
    trades: Trades,
    found: Purchases,
    under: Segments,
    owners: Owners,
    size: Ints,
    of_sell: Numbers,
    first_day: int,
    marks: Marks,
    pieces: Pieces,
    pieces_of: Ints,
    row_of: Numbers,
    rest: Rest,
) -> None:
    """What the window leaves of each purchase and loss, replayed or not.

    `pieces`, `pieces_of` of each marked segment in turn, and the row that each event sells are the replay's. Out:
    `rest`, of noughts, and NONEs in `sold_first`, before.
    """
    replayed = 0
    for segment in range(marks.segment.size):
        if marks.segment[segment]:
            for piece in range(pieces_of[replayed], pieces_of[replayed + 1]):
                lot, event, source = int(pieces.lot[piece]), int(pieces.event[piece]), int(pieces.source[piece])
                quantity = int(pieces.quantity[piece])
                if not pieces.washed[piece] and not pieces.replaced[piece] and lot != NONE:
                    if pieces.acquired[piece] >= first_day and event == NONE:
                        rest.still[lot] += quantity
                    elif pieces.acquired[piece] >= first_day:
                        _sold_again(rest, lot, int(pieces.sold[piece]), quantity)
                if event != NONE and not pieces.replaced[piece] and pieces.basis[piece] > pieces.proceeds[piece]:
                    rest.open[row_of[event]] += quantity
                if source != NONE and pieces.acquired[piece] > trades.day[row_of[source]]:
                    rest.since[row_of[source]] += quantity
            replayed += 1
        else:
            for one in range(under.purchases_of[segment], under.purchases_of[segment + 1]):
                if found.day[one] >= first_day:
                    rest.still[one] = size[one] - found.sold[one]
        for place in range(under.sells_of[segment], under.sells_of[segment + 1]):
            row = int(under.sell[place])
            if marks.sell[row]:
                continue
            one = int(of_sell[row])
            if one != NOBODY and found.day[one] >= first_day:
                _sold_again(rest, one, int(trades.day[row]), int(trades.quantity[row]))
            if is_losing(trades, owners, row) and not is_turned(trades, found, of_sell, row, first_day):
                rest.open[row] = trades.quantity[row]


class Listed(NamedTuple):
    """(n,) unused shares of purchases: where they are, and the day on which they were sold."""

    purchase: Ints
    place: Numbers
    sold: Numbers
    quantity: Ints


LISTED = Table(Listed, (I8W, I4W, I4W, I8W))


@kernel(void(LISTED, i8, i8, i8, i8, i8), inner=True)
def _list(listed: Listed, at: int, one: int, place: int, sold: int, quantity: int) -> None:
    listed.purchase[at], listed.place[at], listed.sold[at], listed.quantity[at] = one, place, sold, quantity


@kernel(i8(PURCHASES, TRADES, LOTS, I4, OWNERS, NAMES, I8, I8, I8, I8W, REST, I8W, LISTED, I8W))
def list_unused(
    found: Purchases,
    trades: Trades,
    lots: Lots,
    of_sell: Numbers,
    owners: Owners,
    names: Names,
    size: Ints,
    received: Ints,
    lot_offsets: Ints,
    lot_rows: Ints,
    rest: Rest,
    spare: Ints,
    listed: Listed,
    unused: Ints,
) -> int:
    """How many entries the list of unused shares has; they come by purchase, place and day.

    `received` (p,): shares of another security that a purchase's lot is now of. `lot_offsets` (p + 1,) into `lot_rows`
    (l,), the lots of each purchase; spare: (l,), for its own use. Out: `listed` (2 p + `rest.taken`,), and of each lot
    what could replace a loss, `unused` (l,): none of tacked lots, and the last of a split lot's pieces first.
    """
    count = 0
    for one in range(size.size):
        still = rest.still[one]
        held = min(still, found.held[one] - found.tacked[one])
        away = min(still - held, size[one] - found.sold[one] - found.held[one])
        if found.bought[one] > 0 and found.held[one] == 0 and received[one] > 0:
            away = 0
        first, last = int(lot_offsets[one]), int(lot_offsets[one + 1])
        sort_rows(LATEST_PIECE, found, trades, lots, of_sell, owners, names, lot_rows, first, last, spare)
        left = held
        for place in range(first, last):
            lot = lot_rows[place]
            part = 0 if lots.tacked[lot] else min(max(left, 0), lots.quantity[lot])
            unused[lot] = part
            left -= part
        if held > 0:
            _list(listed, count, one, HELD, NOT_SOLD, int(held))
            count += 1
        if away > 0:
            _list(listed, count, one, AWAY, NOT_SOLD, int(away))
            count += 1
        entry = int(rest.sold_first[one])
        while entry != NONE:
            _list(listed, count, one, SOLD, int(rest.day[entry]), int(rest.quantity[entry]))
            count += 1
            entry = int(rest.next[entry])
    return count


class Open(NamedTuple):
    """(n,) losses: the row of `Trades`, micro-shares, cents or UNTOLD, and where the holding period starts."""

    row: Ints
    quantity: Ints
    loss: Ints
    start: Numbers


OPEN_LOSSES = Table(Open, (I8W, I8W, I8W, I4W))


@kernel(i8(PURCHASES, TRADES, LOTS, I4, OWNERS, NAMES, SEGMENTS, i8, REST, I8W, OPEN_LOSSES))
def list_losses(
    found: Purchases,
    trades: Trades,
    lots: Lots,
    of_sell: Numbers,
    owners: Owners,
    names: Names,
    under: Segments,
    first_day: int,
    rest: Rest,
    spare: Ints,
    losses: Open,
) -> int:
    """How many losses since `first_day` are open; those of a segment in order of disposition.

    Where `activity` gives the disallowed part, gain less it is the whole loss; else the gain is that of the shares
    which nothing had replaced by the end of the day. Of what was disallowed in all nothing is left. Where nothing says
    how long they were held, it was no day. spare: (t,), for its own use. Out: `losses` (t,).
    """
    count = 0
    for segment in range(under.sells_of.size - 1):
        first, named = count, False
        for place in range(under.sells_of[segment], under.sells_of[segment + 1]):
            row = under.sell[place]
            if rest.open[row] > 0 and trades.day[row] >= first_day and not is_all_washed(trades, row):
                losses.row[count] = row
                named = named or of_sell[row] != NOBODY
                count += 1
        if named:
            sort_rows(DISPOSITION, found, trades, lots, of_sell, owners, names, losses.row, first, count, spare)
    for at in range(count):
        row = int(losses.row[at])
        quantity = rest.open[row]
        whole = trades.quantity[row] if trades.disallowed_told[row] else quantity + rest.since[row]
        lost = trades.disallowed[row] - trades.gain[row]
        losses.quantity[at] = quantity
        part = lost if quantity == whole else share_of(lost, quantity, whole)
        losses.loss[at] = part if trades.told[row] else UNTOLD
        begun = int(trades.day[row]) if of_sell[row] == NOBODY else int(acquired(found, of_sell, row))
        losses.start[at] = begun if trades.start[row] == NO_DAY else trades.start[row]
    return count
