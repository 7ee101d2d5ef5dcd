"""What wash sales still see of the last 30 days: purchases that have replaced nothing, and losses not yet replaced.

Purchases are told by `activity`, by lots acquired in the window, or by both, and then counted once. What has happened
to them since is counted share for share over the sells of `activity`. A sell that names no lot known here is of shares
bought before everything that is told. Rows are those of one household and wash group: `first` to `last` of an array.
"""

from __future__ import annotations

from typing import Final

from engine.prove.verify.compiled.decorator import compiled
from engine.prove.verify.compiled.wash_records import (
    GROUP,
    I8,
    LOTS,
    NULL,
    OWNERS,
    POOL,
    PURCHASES,
    TRADES,
    Ints,
    Records,
)
from engine.prove.verify.compiled.wash_shares import (
    BOUGHT,
    HELD,
    LOSSES,
    WINDOW,
    add_shares,
    b1,
    buy,
    close,
    f8,
    i8,
    sell,
    void,
)

LONG_AGO: Final = -HELD
UNORDERED: Final = (1 << 62) - 1
"""The `sequence` of a trade that has none: after those of the day that have one."""
GAIN: Final = -float(1 << 40)
"""What a micro-share sold at a gain lost, in the units of one sold at a loss: past all basis it may take up."""
ELSEWHERE, OPEN, UNKNOWN, PURCHASED = 4, 5, 6, 7
"""In `size`, after those of `wash_shares`: shares bought lately that are not among lots; losses that nothing has
replaced; 1 where the size of one is unknown; purchases."""


@compiled(i8(PURCHASES, I8, i8, i8, i8, i8))
def _purchase(purchases: Records, size: Ints, owner: int, who: int, day: int, sequence: int) -> int:
    """The purchase of that account, security, lot name and day; a new one if it is the first told of it."""
    for place in range(size[PURCHASED]):
        if purchases[place]["who"] == who and purchases[place]["acquired"] == day:
            return place
    new = size[PURCHASED]
    size[PURCHASED] = new + 1
    purchases[new]["owner"] = owner
    purchases[new]["acquired"] = day
    purchases[new]["sequence"] = sequence
    purchases[new]["who"] = who
    purchases[new]["bought"] = purchases[new]["price"] = purchases[new]["held"] = purchases[new]["sold"] = 0
    purchases[new]["exchanged"] = False
    return int(new)


@compiled(void(LOTS, i8, i8, TRADES, i8, i8, i8, i8, PURCHASES, I8, I8))
def gather_purchases(
    lots: Records,
    first_lot: int,
    last_lot: int,
    trades: Records,
    first: int,
    last: int,
    today: int,
    names: int,
    purchases: Records,
    size: Ints,
    of_lot: Ints,
) -> None:
    """By account, security, day and lot name. A buy without name is of the day's lots that no other buy names."""
    size[PURCHASED] = 0
    since = today - WINDOW
    for row in range(first, last):
        since = min(since, trades[row]["day"])
        if trades[row]["buy"]:
            one = _purchase(
                purchases, size, trades[row]["owner"], trades[row]["who"], trades[row]["day"], trades[row]["sequence"]
            )
            purchases[one]["bought"] += trades[row]["quantity"]
            purchases[one]["price"] = max(purchases[one]["price"], trades[row]["price"])
            purchases[one]["exchanged"] |= trades[row]["exchanged"]
    for lot in range(first_lot, last_lot):
        of_lot[lot] = -1
        if lots[lot]["acquired"] >= since and not lots[lot]["spun_off"]:
            one = _purchase(purchases, size, lots[lot]["owner"], lots[lot]["who"], lots[lot]["acquired"], UNORDERED)
            purchases[one]["held"] += lots[lot]["quantity"]
            of_lot[lot] = one
    for one in range(size[PURCHASED]):
        if purchases[one]["who"] % names == 0:
            untold = 0
            for other in range(size[PURCHASED]):
                same = purchases[other]["who"] // names == purchases[one]["who"] // names
                if (
                    same
                    and purchases[other]["acquired"] == purchases[one]["acquired"]
                    and not purchases[other]["bought"]
                ):
                    untold += purchases[other]["held"]
            purchases[one]["bought"] = max(purchases[one]["bought"] - untold, 0)


