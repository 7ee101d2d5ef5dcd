"""One day's trades and corporate actions on the lots of a part, wash sales included.

What a run reports of its own trades and what `settle` books of them is this one replay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.firm import Firm
from engine.ledger.events import Replayed, joined, make_events, make_positions, replay_all, sorted_by
from engine.ledger.owners import Owners
from engine.ledger.rows import Ints, Rows, grouped, ordered, starts_of_runs
from engine.ledger.window import HELD, SOLD, UNTOLD, OpenLosses, Recent, Unused
from kernels.money import bases_cents, shares_of
from kernels.pieces import (
    BUY,
    FIFO,
    LOSS,
    NONE,
    OPEN,
    SELL,
    SPIN_OFF,
    SPLIT,
    Events,
    Relief,
)
from kernels.window.hard import NEVER_A_LOSS

NAMED = Relief(FIFO, 0.0, 0.0)
"""Every sale names its lot; only a fraction of a share paid in cash falls under first in, first out."""
BEFORE_TRADES = -2
_FRESH = 1 << 28
"""Purchases of the day are numbered from here, above those that the window knows."""


@dataclass(frozen=True)
class Lots(Rows):
    """Lots held as the day begins; arrays (l,), micro-shares, cents; `row` and `account` number rows of the tables."""

    row: Ints
    account: Ints
    security: NDArray[np.int32]
    quantity: Ints
    basis: Ints
    acquired: NDArray[np.int32]
    holding_start: NDArray[np.int32]


def lots_held(firm: Firm, table: pa.Table, owners: Owners) -> Lots:
    """The rows of a part's lots that name an account of it and a known security."""
    account = columns.codes(table["account_id"], owners.ids).astype(np.int64)
    security = columns.codes(table["security_id"], firm.market.ids)
    quantity = columns.scaled(table["quantity"], columns.MICRO)
    acquired = columns.days(table["acquired"])
    start = columns.days(columns.optional(table, "holding_start", pa.date32()))
    sound = (account >= 0) & (security >= 0) & (quantity > 0) & (acquired != columns.NO_DATE)
    row = np.nonzero(sound)[0]
    basis = np.empty(len(row), dtype=np.int64)
    bases_cents(columns.numbers(table["quantity"])[row], columns.numbers(table["cost_basis"])[row], basis)
    return Lots(
        row=row,
        account=account[row],
        security=security[row],
        quantity=quantity[row],
        basis=basis,
        acquired=acquired[row],
        holding_start=np.where(start == columns.NO_DATE, acquired, start)[row],
    )


@dataclass(frozen=True)
class Trades(Rows):
    """Trades of the day; arrays (t,). `lot` is the place among `Lots` of the lot sold, NONE for a buy.

    `sequence` is the batch within the day, see `engine.ledger.sequence`.
    """

    account: Ints
    security: NDArray[np.int32]
    lot: Ints
    quantity: Ints
    amount: Ints
    sequence: NDArray[np.int32]


@dataclass(frozen=True)
class Actions(Rows):
    """Corporate actions, one row for each account that may hold the security; arrays (a,), as in `kernels.pieces`."""

    day: NDArray[np.int32]
    kind: NDArray[np.int32]
    account: Ints
    security: NDArray[np.int32]
    target: NDArray[np.int32]
    """The new security, or NONE."""
    cash: Ints
    new: Ints
    old: Ints
    basis_ppb: Ints
    price: Ints
    path: Ints


@dataclass(frozen=True)
class Day:
    """The replay of a day, and what its numbers mean.

    `stands_for` (e,), by event: the place among the lots of an OPEN (NONE for shares that are elsewhere), the number of
    the trade, open loss or action. A piece's `lot` is the place among the lots, or their number plus that of the trade
    that bought it. `account` and `security` (p,) of each position.
    """

    replayed: Replayed
    events: Events
    stands_for: Ints
    account: Ints
    security: NDArray[np.int32]


def replay_day(
    owners: Owners,
    wash_group: NDArray[np.int32],
    component: NDArray[np.int32],
    lots: Lots,
    recent: Recent,
    trades: Trades,
    day: int | NDArray[np.int32],
    actions: Actions | None = None,
) -> Day:
    """Replay a day's trades and the actions after it, in every household and component that they touch.

    `day` may be given for each trade: actions come before the trades of their day.

    `wash_group` (securities,) is equal for substantially identical securities, `component` (securities,) also for those
    that an action turns into each other. Lots of other households and components stay out.
    """
    blocks = [*_opening(lots, recent), _losses(recent), *_trades(len(lots), trades, day)]
    blocks += [] if actions is None else [_actions(actions), _actions_elsewhere(actions)]
    account, security, target, away = (
        np.concatenate([getattr(block, name) for block in blocks]) for name in ("account", "security", "target", "away")
    )
    events = joined([block.events for block in blocks])
    stands_for = np.concatenate([block.stands_for for block in blocks])
    turned = np.nonzero(target != NONE)[0]
    owner, name = np.append(account, account[turned]), np.append(security, target[turned])
    position, first = grouped(owner, name, np.append(away, away[turned]))
    into = np.full(len(account), NONE)
    into[turned] = position[len(account) :]
    events = make_events(len(account), **events._asdict() | {"position": position[: len(account)], "target": into})
    segment, _ = grouped(owners.household[account], component[security])
    touched = np.bincount(segment, weights=events.kind > LOSS) > 0
    order = ordered(segment, np.minimum(events.kind, BUY), events.day, events.batch)
    order = order[touched[segment[order]]]
    starts = np.append(np.flatnonzero(starts_of_runs(segment[order])), len(order))
    owner, name = owner[first], name[first]
    positions = make_positions(wash_group[name], owners.taxable[owner], owners.policy[owner])
    events = sorted_by(events, order)
    return Day(replay_all(starts, events, positions, NAMED), events, stands_for[order], owner, name)


