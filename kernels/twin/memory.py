"""What the twin of one account needs while it is made."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kernels.jit import B1W, F8W, I8W
from kernels.problem import Flags, Floats, Ints
from kernels.table import Table


class Names(NamedTuple):
    """Names (n,) held and aimed at, by security; micro-shares, percent of account value, percent a micro-share.

    `place` (securities,) of each security where its `stamp` is the account's. `weight`: the goals. `scale`: what the
    prices of rows make of a target weight; `row_price` (limits + 1,) those prices, `coefficient` (n,) of one row.
    `lots` (lots,) of one name as they are sold.
    """

    security: Ints
    position: Ints
    sellable: Ints
    orders: Ints
    sold: Ints
    """by our own trades"""
    step: Ints
    least: Ints
    smallest: Ints
    sell_out: Flags
    never_sell: Flags
    open: Flags
    target: Floats
    micro_weight: Floats
    held: Floats
    lower: Floats
    upper: Floats
    weight: Floats
    spread: Floats
    """fraction of a trade"""
    scale: Floats
    coefficient: Floats
    row_price: Floats
    lots: Ints
    place: Ints
    stamp: Ints


NAMES = Table(Names, (*(I8W,) * 8, *(B1W,) * 3, *(F8W,) * 10, *(I8W,) * 3))


def make_names(names: int, lots: int, limits: int, securities: int) -> Names:
    """Memory for accounts of at most so many names, lots of one name, and limits."""
    sizes = {"row_price": limits + 1, "lots": lots, "place": securities, "stamp": securities}
    made = Names._make(np.zeros(sizes.get(field, names), dtype=str(kind.dtype)) for field, kind in NAMES.fields.items())
    made.stamp[:] = -1
    return made
