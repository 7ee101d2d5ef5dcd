"""Wash sales, share for share (IRC §1091, Reg. §§1.1091-1, 1.1091-2; OPTIMISATION.md section 4).

A loss is disallowed on as many shares as the household bought of the same wash group from 30 days before the sale to 30
days after it, both ends in. Losses take replacement shares in order of disposition, replacement shares are taken in
order of acquisition, and each replaces once (Reg. §1.1091-1(b) to (e)). The disallowed loss is added to the basis of
the replacement shares (§1091(d)) and the holding period tacks (§1223(3)); bought in a retirement account, the loss is
gone for good (Rev. Rul. 2008-5). Shares of one purchase do not replace each other (Rev. Rul. 56-602).
"""

from __future__ import annotations

import math

from kernels.dates import WASH_DAYS
from kernels.jit import b1, i8, kernel, void
from kernels.lists import (
    ABSENT,
    BOUGHT,
    FRESH,
    FULL,
    LAST_BOUGHT,
    LAST_LOSS,
    LISTS,
    LOSS_SALES,
    Lists,
    cut,
    drop_bought,
)
from kernels.money import share_of
from kernels.pieces import (
    COUNT_SOLD_EARLIER,
    EVENTS,
    LOSS,
    NONE,
    OPEN,
    PIECES,
    POSITIONS,
    SELL,
    SKIP_BEFORE_LOT,
    SKIP_SAME_DAY,
    TACK_BY_DATE,
    Events,
    Pieces,
    Positions,
)


@kernel(b1(POSITIONS, PIECES, i8))
def is_loss(positions: Positions, pieces: Pieces, piece: int) -> bool:
    """Whether a disposed piece is a loss that a tax return would claim, not yet disallowed."""
    taxable = bool(positions.taxable[pieces.position[piece]])
    return taxable and not pieces.replaced[piece] and pieces.basis[piece] > pieces.proceeds[piece]


@kernel(b1(EVENTS, PIECES, i8, i8), inner=True)
def _precedes(events: Events, pieces: Pieces, first: int, second: int) -> bool:
    """Order of disposition; where a day's cannot be told, order of acquisition (Reg. §1.1091-1(b))."""
    if pieces.sold[first] != pieces.sold[second]:
        return bool(pieces.sold[first] < pieces.sold[second])
    batch, other = events.batch[pieces.event[first]], events.batch[pieces.event[second]]
    if batch != other:
        return bool(batch < other)
    if pieces.acquired[first] != pieces.acquired[second]:
        return bool(pieces.acquired[first] < pieces.acquired[second])
    return bool(pieces.purchase[first] < pieces.purchase[second])


@kernel(void(EVENTS, PIECES, LISTS, i8), inner=True)
def add_loss(events: Events, pieces: Pieces, lists: Lists, piece: int) -> None:
    """Put a piece among the losses, in order of disposition."""
    before, after, last = NONE, lists.ends[LOSS_SALES], lists.ends[LAST_LOSS]
    if last != NONE and not _precedes(events, pieces, piece, last):
        before, after = last, NONE
    while after != NONE and not _precedes(events, pieces, piece, after):
        before, after = after, int(lists.losses[after])
    lists.losses[piece] = after
    if before == NONE:
        lists.ends[LOSS_SALES] = piece
    else:
        lists.losses[before] = piece
    if after == NONE:
        lists.ends[LAST_LOSS] = piece


@kernel(b1(PIECES, i8), inner=True)
def _is_spent(pieces: Pieces, piece: int) -> bool:
    """Whether shares replace no loss any more."""
    return bool(pieces.washed[piece] or pieces.replaced[piece])


@kernel(b1(POSITIONS, PIECES, i8, i8), inner=True)
def _replaces(positions: Positions, pieces: Pieces, loss: int, bought: int) -> bool:
    """Whether shares of a purchase replace those of a loss."""
    policy = positions.policy[pieces.position[loss]]
    sold = pieces.sold[loss]
    if _is_spent(pieces, bought) or pieces.purchase[bought] == pieces.purchase[loss]:
        return False
    if positions.group[pieces.position[bought]] != positions.group[pieces.position[loss]]:
        return False
    if abs(pieces.acquired[bought] - sold) > WASH_DAYS:
        return False
    if policy & SKIP_BEFORE_LOT and pieces.acquired[bought] < pieces.acquired[loss]:
        return False
    if pieces.event[bought] == NONE or pieces.sold[bought] > sold:
        return True
    if pieces.sold[bought] == sold:
        return not policy & SKIP_SAME_DAY
    return bool(policy & COUNT_SOLD_EARLIER)