@compiled(void(TRADES, i8, i8, i8, PURCHASES, I8, I8))
def name_sells(
    trades: Records, first: int, last: int, names: int, purchases: Records, size: Ints, of_sell: Ints
) -> None:
    """The purchase that each sell names, or -1: the earliest of that lot name.

    What is sold on the day of its purchase was bought by then, whatever `sequence` says.
    """
    for row in range(first, last):
        of_sell[row] = -1
        if trades[row]["buy"] or trades[row]["who"] % names == 0:
            continue
        for one in range(size[PURCHASED]):
            if purchases[one]["who"] == trades[row]["who"]:
                of = of_sell[row]
                if of < 0 or purchases[one]["acquired"] < purchases[of]["acquired"]:
                    of_sell[row] = one
    for row in range(first, last):
        of = of_sell[row]
        if of >= 0:
            purchases[of]["sold"] += trades[row]["quantity"]
            if trades[row]["day"] == purchases[of]["acquired"]:
                purchases[of]["sequence"] = min(purchases[of]["sequence"], trades[row]["sequence"])


@compiled(i8(PURCHASES, i8))
def _quantity(purchases: Records, one: int) -> int:
    return int(max(purchases[one]["bought"], purchases[one]["held"] + purchases[one]["sold"]))


@compiled(i8(PURCHASES, I8, i8, i8, i8))
def _next_purchase(purchases: Records, size: Ints, day: int, sequence: int, who: int) -> int:
    """The first purchase of the day after that sequence and `who`, or -1."""
    found = -1
    for one in range(size[PURCHASED]):
        mine, of = purchases[one]["sequence"], purchases[one]["who"]
        if purchases[one]["acquired"] != day or _quantity(purchases, one) == 0:
            continue
        if mine < sequence or (mine == sequence and of <= who):
            continue
        if found >= 0:
            best = purchases[found]["sequence"]
            if mine > best or (mine == best and of > purchases[found]["who"]):
                continue
        found = one
    return found


@compiled(void(TRADES, i8, i8, i8, f8, *GROUP))
def _sell_shares(
    trades: Records,
    row: int,
    one: int,
    quantity: int,
    each: float,
    owners: Records,
    pool: Records,
    bought: Ints,
    losses: Ints,
    size: Ints,
) -> None:
    pool[one]["turn_sequence"] = trades[row]["sequence"]
    pool[one]["turn_acquired"] = pool[one]["acquired"]
    pool[one]["turn_of"] = pool[one]["sequence"]
    pool[one]["turn_who"] = pool[one]["who"]
    sell(owners, pool, bought, losses, size, one, quantity, trades[row]["day"], each * quantity)
    pool[one]["label"] = row
    pool[one]["kept"] = trades[row]["gain"] != NULL and trades[row]["gain"] < 0 and trades[row]["disallowed"] == 0


