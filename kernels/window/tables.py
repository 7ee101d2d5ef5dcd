"""What the kernels of the window hand each other. Micro-shares, micro-dollars, cents, days since 1970-01-01."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kernels.jit import B1, I4, I4W, I8, I8W, U1
from kernels.table import Table

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

NOBODY: Final = -1
"""No purchase, or no name."""
LONG_AGO: Final = -(1 << 24)
"""When a lot was acquired of which nothing is known but that it was sold."""
NO_DAY: Final = -(2**31)
"""A date that is not given."""
HELD, AWAY, SOLD = range(3)
"""Where unused shares are: among the lots; in no lot, though no trade tells that they were sold; sold again."""
UNTOLD: Final = -1
"""A loss of which nobody says how much."""


class Names(NamedTuple):
    """(n,) names of lots, each once: their texts as UTF-8 in one array, each from an offset (n + 1,) to the next.

    `key` is the first seven bytes, noughts where a name is shorter: it tells the order of most names.
    """

    offsets: Numbers
    text: Bytes
    key: Ints


class Trades(NamedTuple):
    """(t,) trades of accounts and securities that are known."""

    account: Numbers
    security: Numbers
    day: Numbers
    sequence: Ints
    """within the day; the largest number where there is none"""
    buy: Flags
    """else a sell"""
    quantity: Ints
    price: Ints
    """0 where it is not told"""
    name: Numbers
    """of the whole lot, without the ending of a piece; NOBODY where there is none"""
    own: Numbers
    """with it"""
    rest: Flags
    """names the piece that has replaced no loss"""
    gain: Ints
    told: Flags
    """whether `gain` is"""
    disallowed: Ints
    disallowed_told: Flags
    start: Numbers
    """of the holding period, or NO_DAY"""


class Lots(NamedTuple):
    """(l,) lots bought in the days in question."""

    account: Numbers
    security: Numbers
    day: Numbers
    quantity: Ints
    name: Numbers
    own: Numbers
    tacked: Flags
    """have replaced a loss"""


class Purchases(NamedTuple):
    """(p,) what one account bought of one security on one day under one lot name."""

    account: Numbers
    security: Numbers
    day: Numbers
    name: Numbers
    sequence: Ints
    bought: Ints
    """as trades tell it"""
    held: Ints
    """still among the lots"""
    sold: Ints
    """by trades that name the lot"""
    tacked: Ints
    """of what is held"""
    price: Ints
    """the highest paid"""


class Segments(NamedTuple):
    """(s + 1,) where the purchases and the sells of each segment begin; both in order within it."""

    purchases_of: Ints
    sells_of: Ints
    sell: Ints
    """(sells,) rows of `Trades`"""


class Owners(NamedTuple):
    """(accounts,); `rank` and `security_rank` (securities,) are places in the order of their names."""

    taxable: Flags
    policy: Numbers
    rank: Numbers
    security_rank: Numbers


NAMES = Table(Names, (I4, U1, I8))
TRADES = Table(Trades, (I4, I4, I4, I8, B1, I8, I8, I4, I4, B1, I8, B1, I8, B1, I4))
LOTS = Table(Lots, (I4, I4, I4, I8, I4, I4, B1))
PURCHASES = Table(Purchases, (I4, I4, I4, I4, I8, I8, I8, I8, I8, I8))
PURCHASES_OUT = Table(Purchases, (I4W, I4W, I4W, I4W, I8W, I8W, I8W, I8W, I8W, I8W))
SEGMENTS = Table(Segments, (I8, I8, I8))
OWNERS = Table(Owners, (B1, I4, I4, I4))
