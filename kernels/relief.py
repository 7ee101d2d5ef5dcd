"""Which piece a sale takes next, and the sale itself.

A sale takes the lots that it names, or falls under a method: the earliest acquired (FIFO, Reg. §1.1012-1(c)(1)), the
latest, the highest adjusted basis a share, or the least tax.
"""

from __future__ import annotations

from numba.types import UniTuple

from kernels.dates import is_long_term
from kernels.jit import b1, f8, i8, kernel
from kernels.lists import FULL, LISTS, Lists, cut, unhold
from kernels.money import MICRO, share_of
from kernels.pieces import (
    EVENTS,
    FIFO,
    HIFO,
    LIFO,
    NONE,
    PIECES,
    POSITIONS,
    RELIEF,
    Events,
    Pieces,
    Positions,
    Relief,
)
from kernels.wash import add_loss, is_loss


@kernel(b1(i8, i8), inner=True)
def _is_part(path: int, named: int) -> bool:
    """Whether the piece `path` is `named` or came of it by splits (see `Pieces.path`)."""
    return path == named or (named % 2 == 0 and path > named)


@kernel(f8(PIECES, RELIEF, i8, i8, f8))
def _merit(pieces: Pieces, relief: Relief, piece: int, day: int, price: float) -> float:
    """Smaller is sold first, under HIFO and LEAST_TAX; `price` in cents a share.

    Per share, not micro-share, so that whole cents are exact and equal pieces tie.
    """
    basis = pieces.basis[piece] / (pieces.quantity[piece] / MICRO)
    if relief.method == HIFO:
        return float(-basis)
    rate = relief.lt_rate if is_long_term(pieces.holding_start[piece], day) else relief.st_rate
    return float(rate * (price - basis))


@kernel(UniTuple(i8, 2)(EVENTS, i8, i8, i8, PIECES, LISTS, RELIEF, f8), inner=True)
def _next_piece(
    events: Events, event: int, lot: int, position: int, pieces: Pieces, lists: Lists, relief: Relief, price: float
) -> tuple[int, int]:
    """The piece before the one to sell next, and that one; NONE where nothing is left."""
    before, found_before, found = NONE, NONE, NONE
    best = 0.0
    piece = int(lists.held_first[position])
    while piece != NONE:
        if lot != NONE:
            if pieces.lot[piece] == lot and _is_part(pieces.path[piece], events.path[event]):
                return before, piece  # a washed one: those stand before what they were cut from
        elif relief.method == FIFO and events.path[event] == 0:
            return before, piece
        elif relief.method in (FIFO, LIFO):
            if found == NONE or pieces.acquired[piece] >= pieces.acquired[found]:
                found_before, found = before, piece
        else:
            merit = _merit(pieces, relief, piece, int(events.day[event]), price)
            if found == NONE or merit < best:
                found_before, found, best = before, piece, merit
        before, piece = piece, int(lists.held[piece])
    return found_before, found


@kernel(b1(EVENTS, POSITIONS, i8, i8, i8, i8, PIECES, LISTS, RELIEF))
def sell(
    events: Events,
    positions: Positions,
    event: int,
    position: int,
    quantity: int,
    proceeds: int,
    pieces: Pieces,
    lists: Lists,
    relief: Relief,
) -> bool:
    """Sell `quantity` micro-shares of a position for `proceeds` cents; False where its lots do not hold as much.

    A piece sold in part is cut, and its part of the basis and of the proceeds goes with it. Losses join the losses.
    """
    price = proceeds / (quantity / MICRO)
    lot = int(events.lot[event])
    while quantity > 0 and not lists.ends[FULL]:
        before, piece = _next_piece(events, event, lot, position, pieces, lists, relief, price)
        if piece == NONE:
            return False
        if pieces.quantity[piece] > quantity:
            cut(pieces, lists, piece, quantity)
        part = pieces.quantity[piece]
        unhold(pieces, lists, before, piece)
        pieces.event[piece] = event
        pieces.sold[piece] = events.day[event]
        pieces.proceeds[piece] = share_of(proceeds, part, quantity)
        pieces.lost[piece] = pieces.basis[piece] - pieces.proceeds[piece]
        proceeds -= pieces.proceeds[piece]
        quantity -= part
        if is_loss(positions, pieces, piece):
            add_loss(events, pieces, lists, piece)
    return True
