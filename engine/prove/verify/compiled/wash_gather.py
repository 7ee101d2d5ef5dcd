"""The rows of the wash-sale count, out of whole columns: those of each case, one after another, as records."""

from __future__ import annotations

import numpy as np
from numba import types

from engine.prove.verify.compiled.arrays import (
    B1,
    B1W,
    F8,
    F8W,
    I8,
    I8W,
    NULL,
    Bools,
    Floats,
    Ints,
    b1,
    f8,
    i8,
    void,
)
from engine.prove.verify.compiled.decorator import compiled
from engine.prove.verify.compiled.wash_records import LOTS, RUNS, TRADES, WASHES, Records
from engine.prove.verify.compiled.words import BUY, SELL

_KEYS = types.Array(i8, 2, "C", readonly=True)


@compiled(void(I8, I8, I8W, I8W))
def by_case(case: Ints, row: Ints, ends: Ints, rows: Ints) -> None:
    """Rows, each told with its case, by case and as they stand; `ends`, zeros at first, tells where each begins."""
    for place in range(len(case)):
        ends[case[place] + 1] += 1
    for one in range(1, len(ends)):
        ends[one] += ends[one - 1]
    for place in range(len(case)):
        rows[ends[case[place]]] = row[place]
        ends[case[place]] += 1
    for one in range(len(ends) - 1, 0, -1):
        ends[one] = ends[one - 1]
    ends[0] = 0


@compiled(b1(_KEYS, i8, i8))
def _precedes(keys: Ints, one: int, other: int) -> bool:
    """By the first key that differs."""
    for key in range(len(keys)):
        if keys[key, one] != keys[key, other]:
            return bool(keys[key, one] < keys[key, other])
    return False


@compiled(void(I8, _KEYS, I8W, I8W))
def sort_cases(ends: Ints, keys: Ints, order: Ints, spare: Ints) -> None:
    """The order of the rows of each case by the keys, the first one first; rows that are equal in all stay."""
    for case in range(len(ends) - 1):
        first, last = ends[case], ends[case + 1]
        falls = 0
        for row in range(first, last):
            order[row] = row
            falls += row > first and _precedes(keys, row, row - 1)
        width = 1 if falls else last - first
        while width < last - first:  # merge neighbours that are in order, twice as long each time
            for start in range(first, last, 2 * width):
                middle, end = min(start + width, last), min(start + 2 * width, last)
                left, right = start, middle
                for place in range(start, end):
                    if left < middle and (right == end or not _precedes(keys, order[right], order[left])):
                        spare[place] = order[left]
                        left += 1
                    else:
                        spare[place] = order[right]
                        right += 1
            for row in range(first, last):
                order[row] = spare[row]
            width *= 2


@compiled(i8(I8, I8, I8, I8, I8, I8, I8, I8W, I8W))
def run_cases(
    of_row: Ints,
    case_of: Ints,
    side: Ints,
    lot: Ints,
    quantity: Ints,
    amount: Ints,
    basis: Ints,
    case: Ints,
    rows: Ints,
) -> int:
    """Sound purchases and sales of lots in a case, each with it; how many. `of_row`: in `traded`, as `case_of` is."""
    count = 0
    for row in range(len(of_row)):
        sound = quantity[row] > 0 and amount[row] != NULL and basis[row] != NULL
        counts = side[row] == BUY or (side[row] == SELL and lot[row] > 0)
        if sound and counts and case_of[of_row[row]] >= 0:
            case[count] = case_of[of_row[row]]
            rows[count] = row
            count += 1
    return count


