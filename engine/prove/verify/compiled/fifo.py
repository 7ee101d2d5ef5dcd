"""What sales realise where the lots acquired first go first (Reg. §1.1012-1(c)(1)), by name sold."""

from __future__ import annotations

from typing import Final, NamedTuple

from numba import types
from numba.types import UniTuple

from engine.prove.verify.compiled.arrays import B1, F8, F8W, I8, I8W, NULL, Bools, Floats, Ints, f8, i8, void
from engine.prove.verify.compiled.decorator import compiled

LARGEST: Final = 2.0**62


class Lots(NamedTuple):
    """The table's lots: micro-shares, USD a share, days."""

    quantity: Ints
    cost: Floats
    acquired: Ints
    start: Ints
    locked: Bools


class Names(NamedTuple):
    """Names sold (n,): micro-shares, micro-dollars. Their lots are runs of rows, `first` to `last`, `name` rising."""

    sold: Ints
    price: Ints
    first: Ints
    last: Ints
    name: Ints


LOTS: Final = types.NamedTuple((I8, F8, I8, I8, B1), Lots)
NAMES: Final = types.NamedUniTuple(I8, 5, Names)


@compiled(f8(i8, i8))
def amount(quantity: int, price: int) -> float:
    """Cents, half a cent up; exact where the product fits."""
    if float(quantity) * price < LARGEST:
        return float((quantity * price + 5 * 10**9) // 10**10)
    return float(quantity) * price / 1e10


@compiled(f8(LOTS, i8, i8, i8))
def gain_of(lots: Lots, lot: int, sold: int, price: int) -> float:
    """Cents that so much of a lot gains: it bears its part of the cost, and no loss where the lot has none."""
    quantity = lots.quantity[lot]
    cost = (quantity / 1e6 * lots.cost[lot] * 100 + 0.5 + 1e-6) // 1.0
    proceeds, share = amount(sold, price), cost
    if sold < quantity:
        share = (cost * (sold / quantity) + 0.5) // 1.0
        if cost <= amount(quantity, price):
            share = min(share, proceeds)
    return float(proceeds - share)


@compiled(UniTuple(f8, 2)(LOTS, i8, i8, i8, i8))
def by_term(lots: Lots, lot: int, sold: int, price: int, long_until: int) -> tuple[float, float]:
    """The gain as short-term and as long-term; `long_until`: the last start of a long-term holding period."""
    gain = gain_of(lots, lot, sold, price)
    return (0.0, gain) if lots.start[lot] != NULL and lots.start[lot] <= long_until else (gain, 0.0)


@compiled(void(LOTS, NAMES, i8, I8W, F8W, F8W))
def first_in_first_out(lots: Lots, names: Names, long_until: int, order: Ints, short: Floats, long: Floats) -> None:
    """Cents of either term that each sale gains, (n,), where locked lots stay; `order`: room for the lots of a name."""
    run = 0
    for name in range(len(names.sold)):
        count = 0
        while run < len(names.name) and names.name[run] == name:
            for lot in range(names.first[run], names.last[run]):
                if lots.locked[lot] or lots.quantity[lot] == NULL:
                    continue
                place = count
                while place > 0 and lots.acquired[order[place - 1]] > lots.acquired[lot]:
                    order[place] = order[place - 1]
                    place -= 1
                order[place] = lot
                count += 1
            run += 1
        short[name], long[name], left = 0.0, 0.0, names.sold[name]
        for place in range(count):
            lot = order[place]
            part = min(left, lots.quantity[lot])
            if part <= 0:
                break
            gain_short, gain_long = by_term(lots, lot, part, names.price[name], long_until)
            short[name] += gain_short
            long[name] += gain_long
            left -= part


@compiled(void(LOTS, I8, I8, I8, i8, F8W, F8W))
def as_chosen(lots: Lots, rows: Ints, sold: Ints, price: Ints, long_until: int, short: Floats, long: Floats) -> None:
    """Cents of either term that selling so much of each of these lots gains, (rows,)."""
    for row in range(len(rows)):
        short[row], long[row] = by_term(lots, rows[row], sold[row], price[row], long_until)
