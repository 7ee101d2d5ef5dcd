"""What sales realise where the lots acquired first go first (Reg. §1.1012-1(c)(1)), by name sold."""

from __future__ import annotations

from typing import Final, NamedTuple

from numba import types
from numba.types import UniTuple

from engine.prove.verify.compiled.arrays import F8, F8W, I8, I8W, Floats, Ints, f8, i8, void
from engine.prove.verify.compiled.decorator import compiled

LARGEST: Final = 2.0**62


class Lots(NamedTuple):
    """Lots (l,) that may be sold, those of a name together: micro-shares, cents of cost, days; `long`: 1, or 0."""

    quantity: Ints
    cents: Floats
    acquired: Ints
    long: Ints


LOTS: Final = types.NamedTuple((I8, F8, I8, I8), Lots)


@compiled(f8(i8, i8))
def amount(quantity: int, price: int) -> float:
    """Cents, half a cent up; exact where the product fits."""
    if float(quantity) * price < LARGEST:
        return float((quantity * price + 5 * 10**9) // 10**10)
    return float(quantity) * price / 1e10


@compiled(f8(i8, f8, i8, i8))
def gain_of(quantity: int, cost: float, sold: int, price: int) -> float:
    """What a part of a lot gains, cents: it bears its part of the cost and no loss where the lot has none."""
    proceeds, share = amount(sold, price), cost
    if sold < quantity:
        share = float((cost * (sold / quantity) + 0.5) // 1.0)
        if cost <= amount(quantity, price):
            share = min(share, proceeds)
    return proceeds - share


@compiled(UniTuple(f8, 2)(LOTS, i8, i8, i8, i8, I8W))
def _first_in_first_out(lots: Lots, first: int, last: int, sold: int, price: int, order: Ints) -> tuple[float, float]:
    """Cents of short- and long-term gain of one name; `order`: room for its lots."""
    count = 0
    for lot in range(first, last):
        place = count
        while place > 0 and lots.acquired[order[place - 1]] > lots.acquired[lot]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = lot
        count += 1
    short, long, left = 0.0, 0.0, sold
    for place in range(count):
        lot = order[place]
        part = min(left, lots.quantity[lot])
        if part <= 0:
            break
        gain = gain_of(lots.quantity[lot], lots.cents[lot], part, price)
        if lots.long[lot] == 1:
            long += gain
        else:
            short += gain
        left -= part
    return short, long


@compiled(void(LOTS, I8, I8, I8, I8W, F8W, F8W))
def first_in_first_out(
    lots: Lots, offsets: Ints, sold: Ints, price: Ints, order: Ints, short: Floats, long: Floats
) -> None:
    """Cents that each sale gains; names (n,), `offsets` (n + 1,) into the lots, `order` (l,) is overwritten."""
    for name in range(len(sold)):
        short[name], long[name] = _first_in_first_out(
            lots, offsets[name], offsets[name + 1], sold[name], price[name], order
        )


@compiled(void(LOTS, I8, I8, F8W, F8W))
def as_chosen(lots: Lots, sold: Ints, price: Ints, short: Floats, long: Floats) -> None:
    """Cents that selling so much of each lot gains, all (l,)."""
    for lot in range(len(sold)):
        gain = gain_of(lots.quantity[lot], lots.cents[lot], sold[lot], price[lot])
        short[lot], long[lot] = (1 - lots.long[lot]) * gain, lots.long[lot] * gain
