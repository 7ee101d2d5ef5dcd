"""The accounts of the new book: cash, the year's realised totals, and at a year's end what is carried on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.firm import Firm
from engine.book.schema import MONEY
from engine.book.settings import divided_offset, resolve
from engine.codes import Code, Severity
from engine.ledger.rows import Ints, Rows, sums
from engine.ledger.settle.booking import Booked
from engine.ledger.settle.lots import HeldLots
from engine.ledger.settle.realised import Realised, Restored, is_long
from engine.ledger.settle.rewriting import CENT, cents, put_scaled
from engine.ledger.settle.trouble import Trouble
from kernels.carryforward import carried_each
from kernels.dates import year_of
from kernels.money import amounts_cents
from kernels.pieces import NONE

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Cash:
    """Cents by account (accounts,) that fills, actions, dividends and flows moved, and flows that are left (rows,)."""

    buys: Ints
    sells: Ints
    actions: Ints
    dividends: Ints
    flows_in: Ints
    flows_out: Ints
    unpaid: Flags

    @property
    def change(self) -> Ints:
        """What an account's cash changes by, (accounts,)."""
        trades = self.sells - self.buys
        return trades + self.actions + self.dividends + self.flows_in - self.flows_out


def move_cash(
    old: pa.Table, flows: pa.Table | None, booked: Booked, gone: Realised, until: int
) -> tuple[Cash, list[Trouble]]:
    """Cash moved up to `until`. A payment that cash does not cover stays in `flows`, and is told."""
    size, fills = len(booked.owners), booked.fills
    buys = sums(fills.account[fills.buy], fills.amount[fills.buy], size)
    sells = sums(fills.account[~fills.buy], fills.amount[~fills.buy], size)
    of_action = gone.fill == NONE
    actions = sums(gone.account[of_action], gone.proceeds[of_action], size) + _capital_returned(booked)
    before = cents(old, "cash") + sells - buys + actions + booked.dividends
    flows_in, flows_out, unpaid, told = _pay(flows, booked, before, until)
    cash = Cash(buys, sells, actions, booked.dividends, flows_in, flows_out, unpaid)
    short = np.flatnonzero((before < 0) & (buys > 0) & (cents(old, "cash") >= 0))
    told += [
        Trouble(
            booked.owners.ids[int(account)].as_py(),
            Code.CASH_OVERDRAWN,
            f"after its fills the account's cash is {before[account] / CENT:,.2f} USD",
            Severity.WARNING,
        )
        for account in short
    ]
    return cash, told


def _capital_returned(booked: Booked) -> Ints:
    """Cents by account that lowered the basis of lots instead of selling any, (accounts,).

    Returns of capital leave no row of their own; what they paid is the basis that is missing at the end.
    """
    size, pieces, fills = len(booked.owners), booked.pieces, booked.fills
    opened = booked.lots.where(booked.replayed_lots)
    start = sums(opened.account, opened.basis, size) + sums(fills.account[fills.buy], fills.amount[fills.buy], size)
    absorbed = np.where(booked.owners.taxable[booked.account], pieces.absorbed, 0)
    ours = booked.ours
    return start + sums(booked.account[ours], (absorbed - pieces.basis)[ours], size)


def _pay(flows: pa.Table | None, booked: Booked, cash: Ints, until: int) -> tuple[Ints, Ints, Flags, list[Trouble]]:
    """Cents in and out by account, the rows of `flows` that stay, and what could not be paid. Inflows come first."""
    size = len(booked.owners)
    into, out = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    if flows is None:
        return into, out, np.empty(0, dtype=np.bool_), []
    account = columns.codes(flows["account_id"], booked.owners.ids).astype(np.int64)
    day, amount = columns.days(flows["date"]), cents(flows, "amount")
    known = np.isfinite(columns.numbers(flows["amount"])) & (account >= 0) & (day != columns.NO_DATE)
    due = np.flatnonzero(known & (day <= until))
    due = due[~booked.left[account[due]]]
    stays = np.ones(flows.num_rows, dtype=np.bool_)
    told = []
    for row in due[np.lexsort((due, amount[due] < 0, day[due], account[due]))]:
        owner = account[row]
        if amount[row] < 0 and cash[owner] + into[owner] - out[owner] + amount[row] < 0:
            left = (cash[owner] + into[owner] - out[owner]) / CENT
            on = np.datetime64(int(day[row]), "D")
            message = f"the payment of {-amount[row] / CENT:,.2f} USD due {on} exceeds the cash of {left:,.2f} USD"
            told.append(Trouble(booked.owners.ids[int(owner)].as_py(), Code.FLOW_UNPAID, message))
            continue
        stays[row] = False
        if amount[row] < 0:
            out[owner] -= amount[row]
        else:
            into[owner] += amount[row]
    return into, out, stays, told


