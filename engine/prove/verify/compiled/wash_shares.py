"""Shares that replace shares sold at a loss: the count behind the wash-sale rules.

IRC §1091, Reg. §1.1091-1(b) to (e), Rev. Rul. 56-602. Whole micro-shares; cents in float64, where a cut of a loss is
exact to 1e-15 of it.

A group is one household and wash group: `pool` holds all its shares, `bought` those bought in order of acquisition,
`losses` those sold at a loss in order of disposition, both by place in `pool`; `size` counts the three and tells, in
`FULL`, that `pool` was too small.
"""

from __future__ import annotations

from typing import Final

from numba import types

from engine.prove.verify.compiled.decorator import compiled
from engine.prove.verify.compiled.wash_records import GROUP, I8, NULL, OWNERS, POOL, Ints, Records

WINDOW: Final = 30
"""Days before a sale, and after it, both ends in (§1091(a))."""
HELD: Final = 1 << 40
"""The day on which shares are sold that are not."""
IN_POOL, BOUGHT, LOSSES, FULL = 0, 1, 2, 3

i8, f8, b1, void = types.int64, types.float64, types.boolean, types.void


@compiled(i8(POOL, I8))
def new_shares(pool: Records, size: Ints) -> int:
    """A place for shares of no fate yet."""
    place = size[IN_POOL]
    if place == len(pool):
        size[FULL] = 1
        return int(place - 1)
    size[IN_POOL] = place + 1
    pool[place]["turn_place"] = 0
    pool[place]["label"] = -1
    pool[place]["told"] = pool[place]["kept"] = pool[place]["used"] = False
    pool[place]["source"] = -1
    pool[place]["hops"] = 0
    pool[place]["replaced_on"] = NULL
    pool[place]["lost"] = pool[place]["absorbed"] = 0.0
    pool[place]["sold"] = HELD
    return int(place)


@compiled(i8(POOL, I8, i8, i8, i8, i8, i8, i8))
def add_shares(
    pool: Records, size: Ints, owner: int, acquired: int, sequence: int, who: int, quantity: int, start: int
) -> int:
    """Shares of one purchase, held."""
    one = new_shares(pool, size)
    pool[one]["owner"] = owner
    pool[one]["acquired"] = acquired
    pool[one]["sequence"] = sequence
    pool[one]["who"] = who
    pool[one]["quantity"] = quantity
    pool[one]["start"] = start
    return one


@compiled(b1(POOL, i8, i8))
def same_purchase(pool: Records, one: int, other: int) -> bool:
    """A purchase's own shares do not replace each other."""
    return bool(
        pool[one]["acquired"] == pool[other]["acquired"]
        and pool[one]["sequence"] == pool[other]["sequence"]
        and pool[one]["who"] == pool[other]["who"]
    )


@compiled(b1(OWNERS, POOL, i8))
def is_loss(owners: Records, pool: Records, one: int) -> bool:
    """Sold at a loss that nothing has replaced yet."""
    return bool(
        pool[one]["sold"] < HELD
        and pool[one]["replaced_on"] == NULL
        and owners[pool[one]["owner"]]["taxable"]
        and pool[one]["lost"] > owners[pool[one]["owner"]]["least"]
    )


@compiled(b1(POOL, i8))
def _is_spent(pool: Records, bought: int) -> bool:
    """Whether shares replace nothing any more: they have, or were sold at a loss that is replaced."""
    return bool(pool[bought]["used"] or pool[bought]["replaced_on"] != NULL)


@compiled(b1(OWNERS, POOL, i8, i8))
def replaces(owners: Records, pool: Records, loss: int, bought: int) -> bool:
    """Whether shares of a purchase replace those of a loss."""
    if _is_spent(pool, bought) or same_purchase(pool, bought, loss):
        return False
    if abs(pool[bought]["acquired"] - pool[loss]["sold"]) > WINDOW:
        return False
    if pool[bought]["acquired"] < pool[loss]["acquired"] and not owners[pool[loss]["owner"]]["before_lot"]:
        return False
    if pool[bought]["sold"] == pool[loss]["sold"]:
        return bool(owners[pool[loss]["owner"]]["same_day"])
    return bool(pool[bought]["sold"] > pool[loss]["sold"] or owners[pool[loss]["owner"]]["sold_earlier"])


