"""The tax year of each decided account: its year to date, and its tax by the schedule."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from engine.prove.verify.columns import MONEY, Bools, Floats, in_units
from engine.prove.verify.compiled.words import TAXABLE
from engine.prove.verify.input_faults import faulty
from engine.prove.verify.terms import schedule

if TYPE_CHECKING:
    from engine.prove.verify.facts import Facts


class TaxYear:
    """Decided accounts: the year to date, gains of the run in USD, and the tax of both by the schedule.

    Whether an exception shares in the household's deduction depends on when it became one: before its value was known
    (its input is faulty: `sound`) or after (`shared`).
    """

    def __init__(self, facts: Facts) -> None:
        accounts, owner = facts.accounts, facts.decided.account.codes
        self._owner, self._accounts, self._value = owner, accounts, facts.value
        self.taxable: Bools = accounts.tax[owner] == TAXABLE
        self.cost = facts.results.cents("tax_cost")[facts.decided.row]
        self.gained = in_units(facts.flow.short[owner], MONEY), in_units(facts.flow.long[owner], MONEY)
        self.to_date = accounts.st_ytd[owner], accounts.lt_ytd[owner]
        counted = (accounts.tax == TAXABLE) & (np.arange(len(accounts)) > 0)
        self.sound = self._part(counted & ~faulty(facts))
        self.shared = self._part(counted & facts.is_decided)

    def _part(self, counted: Bools) -> Floats:
        """What each account may take of its household's deduction, by value over those counted; NaN where none is."""
        household = self._accounts.household
        worth = np.where(counted & ~np.isnan(self._value), self._value, 0.0)
        pool = np.bincount(household, weights=worth)
        some = np.bincount(household, weights=counted) > 0
        whole = np.where(some, pool, np.nan)[household[self._owner]]
        return self._accounts.number("ordinary_offset")[self._owner] * self._value[self._owner] / whole

    @cached_property
    def before(self) -> Floats:
        """The tax of the year to date."""
        return self.tax(self.sound, with_run=False)

    def added(self, offset: Floats) -> Floats:
        """What the run adds to the tax."""
        before = self.before if offset is self.sound else self.tax(offset, with_run=False)
        return self.tax(offset, with_run=True) - before

    def with_more(self, offset: Floats, short: Floats, long: Floats) -> Floats:
        """What further gains of either term, beside the run's, add to the tax."""
        gained = self.gained[0] + short, self.gained[1] + long
        return self._tax(offset, *gained) - self._tax(offset, *self.gained)

    def tax(self, offset: Floats, *, with_run: bool) -> Floats:
        """By the schedule."""
        none = np.zeros(len(self._owner))
        return self._tax(offset, *(self.gained if with_run else (none, none)))

    def _tax(self, offset: Floats, gained_short: Floats, gained_long: Floats) -> Floats:
        """With these gains of the run, carryforwards entered as losses of their kind."""
        accounts, owner = self._accounts, self._owner
        short = self.to_date[0] - accounts.st_carried[owner] + gained_short
        long = self.to_date[1] - accounts.lt_carried[owner] + gained_long
        st, lt, loss_value = (accounts.number(name)[owner] for name in ("st_rate", "lt_rate", "loss_value"))
        return schedule(short, long, st, lt, loss_value, offset)
