"""Corporate actions on the lots of one position (docs/tax.md).

Split shares and stock dividends spread the basis and keep the holding period (IRC §§305(a), 307, 1223(4)); cash for a
fraction of a share is a sale of it. A return of capital lowers basis, and beyond it is gain (§301(c)(2), (3)). New
shares of a reorganisation keep basis and holding period (§§354, 358, 1223(1)); cash beside them is gain up to the gain
there is, and never loss (§356(a), (c)). A spin-off divides the basis (§§355, 358(c)).
"""

from __future__ import annotations

from kernels.jit import b1, i8, kernel, void
from kernels.lists import ABSENT, BOUGHT, FULL, LISTS, LOSS_SALES, Lists, copy_piece, hold, new_piece, unhold
from kernels.money import MICRO, amount_cents, mul_div_half_up
from kernels.pieces import (
    EVENTS,
    MERGER,
    NONE,
    PIECES,
    POSITIONS,
    RELIEF,
    RETURN_OF_CAPITAL,
    SPIN_OFF,
    SPLIT,
    SPUN_AGAIN,
    SYMBOL,
    Events,
    Pieces,
    Positions,
    Relief,
)
from kernels.relief import sell

PPB = 1_000_000_000


@kernel(i8(EVENTS, i8, i8))
def _exchanged(events: Events, event: int, quantity: int) -> int:
    """New micro-shares for old.

    Lots are exchanged one after the other, each receiving what all up to it receive less what those before it did: so
    the lots sum to what the position receives, and three shares of three lots are one after a split of 1 for 3.
    """
    return mul_div_half_up(quantity, int(events.new[event]), int(events.old[event]))


@kernel(b1(EVENTS, POSITIONS, i8, i8, i8, PIECES, LISTS, RELIEF), inner=True)
def _sell_fraction(
    events: Events,
    positions: Positions,
    event: int,
    position: int,
    quantity: int,
    pieces: Pieces,
    lists: Lists,
    relief: Relief,
) -> bool:
    """Cash in lieu of the fraction of a share in `quantity`, where the action pays any: a sale of it."""
    fraction = quantity % MICRO
    cash = int(events.amount[event])
    if cash == 0 or fraction == 0:
        return True
    return bool(sell(events, positions, event, position, fraction, amount_cents(fraction, cash), pieces, lists, relief))


@kernel(b1(EVENTS, POSITIONS, i8, PIECES, LISTS, RELIEF))
def _split(events: Events, positions: Positions, event: int, pieces: Pieces, lists: Lists, relief: Relief) -> bool:
    """Scale what is held, and sold shares as far as wash sales still count them."""
    position = int(events.position[event])
    old, total = 0, 0
    piece = int(lists.held_first[position])
    while piece != NONE:
        old += pieces.quantity[piece]
        pieces.quantity[piece] = max(_exchanged(events, event, old) - total, 1)
        pieces.matching[piece] = pieces.quantity[piece]
        total += pieces.quantity[piece]
        piece = int(lists.held[piece])
    piece = lists.ends[BOUGHT]
    while piece != NONE:
        if pieces.position[piece] == position and pieces.event[piece] != NONE:
            pieces.matching[piece] = max(_exchanged(events, event, int(pieces.matching[piece])), 1)
        piece = int(lists.bought[piece])
    piece = lists.ends[LOSS_SALES]
    while piece != NONE:
        if pieces.position[piece] == position and lists.bought[piece] == ABSENT:
            pieces.matching[piece] = max(_exchanged(events, event, int(pieces.matching[piece])), 1)
        piece = int(lists.losses[piece])
    return bool(_sell_fraction(events, positions, event, position, total, pieces, lists, relief))


@kernel(void(EVENTS, i8, i8, i8, i8, PIECES, LISTS))
def _book_gain(events: Events, event: int, piece: int, cash: int, gain: int, pieces: Pieces, lists: Lists) -> None:
    """Cash without disposal, of which `gain` is gain: a realised row of no shares; the rest lowers the basis."""
    row = new_piece(pieces, lists)
    if not lists.ends[FULL]:
        copy_piece(pieces, piece, row)
        pieces.quantity[row] = 0
        pieces.matching[row] = 0
        pieces.event[row] = event
        pieces.sold[row] = events.day[event]
        pieces.basis[row] = cash - gain
        pieces.proceeds[row] = cash
        pieces.source[row] = NONE
        pieces.absorbed[row] = 0
    pieces.basis[piece] -= cash - gain


