"""Legacy of accounts in transition: what they hold with a gain and their effective target does not, and may sell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.prove.verify.book import lot_cents
from engine.prove.verify.columns import MONEY, NULL, SHARES, Bools, Floats, Ints, in_units
from engine.prove.verify.compiled.words import SELL
from engine.prove.verify.groups import Groups, at, distinct, find, pair, total_by
from engine.prove.verify.restrictions import MIN_WEIGHT, NEVER_SELL, SELL_OUT

if TYPE_CHECKING:
    from engine.prove.verify.facts import Facts


class Legacy:
    """By account: gains in USD of what is free to be sold, of what was sold this year before the run, and in it.

    `years`: tax years left, this one included; `slack`: gains that too small orders and parts of shares may leave.
    """

    def __init__(self, facts: Facts) -> None:
        accounts, lots, securities = facts.accounts, facts.lots, facts.securities
        count, size = len(accounts), len(securities.names)
        until = accounts.settings.transition_until
        self.moves: Bools = (until != NULL) & facts.is_decided
        year = int(_year_of(np.array([facts.today]))[0])
        self.years = np.maximum(_year_of(np.where(self.moves, until, facts.today)) - year + 1, 1)
        if not self.moves.any():
            self.left, self.slack, self.now, self.before = np.zeros((4, count))
            return
        rows = np.flatnonzero(self.moves[accounts.row(lots.account.codes)] & ~lots.locked)
        owner, security = accounts.row(lots.account.codes[rows]), lots.security.codes[rows]
        kept = self._outside(facts, owner, security) & self._free(facts, owner, security, size)
        rows, owner, security = rows[kept], owner[kept], security[kept]
        usd = in_units(lots.quantity[rows], SHARES) * securities.usd[securities.row(security)]
        names = Groups(owner, security, size)
        gain = names.total(usd - lot_cents(lots.quantity[rows], lots.cost[rows]) / 100)
        with_gain = gain > 0
        keys, gain = names.keys[with_gain], gain[with_gain]
        owner, security = keys // size, keys % size
        self.left = total_by(owner, gain, count)
        order = accounts.number("min_trade_usd")[owner] + securities.usd[securities.row(security)]
        part = at(facts.positions.unlocked, facts.positions.place(owner, security), 0)
        whole = (self.years[owner] == 1) & (part == at(facts.positions.held, facts.positions.place(owner, security), 0))
        self.slack = total_by(owner, np.where(whole, 0.05, np.minimum(gain, order)), count)
        self.now = self._realised_now(facts, keys, size)
        self.before = self._realised_before(facts, year)

    @staticmethod
    def _outside(facts: Facts, owner: Ints, security: Ints) -> Bools:
        """Names outside the account's effective target."""
        target = facts.results.target.codes[facts.result_of[owner]]
        return np.asarray(facts.targets.weight_of(target, security) <= 0)

    @staticmethod
    def _free(facts: Facts, owner: Ints, security: Ints, size: int) -> Bools:
        """Names that may be traded and that no other rule is about."""
        listed = facts.securities.row(security)
        age = np.rint(facts.accounts.number("max_price_age_days"))[owner]
        free = facts.securities.tradable[listed] & facts.securities.priced_on(security, facts.today - age)
        restrictions = facts.restrictions
        barred, limited = restrictions.bars(), restrictions.limits()
        bound = []
        for (row, named), kinds in ((barred, (NEVER_SELL, SELL_OUT)), (limited, (MIN_WEIGHT,))):
            wanted = np.isin(restrictions.kind[row], kinds)
            bound.append(pair(facts.accounts.row(restrictions.account.codes[row[wanted]]), named[wanted], size))
        other = distinct(np.concatenate(bound))
        return np.asarray(free & (find(other, pair(owner, security, size)) < 0))

    @staticmethod
    def _realised_now(facts: Facts, keys: Ints, size: int) -> Floats:
        """USD that the run realises of the names in `keys`, wash sales apart."""
        trades = facts.trades
        sales = np.flatnonzero(trades.side == SELL)
        owner = facts.accounts.row(trades.account.codes[sales])
        mine = find(keys, pair(owner, trades.security.codes[sales], size)) >= 0
        cost = in_units(trades.quantity[sales], SHARES) * at(facts.lots.cost, facts.rows.lot[sales], np.nan)
        gain = in_units(trades.amount[sales], MONEY) - cost
        return total_by(owner[mine], np.where(np.isnan(gain), 0.0, gain)[mine], len(facts.accounts))

    def _realised_before(self, facts: Facts, year: int) -> Floats:
        """USD that the year has realised of names outside the effective targets."""
        owner = facts.accounts.row(facts.activity_account.codes)
        security = facts.activity_security.codes
        activity = facts.nearby.activity
        rows = np.flatnonzero((activity.side == SELL) & (activity.day != NULL) & self.moves[owner])
        rows = rows[_year_of(activity.day[rows]) == year]
        rows = rows[self._outside(facts, owner[rows], security[rows])]
        gain = activity.gain[rows]
        return total_by(owner[rows], np.where(np.isnan(gain), 0.0, gain), len(facts.accounts))


def _year_of(day: Ints) -> Ints:
    """Of days since 1970."""
    return np.asarray(day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970)