@compiled(i8(I8, I8, I8, I8, I8, I8, I8, I8, I8, I8, RUNS, I8W, I8W, I8W, I8W, I8W))
def join_run(
    rows: Ints,
    ends: Ints,
    of_row: Ints,
    side: Ints,
    sold_lot: Ints,
    quantity: Ints,
    amount: Ints,
    basis: Ints,
    owner: Ints,
    who: Ints,
    run: Records,
    run_ends: Ints,
    got: Ints,
    cost: Ints,
    sizes: Ints,
    latest: Ints,
) -> int:
    """Rows of one lot, or of one security bought, in sum, in order of the first of them; how many there are.

    `owner`, `who`: of `traded`. Cents that each got (`got`) and cost, and of how many rows (`sizes`). `latest`, -1 at
    first: by lot sold, the row of the run that was made last of it; another one is of another security.
    """
    count = 0
    for case in range(len(ends) - 1):
        run_ends[case] = first = count
        for place in range(ends[case], ends[case + 1]):
            row = rows[place]
            buys = side[row] == BUY
            one = count - 1 if buys else latest[sold_lot[row]]
            while one >= first:
                other = run[one]["place"]
                if of_row[other] == of_row[row] and sold_lot[other] == sold_lot[row]:
                    break
                one -= 1
            if one < first:
                one = count
                count += 1
                run[one]["owner"] = owner[of_row[row]]
                run[one]["who"] = who[of_row[row]]
                run[one]["place"] = row
                run[one]["buy"] = buys
                run[one]["quantity"] = 0
                if not buys:
                    latest[sold_lot[row]] = one
                got[one] = cost[one] = sizes[one] = 0
            run[one]["quantity"] += quantity[row]
            got[one] += amount[row]
            cost[one] += basis[row]
            sizes[one] += 1
    run_ends[len(ends) - 1] = count
    return count


@compiled(void(I8, F8, I8, I8, I8, I8, F8W, B1W))
def losses(
    whole: Ints, total: Floats, quantity: Ints, amount: Ints, basis: Ints, rows: Ints, lost: Floats, close: Bools
) -> None:
    """Cents that each sale got less than it cost, and where floats may not tell on which side of a bound it is.

    Of a lot of `whole` shares that cost `total` cents. A sale's basis is as reported, unless it is not the lot's: then
    some of it was taken up from losses. A lot sold out carries its cost to the cent, a part its share within a cent a
    row.
    """
    for one in range(len(quantity)):
        own = total[one] * quantity[one] / (whole[one] if whole[one] > 0 else 1)
        within = 0 if quantity[one] == whole[one] else rows[one]
        off = abs(basis[one] - own)
        taken_up = off > within
        lost[one] = own - amount[one] if taken_up else float(basis[one] - amount[one])
        near = abs(off - within) < 1e-3 or (taken_up and abs(lost[one]) < 1e-3)
        close[one] = near and quantity[one] != whole[one]


@compiled(i8(i8, I8, I8))
def _row_of(lot: int, sold_lot: Ints, run: Ints) -> int:
    """The row of the run that sells of a lot, or -1."""
    return int(run[sold_lot[lot]]) if sold_lot[lot] >= 0 else -1


@compiled(i8(I8, I8, I8, I8, I8, I8, I8, I8, i8, i8, I8W, I8W))
def lot_cases(
    starts: Ints,
    position: Ints,
    case_of: Ints,
    acquired: Ints,
    quantity: Ints,
    name: Ints,
    sold_lot: Ints,
    run: Ints,
    first: int,
    today: int,
    case: Ints,
    rows: Ints,
) -> int:
    """Lots in a case, each with it, that the run sells or that were acquired since `first`. `run`: by lot sold, or -1.

    Returns how many. Lots of a `position` that stand together begin at one of `starts`; `case_of` is by position.
    """
    count = 0
    for one in range(len(position)):
        here = case_of[position[one]]
        if here < 0:
            continue
        for lot in range(starts[one], starts[one + 1]):
            day = acquired[lot]
            near = day != NULL and day <= today and (day >= first or _row_of(lot, sold_lot, run) >= 0)
            if near and quantity[lot] > 0 and name[lot] > 0:
                case[count] = here
                rows[count] = lot
                count += 1
    return count


