"""Purchases and sells under their segments, each in the order that the law asks for."""

from __future__ import annotations

from kernels.jit import I4, I8, I8W, i8, kernel
from kernels.window.order import ACQUISITION, sort_rows, sort_sells
from kernels.window.tables import (
    LOTS,
    NAMES,
    OWNERS,
    PURCHASES,
    TRADES,
    Ints,
    Lots,
    Names,
    Numbers,
    Owners,
    Purchases,
    Trades,
)

NO_MORE = 1 << 62


@kernel(i8(PURCHASES, TRADES, LOTS, I4, OWNERS, NAMES, I8, I4, I8W, I8W, I8W, I8W, I8W))
def make_segments(
    found: Purchases,
    trades: Trades,
    lots: Lots,
    of_sell: Numbers,
    owners: Owners,
    names: Names,
    household: Ints,
    fate: Numbers,
    purchase: Ints,
    sell: Ints,
    spare: Ints,
    purchases_of: Ints,
    sells_of: Ints,
) -> int:
    """How many segments there are of a household (accounts,) and a fate (securities,) with purchases or sells.

    `purchase` and `sell`, rows of `found` and of `trades`, come by household, then fate; in each segment they are put
    in order. spare: as long as the longer of them, for its own use. Out: where the rows of each segment begin, both
    (purchases + sells + 1,).
    """
    count, one, other = 0, 0, 0
    while one < purchase.size or other < sell.size:
        whose, which = NO_MORE, 0
        if one < purchase.size:
            whose, which = int(household[found.account[purchase[one]]]), int(fate[found.security[purchase[one]]])
        if other < sell.size:
            its, group = int(household[trades.account[sell[other]]]), int(fate[trades.security[sell[other]]])
            if its < whose or (its == whose and group < which):
                whose, which = its, group
        purchases_of[count], sells_of[count] = one, other
        while one < purchase.size:
            row = purchase[one]
            if household[found.account[row]] != whose or fate[found.security[row]] != which:
                break
            one += 1
        while other < sell.size:
            row = sell[other]
            if household[trades.account[row]] != whose or fate[trades.security[row]] != which:
                break
            other += 1
        start = int(purchases_of[count])
        sort_rows(ACQUISITION, found, trades, lots, of_sell, owners, names, purchase, start, one, spare)
        start = int(sells_of[count])
        sort_sells(trades, found, lots, of_sell, owners, names, sell, start, other, spare)
        count += 1
    purchases_of[count], sells_of[count] = one, other
    return count