@kernel(void(EVENTS, i8, PIECES, LISTS), inner=True)
def _return_capital(events: Events, event: int, pieces: Pieces, lists: Lists) -> None:
    piece = int(lists.held_first[events.position[event]])
    while piece != NONE and not lists.ends[FULL]:
        amount = amount_cents(int(pieces.quantity[piece]), int(events.amount[event]))
        gain = max(amount - pieces.basis[piece], 0)
        if gain > 0:
            _book_gain(events, event, piece, gain, gain, pieces, lists)
        pieces.basis[piece] -= amount - gain
        piece = int(lists.held[piece])


@kernel(b1(EVENTS, POSITIONS, i8, PIECES, LISTS, RELIEF), inner=True)
def _sell_for_cash(
    events: Events, positions: Positions, event: int, pieces: Pieces, lists: Lists, relief: Relief
) -> bool:
    """A merger for cash alone sells the whole position."""
    position = int(events.position[event])
    total = 0
    piece = int(lists.held_first[position])
    while piece != NONE:
        total += pieces.quantity[piece]
        piece = int(lists.held[piece])
    if total == 0:
        return True
    proceeds = amount_cents(total, int(events.amount[event]))
    return bool(sell(events, positions, event, position, total, proceeds, pieces, lists, relief))


@kernel(void(EVENTS, i8, PIECES, LISTS), inner=True)
def _exchange(events: Events, event: int, pieces: Pieces, lists: Lists) -> None:
    """Every lot becomes one of the new security; after a merger its shares are no purchase of that security."""
    old, total = 0, 0
    piece = int(lists.held_first[events.position[event]])
    while piece != NONE and not lists.ends[FULL]:
        following = int(lists.held[piece])
        old += pieces.quantity[piece]
        received = max(_exchanged(events, event, old) - total, 1)
        total += received
        cash = amount_cents(int(pieces.quantity[piece]), int(events.amount[event]))
        if cash > 0:
            worth = amount_cents(received, int(events.price[event])) + cash
            gain = min(cash, max(worth - pieces.basis[piece], 0))
            _book_gain(events, event, piece, cash, gain, pieces, lists)
        unhold(pieces, lists, NONE, piece)
        pieces.quantity[piece] = received
        pieces.matching[piece] = received
        pieces.washed[piece] |= events.kind[event] == MERGER
        hold(pieces, lists, int(events.target[event]), piece)
        piece = following


@kernel(b1(EVENTS, POSITIONS, i8, PIECES, LISTS, RELIEF), inner=True)
def _spin_off(events: Events, positions: Positions, event: int, pieces: Pieces, lists: Lists, relief: Relief) -> bool:
    target = int(events.target[event])
    old, total = 0, 0
    piece = int(lists.held_first[events.position[event]])
    while piece != NONE and not lists.ends[FULL]:
        old += pieces.quantity[piece]
        received = _exchanged(events, event, old) - total
        spun = new_piece(pieces, lists) if received > 0 else NONE
        if received > 0 and not lists.ends[FULL]:
            moved = mul_div_half_up(int(pieces.basis[piece]), int(events.basis_ppb[event]), PPB)
            copy_piece(pieces, piece, spun)
            pieces.basis[piece] -= moved
            pieces.basis[spun] = moved
            pieces.quantity[spun] = received
            pieces.matching[spun] = received
            pieces.spun[spun] = event
            pieces.path[spun] = pieces.path[piece] % SPUN_AGAIN + events.path[event]
            pieces.washed[spun] = True
            pieces.source[spun] = NONE
            pieces.absorbed[spun] = 0
            hold(pieces, lists, target, spun)
            total += received
        piece = int(lists.held[piece])
    return bool(_sell_fraction(events, positions, event, target, total, pieces, lists, relief))


@kernel(b1(EVENTS, POSITIONS, i8, PIECES, LISTS, RELIEF))
def act(events: Events, positions: Positions, event: int, pieces: Pieces, lists: Lists, relief: Relief) -> bool:
    """Apply one corporate action; False where a fraction paid in cash exceeds what is held."""
    kind = events.kind[event]
    if kind == SPLIT:
        return bool(_split(events, positions, event, pieces, lists, relief))
    if kind == SPIN_OFF:
        return bool(_spin_off(events, positions, event, pieces, lists, relief))
    if kind == RETURN_OF_CAPITAL:
        _return_capital(events, event, pieces, lists)
    elif kind == MERGER and events.target[event] == NONE:
        return bool(_sell_for_cash(events, positions, event, pieces, lists, relief))
    elif kind in (MERGER, SYMBOL):
        _exchange(events, event, pieces, lists)
    return True