@compiled(void(I8, I8, I8, I8, I8, I8, I8, I8, LOTS))
def fill_lots(
    rows: Ints,
    account: Ints,
    who: Ints,
    quantity: Ints,
    acquired: Ints,
    start: Ints,
    sold_lot: Ints,
    run: Ints,
    found: Records,
) -> None:
    """Records of these rows of lots; `who` is told by record."""
    for place in range(len(rows)):
        lot = rows[place]
        found[place]["owner"] = account[lot]
        found[place]["who"] = who[place]
        found[place]["quantity"] = quantity[lot]
        found[place]["acquired"] = acquired[lot]
        found[place]["start"] = start[lot]
        found[place]["tacked"] = start[lot] < acquired[lot]
        found[place]["spun_off"] = False
        found[place]["run"] = _row_of(lot, sold_lot, run)


@compiled(i8(f8))
def cents(usd: float) -> int:
    """Half away from zero; `NULL` for NaN."""
    whole = np.floor(abs(usd) * 100.0 + 0.5)
    if not whole < 2.0**63:
        return NULL
    return int(whole) if usd >= 0 else -int(whole)


@compiled(void(I8, I8, I8, I8, I8, I8, I8, F8, F8, I8, I8, B1, I8, TRADES))
def fill_trades(
    rows: Ints,
    account: Ints,
    who: Ints,
    quantity: Ints,
    day: Ints,
    sequence: Ints,
    side: Ints,
    gain: Floats,
    disallowed: Floats,
    start: Ints,
    price: Ints,
    rest: Bools,
    name: Ints,
    found: Records,
) -> None:
    """Records of rows of `activity`, in this order; USD. `who` is by record, `rest` by name. None is exchanged yet."""
    for place in range(len(rows)):
        row = rows[place]
        found[place]["owner"] = account[row]
        found[place]["who"] = who[place]
        found[place]["quantity"] = quantity[row]
        found[place]["day"] = day[row]
        found[place]["sequence"] = sequence[row]
        found[place]["buy"] = side[row] == BUY
        found[place]["gain"] = cents(gain[row])
        found[place]["disallowed"] = cents(disallowed[row])
        found[place]["start"] = start[row]
        found[place]["exchanged"] = False
        found[place]["price"] = price[row] if price[row] != NULL else 0
        found[place]["rest"] = rest[name[row]]


@compiled(void(LOTS, I8, TRADES, I8, i8, B1W))
def find_gone(lots: Records, lot_ends: Ints, trades: Records, ends: Ints, names: int, gone: Bools) -> None:
    """Buys that name a lot of which the case has none of that account, security and day."""
    for case in range(len(ends) - 1):
        for row in range(ends[case], ends[case + 1]):
            named = trades[row]["buy"] and trades[row]["who"] % names > 0
            gone[row] = named
            for lot in range(lot_ends[case], lot_ends[case + 1] if named else lot_ends[case]):
                if lots[lot]["who"] == trades[row]["who"] and lots[lot]["acquired"] == trades[row]["day"]:
                    gone[row] = False
                    break


@compiled(i8(I8, I8, I8, B1, B1, i8, i8, I8W))
def find_named(
    account: Ints, day: Ints, name: Ints, owners: Bools, names: Bools, first: int, last: int, rows: Ints
) -> int:
    """Rows of such an account and name, of a day from `first` to `last`; how many."""
    count = 0
    for row in range(len(day)):
        if first <= day[row] <= last and names[name[row]] and owners[account[row]]:
            rows[count] = row
            count += 1
    return count


@compiled(void(RUNS, WASHES, I8, F8W, F8W, I8W, I8W, B1W))
def tell(
    run: Records,
    sales: Records,
    lot: Ints,
    disallowed: Floats,
    absorbed: Floats,
    pieces: Ints,
    hops: Ints,
    whole: Bools,
) -> None:
    """What was counted of each sale, by the lot that it is of (-1 for a buy); USD."""
    for row in range(len(run)):
        one = lot[row]
        if one >= 0:
            disallowed[one] = sales[row]["disallowed"] / 100
            absorbed[one] = sales[row]["absorbed"] / 100
            pieces[one] = sales[row]["pieces"]
            hops[one] = sales[row]["hops"]
            whole[one] = sales[row]["shares"] == run[row]["quantity"]
