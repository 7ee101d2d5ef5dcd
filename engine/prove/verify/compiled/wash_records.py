"""Records of the wash-sale count: one array a kind, days since 1970, micro-shares, cents; `NULL` for what is not told.

`who` numbers an account, a security and a lot name together, in their order as texts; `who // names` is the account
and the security. Name 0 is none.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import from_dtype, types

from engine.prove.verify.compiled.arrays import NULL as NULL
from engine.prove.verify.compiled.arrays import Bools as Bools
from engine.prove.verify.compiled.arrays import Ints as Ints

Records = npt.NDArray[np.void]

OWNER: Final = np.dtype(
    [("taxable", "?"), ("before_lot", "?"), ("same_day", "?"), ("sold_earlier", "?"), ("by_date", "?"), ("least", "f8")]
)
"""An account, and how its settings decide the unsettled points: True where such shares replace its losses. `least`:
cents that a sale must lose more of to be a loss."""

LOT: Final = np.dtype(
    [
        ("owner", "i8"),
        ("who", "i8"),
        ("quantity", "i8"),
        ("acquired", "i8"),
        ("start", "i8"),
        ("tacked", "?"),  # it has replaced a loss
        ("spun_off", "?"),  # it came of a spin-off, which is no purchase
        ("run", "i8"),  # the row of the run that sells of it, or -1
    ]
)
TRADE: Final = np.dtype(
    [
        ("owner", "i8"),
        ("who", "i8"),
        ("quantity", "i8"),
        ("day", "i8"),
        ("sequence", "i8"),
        ("buy", "?"),
        ("gain", "i8"),
        ("disallowed", "i8"),
        ("start", "i8"),
        ("exchanged", "?"),  # a buy whose lot is now of another security
        ("price", "i8"),
        ("rest", "?"),  # names a piece `.2`, which has replaced nothing
    ]
)
"""A row of `activity`, in the contract's order of a day."""

RUN: Final = np.dtype(
    [
        ("owner", "i8"),
        ("who", "i8"),
        ("place", "i8"),
        ("buy", "?"),
        ("quantity", "i8"),
        ("lost", "f8"),  # cents got less than it cost
    ]
)
"""What the run sells of a lot, or buys of a security; `place`: the first of its rows in `trades`."""

WASHED: Final = np.dtype([("disallowed", "f8"), ("shares", "i8"), ("pieces", "i8"), ("absorbed", "f8"), ("hops", "i8")])
"""What wash sales make of a row of the run: its loss disallowed, in how many pieces; the losses that it took up, and
by how many sales these came, all in sum."""

TAKEN: Final = np.dtype([("run", "i8"), ("quantity", "i8"), ("lost", "f8"), ("sold", "i8"), ("start", "i8")])
"""An earlier loss that shares bought in the run take away; or, for shares sold that took up a loss, their start."""

PURCHASE: Final = np.dtype(
    [
        ("owner", "i8"),
        ("acquired", "i8"),
        ("sequence", "i8"),
        ("who", "i8"),
        ("bought", "i8"),
        ("price", "i8"),  # the highest paid
        ("held", "i8"),
        ("sold", "i8"),
        ("exchanged", "?"),
    ]
)
"""What an account bought of a security on a day under one lot name, and where its shares are."""

SHARE: Final = np.dtype(
    [
        ("owner", "i8"),
        ("acquired", "i8"),  # purchase: with sequence and who
        ("sequence", "i8"),
        ("who", "i8"),
        ("quantity", "i8"),
        ("start", "i8"),
        ("sold", "i8"),
        ("lost", "f8"),  # once sold: the loss on them, negative for a gain
        ("turn_sequence", "i8"),  # order of disposition within the day
        ("turn_acquired", "i8"),
        ("turn_of", "i8"),
        ("turn_who", "i8"),
        ("turn_place", "i8"),
        ("label", "i8"),  # the row that sold them, or bought them in the run; -1 for none
        ("told", "?"),  # sold before the trades now counted
        ("kept", "?"),  # known to have been replaced by nothing up to the end of its day
        ("used", "?"),
        ("source", "i8"),  # the loss that they replaced, or -1
        ("replaced_on", "i8"),
        ("absorbed", "f8"),
        ("hops", "i8"),  # by how many sales that loss came to them, each rounded to the cent
    ]
)
"""Shares of one fate."""


def rows_of(dtype: np.dtype[np.void]) -> types.Array:
    """The compiled type of an array of such records."""
    return types.Array(from_dtype(dtype), 1, "C")


OWNERS, LOTS, TRADES, RUNS = rows_of(OWNER), rows_of(LOT), rows_of(TRADE), rows_of(RUN)
WASHES, TAKES, PURCHASES, POOL = rows_of(WASHED), rows_of(TAKEN), rows_of(PURCHASE), rows_of(SHARE)
I8: Final = types.Array(types.int64, 1, "C")
GROUP: Final = (OWNERS, POOL, I8, I8, I8)