@kernel(void(POSITIONS, PIECES, i8, i8))
def _disallow(positions: Positions, pieces: Pieces, loss: int, bought: int) -> None:
    """Disallow a piece's whole loss and give it to the piece of equal size that replaces it."""
    amount = pieces.basis[loss] - pieces.proceeds[loss]
    pieces.disallowed[loss] = amount
    pieces.replaced[loss] = True
    pieces.washed[bought] = True
    pieces.source[bought] = pieces.event[loss]
    pieces.absorbed[bought] = amount
    if positions.taxable[pieces.position[bought]]:
        pieces.basis[bought] += amount
        pieces.lost[bought] += pieces.lost[loss]
        start = pieces.holding_start[loss]
        if not positions.policy[pieces.position[loss]] & TACK_BY_DATE:
            start = pieces.acquired[bought] - (pieces.sold[loss] - start)
        pieces.holding_start[bought] = min(pieces.holding_start[bought], start)


@kernel(void(EVENTS, PIECES, i8, i8, i8), inner=True)
def _divide_cents(events: Events, pieces: Pieces, part: int, rest: int, other: int) -> None:
    """Divide cents between part of a sale and the `rest` of it, so that `part` and `other` lose together what is true.

    To the nearest cent, of which a half is none, as far as `part` stays within a cent of its own; neither side of the
    cut is made a loss of a gain. A loss that goes on from sale to sale is less each time by what those shares gained.
    In small pieces that is less than a cent, and rounded off piece by piece it would never end.
    """
    event = pieces.event[part]
    if events.kind[event] == OPEN:
        return  # what shares elsewhere gained is not told
    basis = pieces.basis[part] + pieces.basis[rest]
    proceeds = pieces.proceeds[part] + pieces.proceeds[rest]
    if events.kind[event] == SELL:
        due = share_of(int(events.amount[event]), int(pieces.quantity[rest]), int(events.quantity[event]))
        pieces.proceeds[rest] = min(due, proceeds)
        pieces.proceeds[part] = proceeds - pieces.proceeds[rest]
    whole, exact = basis - proceeds, pieces.lost[part]
    wanted = math.ceil(exact + pieces.lost[other] - 0.5) - (pieces.basis[other] - pieces.proceeds[other])
    lost = min(max(wanted, math.floor(exact)), math.ceil(exact))
    lost = min(max(lost, min(whole, 0)), max(whole, 0))
    pieces.basis[part] = min(max(pieces.proceeds[part] + lost, 0), basis)
    pieces.basis[rest] = basis - pieces.basis[part]


@kernel(i8(EVENTS, POSITIONS, PIECES, LISTS, i8, i8))
def match(events: Events, positions: Positions, pieces: Pieces, lists: Lists, loss: int, bought: int) -> int:
    """Replace a loss by a purchase, as far as either goes; returns what is left of the loss, or NONE.

    What is held and only partly used is split by name. What was sold already and becomes a loss joins the losses, and
    is counted in FRESH.
    """
    rest, left = NONE, NONE
    sold = pieces.event[bought] != NONE
    if pieces.matching[loss] > pieces.matching[bought]:
        rest = cut(pieces, lists, loss, pieces.matching[bought])
    elif pieces.matching[bought] > pieces.matching[loss]:
        left = cut(pieces, lists, bought, pieces.matching[loss])
        if not sold:
            pieces.path[left] += 2
            pieces.path[bought] += 1
    if lists.ends[FULL]:
        return NONE
    if sold and positions.taxable[pieces.position[bought]]:
        if rest != NONE:
            _divide_cents(events, pieces, loss, rest, bought)
        elif left != NONE:
            _divide_cents(events, pieces, bought, left, loss)
    was_loss = sold and is_loss(positions, pieces, bought)
    _disallow(positions, pieces, loss, bought)
    if sold and not was_loss and is_loss(positions, pieces, bought):
        if lists.losses[bought] == ABSENT:  # else it is the rest of a loss that a cut has rounded to nothing
            add_loss(events, pieces, lists, bought)
        lists.ends[FRESH] += 1
    return rest


