"""Lots by account and name: where a sale finds its lot, and lots that share a name; lots without sound figures."""

from __future__ import annotations

import numpy as np

from engine.prove.verify.compiled.arrays import B1W, F8, I8, I8W, NULL, Bools, Floats, Ints, i8, void
from engine.prove.verify.compiled.decorator import compiled


def find_lots(account: Ints, name: Ints, wanted_account: Ints, wanted_name: Ints, names: int) -> tuple[Ints, Bools]:
    """(the first lot of that account and name, or -1, for each wanted; lots whose name the account has already).

    `names`: more than any name; 0 names no lot. Cost: one step a row where both come by account.
    """
    order, wanted_order = _by_account(account), _by_account(wanted_account)
    found, again = np.full(len(wanted_account), -1), np.zeros(len(account), dtype=bool)
    last_account, last_row = np.full(names, -1), np.full(names, -1)
    if order is not None:
        account, name = account[order], name[order]
    if wanted_order is not None:
        wanted_account, wanted_name = wanted_account[wanted_order], wanted_name[wanted_order]
    _find(account, name, wanted_account, wanted_name, last_account, last_row, found, again)
    found[wanted_name == 0] = -1
    return _in_place(found, wanted_order, order), again if order is None else again[np.argsort(order)]


def _by_account(account: Ints) -> Ints | None:
    """The order that brings an account's rows together, None where they are."""
    return None if bool(np.all(account[1:] >= account[:-1])) else np.argsort(account, kind="stable")


def _in_place(found: Ints, wanted_order: Ints | None, order: Ints | None) -> Ints:
    """Rows as delivered, for wanted as asked."""
    if order is not None:
        found = np.where(found < 0, -1, order[found])
    if wanted_order is not None:
        asked = np.empty_like(found)
        asked[wanted_order] = found
        return asked
    return found


@compiled(void(I8, I8, I8, I8, I8W, I8W, I8W, B1W))
def _find(
    account: Ints,
    name: Ints,
    wanted_account: Ints,
    wanted_name: Ints,
    last_account: Ints,
    last_row: Ints,
    found: Ints,
    again: Bools,
) -> None:
    """Both by account. `last_account` and `last_row` (by name) remember who had the name last, and in which row."""
    row = wanted = 0
    while row < len(account):
        owner = account[row]
        while row < len(account) and account[row] == owner:
            if last_account[name[row]] == owner:
                again[row] = True
            else:
                last_account[name[row]] = owner
                last_row[name[row]] = row
            row += 1
        while wanted < len(wanted_account) and wanted_account[wanted] <= owner:
            if wanted_account[wanted] == owner and last_account[wanted_name[wanted]] == owner:
                found[wanted] = last_row[wanted_name[wanted]]
            wanted += 1


@compiled(void(I8, F8, I8, i8, B1W))
def find_unsound(quantity: Ints, cost: Floats, acquired: Ints, today: int, unsound: Bools) -> None:
    """Lots without a quantity, with a cost that is none, or acquired on no day or later than today."""
    for lot in range(len(quantity)):
        sound = quantity[lot] > 0 and cost[lot] >= 0 and acquired[lot] != NULL and acquired[lot] <= today
        unsound[lot] = not sound
