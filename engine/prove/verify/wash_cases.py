"""The records of the wash-sale count, gathered from the tables: only what is near a trade of the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.prove.verify.book import DEFERRED, EXEMPT, lot_cents
from engine.prove.verify.columns import (
    MONEY,
    NULL,
    SHARES,
    Bools,
    Floats,
    Ints,
    column,
    days,
    filled,
    integers,
    known,
    scaled,
)
from engine.prove.verify.compiled.wash_past import UNORDERED
from engine.prove.verify.compiled.wash_records import LOT, OWNER, RUN, TRADE, Records
from engine.prove.verify.compiled.wash_run import Cases
from engine.prove.verify.groups import Groups, at, distinct, find, order_by, pair
from engine.prove.verify.lot_names import LotNames, whole_lots
from engine.prove.verify.names import Names
from engine.prove.verify.outputs import BUY
from engine.prove.verify.wash_nearby import Nearby

if TYPE_CHECKING:
    from engine.prove.verify.facts import Facts

LOTS, TOLD = 0, 1
"""Columns of `LotNames`: of lots, of rows of `activity`."""


@dataclass(frozen=True)
class Run:
    """What the run sells of a lot, or buys of a security, by case; `sale`: the first row of `sales`, -1 for a buy."""

    records: Records
    case: Ints
    sale: Ints
    traded: Ints
    lot_row: Ints


def gather(facts: Facts, nearby: Nearby, wanted: Ints, least: float) -> tuple[Cases, Run]:
    """Cases, of which the numbers are `wanted` in order, and the rows of the run in them.

    Shares of the run are sold at a loss where they lose more than `least` cents.
    """
    run = _run_rows(facts, nearby, wanted)
    trade_rows, trade_case = _near_activity(facts, nearby, wanted)
    first = int(min(facts.today - 30, nearby.activity.day[trade_rows].min(initial=facts.today)))
    lot_rows, lot_case = _near_lots(facts, nearby, wanted, run, first)
    lot_id = pc.take(facts.lots.lot_id, pa.array(lot_rows))
    told_id = pc.take(column(facts.activity, "lot_id"), pa.array(trade_rows))
    names = LotNames(lot_id, told_id)
    who = _Who(facts, names)
    run.records["who"] = who.of(facts.traded.account.codes[run.traded], facts.traded.security.codes[run.traded], 0)
    of_lot = np.full(len(facts.lots), -1)
    of_lot[run.lot_row[run.lot_row >= 0]] = np.flatnonzero(run.lot_row >= 0)
    lots, lot_order = _lots(facts, lot_rows, lot_case, names, who, of_lot[lot_rows])
    told = _Told(facts, nearby, trade_rows, names, who)
    trades, trade_order = told.records(trade_case, _exchanged(facts, nearby, lots, told))
    ends = len(wanted)
    return Cases(
        _owners(facts, least),
        lots,
        _ends(lot_case[lot_order], ends),
        trades,
        _ends(trade_case[trade_order], ends),
        run.records,
        _ends(run.case, ends),
        names.wholes,
    ), run


def _ends(case: Ints, cases: int) -> Ints:
    return np.searchsorted(case, np.arange(cases + 1))


def _owners(facts: Facts, least: float) -> Records:
    settings, tax = facts.accounts.settings, facts.accounts.tax
    owners = np.zeros(len(facts.accounts), OWNER)
    owners["taxable"] = (tax != DEFERRED) & (tax != EXEMPT)
    owners["before_lot"] = ~settings.says("wash_before_lot", "ignore")
    owners["same_day"] = ~settings.says("wash_same_day", "ignore")
    owners["sold_earlier"] = settings.says("wash_sold_earlier", "count")
    owners["by_date"] = settings.says("wash_tacking", "date")
    owners["least"] = least
    return owners


class _Who:
    """Accounts, securities and lot names together, in their order as texts."""

    def __init__(self, facts: Facts, names: LotNames) -> None:
        self._account, self._security = facts.accounts.names.ranks(), facts.lots.security.names.ranks()
        self._names = names.wholes

    def pair(self, account: Ints, security: Ints) -> Ints:
        return pair(self._account[account], self._security[security], len(self._security))

    def of(self, account: Ints, security: Ints, whole: Ints | int) -> Ints:
        return self.pair(account, security) * self._names + whole


def _run_rows(facts: Facts, nearby: Nearby, wanted: Ints) -> Run:
    """Rows of one lot, or of one security bought, in sum; in order of case and of the first of them in `trades`."""
    trades, sales, traded = facts.trades, facts.sales, facts.traded
    case = find(wanted, nearby.traded)
    of_row = traded.of_row
    sound = (case[of_row] >= 0) & known(trades.amount, trades.cost_basis) & (trades.quantity > 0)
    buys = np.flatnonzero(sound & (trades.side == BUY))
    sold = np.flatnonzero(sound[sales.row] & (sales.lot.codes > 0))
    sells = sales.row[sold]
    rows = np.concatenate([buys, sells])
    lot_of = np.concatenate([np.zeros(len(buys), np.int64), sales.lot.codes[sold]])
    sale_of = np.concatenate([np.full(len(buys), -1), sold])
    groups = Groups(pair(of_row[rows], lot_of, len(facts.lots.names)))
    first = groups.first
    quantity, amount, basis = (
        groups.sum(column_[rows]) for column_ in (trades.quantity, trades.amount, trades.cost_basis)
    )
    sale = sale_of[first]
    lot_row = at(sales.lot_row, sale, -1)
    records = np.zeros(len(groups), RUN)
    pairs = of_row[rows[first]]
    records["owner"] = traded.row[pairs]
    records["place"] = rows[first]
    records["buy"] = sale < 0
    records["quantity"] = quantity
    records["lost"] = _lost(facts, lot_row, quantity, amount, basis, groups.sizes)
    order = order_by(case[pairs], records["place"])
    return Run(records[order], case[pairs][order], sale[order], pairs[order], lot_row[order])


def _lost(facts: Facts, lot_row: Ints, quantity: Ints, amount: Ints, basis: Ints, rows: Ints) -> Floats:
    """Cents that each sale got less than it cost, exact where it is nothing.

    A sale's basis is as reported, unless it is not the lot's: then some of it was taken up from losses. A lot sold out
    carries its cost to the cent, a part of one its share within a cent a row.
    """
    lots = facts.lots
    whole = at(lots.quantity, lot_row, NULL)
    total = np.nan_to_num(lot_cents(whole, at(lots.cost, lot_row, np.nan))).astype(np.int64)
    own = total.astype(np.float64) * quantity / np.where(whole > 0, whole, 1)
    within = np.where(quantity == whole, 0, rows)
    taken_up = np.abs(basis - own) > within
    lost = np.where(taken_up, own - amount, (basis - amount).astype(np.float64))
    near = (np.abs(np.abs(basis - own) - within) < 1e-3) | (taken_up & (np.abs(lost) < 1e-3))
    close = near & (quantity != whole)
    for row in np.flatnonzero(close & (lot_row >= 0) & (whole > 0)).tolist():
        size, share = int(whole[row]), int(total[row]) * int(quantity[row])
        if abs(int(basis[row]) * size - share) > int(rows[row]) * size:
            lost[row] = (share - int(amount[row]) * size) / size
        else:
            lost[row] = int(basis[row]) - int(amount[row])
    return lost


def _near_activity(facts: Facts, nearby: Nearby, wanted: Ints) -> tuple[Ints, Ints]:
    case = find(wanted, nearby.activity_case)
    rows = np.flatnonzero(nearby.activity.told(facts.today) & (case >= 0))
    return rows, case[rows]


def _near_lots(facts: Facts, nearby: Nearby, wanted: Ints, run: Run, first: int) -> tuple[Ints, Ints]:
    """Lots that the run sells, or that were acquired since `first`."""
    lots, positions = facts.lots, facts.positions
    near = lots.acquired >= first
    near[run.lot_row[run.lot_row >= 0]] = True
    near &= (lots.quantity > 0) & (lots.acquired <= facts.today) & (lots.acquired != NULL) & (lots.name > 0)
    rows = np.flatnonzero(near)
    case = find(wanted, nearby.case_of(positions.account.codes, positions.security.codes))
    case = case[positions.of_lot[rows]]
    return rows[case >= 0], case[case >= 0]


def _lots(facts: Facts, rows: Ints, case: Ints, names: LotNames, who: _Who, run: Ints) -> tuple[Records, Ints]:
    """In order of case, account, security and lot."""
    lots = facts.lots
    account, security = lots.account.codes[rows], lots.security.codes[rows]
    order = order_by(case, who.pair(account, security), names.rank(LOTS))
    found = np.zeros(len(rows), LOT)
    found["owner"] = account
    found["who"] = who.of(account, security, names.whole(LOTS))
    found["quantity"] = lots.quantity[rows]
    found["acquired"] = lots.acquired[rows]
    found["start"] = lots.start[rows]
    found["tacked"] = lots.start[rows] < lots.acquired[rows]
    found["spun_off"] = _spun_off(facts, rows, names)
    found["run"] = run
    return found[order], order


def _spun_off(facts: Facts, rows: Ints, names: LotNames) -> Bools:
    """A lot `<lot>:<security>` came of a spin-off."""
    found = np.zeros(len(rows), dtype=bool)
    for place in names.having(LOTS, ":").tolist():
        found[place] = names.text(LOTS, place).endswith(f":{facts.lots.security[rows[place]]}")
    return found


class _Told:
    """Rows of `activity` near the run."""

    def __init__(self, facts: Facts, nearby: Nearby, rows: Ints, names: LotNames, who: _Who) -> None:
        self.rows, self._activity, self._names, self._who = rows, nearby.activity, names, who
        self.account = facts.activity_account.codes[rows]
        self.security = facts.activity_security.codes[rows]
        self.day = nearby.activity.day[rows]
        self.buy = nearby.activity.side[rows] == BUY
        self.named = names.whole(TOLD)
        self.who = who.of(self.account, self.security, self.named)

    def records(self, case: Ints, exchanged: Bools) -> tuple[Records, Ints]:
        """In order of case and, within it, in the contract's order of a day.

        Several rows may tell of one sale, told apart by their terms; those of which less is left to replace come first.
        """
        activity, rows = self._activity, self.rows
        gain, disallowed = activity.gain[rows], activity.disallowed[rows]
        sequence = filled(integers(column(activity.table, "sequence").take(pa.array(rows))), UNORDERED)
        price = scaled(column(activity.table, "price").take(pa.array(rows)), SHARES)
        quantity = activity.quantity[rows]
        openness = np.where(gain >= 0, 0, np.where(disallowed > 0, 1, 2))
        pairs, side = self._who.pair(self.account, self.security), activity.side[rows]
        rank = self._names.rank(TOLD)
        rank = np.where(rank == 0, len(self._names), rank)
        order = order_by(case, self.day, sequence, side, pairs, rank, openness, quantity, filled(price, UNORDERED))
        found = np.zeros(len(rows), TRADE)
        found["owner"] = self.account
        found["who"] = self.who
        found["quantity"] = quantity
        found["day"] = self.day
        found["sequence"] = sequence
        found["buy"] = self.buy
        found["gain"] = _cents(gain)
        found["disallowed"] = _cents(disallowed)
        found["start"] = days(column(activity.table, "holding_start").take(pa.array(rows)))
        found["exchanged"] = exchanged
        found["price"] = filled(price)
        found["rest"] = self._names.ends_with(TOLD, ".2")
        return found[order], order


def _cents(usd: Floats) -> Ints:
    """Half away from zero; `NULL` for null."""
    cents = np.copysign(np.floor(np.abs(usd) * 10.0**MONEY + 0.5), usd)
    return np.where(np.isnan(cents), NULL, np.nan_to_num(cents)).astype(np.int64)


def _exchanged(facts: Facts, nearby: Nearby, lots: Records, told: _Told) -> Bools:
    """Buys whose lot is of another security, of which no buy tells it: it came of a merger."""
    held = distinct(pair(lots["acquired"], lots["who"], int(told.who.max(initial=0)) + 1))
    found = np.zeros(len(told.rows), dtype=bool)
    named = told.buy & (told.named > 0)
    gone = np.flatnonzero(named & (find(held, pair(told.day, told.who, int(told.who.max(initial=0)) + 1)) < 0))
    if len(gone):
        found[gone] = _held_elsewhere(facts, nearby, told, gone)
    return found


def _held_elsewhere(facts: Facts, nearby: Nearby, told: _Told, gone: Ints) -> Bools:
    """Whether a lot of another security has the account, the day and the name of each of these buys, and no buy."""
    lots, activity = facts.lots, nearby.activity
    owners = np.zeros(len(facts.accounts.names), dtype=bool)
    owners[told.account[gone]] = True
    dates = distinct(told.day[gone])
    held = np.flatnonzero(owners[lots.account.codes] & (lots.acquired >= dates[0]) & (lots.acquired <= dates[-1]))
    sound = (lots.quantity[held] > 0) & (lots.name[held] > 0) & (find(dates, lots.acquired[held]) >= 0)
    held = held[sound & (facts.securities.row(lots.security.codes[held]) > 0)]
    bought = np.flatnonzero(activity.told(facts.today) & (activity.side == BUY) & owners[facts.activity_account.codes])
    bought = bought[find(dates, activity.day[bought]) >= 0]
    told_id = column(activity.table, "lot_id")
    names = Names()
    lot_of, name_of, name = (
        names.codes(whole_lots(ids.take(pa.array(rows))))
        for ids, rows in ((lots.lot_id, held), (told_id, bought), (told_id, told.rows[gone]))
    )

    def key(account: Ints, day: Ints, lot: Ints) -> Ints:
        return pair(pair(account, find(dates, day), len(dates)), lot, len(names))

    of_lot = key(lots.account.codes[held], lots.acquired[held], lot_of)
    of_buy = key(facts.activity_account.codes[bought], activity.day[bought], name_of)
    size = len(lots.security.names)
    security = facts.activity_security.codes[bought]
    told_of = distinct(pair(of_buy, security, size)[name_of > 0])
    untold = find(told_of, pair(of_lot, lots.security.codes[held], size)) < 0
    return find(distinct(of_lot[untold]), key(told.account[gone], told.day[gone], name)) >= 0
