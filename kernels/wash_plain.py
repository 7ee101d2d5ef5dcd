"""Wash sales of a day that need no replay: losses, replaced by recent purchases that are still held.

A household's wash group is plain where no purchase of today meets a loss, and no loss meets a recent purchase that is
sold today. Its losses take replacement shares in order of acquisition, of both (Reg. §1.1091-1(b) to (d)), and nothing
follows from it today. What the replay (`kernels.replay`) finds there is counted here, cent for cent; groups that are
not plain are left to it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kernels.dates import WASH_DAYS
from kernels.jit import B1, B1W, I4, I4W, I8, I8W, i8, kernel, void
from kernels.money import amount_cents, share_of
from kernels.pieces import NONE
from kernels.table import Table

HARD, OPEN, LOST, BOUGHT, SOLD = 1, 2, 4, 8, 16
"""Bits of a group: left to the replay; an older loss is open; today it loses, buys, sells what was bought lately."""

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


class Trades(NamedTuple):
    """(t,) trades of the day, those of an account together; micro-shares, cents."""

    account: Ints
    security: Numbers
    buy: Flags
    lot: Ints
    quantity: Ints
    amount: Ints
    basis: Ints


class Lots(NamedTuple):
    """(l,) lots, those of an account together: account k has `offsets[k]:offsets[k + 1]`, `offsets` (accounts + 1,).

    `unused` and `purchase` are by row of the table of lots, as in `engine.ledger.window.Recent`.
    """

    offsets: Ints
    row: Ints
    security: Numbers
    quantity: Ints
    basis: Ints
    acquired: Numbers
    unused: Ints
    purchase: Ints


class Owners(NamedTuple):
    """(accounts,) a number for each one's household, at least as many apart as there are wash groups, and its law."""

    household: Ints
    taxable: Flags
    policy: Numbers


class Groups(NamedTuple):
    """Households' wash groups that the window knows, by their key: household plus group.

    `table` (2^k,) finds their number from the key, -1 where there is none; `keys` and `state`, bits, (groups,).
    """

    table: Numbers
    keys: Ints
    state: Ints


TRADES = Table(Trades, (I8, I4, B1, I8, I8, I8, I8))
LOTS = Table(Lots, (I8, I8, I4, I8, I8, I4, I8, I8))
OWNERS = Table(Owners, (I8, B1, I4))
GROUPS = Table(Groups, (I4W, I8W, I8W))


@kernel(i8(GROUPS, i8), inlined=True)
def _place(groups: Groups, key: int) -> int:
    """Where the table has the number of a key, or would have it."""
    place = (key ^ (key >> 9)) & (groups.table.size - 1)
    while groups.table[place] >= 0 and groups.keys[groups.table[place]] != key:
        place = (place + 1) & (groups.table.size - 1)
    return place


@kernel(void(GROUPS, I8, I8))
def enter_groups(groups: Groups, keys: Ints, state: Ints) -> None:
    """Number keys (n,), each once, into a table with room for them, and collect the bits of each."""
    groups.table[:] = -1
    groups.state[:] = 0
    used = 0
    for row in range(keys.size):
        place = _place(groups, keys[row])
        if groups.table[place] < 0:
            groups.table[place] = used
            groups.keys[used] = keys[row]
            used += 1
        groups.state[groups.table[place]] |= state[row]


@kernel(i8(LOTS, OWNERS, I4, i8, GROUPS, I8W, I4W, B1W))
def find_replacements(
    lots: Lots,
    owners: Owners,
    wash_group: Numbers,
    today: int,
    groups: Groups,
    which: Ints,
    number: Numbers,
    replacing: Flags,
) -> int:
    """The lots that may replace a loss, and the group of each; how many there are. `which`, `number`: (l,).

    `replacing` (purchases,): those that some of them are of.
    """
    count = 0
    for account in range(owners.household.size):
        for lot in range(lots.offsets[account], lots.offsets[account + 1]):
            row = lots.row[lot]
            if lots.unused[row] <= 0:
                continue
            found = groups.table[_place(groups, owners.household[account] + wash_group[lots.security[lot]])]
            if found < 0:
                continue
            if lots.purchase[row] == NONE or abs(today - lots.acquired[lot]) > WASH_DAYS:
                groups.state[found] |= HARD
            else:
                replacing[lots.purchase[row]] = True
            which[count], number[count] = lot, found
            count += 1
    return count