@compiled(void(TRADES, i8, i8, PURCHASES, i8, *GROUP))
def _sell(
    trades: Records,
    row: int,
    today: int,
    purchases: Records,
    of: int,
    owners: Records,
    pool: Records,
    bought: Ints,
    losses: Ints,
    size: Ints,
) -> None:
    """Sell shares of the purchase; what it lacks was bought long ago.

    Those that have replaced a loss go first, but last where the sale names a piece `.2`, the rest that has not. Bought
    in the window and held from before, they took up a loss that `activity` tells; a sale that was wholly disallowed,
    and not for less than was paid, is a loss only since then.
    """
    gain, disallowed = trades[row]["gain"], max(trades[row]["disallowed"], 0)
    lost = 1.0 if gain == NULL or gain < 0 or disallowed > 0 else GAIN
    was_gain = False
    if of >= 0:
        acquired, start = purchases[of]["acquired"], trades[row]["start"]
        tacked = start != NULL and start < acquired and acquired >= today - WINDOW
        gained = 0 < purchases[of]["price"] <= trades[row]["price"]
        was_gain = gain == 0 and disallowed > 0 and tacked and gained
    due = trades[row]["quantity"]
    for late in range(2):
        place = 0
        while of >= 0 and due > 0 and place < size[BOUGHT]:
            one = bought[place]
            place += 1
            used = pool[one]["used"]
            if pool[one]["sold"] != HELD or (used == trades[row]["rest"]) != (late == 1):
                continue
            if pool[one]["who"] == purchases[of]["who"] and pool[one]["acquired"] == purchases[of]["acquired"]:
                quantity = min(due, pool[one]["quantity"])
                each = 0.0 if was_gain and not used else lost
                _sell_shares(trades, row, one, quantity, each, owners, pool, bought, losses, size)
                due -= quantity
    if due > 0:
        old = add_shares(pool, size, trades[row]["owner"], LONG_AGO, 0, -1, due, trades[row]["day"])
        _sell_shares(trades, row, old, due, lost, owners, pool, bought, losses, size)


@compiled(void(TRADES, i8, i8, i8, PURCHASES, I8, *GROUP))
def replay(
    trades: Records,
    first: int,
    last: int,
    today: int,
    purchases: Records,
    of_sell: Ints,
    owners: Records,
    pool: Records,
    bought: Ints,
    losses: Ints,
    size: Ints,
) -> None:
    """Day by day, in order of `sequence`, purchases first. Counts shares only: one sold at a loss loses 1."""
    row, day = first, LONG_AGO
    while True:
        upcoming = HELD
        if row < last:
            upcoming = trades[row]["day"]
        for one in range(size[PURCHASED]):
            if purchases[one]["acquired"] > day:
                upcoming = min(upcoming, purchases[one]["acquired"])
        if upcoming == HELD:
            return
        day = upcoming
        done_sequence, done_who = NULL, -1
        while True:
            while row < last and trades[row]["day"] == day and trades[row]["buy"]:
                row += 1
            one = _next_purchase(purchases, size, day, done_sequence, done_who)
            selling = row < last and trades[row]["day"] == day
            if one >= 0 and (not selling or purchases[one]["sequence"] <= trades[row]["sequence"]):
                done_sequence, done_who = purchases[one]["sequence"], purchases[one]["who"]
                quantity = _quantity(purchases, one)
                new = add_shares(pool, size, purchases[one]["owner"], day, done_sequence, done_who, quantity, day)
                buy(owners, pool, bought, losses, size, new)
            elif selling:
                _sell(trades, row, today, purchases, of_sell[row], owners, pool, bought, losses, size)
                row += 1
            else:
                break
        close(owners, pool, bought, losses, size, day)


@compiled(b1(POOL, i8, PURCHASES, i8))
def _is_free(pool: Records, shares: int, purchases: Records, one: int) -> bool:
    """Of that purchase, and neither has it replaced a loss nor is it one that was replaced."""
    mine = pool[shares]["who"] == purchases[one]["who"] and pool[shares]["acquired"] == purchases[one]["acquired"]
    return bool(mine and not pool[shares]["used"] and pool[shares]["replaced_on"] == NULL)


@compiled(void(PURCHASES, i8, i8, i8, I8, POOL, I8))
def _set_aside(
    purchases: Records, one: int, quantity: int, sold: int, elsewhere: Ints, pool: Records, size: Ints
) -> None:
    """What shares elsewhere gained is not told: their sale becomes no loss."""
    acquired, sequence, who = purchases[one]["acquired"], purchases[one]["sequence"], purchases[one]["who"]
    shares = add_shares(pool, size, purchases[one]["owner"], acquired, sequence, who, quantity, acquired)
    pool[shares]["sold"] = sold
    pool[shares]["lost"] = GAIN * quantity
    if size[ELSEWHERE] < len(elsewhere):
        elsewhere[size[ELSEWHERE]] = shares
        size[ELSEWHERE] += 1


