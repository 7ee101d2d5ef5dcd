"""The replay's tables: what happened to a household's shares, and the pieces of lots that came of it.

Events are grouped in segments that cannot touch one another: the names of one household that are substantially
identical, or that a corporate action turns into each other. A segment's first events are OPEN, by `acquired`, and LOSS,
by `day`; the others follow by day. On a day corporate actions come first, then trades by batch, then in their order.
Trades whose order within the day cannot be told share a batch. Shares are micro-shares, money cents, dates days since
1970-01-01.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import types

from kernels.jit import B1, B1W, F8W, I4, I4W, I8, I8W, f8, i8
from kernels.table import Table

Days = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Reals = npt.NDArray[np.float64]

OPEN, LOSS, BUY, SELL, SPLIT, RETURN_OF_CAPITAL, SYMBOL, MERGER, SPIN_OFF = range(9)
"""Kinds of event.

OPEN a lot held before the first trade; `washed` where its shares have already replaced a loss. LOSS a past sale at a
loss of which `quantity` shares are not yet replaced; `amount` is the loss on them. BUY, SELL trades. The rest are
corporate actions on one position; SPLIT also says a stock dividend, and a CASH_DIVIDEND is none, it moves no lot.
"""
FIFO, LIFO, HIFO, LEAST_TAX = range(4)
"""Relief of lots that a sale does not name."""
NONE = -1
NOT_SOLD = 2**31 - 1
"""The day on which shares are sold that are not."""
DONE, OVERSOLD, NO_ROOM = range(3)
"""How the replay of a segment ended; OVERSOLD: a sale exceeds what its lots hold."""
SPUN_AGAIN = 1 << 32
"""Added to the path of what was spun off, for each earlier spin-off into its position."""
TACK_BY_DATE, SKIP_BEFORE_LOT, SKIP_SAME_DAY, COUNT_SOLD_EARLIER = 1, 2, 4, 8
"""Bits of a position's `policy`, for the unsettled points; none set is the contract's default: tack by days held,
`wash_before_lot` count, `wash_same_day` count, `wash_sold_earlier` ignore."""


class Events(NamedTuple):
    """(e,) arrays, contiguous and read-only."""

    kind: Numbers
    day: Days
    batch: Numbers
    """Ascending within a day; equal where the order of trades cannot be told."""
    position: Numbers
    """Row of `Positions`: one security in one account."""
    quantity: Ints
    """Micro-shares of a trade, lot or loss. 0 on a corporate action."""
    amount: Ints
    """Cents: cost of an OPEN or BUY, proceeds of a SELL, the loss of a LOSS. Of a corporate action its cash a share, in
    micro-dollars: per old share, but a SPLIT's and SPIN_OFF's per new one, for fractions (0: fractions are kept)."""
    lot: Numbers
    """OPEN, BUY: the lot opened. SELL: the lot named, or NONE."""
    path: Ints
    """SELL: the piece named, 0 for the whole lot (see `Pieces.path`). Where no lot is named, under FIFO: not 0 if the
    latest go first, as where a position is one lot and the sale names the rest of it. SPIN_OFF: what is added to the
    path, SPUN_AGAIN for each earlier one into the target. Otherwise 0."""
    purchase: Numbers
    """OPEN, BUY, LOSS: the purchase the shares came from; pieces of one purchase do not replace each other."""
    acquired: Days
    """OPEN, LOSS: the lot's. BUY: `day`."""
    holding_start: Days
    """OPEN, LOSS: where the holding period starts. BUY: `day`."""
    washed: Flags
    """OPEN: these shares have already replaced a loss, or were not bought (spin-off, merger): they replace none. SELL:
    no purchase up to its day replaces its loss, as is known; later ones may."""
    sold: Days
    """OPEN: when these shares were sold again, before the other events; NOT_SOLD while they are held."""
    new: Ints
    """Corporate actions: new shares `new` for `old`."""
    old: Ints
    target: Numbers
    """SYMBOL, MERGER, SPIN_OFF: the position of the new security in the same account; NONE in a merger for cash."""
    basis_ppb: Ints
    """SPIN_OFF: parts per billion of the basis that go to the new security."""
    price: Ints
    """MERGER for shares and cash: what a new share is worth, micro-dollars. Otherwise 0."""


class Positions(NamedTuple):
    """(p,) arrays: one row for each security in each account."""

    group: Numbers
    """Wash group: equal for substantially identical securities."""
    taxable: Flags
    policy: Numbers
    """Bits, see TACK_BY_DATE and following."""


class Relief(NamedTuple):
    """How sales that name no lot are relieved; rates only for LEAST_TAX."""

    method: int
    st_rate: float
    lt_rate: float


class Pieces(NamedTuple):
    """(capacity,) arrays to be filled, in order of creation: parts of lots, held or disposed of.

    A held piece has `event` NONE. A disposed piece is a realised row: gain = proceeds − basis + disallowed.
    """

    lot: Numbers
    """The lot of the OPEN or BUY it came from; NONE for a LOSS."""
    path: Ints
    """Its name below the lot. 0 is the whole lot, 2n what is left after n splits (`.2` n times), 2n + 1 the part that
    the next one washed (`.2` n times, then `.1`), which no wash sale splits again; and SPUN_AGAIN for each
    spin-off before the one that made it."""
    spun: Numbers
    """The SPIN_OFF event that made it, or NONE."""
    purchase: Numbers
    position: Numbers
    """Where it is held now, or was when it was disposed of."""
    quantity: Ints
    """Micro-shares; 0 for a gain without disposal (boot of a merger, return of capital over basis)."""
    matching: Ints
    """Micro-shares as wash sales count them: a sold piece's quantity after later splits."""
    basis: Ints
    """Adjusted, cents."""
    acquired: Days
    holding_start: Days
    event: Numbers
    """The event that disposed of it, or NONE."""
    sold: Days
    proceeds: Ints
    disallowed: Ints
    """Loss disallowed on it, cents ≥ 0."""
    replaced: Flags
    """Its shares, sold at a loss, were replaced."""
    washed: Flags
    """Its shares have replaced a loss, or came of a merger or spin-off, and replace no other."""
    source: Numbers
    """The event of the sale whose loss it absorbed, or NONE."""
    absorbed: Ints
    """That loss in cents; in `basis` too unless the account is not taxable."""
    lost: Reals
    """Once disposed of: basis less proceeds in cents, never rounded where pieces are cut. It decides how cents are."""


EVENTS = Table(Events, (I4, I4, I4, I4, I8, I8, I4, I8, I4, I4, I4, B1, I4, I8, I8, I4, I8, I8))
POSITIONS = Table(Positions, (I4, B1, I4))
RELIEF = types.NamedTuple((i8, f8, f8), Relief)
PIECES = Table(Pieces, (I4W, I8W, I4W, I4W, I4W, I8W, I8W, I8W, I4W, I4W, I4W, I4W, I8W, I8W, B1W, B1W, I4W, I8W, F8W))
