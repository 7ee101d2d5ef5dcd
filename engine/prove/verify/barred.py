"""What restrictions are about among what an account holds or trades."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.prove.verify.columns import SHARES, Bools, Floats, Ints, in_units
from engine.prove.verify.compiled.words import TAXABLE
from engine.prove.verify.groups import Groups, at, distinct, find, join, pair
from engine.prove.verify.names import Coded
from engine.prove.verify.restrictions import MAX_WEIGHT, NEVER_BUY, NEVER_SELL, SCREEN, SELL_OUT

if TYPE_CHECKING:
    from engine.prove.verify.facts import Facts


@dataclass(frozen=True)
class Bars:
    """Which restrictions bar each of some accounts and securities."""

    never_buy: Bools
    never_sell: Bools
    sell_out: Bools
    screened: Bools


class Barred:
    """Accounts and securities that restrictions bar."""

    def __init__(self, facts: Facts) -> None:
        restrictions, size = facts.restrictions, len(facts.securities.names)
        row, security = restrictions.bars()
        self.row, self.security = row, security
        kind, account = restrictions.kind[row], restrictions.account.codes[row]
        groups = Groups(account, security, size)
        self._keys = groups.keys
        self._bars = Bars(*(groups.any(kind == one) for one in (NEVER_BUY, NEVER_SELL, SELL_OUT, SCREEN)))
        traded = facts.traded
        place = find(self._keys, pair(traded.account.codes, traded.security.codes, size))
        of_bars = (self._bars.never_buy, self._bars.never_sell, self._bars.sell_out, self._bars.screened)
        self.of_traded = Bars(*(at(one, place, False) for one in of_bars))
        account, security = self._keys // size, self._keys % size
        due = self._bars.sell_out & ~self._bars.never_sell
        due &= facts.securities.tradable[facts.securities.row(security)] & (account > 0)
        self.to_sell_out = Due(facts, account[due], security[due])


class Due:
    """Holdings to sell out, as far as they may be traded; micro-shares."""

    def __init__(self, facts: Facts, account: Ints, security: Ints) -> None:
        self.account = Coded(account, facts.accounts.names)
        self.security = Coded(security, facts.securities.names)
        self.row, self.listed = facts.accounts.row(account), facts.securities.row(security)
        place = facts.positions.place(account, security)
        self.held = at(facts.positions.held, place, 0)
        self.unlocked = at(facts.positions.unlocked, place, 0)
        self.sold = at(facts.traded.sold, facts.traded.place(account, security), 0)


class WeightLimits:
    """One min_weight or max_weight restriction of a decided account, with what it is about in sum."""

    def __init__(self, facts: Facts) -> None:
        restrictions, positions, traded = facts.restrictions, facts.positions, facts.traded
        row, security = restrictions.limits()
        known = facts.is_decided[facts.accounts.row(restrictions.account.codes[row])]
        row, security = row[known], security[known]
        account = restrictions.account.codes[row]
        held, moved = positions.place(account, security), traded.place(account, security)
        bought, sold = at(traded.bought, moved, 0), at(traded.sold, moved, 0)
        after = at(positions.held, held, 0) + bought - sold
        usd = in_units(after, SHARES) * facts.securities.usd[facts.securities.row(security)]
        groups = Groups(row)
        self._restrictions, self._row = restrictions, groups.keys
        self.account = restrictions.account.take(groups.keys)
        self.is_most = restrictions.kind[groups.keys] == MAX_WEIGHT
        self.bound: Floats = restrictions.value[groups.keys]
        self.bought, self.sold = groups.sum(bought), groups.sum(sold)
        self.usd = groups.total(usd)
        self.value = facts.value[facts.accounts.row(self.account.codes)]

    def subject(self, row: int) -> str:
        """What the restriction is about."""
        place = int(self._row[row])
        return self._restrictions.security[place] or self._restrictions.sector[place]


def waiting_shares(facts: Facts) -> Ints:
    """Micro-shares of each holding to sell out that wait: their loss would be a wash sale, and a person is told."""
    due, lots, positions = facts.barred.to_sell_out, facts.lots, facts.positions
    found, size = np.zeros(len(due.row), dtype=np.int64), len(facts.securities.names)
    waits = np.flatnonzero(facts.told("WASH_WAIT")[due.account.codes])
    held = positions.place(due.account.codes[waits], due.security.codes[waits])
    rows = positions.groups.rows_of(held[held >= 0])
    rows = rows[~lots.locked[rows]]
    place = find(
        pair(due.account.codes, due.security.codes, size),
        pair(lots.account.codes[rows], lots.security.codes[rows], size),
    )
    listed = facts.securities.usd[due.listed[place]]
    losing = (facts.accounts.tax[due.row[place]] == TAXABLE) & (lots.cost[rows] > listed) & (lots.quantity[rows] > 0)
    rows, place = rows[losing], place[losing]
    if len(rows):
        washed = _would_be_washed(facts, rows)
        np.add.at(found, place[washed], lots.quantity[rows[washed]])
    return found


def _would_be_washed(facts: Facts, rows: Ints) -> Bools:
    """Lots whose sale a purchase of the last 30 days, other than their own, or one of the run would replace."""
    lots, nearby = facts.lots, facts.nearby
    case = nearby.case_of(lots.account.codes[rows], lots.security.codes[rows])
    wanted = distinct(case[case >= 0])
    bought = distinct(nearby.purchases[find(wanted, nearby.purchases) >= 0])
    found = find(bought, case) >= 0
    near = np.flatnonzero(find(wanted, nearby.recent_purchases) >= 0)
    near = near[np.argsort(nearby.recent_purchases[near], kind="stable")]
    lot, recent = join(nearby.recent_purchases[near], case)
    recent = near[recent]
    own = _is_own(facts, rows[lot], recent)
    found[lot[~own]] = True
    return found


def _is_own(facts: Facts, lot: Ints, recent: Ints) -> Bools:
    """Whether the lot is a part of the purchase: a lot's own shares do not replace themselves."""
    lots, nearby, whole = facts.lots, facts.nearby, facts.lot_names.lot
    rows, buys = nearby.recent_lots, nearby.recent_buys
    account = np.concatenate([lots.account.codes[rows], facts.activity_account.codes[buys]])[recent]
    security = np.concatenate([lots.security.codes[rows], facts.activity_security.codes[buys]])[recent]
    day = np.concatenate([lots.acquired[rows], nearby.activity.day[buys]])[recent]
    bought = whole[np.concatenate([lots.name[rows], facts.activity_lot[buys]])[recent]]
    mine = whole[lots.name[lot]]
    same = (account == lots.account.codes[lot]) & (security == lots.security.codes[lot]) & (day == lots.acquired[lot])
    own: Bools = same & ((bought == 0) | ((bought == mine) & (mine > 0)))
    return own
