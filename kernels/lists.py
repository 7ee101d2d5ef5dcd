"""The replay's linked lists of pieces, and the two moves on them: make a piece, cut a piece in two.

Each list links pieces by number: what a position holds, what a segment bought, what it sold at a loss.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kernels.jit import I4W, I8W, i8, kernel, void
from kernels.money import share_of
from kernels.pieces import NONE, PIECES, Pieces
from kernels.table import Table

Numbers = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]

ABSENT = -2
"""The link of a piece that is not in the list; NONE ends one."""
COUNT, FULL, BOUGHT, LAST_BOUGHT, LOSS_SALES, LAST_LOSS, FRESH, ENDS = range(8)
"""Places in `Lists.ends`."""


class Lists(NamedTuple):
    """Links (capacity,) by piece; the ends of what a position holds (p,) by position."""

    held: Numbers
    """Next piece held in the same position, in order of acquisition."""
    held_first: Numbers
    held_last: Numbers
    bought: Numbers
    """Next purchased piece of the segment, in order of acquisition, whether still held or not."""
    losses: Numbers
    """Next piece of the segment sold at a loss, in order of disposition."""
    ends: Ints
    """(ENDS,) number of pieces, whether there was no room for one, ends of `bought` and of `losses`, and how many sales
    have become losses today by taking up another's."""


LISTS = Table(Lists, (I4W, I4W, I4W, I4W, I4W, I8W))


@kernel(i8(PIECES, LISTS), inner=True)
def new_piece(pieces: Pieces, lists: Lists) -> int:
    """The number of a new piece, in no list; where there is no room, the last one again, and FULL is set."""
    piece = int(lists.ends[COUNT])
    if piece == len(pieces.lot):
        lists.ends[FULL] = 1
        return piece - 1
    lists.ends[COUNT] = piece + 1
    lists.held[piece] = ABSENT
    lists.bought[piece] = ABSENT
    lists.losses[piece] = ABSENT
    return piece


@kernel(void(I4W, i8, i8), inner=True)
def _link_after(links: Numbers, piece: int, rest: int) -> None:
    """Put `rest` after `piece`, where `piece` is in the list."""
    if links[piece] != ABSENT:
        links[rest] = links[piece]
        links[piece] = rest


@kernel(void(PIECES, i8, i8), inner=True)
def copy_piece(pieces: Pieces, piece: int, to: int) -> None:
    """Every field of one piece to another."""
    pieces.lot[to] = pieces.lot[piece]
    pieces.path[to] = pieces.path[piece]
    pieces.spun[to] = pieces.spun[piece]
    pieces.purchase[to] = pieces.purchase[piece]
    pieces.position[to] = pieces.position[piece]
    pieces.quantity[to] = pieces.quantity[piece]
    pieces.matching[to] = pieces.matching[piece]
    pieces.basis[to] = pieces.basis[piece]
    pieces.acquired[to] = pieces.acquired[piece]
    pieces.holding_start[to] = pieces.holding_start[piece]
    pieces.event[to] = pieces.event[piece]
    pieces.sold[to] = pieces.sold[piece]
    pieces.proceeds[to] = pieces.proceeds[piece]
    pieces.disallowed[to] = pieces.disallowed[piece]
    pieces.replaced[to] = pieces.replaced[piece]
    pieces.washed[to] = pieces.washed[piece]
    pieces.source[to] = pieces.source[piece]
    pieces.absorbed[to] = pieces.absorbed[piece]
    pieces.lost[to] = pieces.lost[piece]


@kernel(void(I8W, i8, i8, i8, i8), inner=True)
def _divide(column: Ints, piece: int, rest: int, part: int, whole: int) -> None:
    share = share_of(column[piece], part, whole)
    column[rest] = column[piece] - share
    column[piece] = share


@kernel(i8(PIECES, LISTS, i8, i8))
def cut(pieces: Pieces, lists: Lists, piece: int, matching: int) -> int:
    """Cut a piece so that it keeps `matching` micro-shares, 0 < matching < its own; the new piece is the rest.

    Money is cut in proportion; the rest takes what is left, and follows in every list that the piece is in.
    """
    rest = new_piece(pieces, lists)
    if lists.ends[FULL]:
        return rest
    copy_piece(pieces, piece, rest)
    whole = pieces.matching[piece]
    _divide(pieces.quantity, piece, rest, matching, whole)
    _divide(pieces.basis, piece, rest, matching, whole)
    _divide(pieces.proceeds, piece, rest, matching, whole)
    _divide(pieces.absorbed, piece, rest, matching, whole)
    pieces.lost[piece] = pieces.lost[rest] * matching / whole
    pieces.lost[rest] -= pieces.lost[piece]
    pieces.matching[piece] = matching
    pieces.matching[rest] = whole - matching
    _link_after(lists.held, piece, rest)
    _link_after(lists.bought, piece, rest)
    _link_after(lists.losses, piece, rest)
    if lists.held_last[pieces.position[piece]] == piece:
        lists.held_last[pieces.position[piece]] = rest
    if lists.ends[LAST_BOUGHT] == piece:
        lists.ends[LAST_BOUGHT] = rest
    if lists.ends[LAST_LOSS] == piece:
        lists.ends[LAST_LOSS] = rest
    return rest


@kernel(void(PIECES, LISTS, i8, i8), inner=True)
def unhold(pieces: Pieces, lists: Lists, before: int, piece: int) -> None:
    """Take a piece out of what its position holds; `before` is the piece before it there, or NONE."""
    position = pieces.position[piece]
    if before == NONE:
        lists.held_first[position] = lists.held[piece]
    else:
        lists.held[before] = lists.held[piece]
    if lists.held_last[position] == piece:
        lists.held_last[position] = before
    lists.held[piece] = ABSENT


@kernel(void(PIECES, LISTS, i8, i8), inner=True)
def hold(pieces: Pieces, lists: Lists, position: int, piece: int) -> None:
    """Put a piece among what a position holds, after all that were acquired on its day or before."""
    before, after = NONE, int(lists.held_first[position])
    last = int(lists.held_last[position])
    if last != NONE and pieces.acquired[last] <= pieces.acquired[piece]:
        before, after = last, NONE
    while after != NONE and pieces.acquired[after] <= pieces.acquired[piece]:
        before, after = after, int(lists.held[after])
    lists.held[piece] = after
    if before == NONE:
        lists.held_first[position] = piece
    else:
        lists.held[before] = piece
    if after == NONE:
        lists.held_last[position] = piece
    pieces.position[piece] = position


@kernel(void(LISTS, i8), inner=True)
def add_bought(lists: Lists, piece: int) -> None:
    """Put a piece last among what the segment bought."""
    last = lists.ends[LAST_BOUGHT]
    if last == NONE:
        lists.ends[BOUGHT] = piece
    else:
        lists.bought[last] = piece
    lists.bought[piece] = NONE
    lists.ends[LAST_BOUGHT] = piece


@kernel(i8(LISTS, i8, i8), inner=True)
def drop_bought(lists: Lists, before: int, piece: int) -> int:
    """Take a piece, before which `before` stands or NONE, out of what the segment bought; returns the one after it."""
    after = int(lists.bought[piece])
    if before == NONE:
        lists.ends[BOUGHT] = after
    else:
        lists.bought[before] = after
    if after == NONE:
        lists.ends[LAST_BOUGHT] = before
    lists.bought[piece] = ABSENT
    return after