@compiled(void(LOTS, i8, i8, i8, PURCHASES, I8, I8, I8, POOL, I8, I8))
def find_unused(
    lots: Records,
    first_lot: int,
    last_lot: int,
    today: int,
    purchases: Records,
    of_lot: Ints,
    unused: Ints,
    elsewhere: Ints,
    pool: Records,
    bought: Ints,
    size: Ints,
) -> None:
    """Shares that have replaced nothing: in lots not tacked, the last of a split lot's pieces first; or elsewhere."""
    size[ELSEWHERE] = 0
    for lot in range(first_lot, last_lot):
        unused[lot] = 0
    for one in range(size[PURCHASED]):
        if purchases[one]["acquired"] >= today - WINDOW:
            free = 0
            for place in range(size[BOUGHT]):
                if _is_free(pool, bought[place], purchases, one) and pool[bought[place]]["sold"] == HELD:
                    free += pool[bought[place]]["quantity"]
            in_lots = 0
            for lot in range(last_lot - 1, first_lot - 1, -1):
                if of_lot[lot] == one and not lots[lot]["tacked"]:
                    unused[lot] = min(free - in_lots, lots[lot]["quantity"])
                    in_lots += unused[lot]
            away = min(free - in_lots, purchases[one]["bought"] - purchases[one]["sold"] - purchases[one]["held"])
            if away > 0 and not purchases[one]["exchanged"]:
                _set_aside(purchases, one, away, HELD, elsewhere, pool, size)
            for place in range(size[BOUGHT]):
                shares = bought[place]
                if _is_free(pool, shares, purchases, one) and pool[shares]["sold"] < HELD:
                    _set_aside(purchases, one, pool[shares]["quantity"], pool[shares]["sold"], elsewhere, pool, size)


@compiled(void(TRADES, i8, i8, i8, PURCHASES, I8, I8, OWNERS, POOL, I8, I8))
def find_open_losses(
    trades: Records,
    first: int,
    last: int,
    today: int,
    purchases: Records,
    of_sell: Ints,
    opened: Ints,
    owners: Records,
    pool: Records,
    losses: Ints,
    size: Ints,
) -> None:
    """What is left of each sale's loss.

    Where `activity` tells what was disallowed, the whole loss is that less the gain; else the gain is of the shares
    that nothing had replaced by the end of the day.
    """
    size[OPEN] = size[UNKNOWN] = 0
    for row in range(first, last):
        if trades[row]["buy"] or trades[row]["day"] < today - WINDOW or not owners[trades[row]["owner"]]["taxable"]:
            continue
        gain, disallowed = trades[row]["gain"], max(trades[row]["disallowed"], 0)
        one, left, later = -1, 0, 0
        for place in range(size[LOSSES]):
            loss = losses[place]
            if pool[loss]["label"] == row:
                one = loss if one < 0 else one
                if pool[loss]["replaced_on"] == NULL:
                    left += pool[loss]["quantity"]
                elif pool[loss]["replaced_on"] > trades[row]["day"]:
                    later += pool[loss]["quantity"]
        if left == 0 or (gain == 0 and disallowed > 0):
            continue
        if gain == NULL:
            size[UNKNOWN] = 1
            continue
        quantity = left + later if trades[row]["disallowed"] == NULL else trades[row]["quantity"]
        start = trades[row]["start"]
        if start == NULL:
            start = trades[row]["day"] if of_sell[row] < 0 else purchases[of_sell[row]]["acquired"]
        told = add_shares(pool, size, pool[one]["owner"], 0, 0, 0, left, start)
        pool[told] = pool[one]
        pool[told]["quantity"] = left
        pool[told]["start"] = start
        pool[told]["lost"] = float(disallowed - gain) * left / quantity
        pool[told]["sold"] = trades[row]["day"]
        pool[told]["label"] = pool[told]["source"] = -1
        pool[told]["replaced_on"] = NULL
        pool[told]["told"] = True
        pool[told]["used"] = pool[told]["kept"] = False
        pool[told]["absorbed"] = 0.0
        if size[OPEN] < len(opened):
            opened[size[OPEN]] = told
            size[OPEN] += 1
