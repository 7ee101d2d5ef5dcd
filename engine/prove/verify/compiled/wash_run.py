"""What the trades of a run disallow and take up, household by household and wash group by wash group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.prove.verify.compiled.decorator import compiled
from engine.prove.verify.compiled.wash_past import (
    ELSEWHERE,
    OPEN,
    UNKNOWN,
    find_open_losses,
    find_unused,
    gather_purchases,
    name_sells,
    replay,
)
from engine.prove.verify.compiled.wash_records import (
    GROUP,
    I8,
    LOTS,
    NULL,
    OWNERS,
    POOL,
    PURCHASE,
    PURCHASES,
    RUNS,
    SHARE,
    TAKEN,
    TAKES,
    TRADES,
    WASHED,
    WASHES,
    Ints,
    Records,
)
from engine.prove.verify.compiled.wash_shares import (
    BOUGHT,
    FULL,
    IN_POOL,
    LOSSES,
    WINDOW,
    add_shares,
    b1,
    buy,
    close,
    i8,
    insert,
    remember,
    sell,
    void,
)

LAST: Final = 1 << 62
"""The run trades after everything that `activity` tells of the day."""
TAKES_UP: Final = 7 + 1
"""In `size`, after those of `wash_past`: rows of `taken`."""


@dataclass(frozen=True)
class Cases:
    """Rows by case, a household and wash group: `lots[lot_ends[c]:lot_ends[c + 1]]` and so on; `names`: of lots."""

    owners: Records
    lots: Records
    lot_ends: Ints
    trades: Records
    trade_ends: Ints
    run: Records
    run_ends: Ints
    names: int


@dataclass(frozen=True)
class Washes:
    """`sales`: by row of the run. `taken`: earlier losses that purchases take away, and sales that took one up.

    `unknown`: cases with an earlier loss of unknown size that nothing has replaced. `unused`: by lot, shares that have
    replaced nothing.
    """

    sales: Records
    taken: Records
    unknown: Ints
    unused: Ints


@compiled(b1(POOL, i8, i8))
def _bought_before(pool: Records, one: int, other: int) -> bool:
    if pool[one]["acquired"] != pool[other]["acquired"]:
        return bool(pool[one]["acquired"] < pool[other]["acquired"])
    if pool[one]["sequence"] != pool[other]["sequence"]:
        return bool(pool[one]["sequence"] < pool[other]["sequence"])
    return bool(pool[one]["who"] < pool[other]["who"])


@compiled(void(POOL, I8, I8, i8))
def _insert_bought(pool: Records, bought: Ints, size: Ints, one: int) -> None:
    """In order of purchase, after those of the same."""
    place = size[BOUGHT]
    while place > 0 and _bought_before(pool, one, bought[place - 1]):
        place -= 1
    insert(bought, size, BOUGHT, place, one)


@compiled(void(LOTS, i8, i8, i8, PURCHASES, I8, I8, I8, I8, I8, POOL, I8, I8, I8))
def _begin(
    lots: Records,
    first: int,
    last: int,
    today: int,
    purchases: Records,
    of_lot: Ints,
    unused: Ints,
    elsewhere: Ints,
    opened: Ints,
    pieces: Ints,
    pool: Records,
    bought: Ints,
    losses: Ints,
    size: Ints,
) -> None:
    """Shares as the run begins: `pieces` of each lot, those that replace nothing any more and the others, or -1.

    What was bought before the window replaces no loss of the run, and does not stand in `bought`.
    """
    size[BOUGHT] = size[LOSSES] = 0
    for lot in range(first, last):
        pieces[2 * lot] = pieces[2 * lot + 1] = -1
        if lots[lot]["run"] < 0 and lots[lot]["acquired"] < today - WINDOW:
            continue
        sequence, free = -1, 0
        if of_lot[lot] >= 0:
            sequence, free = purchases[of_lot[lot]]["sequence"], unused[lot]
        for other in range(2):
            quantity = free if other else lots[lot]["quantity"] - free
            if quantity > 0:
                owner, start = lots[lot]["owner"], lots[lot]["start"]
                one = add_shares(pool, size, owner, lots[lot]["acquired"], sequence, lots[lot]["who"], quantity, start)
                pool[one]["used"] = other == 0
                pieces[2 * lot + other] = one
                if lots[lot]["acquired"] >= today - WINDOW:
                    _insert_bought(pool, bought, size, one)
    for place in range(size[ELSEWHERE]):
        _insert_bought(pool, bought, size, elsewhere[place])
    for place in range(size[OPEN]):
        remember(pool, losses, size, opened[place])


@compiled(void(RUNS, i8, i8, i8, *GROUP))
def _buy(
    run: Records,
    first: int,
    last: int,
    today: int,
    owners: Records,
    pool: Records,
    bought: Ints,
    losses: Ints,
    size: Ints,
) -> None:
    """In the order in which accounts are decided: taxable ones first, then as in `trades`."""
    for taxable in (True, False):
        for row in range(first, last):
            owner = run[row]["owner"]
            if run[row]["buy"] and owners[owner]["taxable"] == taxable:
                one = add_shares(pool, size, owner, today, LAST, run[row]["who"], run[row]["quantity"], today)
                pool[one]["label"] = row
                buy(owners, pool, bought, losses, size, one)


@compiled(void(LOTS, i8, i8, RUNS, i8, I8, I8, *GROUP))
def _sell(
    lots: Records,
    first: int,
    last: int,
    run: Records,
    today: int,
    of_lot: Ints,
    pieces: Ints,
    owners: Records,
    pool: Records,
    bought: Ints,
    losses: Ints,
    size: Ints,
) -> None:
    """Losses come in the order in which their lots were acquired, then as in `trades`.

    Only `activity` or the window tells the order of purchases within a day.
    """
    for lot in range(first, last):
        row = lots[lot]["run"]
        if row < 0:
            continue
        due = run[row]["quantity"]
        for piece in range(2 * lot, 2 * lot + 2):
            one = pieces[piece]
            if one < 0 or due == 0:
                continue
            quantity = min(due, pool[one]["quantity"])
            pool[one]["turn_sequence"] = LAST
            pool[one]["turn_acquired"] = lots[lot]["acquired"]
            pool[one]["turn_of"] = pool[one]["sequence"] if of_lot[lot] >= 0 else 0
            pool[one]["turn_who"] = pool[one]["who"] if of_lot[lot] >= 0 else -1
            pool[one]["turn_place"] = run[row]["place"]
            lost = run[row]["lost"] * quantity / run[row]["quantity"]
            sell(owners, pool, bought, losses, size, one, quantity, today, lost)
            pool[one]["label"] = row
            due -= quantity


@compiled(void(RUNS, i8, OWNERS, POOL, WASHES, TAKES, I8))
def _tell(run: Records, first: int, owners: Records, pool: Records, sales: Records, taken: Records, size: Ints) -> None:
    """What the shares since `first` make of each row of the run."""
    for one in range(first, size[IN_POOL]):
        row, source = pool[one]["label"], pool[one]["source"]
        if row < 0:
            continue
        sale = not run[row]["buy"]
        if sale and pool[one]["replaced_on"] != NULL:
            sales[row]["disallowed"] += pool[one]["lost"]
            sales[row]["shares"] += pool[one]["quantity"]
            sales[row]["pieces"] += 1
        if source < 0 or (sale and not owners[pool[one]["owner"]]["taxable"]) or not (sale or pool[source]["told"]):
            continue
        if sale:
            sales[row]["absorbed"] += pool[one]["absorbed"]
            sales[row]["hops"] += pool[one]["hops"]
        if size[TAKES_UP] == len(taken):
            size[FULL] = 1
            return
        take = size[TAKES_UP]
        size[TAKES_UP] = take + 1
        taken[take]["run"] = row
        taken[take]["quantity"] = pool[one]["quantity"]
        taken[take]["lost"] = pool[one]["absorbed"]
        taken[take]["sold"] = pool[source]["sold"]
        taken[take]["start"] = pool[one]["start"] if sale else pool[source]["start"]


@compiled(
    void(LOTS, I8, TRADES, I8, RUNS, I8, i8, i8, PURCHASES, I8, I8, I8, I8, I8, I8, WASHES, TAKES, I8, *GROUP),
)
def _count(
    lots: Records,
    lot_ends: Ints,
    trades: Records,
    trade_ends: Ints,
    run: Records,
    run_ends: Ints,
    names: int,
    today: int,
    purchases: Records,
    of_lot: Ints,
    of_sell: Ints,
    unused: Ints,
    elsewhere: Ints,
    opened: Ints,
    pieces: Ints,
    sales: Records,
    taken: Records,
    unknown: Ints,
    owners: Records,
    pool: Records,
    bought: Ints,
    losses: Ints,
    size: Ints,
) -> None:
    for case in range(len(run_ends) - 1):
        first_lot, last_lot, first, last = lot_ends[case], lot_ends[case + 1], trade_ends[case], trade_ends[case + 1]
        size[IN_POOL] = size[BOUGHT] = size[LOSSES] = 0
        gather_purchases(lots, first_lot, last_lot, trades, first, last, today, names, purchases, size, of_lot)
        name_sells(trades, first, last, names, purchases, size, of_sell)
        replay(trades, first, last, today, purchases, of_sell, owners, pool, bought, losses, size)
        find_unused(lots, first_lot, last_lot, today, purchases, of_lot, unused, elsewhere, pool, bought, size)
        find_open_losses(trades, first, last, today, purchases, of_sell, opened, owners, pool, losses, size)
        unknown[case] = size[UNKNOWN]
        before = size[IN_POOL]
        _begin(
            lots,
            first_lot,
            last_lot,
            today,
            purchases,
            of_lot,
            unused,
            elsewhere,
            opened,
            pieces,
            pool,
            bought,
            losses,
            size,
        )
        _buy(run, run_ends[case], run_ends[case + 1], today, owners, pool, bought, losses, size)
        _sell(lots, first_lot, last_lot, run, today, of_lot, pieces, owners, pool, bought, losses, size)
        close(owners, pool, bought, losses, size, today)
        _tell(run, before, owners, pool, sales, taken, size)


def count(cases: Cases, today: int) -> Washes:
    """Count all cases. The workspace is made larger until the shares of every case, cut as they are, fit."""
    rows = max(int(np.diff(ends).max(initial=0)) for ends in (cases.lot_ends, cases.trade_ends, cases.run_ends))
    capacity = 16 * rows + 64
    while True:
        sales, unknown = np.zeros(len(cases.run), WASHED), np.zeros(len(cases.run_ends) - 1, np.int64)
        taken = np.empty(capacity + 4 * len(cases.run), TAKEN)
        purchases, pool = np.zeros(2 * rows + 1, PURCHASE), np.zeros(capacity, SHARE)
        stands = np.zeros((4, capacity), np.int64)
        of_lot, unused = np.zeros((2, len(cases.lots)), np.int64)
        of_sell = np.zeros(len(cases.trades), np.int64)
        pieces, size = np.zeros(2 * len(cases.lots), np.int64), np.zeros(TAKES_UP + 1, np.int64)
        _count(
            cases.lots,
            cases.lot_ends,
            cases.trades,
            cases.trade_ends,
            cases.run,
            cases.run_ends,
            cases.names,
            today,
            purchases,
            of_lot,
            of_sell,
            unused,
            stands[2],
            stands[3],
            pieces,
            sales,
            taken,
            unknown,
            cases.owners,
            pool,
            stands[0],
            stands[1],
            size,
        )
        if not size[FULL]:
            return Washes(sales, taken[: size[TAKES_UP]], np.flatnonzero(unknown), unused)
        capacity *= 2
