"""Recent purchases, each once, whether lots, trades or both show it. Rows are found by their keys in hash tables."""

from __future__ import annotations

from kernels.jit import I4, I4W, I8, I8W, i8, kernel, void
from kernels.window.tables import (
    LOTS,
    NOBODY,
    PURCHASES,
    PURCHASES_OUT,
    TRADES,
    Ints,
    Lots,
    Numbers,
    Purchases,
    Trades,
)


@kernel(i8(i8, i8, i8, i8, i8))
def place_of(size: int, first: int, second: int, third: int, fourth: int) -> int:
    """Where the search for a key begins in a table of `size`, a power of two; keys of -1 to 2^31."""
    mixed = first * 7919 + second * 104_729 + third * 15_485_863 + fourth * 32_452_843
    return (mixed ^ (mixed >> 15)) & (size - 1)


@kernel(i8(PURCHASES_OUT, i8, i8, i8, i8, i8, i8, I4W), inner=True)
def _place(
    found: Purchases, count: int, day: int, account: int, security: int, name: int, sequence: int, table: Numbers
) -> int:
    """The purchase of a key; a new one, the one after `count`, where there is none."""
    at = place_of(table.size, day, account, security, name)
    while table[at] != NOBODY:
        one = table[at]
        if (
            found.day[one] == day
            and found.account[one] == account
            and found.security[one] == security
            and found.name[one] == name
        ):
            return int(one)
        at = (at + 1) & (table.size - 1)
    table[at] = count
    found.day[count], found.account[count] = day, account
    found.security[count], found.name[count] = security, name
    found.sequence[count] = sequence
    found.bought[count], found.held[count], found.sold[count], found.tacked[count] = 0, 0, 0, 0
    found.price[count] = 0
    return count


@kernel(i8(TRADES, LOTS, i8, I4W, PURCHASES_OUT, I4W))
def find_purchases(
    trades: Trades, lots: Lots, unordered: int, table: Numbers, found: Purchases, of_lot: Numbers
) -> int:
    """How many purchases trades and lots show; they are `found`, in the order in which they are come upon.

    `unordered` is the sequence of a lot. table: of NOBODYs, for its own use; a power of two, more than twice the buys
    and lots. Out: `found` (buys + lots,); `of_lot` (l,) each lot's purchase.
    """
    count = 0
    for row in range(trades.day.size):
        if trades.buy[row]:
            day, account, security = int(trades.day[row]), int(trades.account[row]), int(trades.security[row])
            one = _place(found, count, day, account, security, int(trades.name[row]), int(trades.sequence[row]), table)
            count = max(count, one + 1)
            found.bought[one] += trades.quantity[row]
            found.price[one] = max(found.price[one], trades.price[row])
    for row in range(lots.day.size):
        day, account, security = int(lots.day[row]), int(lots.account[row]), int(lots.security[row])
        one = _place(found, count, day, account, security, int(lots.name[row]), unordered, table)
        count = max(count, one + 1)
        of_lot[row] = one
        found.held[one] += lots.quantity[row]
        if lots.tacked[row]:
            found.tacked[one] += lots.quantity[row]
    return count


@kernel(i8(PURCHASES_OUT, i8, i8, i8, I4), inner=True)
def _slot(found: Purchases, account: int, security: int, name: int, table: Numbers) -> int:
    """Where the purchase of an account, security and name is in the table, or would be."""
    at = place_of(table.size, 0, account, security, name)
    while table[at] != NOBODY:
        one = table[at]
        if found.account[one] == account and found.security[one] == security and found.name[one] == name:
            break
        at = (at + 1) & (table.size - 1)
    return at


@kernel(void(TRADES, i8, I4W, PURCHASES_OUT, I4W))
def find_sold(trades: Trades, count: int, table: Numbers, found: Purchases, of_sell: Numbers) -> None:
    """The first purchase of the lot that each sell names, and what sells took of each purchase.

    A lot sold on the day of its purchase was bought by then, whatever `sequence` says. `count` purchases are `found`.
    table: as for `find_purchases`. Out: `of_sell` (t,), NOBODY where there is none, and of a buy.
    """
    for one in range(count):
        if found.name[one] != NOBODY:
            at = _slot(found, int(found.account[one]), int(found.security[one]), int(found.name[one]), table)
            if table[at] == NOBODY or found.day[one] < found.day[table[at]]:
                table[at] = one
    for row in range(trades.day.size):
        of_sell[row] = NOBODY
        if trades.buy[row] or trades.name[row] == NOBODY:
            continue
        at = _slot(found, int(trades.account[row]), int(trades.security[row]), int(trades.name[row]), table)
        one = int(table[at])
        of_sell[row] = one
        if one != NOBODY:
            found.sold[one] += trades.quantity[row]
            if trades.day[row] == found.day[one]:
                found.sequence[one] = min(found.sequence[one], trades.sequence[row])


@kernel(void(PURCHASES, I4, I8, I4W, I8W))
def shared(found: Purchases, key: Numbers, values: Ints, table: Numbers, out: Ints) -> None:
    """For each purchase (p,) the sum of `values` (p,) over those of its day, account and `key` (p,).

    table: of NOBODYs, for its own use; a power of two, more than twice p.
    """
    for one in range(key.size):
        out[one] = 0
    for turn in range(2):
        for one in range(key.size):
            at = place_of(table.size, int(found.day[one]), int(found.account[one]), int(key[one]), 0)
            while table[at] != NOBODY:
                other = table[at]
                same = found.day[other] == found.day[one] and found.account[other] == found.account[one]
                if same and key[other] == key[one]:
                    break
                at = (at + 1) & (table.size - 1)
            if table[at] == NOBODY:
                table[at] = one
            first = table[at]
            if turn == 0:
                out[first] += values[one]
            elif first != one:
                out[one] = out[first]