@compiled(void(I8, I8, i8, i8, i8))
def insert(stand: Ints, size: Ints, which: int, place: int, one: int) -> None:
    """Put shares into `bought` or `losses`, at a place."""
    if size[which] == len(stand):
        size[FULL] = 1
        return
    for later in range(size[which], place, -1):
        stand[later] = stand[later - 1]
    stand[place] = one
    size[which] += 1


@compiled(void(I8, I8, i8, i8, i8))
def _insert_after(stand: Ints, size: Ints, which: int, one: int, rest: int) -> None:
    for place in range(size[which]):
        if stand[place] == one:
            insert(stand, size, which, place + 1, rest)
            return


@compiled(i8(POOL, I8, I8, I8, i8, i8))
def cut(pool: Records, bought: Ints, losses: Ints, size: Ints, one: int, quantity: int) -> int:
    """Leave so many in the shares; the rest, or -1, follows them wherever they stand, in proportion."""
    whole = pool[one]["quantity"]
    if quantity == whole:
        return -1
    if size[IN_POOL] == len(pool):
        size[FULL] = 1
        return -1
    rest = new_shares(pool, size)
    pool[rest] = pool[one]
    lost, absorbed = pool[one]["lost"] * quantity / whole, pool[one]["absorbed"] * quantity / whole
    pool[rest]["quantity"] = whole - quantity
    pool[rest]["lost"] = pool[one]["lost"] - lost
    pool[rest]["absorbed"] = pool[one]["absorbed"] - absorbed
    pool[one]["quantity"] = quantity
    pool[one]["lost"] = lost
    pool[one]["absorbed"] = absorbed
    _insert_after(bought, size, BOUGHT, one, rest)
    _insert_after(losses, size, LOSSES, one, rest)
    return rest


@compiled(types.UniTuple(i8, 2)(*GROUP, i8, i8))
def match(
    owners: Records, pool: Records, bought: Ints, losses: Ints, size: Ints, loss: int, one: int
) -> tuple[int, int]:
    """Replace as many shares as both have; returns what is left of the loss and of those bought, -1 for nothing.

    The basis goes up by the loss (§1091(d)) and the holding period tacks (§1223(3)); in a retirement account neither,
    and the loss is gone (Rev. Rul. 2008-5).
    """
    quantity = min(pool[loss]["quantity"], pool[one]["quantity"])
    left_lost = cut(pool, bought, losses, size, loss, quantity)
    left_bought = cut(pool, bought, losses, size, one, quantity)
    pool[loss]["replaced_on"] = pool[one]["acquired"]
    pool[one]["used"] = True
    pool[one]["source"] = loss
    pool[one]["hops"] = pool[loss]["hops"] + 1
    pool[one]["absorbed"] = pool[loss]["lost"]
    if owners[pool[one]["owner"]]["taxable"]:
        pool[one]["lost"] += pool[loss]["lost"]
        start = pool[loss]["start"]
        if not owners[pool[loss]["owner"]]["by_date"]:
            start = pool[one]["acquired"] - (pool[loss]["sold"] - pool[loss]["start"])
        pool[one]["start"] = min(pool[one]["start"], start)
    return left_lost, left_bought


@compiled(void(*GROUP, i8))
def buy(owners: Records, pool: Records, bought: Ints, losses: Ints, size: Ints, one: int) -> None:
    """A purchase replaces losses of earlier days as it happens, in order of disposition."""
    insert(bought, size, BOUGHT, size[BOUGHT], one)
    left, place = one, 0
    while place < size[LOSSES] and left >= 0:
        loss = losses[place]
        earlier = pool[loss]["told"] or pool[loss]["sold"] < pool[one]["acquired"]
        if earlier and is_loss(owners, pool, loss) and replaces(owners, pool, loss, left):
            left = match(owners, pool, bought, losses, size, loss, left)[1]
        place += 1


