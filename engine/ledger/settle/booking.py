"""Fills and corporate actions replayed on a part's lots, and what each account has of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.firm import Firm
from engine.codes import Code
from engine.ledger import day as replay
from engine.ledger.day import Day, Lots, Trades, replay_day
from engine.ledger.lot_names import spin_offs
from engine.ledger.owners import Owners
from engine.ledger.rows import Ints, grouped, places, sums
from engine.ledger.sequence import batches
from engine.ledger.settle.actions import Passed, first_actions, of_holders
from engine.ledger.settle.fills import Fills
from engine.ledger.settle.trouble import Trouble
from engine.ledger.window import Recent, recent
from kernels.money import amounts_cents, bases_cents
from kernels.pieces import DONE, LOSS, NONE, SPIN_OFF, SPUN_AGAIN, Pieces

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Booked:
    """The replay of a part, and what went into it.

    `left` (accounts,) marks accounts that are carried as they were. `dividends` (accounts,) cents.
    """

    owners: Owners
    recent: Recent
    lots: Lots
    fills: Fills
    actions: replay.Actions
    day: Day
    left: Flags
    dividends: Ints

    @property
    def pieces(self) -> Pieces:
        """The pieces of lots, (k,)."""
        return self.day.replayed.pieces

    @property
    def account(self) -> Ints:
        """Account of each piece, (k,)."""
        return self.day.account[self.pieces.position]

    @property
    def security(self) -> NDArray[np.int32]:
        """Security of each piece, (k,)."""
        return self.day.security[self.pieces.position]

    @property
    def ours(self) -> Flags:
        """True for the pieces (k,) of lots and fills; the others are losses of earlier days and shares elsewhere."""
        return np.asarray(self.pieces.lot != NONE)

    @property
    def held(self) -> Flags:
        """True for the pieces (k,) that are held at the end."""
        return np.asarray(self.ours & (self.pieces.event == NONE))

    @property
    def disposed(self) -> Flags:
        """True for the pieces (k,) that fills and actions disposed of."""
        return np.asarray(self.ours & (self.pieces.event != NONE))

    @property
    def restored(self) -> Flags:
        """True for the pieces (k,) that took up a loss of an earlier day."""
        source = self.pieces.source
        return np.asarray(self.ours & (source != NONE) & (self.day.events.kind[source] == LOSS))

    @property
    def replayed_lots(self) -> Flags:
        """True for the lots (l,) that the replay concerned; the others are as they were."""
        seen = np.zeros(len(self.lots), dtype=np.bool_)
        lot = self.pieces.lot
        seen[lot[(lot != NONE) & (lot < len(self.lots))]] = True
        return seen


def book(
    firm: Firm, tables: Mapping[str, pa.Table], owners: Owners, fills: Fills, passed: Passed, left: Flags
) -> tuple[Booked, list[Trouble]]:
    """Replay a part. An account that sells more than it holds is left as it was, and told; the others go on."""
    window = recent(firm, tables, owners, passed.groups.fate)
    lots = _lots(firm, tables["lots"], owners)
    told: list[Trouble] = []
    left = left.copy()
    while True:
        held, done = lots.where(~left[lots.account]), fills.where(~left[fills.account])
        acted = _numbered(_actions(firm, held, done, window, passed), firm, tables["lots"], owners)
        day = _replay(owners, held, window, done, passed, acted)
        stopped = day.replayed.failed[day.replayed.status != DONE]
        if not len(stopped):
            break
        accounts = np.unique(day.account[day.events.position[stopped]])
        told += [_oversold(firm, owners, day, int(event)) for event in stopped]
        left[accounts] = True
    booked = Booked(owners, window, held, done, acted, day, left, np.zeros(len(owners), dtype=np.int64))
    return replace(booked, dividends=_dividends(firm, booked, passed)), told


def _lots(firm: Firm, table: pa.Table, owners: Owners) -> Lots:
    account = columns.codes(table["account_id"], owners.ids).astype(np.int64)
    security = columns.codes(table["security_id"], firm.market.ids)
    quantity = columns.scaled(table["quantity"], columns.MICRO)
    row = np.flatnonzero((account >= 0) & (security >= 0) & (quantity > 0))
    basis = np.empty(len(row), dtype=np.int64)
    costs = np.nan_to_num(columns.numbers(table["cost_basis"])[row], nan=0.0, posinf=0.0, neginf=0.0)
    bases_cents(columns.numbers(table["quantity"])[row], np.maximum(costs, 0.0), basis)
    acquired = columns.days(table["acquired"])
    start = columns.days(columns.optional(table, "holding_start", pa.date32()))
    start = np.where(start == columns.NO_DATE, acquired, start)
    return Lots(row, account[row], security[row], quantity[row], basis, acquired[row], start[row])


def _actions(firm: Firm, lots: Lots, fills: Fills, window: Recent, passed: Passed) -> replay.Actions:
    """Of what is held, bought, or counted by wash sales: losses not yet replaced and shares elsewhere."""
    rows = (lots, fills, window.losses, window.bought)
    account, security = (np.concatenate([getattr(each, name) for each in rows]) for name in ("account", "security"))
    return of_holders(passed.actions, account, security, len(firm.market.ids))


def _numbered(acted: replay.Actions, firm: Firm, lots: pa.Table, owners: Owners) -> replay.Actions:
    """The actions, spin-offs numbered by account and new security after those that the names of its lots tell."""
    told = spin_offs(columns.text(lots["lot_id"]), columns.text(lots["security_id"]))
    rows, spins = np.flatnonzero(told), np.flatnonzero(acted.kind == SPIN_OFF)
    owner = columns.codes(lots["account_id"], owners.ids)[rows]
    security = columns.codes(lots["security_id"], firm.market.ids)[rows]
    key, _ = grouped(np.append(owner, acted.account[spins]), np.append(security, acted.target[spins]))
    highest = np.zeros(int(key.max(initial=-1)) + 1, dtype=np.int64)
    np.maximum.at(highest, key[: len(rows)], told[rows])
    mine, path = key[len(rows) :], acted.path.copy()
    path[spins] = (highest[mine] + places(mine)) * SPUN_AGAIN
    return replace(acted, path=path)


def _replay(owners: Owners, lots: Lots, window: Recent, fills: Fills, passed: Passed, acted: replay.Actions) -> Day:
    places = np.full(int(lots.row.max(initial=-1)) + 2, NONE, dtype=np.int64)
    places[lots.row] = np.arange(len(lots))
    trades = Trades(
        account=fills.account,
        security=fills.security,
        lot=np.where(fills.buy, NONE, places[fills.lot]),
        quantity=fills.quantity,
        amount=fills.amount,
        sequence=batches(fills.sequence),
    )
    groups = passed.groups
    return replay_day(owners, groups.wash, groups.fate, lots, window, trades, fills.day, acted)


def _oversold(firm: Firm, owners: Owners, day: Day, event: int) -> Trouble:
    position = int(day.events.position[event])
    account = owners.ids[int(day.account[position])].as_py()
    security = firm.market.ids[int(day.security[position])].as_py()
    shares = f"{int(day.events.quantity[event]) / columns.MICRO:.12g}"
    on = np.datetime64(int(day.events.day[event]), "D")
    message = f"the sale of {shares} {security} on {on} is more than the lot then holds; the account is as it was"
    return Trouble(account, Code.OVERSOLD, message)


def _dividends(firm: Firm, booked: Booked, passed: Passed) -> Ints:
    """Cents (accounts,) of cash dividends, on the shares held as each dividend's turn comes."""
    paid = np.zeros(len(booked.owners), dtype=np.int64)
    dividends = passed.dividends
    for moment in np.unique(np.stack([dividends.day, dividends.before]), axis=1).T:
        now = (dividends.day == moment[0]) & (dividends.before == moment[1])
        account, security, quantity = _held_then(firm, booked, passed, int(moment[0]), int(moment[1]))
        for name, cash in zip(dividends.security[now].tolist(), dividends.cash[now].tolist(), strict=True):
            shares = sums(account[security == name], quantity[security == name], len(paid))
            amount = np.empty(len(paid), dtype=np.int64)
            amounts_cents(shares, np.full(len(paid), cash, dtype=np.int64), amount)
            paid += amount
    return paid


def _held_then(
    firm: Firm, booked: Booked, passed: Passed, day: int, before: int
) -> tuple[Ints, NDArray[np.int32], Ints]:
    """Account, security and micro-shares of what is held after the trades before `day` and `before` actions."""
    fills = booked.fills.where(booked.fills.day < day)
    early = replace(passed, actions=first_actions(passed.actions, before))
    acted = _actions(firm, booked.lots, fills, booked.recent, early)
    then = replace(
        booked,
        fills=fills,
        actions=acted,
        day=_replay(booked.owners, booked.lots, booked.recent, fills, passed, acted),
    )
    rest = booked.lots.where(~then.replayed_lots)
    return (
        np.append(then.account[then.held], rest.account),
        np.append(then.security[then.held], rest.security),
        np.append(then.pieces.quantity[then.held], rest.quantity),
    )