@kernel(void(EVENTS, POSITIONS, PIECES, LISTS, i8))
def _seek(events: Events, positions: Positions, pieces: Pieces, lists: Lists, loss: int) -> None:
    """Match a loss with every purchase so far that replaces it, or until a sale becomes a loss by it.

    What replaces none any more leaves the list: a loss in small pieces would pass by it again and again.
    """
    before, bought = NONE, int(lists.ends[BOUGHT])
    fresh = lists.ends[FRESH]
    while bought != NONE and loss != NONE and lists.ends[FRESH] == fresh and not lists.ends[FULL]:
        if _is_spent(pieces, bought):
            bought = drop_bought(lists, before, bought)
            continue
        if _replaces(positions, pieces, loss, bought):
            loss = match(events, positions, pieces, lists, loss, bought)
        before, bought = bought, int(lists.bought[bought])


@kernel(i8(PIECES, LISTS), inner=True)
def _first_loss(pieces: Pieces, lists: Lists) -> int:
    """The first loss in order of disposition, or NONE; those before it that are replaced leave the list."""
    loss = int(lists.ends[LOSS_SALES])
    while loss != NONE and pieces.replaced[loss]:
        following = int(lists.losses[loss])
        lists.losses[loss] = ABSENT
        loss = following
    lists.ends[LOSS_SALES] = loss
    if loss == NONE:
        lists.ends[LAST_LOSS] = NONE
    return loss


@kernel(void(EVENTS, POSITIONS, PIECES, LISTS, i8), inner=True)
def match_sales_of(events: Events, positions: Positions, pieces: Pieces, lists: Lists, day: int) -> None:
    """Match the losses of a day, at its end, with what was bought before and on it.

    Where a sale becomes a loss by a match, the first loss in order of disposition goes on: it may be that one, and of
    an earlier day. Other losses of earlier days have met all purchases already and find nothing, as have LOSS events
    and sales marked `washed`.
    """
    lists.ends[FRESH] = 0
    loss = _first_loss(pieces, lists)
    while loss != NONE and not lists.ends[FULL]:
        following = int(lists.losses[loss])
        fresh = lists.ends[FRESH]
        due = pieces.sold[loss] == day or fresh > 0
        done = events.kind[pieces.event[loss]] == LOSS or events.washed[pieces.event[loss]]
        if due and not done and is_loss(positions, pieces, loss):
            _seek(events, positions, pieces, lists, loss)
        loss = following if lists.ends[FRESH] == fresh else _first_loss(pieces, lists)


@kernel(void(EVENTS, POSITIONS, PIECES, LISTS, i8), inner=True)
def match_purchase(events: Events, positions: Positions, pieces: Pieces, lists: Lists, bought: int) -> None:
    """Replace losses of earlier days by what has just been bought, in order of disposition."""
    loss = lists.ends[LOSS_SALES]
    day = pieces.acquired[bought]
    while loss != NONE and bought != NONE and not lists.ends[FULL]:
        following = int(lists.losses[loss])
        earlier = pieces.sold[loss] < day or events.kind[pieces.event[loss]] == LOSS
        if earlier and is_loss(positions, pieces, loss) and _replaces(positions, pieces, loss, bought):
            whole = pieces.matching[bought]
            match(events, positions, pieces, lists, loss, bought)
            bought = int(lists.bought[bought]) if pieces.matching[bought] < whole else NONE
        loss = following


@kernel(void(PIECES, LISTS, i8, i8), inner=True)
def forget(pieces: Pieces, lists: Lists, bought_before: int, sold_before: int) -> None:
    """Drop from the lists what no wash sale can reach any more: purchases and loss sales before these days."""
    while lists.ends[BOUGHT] != NONE and pieces.acquired[lists.ends[BOUGHT]] < bought_before:
        gone = lists.ends[BOUGHT]
        lists.ends[BOUGHT] = lists.bought[gone]
        lists.bought[gone] = ABSENT
    if lists.ends[BOUGHT] == NONE:
        lists.ends[LAST_BOUGHT] = NONE
    while lists.ends[LOSS_SALES] != NONE and pieces.sold[lists.ends[LOSS_SALES]] < sold_before:
        gone = lists.ends[LOSS_SALES]
        lists.ends[LOSS_SALES] = lists.losses[gone]
        lists.losses[gone] = ABSENT
    if lists.ends[LOSS_SALES] == NONE:
        lists.ends[LAST_LOSS] = NONE
