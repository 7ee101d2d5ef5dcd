"""Targets as the followers of each model use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.prove.verify.columns import NULL, Bools, Floats, Ints
from engine.prove.verify.groups import Groups, join, pair
from engine.prove.verify.names import Coded
from engine.prove.verify.outputs import Targets
from engine.prove.verify.restrictions import NEVER_BUY, SCREEN, SELL_OUT

if TYPE_CHECKING:
    from engine.prove.verify.facts import Facts


class Followers:
    """One target as a model's followers with the same cash_target use it, and one account of theirs.

    `plain`: nothing is left out of it, because nothing is barred and all of the model may be traded.
    """

    def __init__(self, facts: Facts) -> None:
        decided, accounts = facts.decided, facts.accounts
        owner = decided.account.codes
        model = accounts.model.take(owner)
        target = facts.results.target.take(decided.row)
        cash_target, cash = np.unique(accounts.number("cash_target")[owner], return_inverse=True)
        plain = self._plain_models(facts, np.unique(model.codes))[model.codes] & ~self._restricted(facts)[owner]
        key = pair(pair(target.codes, model.codes, len(model.names)), cash * 2 + plain, 2 * len(cash_target) + 1)
        groups = Groups(key)
        first = groups.first
        self.account: Coded = decided.account.take(first)
        self.target: Coded = target.take(first)
        self.model: Coded = model.take(first)
        self.cash_target: Floats = cash_target[cash[first]]
        self.plain: Bools = plain[first]

    @staticmethod
    def _plain_models(facts: Facts, held: Ints) -> Bools:
        """By model: all that it holds may be traded and has a price that is fresh for every account."""
        models, securities = facts.models, facts.securities
        place, security, _ = models.flat(held)
        row = securities.row(security)
        oldest = facts.today - np.rint(np.nanmin(facts.accounts.number("max_price_age_days")[1:], initial=np.inf))
        fresh = (row > 0) & securities.tradable[row] & (securities.price[row] > 0)
        fresh &= (securities.price_date[row] == NULL) | (securities.price_date[row] >= oldest)
        found = np.zeros(len(models.names), dtype=bool)
        found[held[place]] = True
        found[held[place[~fresh]]] = False
        return found

    @staticmethod
    def _restricted(facts: Facts) -> Bools:
        """By account: some restriction may bar a name of its model."""
        restrictions = facts.restrictions
        barring = np.isin(restrictions.kind, (NEVER_BUY, SELL_OUT, SCREEN))
        found = np.zeros(len(facts.accounts), dtype=bool)
        found[facts.accounts.row(restrictions.account.codes[barring])] = True
        return found

    def target_rows(self, targets: Targets) -> tuple[Ints, Ints]:
        """(follower, place in the targets' pairs) of all that each target names."""
        return join(targets.pair_target, np.where(self.target.codes > 0, self.target.codes, -1))
