"""The records of the wash-sale count, gathered from the tables: only what is near a trade of the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.prove.verify.book import lot_cents
from engine.prove.verify.columns import NULL, Bools, Floats, Ints, filled
from engine.prove.verify.compiled.wash_gather import (
    by_case,
    fill_lots,
    fill_trades,
    find_gone,
    find_named,
    join_run,
    losses,
    lot_cases,
    run_cases,
    sort_cases,
)
from engine.prove.verify.compiled.wash_past import UNORDERED
from engine.prove.verify.compiled.wash_records import LOT, OWNER, RUN, TRADE, Records
from engine.prove.verify.compiled.wash_run import Cases
from engine.prove.verify.compiled.wash_shares import WINDOW
from engine.prove.verify.compiled.words import BUY, DEFERRED, EXEMPT
from engine.prove.verify.groups import at, distinct, find, pair
from engine.prove.verify.wash_nearby import Nearby

if TYPE_CHECKING:
    from engine.prove.verify.facts import Facts


@dataclass(frozen=True)
class Run:
    """What the run sells of a lot, or buys of a security, by case; `lot`: in `sold_lots`, -1 for a buy."""

    records: Records
    ends: Ints
    lot: Ints
    traded: Ints
    lot_row: Ints


def gather(facts: Facts, nearby: Nearby, wanted: Ints, least: float) -> tuple[Cases, Run]:
    """Cases, of which the numbers are `wanted` in order, and the rows of the run in them.

    Shares of the run are sold at a loss where they lose more than `least` cents.
    """
    who = _Who(facts)
    run = _run_rows(facts, nearby, wanted, who)
    told = _Told(facts, nearby, wanted, who)
    first = int(min(facts.today - WINDOW, nearby.activity.day[told.rows].min(initial=facts.today)))
    lots, lot_ends = _lots(facts, nearby, wanted, who, run, first)
    return Cases(
        _owners(facts, least),
        lots,
        lot_ends,
        told.records(lots, lot_ends),
        told.ends,
        run.records,
        run.ends,
        facts.lot_names.wholes,
    ), run


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

    def __init__(self, facts: Facts) -> None:
        self._account, self._security = facts.accounts.names.ranks(), facts.lots.security.names.ranks()
        self._names = facts.lot_names.wholes

    def pair(self, account: Ints, security: Ints) -> Ints:
        return pair(self._account[account], self._security[security], len(self._security))

    def of(self, account: Ints, security: Ints, whole: Ints | int) -> Ints:
        return self.pair(account, security) * self._names + whole


def _by_case(case: Ints, rows: Ints, cases: int) -> tuple[Ints, Ints]:
    """Rows, each told with its case, by case, and where those of each begin."""
    ends, found = np.zeros(cases + 1, dtype=np.int64), np.empty(len(rows), dtype=np.int64)
    by_case(case, rows, ends, found)
    return found, ends


def _order(ends: Ints, *keys: Ints) -> Ints:
    """The order of the rows of each case by the keys, the first one first; rows that are equal in all stay."""
    order, spare = np.empty((2, len(keys[0])), dtype=np.int64)
    sort_cases(ends, np.stack(keys), order, spare)
    return order


def _run_rows(facts: Facts, nearby: Nearby, wanted: Ints, who: _Who) -> Run:
    """Rows of one lot, or of one security bought, in sum; in order of case and of the first of them in `trades`."""
    trades, traded, lot = facts.trades, facts.traded, facts.trades.lot.codes
    (case, rows), cases = np.empty((2, len(trades)), dtype=np.int64), len(wanted)
    figures = trades.quantity, trades.amount, trades.cost_basis
    case_of = find(wanted, nearby.traded)
    count = run_cases(traded.of_row, case_of, trades.side, lot, *figures, case, rows)
    rows, ends = _by_case(case[:count], rows[:count], cases)
    records, run_ends = np.zeros(len(rows), RUN), np.empty(cases + 1, dtype=np.int64)
    amount, basis, sizes = np.empty((3, len(rows)), dtype=np.int64)
    names = who.of(traded.account.codes, traded.security.codes, 0)
    sold, latest = facts.sold_lots, np.full(len(facts.sold_lots), -1)
    of = traded.of_row, trades.side, sold.of_row
    count = join_run(rows, ends, *of, *figures, traded.row, names, records, run_ends, amount, basis, sizes, latest)
    records = records[:count]
    first = records["place"]
    lot_row = facts.rows.lot[first]
    records["lost"] = _lost(
        facts, lot_row, np.ascontiguousarray(records["quantity"]), amount[:count], basis[:count], sizes[:count]
    )
    return Run(records, run_ends, sold.of_row[first], traded.of_row[first], lot_row)


def _lost(facts: Facts, lot_row: Ints, quantity: Ints, amount: Ints, basis: Ints, rows: Ints) -> Floats:
    """Cents that each sale got less than it cost, exact where it is nothing (`compiled.wash_gather.losses`)."""
    lots = facts.lots
    whole = at(lots.quantity, lot_row, NULL)
    total = np.nan_to_num(lot_cents(whole, at(lots.cost, lot_row, np.nan))).astype(np.int64)
    lost, close = np.empty(len(quantity)), np.empty(len(quantity), dtype=bool)
    losses(whole, total.astype(np.float64), quantity, amount, basis, rows, lost, close)
    for row in np.flatnonzero(close & (lot_row >= 0) & (whole > 0)).tolist():
        size, share = int(whole[row]), int(total[row]) * int(quantity[row])
        if abs(int(basis[row]) * size - share) > int(rows[row]) * size:
            lost[row] = (share - int(amount[row]) * size) / size
        else:
            lost[row] = int(basis[row]) - int(amount[row])
    return lost


def _lots(facts: Facts, nearby: Nearby, wanted: Ints, who: _Who, run: Run, first: int) -> tuple[Records, Ints]:
    """Lots that the run sells, or that were acquired since `first`; by case, account, security and name."""
    lots, positions, names = facts.lots, facts.positions, facts.lot_names
    of_sold = np.full(len(facts.sold_lots), -1)
    of_sold[run.lot[run.lot >= 0]] = np.flatnonzero(run.lot >= 0)
    case, rows = np.empty((2, len(lots)), dtype=np.int64)
    case_of = find(wanted, nearby.case_of(positions.account.codes, positions.security.codes))
    groups, near = positions.groups, (lots.acquired, lots.quantity, lots.name, facts.sold_lots.of_lot, of_sold)
    count = lot_cases(groups.starts, groups.group, case_of, *near, first, facts.today, case, rows)
    rows, ends = _by_case(case[:count], rows[:count], len(wanted))
    pairs, name = who.pair(lots.account.codes[rows], lots.security.codes[rows]), lots.name[rows]
    order = _order(ends, pairs, names.rank[name])
    rows, name, pairs = rows[order], name[order], pairs[order]
    found = np.empty(len(rows), LOT)
    of_name = pairs * names.wholes + names.whole[name]
    told = lots.quantity, lots.acquired, lots.start, facts.sold_lots.of_lot, of_sold
    fill_lots(rows, lots.account.codes, of_name, *told, found)
    parted = names.have(":")
    for place in np.flatnonzero(parted[name]).tolist() if parted.any() else ():  # <lot>:<security> came of a spin-off
        found[place]["spun_off"] = names.text(name[place]).endswith(f":{lots.security[rows[place]]}")
    return found, ends


class _Told:
    """Rows of `activity` near the run, in order of case and, within it, in the contract's order of a day.

    Several rows may tell of one sale, told apart by their terms; those of which less is left to replace come first.
    """

    def __init__(self, facts: Facts, nearby: Nearby, wanted: Ints, who: _Who) -> None:
        self._facts, self._nearby, self._names = facts, nearby, facts.lot_names
        activity = nearby.activity
        case = find(wanted, nearby.activity_case)
        rows = np.flatnonzero(activity.told(facts.today) & (case >= 0))
        rows, self.ends = _by_case(case[rows], rows, len(wanted))
        account, security = facts.activity_account.codes, facts.activity_security.codes
        gain, disallowed, quantity = activity.gain[rows], activity.disallowed[rows], activity.quantity[rows]
        self._sequence, self._price = activity.sequence, activity.price
        openness = np.where(gain >= 0, 0, np.where(disallowed > 0, 1, 2))
        pairs, rank = who.pair(account[rows], security[rows]), self._names.rank[facts.activity_lot[rows]]
        rank = np.where(rank == 0, len(self._names.rank), rank)
        price = filled(self._price[rows], UNORDERED)
        order = _order(
            self.ends,
            activity.day[rows],
            self._sequence[rows],
            activity.side[rows],
            pairs,
            rank,
            openness,
            quantity,
            price,
        )
        self.rows = rows[order]
        self.account, self.security, self.day = account[self.rows], security[self.rows], activity.day[self.rows]
        self._who = pairs[order] * self._names.wholes + self._names.whole[facts.activity_lot[self.rows]]

    def records(self, lots: Records, lot_ends: Ints) -> Records:
        """Beside the lots of the same cases."""
        facts, activity, rows = self._facts, self._nearby.activity, self.rows
        found = np.empty(len(rows), TRADE)
        fill_trades(
            rows,
            facts.activity_account.codes,
            self._who,
            activity.quantity,
            activity.day,
            self._sequence,
            activity.side,
            activity.gain,
            activity.disallowed,
            activity.start,
            self._price,
            self._names.end_with(".2"),
            facts.activity_lot,
            found,
        )
        gone = np.empty(len(rows), dtype=bool)
        find_gone(lots, lot_ends, found, self.ends, self._names.wholes, gone)
        if gone.any():
            where = np.flatnonzero(gone)
            found["exchanged"][where] = _held_elsewhere(facts, self._nearby, self, where)
        return found


def _held_elsewhere(facts: Facts, nearby: Nearby, told: _Told, gone: Ints) -> Bools:
    """Buys whose lot is not there: whether it is of another security, of which no buy tells it. It came of a merger.

    Such a lot has the account, the day and the name of the buy.
    """
    lots, activity, lot = facts.lots, nearby.activity, facts.lot_names.lot
    account, name, dates = told.account[gone], lot[facts.activity_lot[told.rows[gone]]], distinct(told.day[gone])
    owners, names = np.zeros(len(facts.accounts.names), dtype=bool), np.zeros(len(lot), dtype=bool)
    owners[account] = names[name] = True

    def named(account: Ints, day: Ints, name: Ints) -> Ints:
        rows = np.empty(len(day), dtype=np.int64)
        count = find_named(account, day, name, owners, names[lot], int(dates[0]), int(dates[-1]), rows)
        return rows[:count][find(dates, day[rows[:count]]) >= 0]

    held = named(lots.account.codes, lots.acquired, lots.name)
    held = held[(lots.quantity[held] > 0) & (facts.securities.row(lots.security.codes[held]) > 0)]
    bought = named(facts.activity_account.codes, activity.day, facts.activity_lot)
    bought = bought[activity.told(facts.today)[bought] & (activity.side[bought] == BUY)]
    name_of = lot[facts.activity_lot[bought]]

    def key(account: Ints, day: Ints, name: Ints) -> Ints:
        return pair(pair(account, find(dates, day), len(dates)), name, len(lot))

    of_lot = key(lots.account.codes[held], lots.acquired[held], lot[lots.name[held]])
    of_buy = key(facts.activity_account.codes[bought], activity.day[bought], name_of)
    size = len(lots.security.names)
    security = facts.activity_security.codes[bought]
    told_of = distinct(pair(of_buy, security, size)[name_of > 0])
    untold = find(told_of, pair(of_lot, lots.security.codes[held], size)) < 0
    return find(distinct(of_lot[untold]), key(account, told.day[gone], name)) >= 0
