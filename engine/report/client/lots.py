"""Lots after the run's trades, and those that a wash sale keeps from being sold at a loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.accounts import Lots
from engine.book.schema import SETTING_COLUMNS, SIDES
from engine.book.settings import SettingsBlock
from engine.errors import InputRefused
from engine.ledger.rows import Ints
from engine.report.client.names import Names
from engine.report.client.tools import BUY, CHANGED, REMEDY, amounts_of, offsets_of
from engine.report.client.trades import Trades
from kernels.dates import WASH_DAYS, long_term_days


@dataclass(frozen=True)
class Left:
    """Lots after the run's trades, purchases included, by account; (lots,). `offsets` (accounts + 1,).

    `security`, micro-shares, cents of basis and of value, the days of purchase and of the first long-term sale.
    """

    offsets: Ints
    security: Ints
    quantity: Ints
    basis: Ints
    value: Ints
    long_from: NDArray[np.int32]
    locked: Any
    acquired: Ints


def what_is_left(names: Names, table: pa.Table, lots: Lots, trades: Trades, accounts: int) -> Left:
    """What the trades leave of each lot, then what they buy; a lot's cost is less what the run says was sold of it."""
    owner = np.repeat(np.arange(accounts), np.diff(lots.offsets))
    sell = np.flatnonzero(trades.side != BUY)
    lot_code = columns.codes(columns.flat(table["lot_id"]), trades.lot_names)[lots.row].astype(np.int64)
    count = len(trades.lot_names) + 1
    key = owner * count + lot_code
    order = np.argsort(np.where(lot_code < 0, -1, key), kind="stable")
    keys = np.where(lot_code < 0, -1, key)[order]
    wanted = trades.account[sell] * count + trades.lot[sell]
    at = np.searchsorted(keys, wanted)
    if not np.array_equal(np.append(keys, -1)[at], wanted):
        raise InputRefused(f"{CHANGED}: lots that were sold are gone", remedy=REMEDY)
    quantity, basis, lot = lots.quantity.copy(), lots.basis.copy(), order[at]
    np.subtract.at(quantity, lot, trades.quantity[sell])
    np.subtract.at(basis, lot, trades.basis[sell])
    kept, buy = np.flatnonzero(quantity > 0), np.flatnonzero(trades.side == BUY)
    who = np.concatenate([owner[kept], trades.account[buy]])
    order = np.argsort(who, kind="stable")
    security = np.concatenate([lots.security[kept], trades.security[buy]]).astype(np.int64)[order]
    shares = np.concatenate([quantity[kept], trades.quantity[buy]])[order]
    start = np.concatenate([lots.holding_start[kept], np.full(len(buy), names.as_of)]).astype(np.int32)[order]
    bought = np.concatenate([lots.acquired[kept], np.full(len(buy), names.as_of)]).astype(np.int64)[order]
    long_from = np.empty(len(start), dtype=np.int32)
    long_term_days(start, long_from)
    return Left(
        offsets=offsets_of(who[order], accounts),
        security=security,
        quantity=shares,
        basis=np.concatenate([basis[kept], trades.basis[buy]])[order],
        value=amounts_of(shares, names.price_micro[security]),
        long_from=long_from,
        locked=np.concatenate([lots.locked[kept], np.zeros(len(buy), dtype=np.bool_)])[order],
        acquired=bought,
    )


def minds_wash(settings: SettingsBlock) -> Any:
    """Whether wash sales matter to an account, (accounts,)."""
    ignore = SETTING_COLUMNS["wash_policy"].choices.index("ignore")
    return settings["wash_policy"] != ignore


def last_purchases(
    names: Names, activity: pa.Table | None, everyone: pa.Array, household: Ints, trades: Trades, own: Any
) -> tuple[Ints, Ints]:
    """What each household bought within the days of a wash sale: keys of household and group, ascending; last days."""
    buy = trades.side == BUY
    homes, groups = [household[own][trades.account[buy]]], [names.wash_group[trades.security[buy]].astype(np.int64)]
    days = [np.full(int(buy.sum()), names.as_of, dtype=np.int64)]
    if activity is not None and activity.num_rows:
        who, security = (
            columns.codes(activity["account_id"], everyone),
            columns.codes(activity["security_id"], names.ids),
        )
        day = columns.days(activity["trade_date"]).astype(np.int64)
        bought = columns.codes(activity["side"], pa.array(SIDES)) == BUY
        use = bought & (who >= 0) & (security >= 0) & (day >= names.as_of - WASH_DAYS) & (day <= names.as_of)
        homes.append(household[who[use]])
        groups.append(names.wash_group[security[use]].astype(np.int64))
        days.append(day[use])
    key = np.concatenate(homes) * group_count(names) + np.concatenate(groups)
    day = np.concatenate(days)
    order = np.lexsort((day, key))
    final = np.append(np.diff(key[order]) != 0, True)[: len(order)]
    return key[order][final], day[order][final]


def group_count(names: Names) -> int:
    """Groups of names that are nearly the same."""
    return int(names.wash_group.max(initial=0)) + 1


def waits_of(names: Names, left: Left, household: Ints, minds: Any, last: tuple[Ints, Ints]) -> Ints:
    """The first day on which a sale of each lot at a loss meets no purchase of the household; 0 where none bars it.

    A lot that is itself the last purchase may be sold. `household` and `minds` (accounts,).
    """
    owner = np.repeat(np.arange(len(household)), np.diff(left.offsets))
    keys, days = last
    if len(keys) == 0:
        return np.zeros(len(owner), dtype=np.int64)
    key = household[owner] * group_count(names) + names.wash_group[left.security]
    at = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    met = (keys[at] == key) & minds[owner] & (left.value < left.basis) & (left.acquired < days[at])
    return np.where(met, days[at] + WASH_DAYS + 1, 0)
