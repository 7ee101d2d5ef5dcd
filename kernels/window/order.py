"""The orders of the law, and of the contract where the law is silent: a stable merge sort of short lists of rows."""

from __future__ import annotations

from kernels.jit import I4, I8, I8W, b1, i8, kernel, void
from kernels.window.tables import (
    LONG_AGO,
    LOTS,
    NAMES,
    NOBODY,
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

FEW_SELLS = 32
LAST_KEY = 1 << 56
"""Above the key of any name."""
ACQUISITION, HAPPENING, DISPOSITION, LATEST_PIECE = range(4)
"""Of purchases: by day, `sequence`, account, security and lot. Of sells: by day, `sequence`, account, security, lot,
what is open of the loss, shares; by day, `sequence` and when the shares were acquired. Of lots: by name, backwards."""


@kernel(i8(NAMES, i8, i8))
def compared(names: Names, one: int, other: int) -> int:
    """Below 0 where one name comes before the other, above 0 where after; none at all comes last."""
    if one == other:
        return 0
    if one == NOBODY or other == NOBODY:
        return 1 if one == NOBODY else -1
    if names.key[one] != names.key[other]:
        return -1 if names.key[one] < names.key[other] else 1
    first, second = names.offsets[one], names.offsets[other]
    least = min(names.offsets[one + 1] - first, names.offsets[other + 1] - second)
    for place in range(least):
        if names.text[first + place] != names.text[second + place]:
            return -1 if names.text[first + place] < names.text[second + place] else 1
    return int(names.offsets[one + 1] - first - (names.offsets[other + 1] - second))


@kernel(i8(OWNERS, i8, i8, i8, i8), inner=True)
def _by_owner(owners: Owners, account: int, security: int, other: int, its: int) -> int:
    """Below 0 where an account's security comes before another's, by their names."""
    if account != other:
        return int(owners.rank[account] - owners.rank[other])
    return int(owners.security_rank[security] - owners.security_rank[its])


@kernel(i8(TRADES, i8), inner=True)
def _openness(trades: Trades, row: int) -> int:
    """0 where a sell tells of no loss that counts, 1 where part of it was disallowed, 2 where none was."""
    if trades.gain[row] >= 0 and trades.told[row]:
        return 0
    return 1 if trades.disallowed[row] > 0 else 2


@kernel(i8(PURCHASES, OWNERS, NAMES, i8, i8), inner=True)
def _acquisition(found: Purchases, owners: Owners, names: Names, one: int, other: int) -> int:
    if found.day[one] != found.day[other]:
        return int(found.day[one]) - int(found.day[other])
    if found.sequence[one] != found.sequence[other]:
        return -1 if found.sequence[one] < found.sequence[other] else 1
    account, its = int(found.account[one]), int(found.account[other])
    order = int(_by_owner(owners, account, int(found.security[one]), its, int(found.security[other])))
    return order if order else int(compared(names, int(found.name[one]), int(found.name[other])))


@kernel(i8(TRADES, OWNERS, NAMES, i8, i8), inner=True)
def _happening(trades: Trades, owners: Owners, names: Names, one: int, other: int) -> int:
    if trades.day[one] != trades.day[other]:
        return int(trades.day[one]) - int(trades.day[other])
    if trades.sequence[one] != trades.sequence[other]:
        return -1 if trades.sequence[one] < trades.sequence[other] else 1
    account, its = int(trades.account[one]), int(trades.account[other])
    order = int(_by_owner(owners, account, int(trades.security[one]), its, int(trades.security[other])))
    if order == 0:
        order = int(compared(names, int(trades.own[one]), int(trades.own[other])))
    if order == 0:
        order = int(_openness(trades, one)) - int(_openness(trades, other))
    if order == 0 and trades.quantity[one] != trades.quantity[other]:
        order = -1 if trades.quantity[one] < trades.quantity[other] else 1
    return order


@kernel(i8(PURCHASES, I4, i8), inner=True)
def acquired(found: Purchases, of_sell: Numbers, row: int) -> int:
    """When the shares of a sell were acquired, LONG_AGO where that is not known."""
    return LONG_AGO if of_sell[row] == NOBODY else int(found.day[of_sell[row]])


@kernel(i8(TRADES, PURCHASES, I4, i8, i8), inner=True)
def _disposition(trades: Trades, found: Purchases, of_sell: Numbers, one: int, other: int) -> int:
    if trades.day[one] != trades.day[other]:
        return int(trades.day[one]) - int(trades.day[other])
    if trades.sequence[one] != trades.sequence[other]:
        return -1 if trades.sequence[one] < trades.sequence[other] else 1
    return int(acquired(found, of_sell, one)) - int(acquired(found, of_sell, other))


@kernel(b1(i8, PURCHASES, TRADES, LOTS, I4, OWNERS, NAMES, i8, i8), inner=True)
def _before(
    order: int,
    found: Purchases,
    trades: Trades,
    lots: Lots,
    of_sell: Numbers,
    owners: Owners,
    names: Names,
    one: int,
    other: int,
) -> bool:
    """Whether one row comes before another."""
    if order == ACQUISITION:
        return bool(_acquisition(found, owners, names, one, other) < 0)
    if order == HAPPENING:
        return bool(_happening(trades, owners, names, one, other) < 0)
    if order == DISPOSITION:
        return bool(_disposition(trades, found, of_sell, one, other) < 0)
    by_name = compared(names, int(lots.own[one]), int(lots.own[other]))
    return bool(by_name > 0 or (by_name == 0 and one > other))


@kernel(void(i8, PURCHASES, TRADES, LOTS, I4, OWNERS, NAMES, I8W, i8, i8, I8W), inner=True)
def sort_rows(
    order: int,
    found: Purchases,
    trades: Trades,
    lots: Lots,
    of_sell: Numbers,
    owners: Owners,
    names: Names,
    rows: Ints,
    first: int,
    last: int,
    spare: Ints,
) -> None:
    """Put `rows[first:last]` in an order, equals as they are; what lies in order already is not moved.

    spare: as long as `rows`, for its own use.
    """
    width = 1
    while width < last - first:
        start = first
        while start + width < last:
            middle, end = start + width, min(start + 2 * width, last)
            left, right = start, middle
            if _before(order, found, trades, lots, of_sell, owners, names, int(rows[middle]), int(rows[middle - 1])):
                for place in range(start, end):
                    later = left < middle and (
                        right == end
                        or not _before(
                            order, found, trades, lots, of_sell, owners, names, int(rows[right]), int(rows[left])
                        )
                    )
                    spare[place] = rows[left] if later else rows[right]
                    left, right = (left + 1, right) if later else (left, right + 1)
                for place in range(start, end):
                    rows[place] = spare[place]
            start = end
        width *= 2


@kernel(i8(TRADES, I8, i8, i8), inner=True, inlined=True)
def _end_of_run(trades: Trades, rows: Ints, first: int, last: int) -> int:
    """Where the rows end that are of one day, `sequence`, account and security with `rows[first]`."""
    one, end = rows[first], first + 1
    while end < last:
        row = rows[end]
        if trades.account[row] != trades.account[one] or trades.security[row] != trades.security[one]:
            break
        if trades.day[row] != trades.day[one] or trades.sequence[row] != trades.sequence[one]:
            break
        end += 1
    return end


@kernel(void(TRADES, OWNERS, NAMES, I8W, i8, i8, I8W), inner=True)
def _sort_run(trades: Trades, owners: Owners, names: Names, rows: Ints, first: int, last: int, spare: Ints) -> None:
    """Put a run in place by the keys of its lots' names; insertion sort."""
    for place in range(first, last):
        row, at = rows[place], place
        key = names.key[trades.own[row]] if trades.own[row] != NOBODY else LAST_KEY
        while at > first and (
            key < spare[at - 1]
            or (key == spare[at - 1] and _happening(trades, owners, names, int(row), int(rows[at - 1])) < 0)
        ):
            rows[at], spare[at] = rows[at - 1], spare[at - 1]
            at -= 1
        rows[at], spare[at] = row, key


@kernel(void(TRADES, PURCHASES, LOTS, I4, OWNERS, NAMES, I8W, i8, i8, I8W), inner=True)
def sort_sells(
    trades: Trades,
    found: Purchases,
    lots: Lots,
    of_sell: Numbers,
    owners: Owners,
    names: Names,
    rows: Ints,
    first: int,
    last: int,
    spare: Ints,
) -> None:
    """Put the sells `rows[first:last]` in the order in which they happened.

    Most are a few lots of each account's security sold on one day: each such run is put in order, and all of them only
    where one does not follow on the one before.
    """
    start, follows = first, True
    while start < last:
        end = _end_of_run(trades, rows, start, last)
        if end - start <= FEW_SELLS:
            _sort_run(trades, owners, names, rows, start, end, spare)
        else:
            sort_rows(HAPPENING, found, trades, lots, of_sell, owners, names, rows, start, end, spare)
        if start > first and _happening(trades, owners, names, int(rows[start]), int(rows[start - 1])) < 0:
            follows = False
        start = end
    if not follows:
        sort_rows(HAPPENING, found, trades, lots, of_sell, owners, names, rows, first, last, spare)
