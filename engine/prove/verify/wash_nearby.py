"""Households and wash groups in which trades of the run and of the last 30 days may meet."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from weakref import proxy

import numpy as np
import pyarrow as pa

from engine.prove.verify.columns import NULL, SHARES, Bools, Ints, choice, column, days, filled, integers, reals, scaled
from engine.prove.verify.compiled.trade_rows import AT_A_LOSS
from engine.prove.verify.compiled.wash_past import UNORDERED
from engine.prove.verify.compiled.wash_shares import WINDOW
from engine.prove.verify.compiled.words import BUY, DEFERRED, EXEMPT, SELL
from engine.prove.verify.groups import distinct, find, pair

if TYPE_CHECKING:
    from engine.prove.verify.facts import Facts


class Activity:
    """Trades of the last weeks, as delivered; micro-shares, micro-dollars, cents."""

    def __init__(self, table: pa.Table) -> None:
        self.day = days(column(table, "trade_date"))
        self.side = choice(column(table, "side"), "BUY", "SELL")
        self.quantity = scaled(column(table, "quantity"), SHARES)
        self.gain = reals(column(table, "realised_gain"))
        self.disallowed = reals(column(table, "wash_disallowed"))
        self._table = table

    @cached_property
    def sequence(self) -> Ints:
        """The order within the day; `UNORDERED` where none is told."""
        return filled(integers(column(self._table, "sequence")), UNORDERED)

    @cached_property
    def price(self) -> Ints:
        """Micro-dollars a share."""
        return scaled(column(self._table, "price"), SHARES)

    @cached_property
    def start(self) -> Ints:
        """Where the holding period of what was sold starts."""
        return days(column(self._table, "holding_start"))

    def told(self, today: int) -> Bools:
        """Rows of a purchase or a sale up to and with today."""
        found: Bools = (self.quantity > 0) & (self.day <= today) & (self.day != NULL) & (self.side > 0)
        return found


class Nearby:
    """Households and wash groups, as one number each (`case`), in which the run and the last 30 days may meet."""

    def __init__(self, facts: Facts) -> None:
        self._facts: Facts = proxy(facts)  # it holds this, and both go at once
        self.activity = Activity(facts.activity)
        self._groups = int(facts.securities.group.max(initial=0)) + 1
        self._since = facts.today - WINDOW

    def case_of(self, account: Ints, security: Ints) -> Ints:
        """-1 where the account or the security is unknown."""
        owner, listed = self._facts.accounts.row(account), self._facts.securities.row(security)
        case = pair(self._facts.accounts.household[owner], self._facts.securities.group[listed], self._groups)
        return np.where((owner > 0) & (listed > 0), case, -1)

    @cached_property
    def traded(self) -> Ints:
        """The case of each security that an account trades."""
        traded = self._facts.traded
        return self.case_of(traded.account.codes, traded.security.codes)

    @cached_property
    def losses(self) -> Ints:
        """Cases in which a taxable account sells at a loss."""
        traded = self._facts.traded
        losing = np.zeros(len(traded), dtype=bool)
        losing[traded.of_row[self._facts.checked.rows(AT_A_LOSS)]] = True
        return distinct(self.traded[losing])

    @cached_property
    def purchases(self) -> Ints:
        """The case of each security that an account trades, -1 unless it buys it."""
        return np.where(self._facts.traded.buys, self.traded, -1)

    def _lately(self, day: Ints) -> Bools:
        return (day >= self._since) & (day <= self._facts.today)

    @cached_property
    def recent_lots(self) -> Ints:
        """Rows of lots acquired in the last 30 days."""
        return np.flatnonzero(self._lately(self._facts.lots.acquired))

    @cached_property
    def recent_buys(self) -> Ints:
        """Rows of purchases in the last 30 days."""
        return np.flatnonzero((self.activity.side == BUY) & self._lately(self.activity.day))

    @cached_property
    def activity_case(self) -> Ints:
        """The case of each row of `activity`, -1 where it is of an unknown account or security."""
        return self.case_of(self._facts.activity_account.codes, self._facts.activity_security.codes)

    @cached_property
    def recent_purchases(self) -> Ints:
        """The case of each recent lot, then of each recent buy."""
        lots = self._facts.lots
        rows = self.recent_lots
        of_lots = self.case_of(lots.account.codes[rows], lots.security.codes[rows])
        return np.concatenate([of_lots, self.activity_case[self.recent_buys]])

    @cached_property
    def recent_losses(self) -> Ints:
        """Cases with a sale at a loss in the last 30 days; one without realised_gain may be one."""
        activity, tax = self.activity, self._facts.accounts.tax
        lost = np.isnan(activity.gain) | (activity.gain < 0) | (activity.disallowed > 0)
        owner = self._facts.accounts.row(self._facts.activity_account.codes)
        counted = (activity.side == SELL) & lost & self._lately(activity.day)
        counted &= (tax[owner] != DEFERRED) & (tax[owner] != EXEMPT)
        lost_in: Ints = self.activity_case[counted]
        return lost_in

    @cached_property
    def cases(self) -> Ints:
        """Where a loss of the run may have been replaced, or a purchase of the run may replace one; sorted."""
        bought = distinct(self.traded[self._facts.traded.buys])
        near = distinct(np.concatenate([self.recent_purchases, bought]))
        replaced = self.losses[find(near, self.losses) >= 0]
        found = distinct(np.concatenate([replaced, bought[find(distinct(self.recent_losses), bought) >= 0]]))
        return found[np.searchsorted(found, 0) :]