@dataclass(frozen=True)
class _Block:
    """Events of one sort, with account, security and new security (NONE where there is none) of each.

    `away` shares are elsewhere: no position of the account, so no fraction paid in cash is theirs.
    """

    events: Events
    stands_for: Ints
    account: Ints
    security: NDArray[np.int32]
    target: NDArray[np.int32]
    away: NDArray[np.bool_]


def _block(
    rows: Lots | Unused | OpenLosses | Trades | Actions,
    stands_for: Ints,
    target: Any = NONE,
    *,
    away: bool = False,
    **given: Any,
) -> _Block:
    wide = np.broadcast_to(np.asarray(target, dtype=np.int32), len(rows))
    events = make_events(len(rows), **given)
    return _Block(events, stands_for, rows.account, rows.security, wide, np.full(len(rows), away))


def _opening(lots: Lots, recent: Recent) -> list[_Block]:
    """Lots, cut where only a part could still replace a loss; and shares bought lately that are elsewhere or sold.

    Whether those sold replace a loss is for the policy of the account that has it. What they gained is not told here,
    so a loss that they take up makes none of their sale.
    """
    unused = np.minimum(recent.unused[lots.row], lots.quantity)
    used = lots.quantity - unused
    part = np.empty(len(lots), dtype=np.int64)
    shares_of(lots.basis, used, lots.quantity, part)
    place = np.arange(len(lots))
    blocks = []
    for quantity, basis, washed in ((used, part, True), (unused, lots.basis - part, False)):
        some = np.nonzero(quantity > 0)[0]
        blocks.append(
            _block(
                lots.where(some),
                place[some],
                kind=OPEN,
                day=lots.acquired[some],
                quantity=quantity[some],
                amount=basis[some],
                lot=some,
                purchase=recent.purchase[lots.row[some]],
                batch=recent.purchase[lots.row[some]],  # purchases are numbered in order of acquisition
                holding_start=lots.holding_start[some],
                washed=washed,
            )
        )
    away = recent.bought.where(recent.bought.place != HELD)
    blocks.append(
        _block(
            away,
            np.full(len(away), NONE),
            away=True,
            kind=OPEN,
            day=away.acquired,
            batch=away.purchase,
            quantity=away.quantity,
            amount=np.where(away.place == SOLD, -NEVER_A_LOSS, 0),
            sold=away.sold,
            purchase=away.purchase,
        )
    )
    return blocks


def _losses(recent: Recent) -> _Block:
    """Open losses whose amount is known."""
    known = np.nonzero(recent.losses.loss != UNTOLD)[0]
    losses = recent.losses.where(known)
    return _block(
        losses,
        known,
        kind=LOSS,
        day=losses.sold,
        quantity=losses.quantity,
        amount=losses.loss,
        holding_start=losses.holding_start,
    )


def _trades(held: int, trades: Trades, day: int | NDArray[np.int32]) -> list[_Block]:
    """Buys, then sells, as the order is where nothing else tells it."""
    days = np.broadcast_to(np.asarray(day, dtype=np.int32), len(trades))
    bought, sold = np.nonzero(trades.lot == NONE)[0], np.nonzero(trades.lot != NONE)[0]
    buys, sells = trades.where(bought), trades.where(sold)
    return [
        _block(
            buys,
            bought,
            kind=BUY,
            day=days[bought],
            batch=buys.sequence,
            quantity=buys.quantity,
            amount=buys.amount,
            lot=held + bought,
            purchase=_FRESH + bought,
        ),
        _block(
            sells,
            sold,
            kind=SELL,
            day=days[sold],
            batch=sells.sequence,
            quantity=sells.quantity,
            amount=sells.amount,
            lot=sells.lot,
        ),
    ]


def _actions(actions: Actions) -> _Block:
    return _block(
        actions,
        np.arange(len(actions)),
        actions.target,
        kind=actions.kind,
        day=actions.day,
        batch=BEFORE_TRADES,
        amount=actions.cash,
        new=actions.new,
        old=actions.old,
        basis_ppb=actions.basis_ppb,
        price=actions.price,
        path=actions.path,
    )


def _actions_elsewhere(actions: Actions) -> _Block:
    """What turns shares into others does so elsewhere, and pays no cash there."""
    turns = (actions.kind == SPLIT) | ((actions.target != NONE) & (actions.kind != SPIN_OFF))
    some = np.flatnonzero(turns)
    actions = actions.where(some)
    return _block(
        actions,
        some,
        actions.target,
        away=True,
        kind=actions.kind,
        day=actions.day,
        batch=BEFORE_TRADES,
        new=actions.new,
        old=actions.old,
    )
