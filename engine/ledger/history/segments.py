"""A history's trades and corporate actions as segments of events for the replay kernel.

A segment holds what can touch one another: in one household, the securities that wash sales count as one or whose lots
a corporate action turns into each other's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.book.schema import TAX_STATUSES
from engine.ledger.actions import Actions
from engine.ledger.events import joined, make_events, make_positions, sorted_by
from engine.ledger.history.table import History, Trades
from engine.ledger.rows import places
from kernels.pieces import BUY, NONE, SELL, SPIN_OFF, SPUN_AGAIN, Events, Positions

Numbers = NDArray[np.int32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Segments:
    """Events (e,) grouped by `offsets` (s + 1,), and what they are about."""

    offsets: Ints
    household: Ints
    """(s,)"""
    events: Events
    trade: Ints
    """(e,) place in the history's trades, or NONE for a corporate action."""
    positions: Positions
    account: Numbers
    """(p,)"""
    security: Numbers
    """(p,)"""


def make_segments(history: History, span: slice, policy: int) -> Segments:
    """Segments of the trades in `span`, which holds households whole; `policy` are the kernel's bits."""
    trades, securities = history.trades.take(np.arange(span.start, span.stop)), len(history.securities)
    traded = trades.account.astype(np.int64) * securities + trades.security
    keys = _reached(np.unique(traded), history.actions, securities)
    account, security = (part.astype(np.int32) for part in np.divmod(keys, securities))
    household = history.accounts.household[account].astype(np.int64)
    fate = household * (int(history.groups.fate.max(initial=0)) + 1) + history.groups.fate[security]
    fates, segment_of = np.unique(fate, return_inverse=True)
    of_segment = np.zeros(len(fates), dtype=np.int64)
    of_segment[segment_of] = household

    first = _first_days(trades, account)
    position, action = _happenings(history.actions, keys, securities, first)
    happened = _action_events(history.actions, position, action, keys, account, securities)
    events = joined([happened, _trade_events(history, trades, span, np.searchsorted(keys, traded))])
    trade = np.concatenate([np.full(len(action), NONE), np.arange(span.start, span.stop)])
    rank = np.concatenate([action, np.arange(len(trades.day)) + len(history.actions.day)])
    segment = segment_of[events.position]
    order = np.lexsort((rank, events.day, segment))
    taxable = history.accounts.status[account] == TAX_STATUSES.index("taxable")
    return Segments(
        offsets=np.append(0, np.cumsum(np.bincount(segment, minlength=len(fates)))),
        household=of_segment,
        events=sorted_by(events, order),
        trade=trade[order],
        positions=make_positions(history.groups.wash[security], taxable, policy),
        account=account,
        security=security,
    )


def _reached(keys: Ints, actions: Actions, securities: int) -> Ints:
    """Positions, account × securities + security, ascending, with those that actions may make of them."""
    old, new = actions.security[actions.joining], actions.target[actions.joining]
    while True:
        security = keys % securities
        made = [keys[security == a] - a + b for a, b in zip(old.tolist(), new.tolist(), strict=True)]
        grown = np.unique(np.concatenate([keys, *made]))
        if len(grown) == len(keys):
            return keys
        keys = grown


def _first_days(trades: Trades, account: Numbers) -> Numbers:
    """The day of the first trade of each position's account, (p,)."""
    first = np.full(int(account.max(initial=-1)) + 1, np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(first, trades.account, trades.day)
    return first[account]


def _happenings(actions: Actions, keys: Ints, securities: int, first: Numbers) -> tuple[Ints, Ints]:
    """Position and action of every action that can meet a lot of its position, by action, then position."""
    security = keys % securities
    order = np.argsort(security, kind="stable")
    start = np.searchsorted(security[order], actions.security)
    count = np.searchsorted(security[order], actions.security, side="right") - start
    action = np.repeat(np.arange(len(count)), count)
    within = np.arange(len(action)) - np.repeat(np.cumsum(count) - count, count)
    position = order[np.repeat(start, count) + within]
    after = actions.day[action] >= first[position]
    return position[after], action[after]


def _action_events(
    actions: Actions, position: Ints, action: Ints, keys: Ints, account: Numbers, securities: int
) -> Events:
    target = actions.target[action]
    of_target = np.searchsorted(keys, account[position].astype(np.int64) * securities + target)
    spins = np.flatnonzero(actions.kind[action] == SPIN_OFF)
    path = np.zeros(len(action), dtype=np.int64)
    path[spins] = places(of_target[spins]) * SPUN_AGAIN
    return make_events(
        len(action),
        kind=actions.kind[action],
        day=actions.day[action],
        position=position,
        amount=actions.cash[action],
        new=actions.new[action],
        old=actions.old[action],
        target=np.where(target == NONE, NONE, of_target),
        basis_ppb=actions.basis_ppb[action],
        price=actions.price[action],
        path=path,
    )


def _trade_events(history: History, trades: Trades, span: slice, position: Ints) -> Events:
    return make_events(
        len(trades.day),
        kind=np.where(trades.sell, SELL, BUY),
        day=trades.day,
        batch=trades.batch,
        position=position,
        quantity=trades.quantity,
        amount=history.amount[span],
        lot=history.lot[span],
        path=history.path[span],
        purchase=np.where(trades.sell, NONE, np.arange(span.start, span.stop)),
    )