@compiled(b1(POOL, i8, i8))
def _comes_before(pool: Records, one: int, other: int) -> bool:
    """In order of disposition: by day, then by turn."""
    if pool[one]["sold"] != pool[other]["sold"]:
        return bool(pool[one]["sold"] < pool[other]["sold"])
    if pool[one]["turn_sequence"] != pool[other]["turn_sequence"]:
        return bool(pool[one]["turn_sequence"] < pool[other]["turn_sequence"])
    if pool[one]["turn_acquired"] != pool[other]["turn_acquired"]:
        return bool(pool[one]["turn_acquired"] < pool[other]["turn_acquired"])
    if pool[one]["turn_of"] != pool[other]["turn_of"]:
        return bool(pool[one]["turn_of"] < pool[other]["turn_of"])
    if pool[one]["turn_who"] != pool[other]["turn_who"]:
        return bool(pool[one]["turn_who"] < pool[other]["turn_who"])
    return bool(pool[one]["turn_place"] < pool[other]["turn_place"])


@compiled(i8(POOL, I8, I8, i8))
def remember(pool: Records, losses: Ints, size: Ints, loss: int) -> int:
    """Put a loss among the losses, in order of disposition; its place."""
    place = size[LOSSES]
    while place > 0 and _comes_before(pool, loss, losses[place - 1]):
        place -= 1
    insert(losses, size, LOSSES, place, loss)
    return int(place)


@compiled(void(*GROUP, i8, i8, i8, f8))
def sell(
    owners: Records,
    pool: Records,
    bought: Ints,
    losses: Ints,
    size: Ints,
    one: int,
    quantity: int,
    day: int,
    lost: float,
) -> None:
    """Sell so many of the shares, whose turn is set, for `lost` cents less than they cost. The rest is held."""
    cut(pool, bought, losses, size, one, quantity)
    pool[one]["sold"] = day
    pool[one]["lost"] = lost
    if is_loss(owners, pool, one):
        remember(pool, losses, size, one)


@compiled(i8(*GROUP, i8, i8))
def _seek(owners: Records, pool: Records, bought: Ints, losses: Ints, size: Ints, loss: int, first: int) -> int:
    """Match a loss with every purchase from `first` on that replaces it, until a sale becomes a loss by it.

    Returns where that stands among the losses, or -1.
    """
    left, place = loss, first
    while place < size[BOUGHT] and left >= 0:
        one = bought[place]
        if replaces(owners, pool, left, one):
            was_loss = is_loss(owners, pool, one)
            left = match(owners, pool, bought, losses, size, left, one)[0]
            if is_loss(owners, pool, one) and not was_loss:
                return int(remember(pool, losses, size, one))
        place += 1
    return -1


@compiled(void(*GROUP, i8))
def close(owners: Records, pool: Records, bought: Ints, losses: Ints, size: Ints, day: int) -> None:
    """Match the losses of a day, at its end, with what was bought before and on it.

    Where a sale becomes a loss by taking one up, the first loss in order of disposition goes on, maybe that one; it may
    be of an earlier day. The losses before it that were tried already stay as they are: no purchase begins to replace.
    """
    place, first, turned = 0, 0, False
    while place < size[LOSSES]:
        loss, new = losses[place], -1
        while first < size[BOUGHT] and _is_spent(pool, bought[first]):
            first += 1
        due = (pool[loss]["sold"] == day or turned) and not (pool[loss]["told"] or pool[loss]["kept"])
        if due and is_loss(owners, pool, loss):
            new = _seek(owners, pool, bought, losses, size, loss, first)
        if new < 0:
            place += 1
        else:
            place = min(place, new) if turned else 0
            turned = True