@dataclass(frozen=True)
class Closed:
    """A tax year that ended; cents (accounts,): net totals, what was carried in entered as losses; deductible loss."""

    year: int
    short: Ints
    long: Ints
    offset: Ints


@dataclass(frozen=True)
class Year:
    """Cents by account (accounts,): the year's net totals, then what it carried in, both as they are at the end.

    `closed`: the years before it that ended on the way.
    """

    short: Ints
    long: Ints
    carried_short: Ints
    carried_long: Ints
    closed: tuple[Closed, ...]


@dataclass(frozen=True)
class Gains(Rows):
    """Gains of either term by account and day of sale; arrays (n,), cents."""

    account: Ints
    amount: Ints
    long: Flags
    sold: NDArray[np.int32]


def gains(gone: Realised, back: Restored) -> Gains:
    """What was realised, and losses that come back."""
    return Gains.stacked(
        [
            Gains(gone.account, gone.gain, is_long(gone), gone.sold),
            Gains(back.account, back.loss, is_long(back), back.sold),
        ]
    )


def close_years(
    firm: Firm, old: pa.Table, booked: Booked, held: HeldLots, cash: Ints, realised: Gains, until: int
) -> Year:
    """The totals with what was realised, closed at each year's end that is passed (IRC §§1211(b), 1212(b)).

    What counts is the year of the sale; a loss of a year closed before comes back into the year that is open.
    """
    first, last = year_of(firm.header.as_of_days), year_of(until)
    size = len(booked.owners)
    years = np.array([max(year_of(int(day)), first) for day in realised.sold], dtype=np.int64)
    names = ("realised_st_ytd", "realised_lt_ytd", "carryforward_st", "carryforward_lt")
    short, long, short_in, long_in = (cents(old, name) for name in names)
    closed = []
    for year in range(first, last + 1):
        if year > first:
            offset = _ordinary_offset(firm, old, booked, held, cash)
            carried = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
            closed.append(Closed(year - 1, short - short_in, long - long_in, offset))
            carried_each(short - short_in, long - long_in, offset, *carried)
            short_in, long_in = carried
            short, long = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        now = realised.where(years == year)
        short = short + sums(now.account[~now.long], now.amount[~now.long], size)
        long = long + sums(now.account[now.long], now.amount[now.long], size)
    return Year(short, long, short_in, long_in, tuple(closed))


def _ordinary_offset(firm: Firm, old: pa.Table, booked: Booked, held: HeldLots, cash: Ints) -> Ints:
    """Cents (accounts,): each taxable account's part of its household's deductible loss, by value."""
    rest = booked.lots.where(~booked.replayed_lots)
    owner, security = np.append(held.account, rest.account), np.append(held.security, rest.security)
    quantity = np.append(held.quantity, rest.quantity)
    worth = np.empty(len(quantity), dtype=np.int64)
    amounts_cents(quantity, firm.market.price_micro[security], worth)
    value = np.maximum(cash + sums(owner, worth, len(cash)), 0)
    limit = resolve(old, firm.levels)["ordinary_offset"]
    offset = divided_offset(limit, value, booked.owners.household, booked.owners.taxable)
    return np.asarray(np.floor(offset * CENT + 0.5), dtype=np.int64)


def accounts_table(old: pa.Table, booked: Booked, cash: Cash, year: Year) -> pa.Table:
    """The table: money columns that changed, every other column as it was."""
    table = _put(old, "cash", cents(old, "cash") + cash.change, booked)
    for name, values in (
        ("realised_st_ytd", year.short),
        ("realised_lt_ytd", year.long),
        ("carryforward_st", year.carried_short),
        ("carryforward_lt", year.carried_long),
    ):
        table = _put(table, name, values, booked, booked.owners.taxable)
    return table


def _put(table: pa.Table, name: str, values: Ints, booked: Booked, where: Flags | None = None) -> pa.Table:
    changed = ~booked.left & (values != cents(table, name))
    return put_scaled(table, name, changed if where is None else changed & where, values, MONEY)