@kernel(i8(TRADES, LOTS, OWNERS, i8, i8, B1), inlined=True)
def _state(trades: Trades, lots: Lots, owners: Owners, trade: int, price: int, replacing: Flags) -> int:
    """What a trade makes of its group.

    A sale whose money is not that of a piece of its whole lot is left to the replay, which may book it otherwise.
    """
    account, lot, quantity = trades.account[trade], trades.lot[trade], trades.quantity[trade]
    if trades.buy[trade]:
        return BOUGHT
    whole, row = lots.quantity[lot], lots.row[lot]
    unused, purchase = lots.unused[row], lots.purchase[row]
    if owners.policy[account] != 0 or quantity > whole or 0 < unused < whole:
        return HARD
    if trades.amount[trade] != amount_cents(quantity, price):
        return HARD
    basis = lots.basis[lot] if quantity == whole else share_of(lots.basis[lot], quantity, whole)
    if trades.basis[trade] != basis or (trade > 0 and trades.lot[trade - 1] == lot):
        return HARD
    lost = LOST if owners.taxable[account] and trades.basis[trade] > trades.amount[trade] else 0
    return lost | (SOLD if purchase != NONE and (unused > 0 or replacing[purchase]) else 0)


@kernel(void(TRADES, LOTS, OWNERS, I4, I8, B1, GROUPS, I4W))
def judge_trades(
    trades: Trades,
    lots: Lots,
    owners: Owners,
    wash_group: Numbers,
    price: Ints,
    replacing: Flags,
    groups: Groups,
    number: Numbers,
) -> None:
    """The group of each trade, `number` (t,), -1 where the window knows nothing of it; and which groups are hard.

    `wash_group` and `price` (micro-dollars) by security, `replacing` as `find_replacements` leaves it.
    """
    for trade in range(trades.account.size):
        security = trades.security[trade]
        found = groups.table[_place(groups, owners.household[trades.account[trade]] + wash_group[security])]
        number[trade] = found
        if found >= 0:
            groups.state[found] |= _state(trades, lots, owners, trade, price[security], replacing)
    for group in range(groups.state.size):
        state = groups.state[group]
        bought_back = state & BOUGHT and state & (OPEN | LOST)
        if bought_back or (state & SOLD and state & LOST):
            groups.state[group] |= HARD


@kernel(void(TRADES, LOTS, I8, I4, I8, I4, I8W))
def disallow(
    trades: Trades,
    lots: Lots,
    losses: Ints,
    group: Numbers,
    replacements: Ints,
    of_group: Numbers,
    disallowed: Ints,
) -> None:
    """Cents of loss that are disallowed of each trade, `disallowed` (t,), of losses of plain groups.

    `losses` (n,) are trades and `group` the group of each, `replacements` (m,) lots and `of_group` theirs: by group,
    then in the order in which the law takes them.
    """
    place, left = 0, 0
    for row in range(losses.size):
        trade = losses[row]
        if row == 0 or group[row] != group[row - 1]:
            while place < of_group.size and of_group[place] < group[row]:
                place += 1
            left = 0
        quantity, basis, amount = trades.quantity[trade], trades.basis[trade], trades.amount[trade]
        while quantity > 0:
            if left == 0:
                if place == of_group.size or of_group[place] != group[row]:
                    break
                lot = replacements[place]
                left = min(lots.unused[lots.row[lot]], lots.quantity[lot])
                place += 1
            part, cost, proceeds = min(left, quantity), basis, amount
            if part < quantity:
                cost, proceeds = share_of(basis, part, quantity), share_of(amount, part, quantity)
            disallowed[trade] += cost - proceeds
            quantity, basis, amount, left = quantity - part, basis - cost, amount - proceeds, left - part
