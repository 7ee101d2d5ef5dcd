"""Gains of the run, had every name sold gone out of the lots acquired first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.prove.verify.columns import NULL, Bools, Floats, Ints, filled
from engine.prove.verify.compiled.arrays import read_only
from engine.prove.verify.compiled.fifo import Lots, Names, as_chosen, first_in_first_out
from engine.prove.verify.compiled.trade_rows import OWN_LOT, QUANTITY
from engine.prove.verify.groups import at, total_by
from engine.prove.verify.sold import long_until

if TYPE_CHECKING:
    from engine.prove.verify.facts import Facts


class LotChoice:
    """By account, USD: `short`, `long`, what first in, first out gains more of a term than the lots that were sold.

    No wash sale is looked at. `cut`: parts of lots among both, each of which may be a cent off. `known`: every sale is
    of a lot of its name that has a cost and holds as much, and of a name of which as much is unlocked.
    """

    def __init__(self, facts: Facts) -> None:
        count, sold, rows = len(facts.accounts), facts.sold_lots, facts.checked.rows(OWN_LOT | QUANTITY)
        lots = facts.lots
        self._lots = Lots(*read_only(lots.quantity, lots.cost, filled(lots.acquired), lots.start, lots.locked))
        self._long_until = long_until(facts.today)
        owner = facts.accounts.row(sold.account.codes)
        wrong = (sold.held == NULL) | (sold.quantity > sold.held) | np.isnan(sold.cost)
        sales = np.flatnonzero(facts.traded.sold > 0)
        seller = facts.traded.row[sales]
        first_in, unlocked = self._first_in(facts, sales)
        self.known: Bools = np.ones(count, dtype=bool)
        self.known[owner[wrong]] = self.known[seller[unlocked < facts.traded.sold[sales]]] = False
        self.known[facts.accounts.row(facts.trades.account.codes[rows])] = False
        self.cut: Ints = np.bincount(owner[sold.quantity != sold.held], minlength=count)
        self.cut += np.bincount(seller, minlength=count)
        right = np.flatnonzero(~wrong)
        self.short, self.long = (
            (total_by(seller, first, count) - total_by(owner[right], ours, count)) / 100
            for first, ours in zip(first_in, self._as_chosen(facts, right), strict=True)
        )

    def _as_chosen(self, facts: Facts, which: Ints) -> Floats:
        """Cents that these sold lots gain, (2, which)."""
        sold = facts.sold_lots
        price = facts.securities.price[facts.securities.row(sold.security.codes[which])]
        found = np.empty((2, len(which)))
        rows, shares, prices = read_only(sold.row[which], sold.quantity[which], filled(price))
        as_chosen(self._lots, rows, shares, prices, self._long_until, *found)
        return found

    def _first_in(self, facts: Facts, sales: Ints) -> tuple[Floats, Ints]:
        """Cents that these names sold would gain, (2, sales); micro-shares of them that are unlocked."""
        traded, positions = facts.traded, facts.positions
        place = positions.place(traded.account.codes[sales], traded.security.codes[sales])
        number = np.full(len(positions), -1)
        number[place[place >= 0]] = np.flatnonzero(place >= 0)
        groups = positions.groups
        run = np.flatnonzero(number[groups.group] >= 0)
        name = number[groups.group[run]]
        if (name[1:] < name[:-1]).any():
            order = np.argsort(name, kind="stable")
            run, name = run[order], name[order]
        price = filled(facts.securities.price[traded.listed[sales]])
        names = Names(*read_only(traded.sold[sales], price, groups.starts[run], groups.starts[run + 1], name))
        found = np.empty((2, len(sales)))
        first_in_first_out(self._lots, names, self._long_until, np.empty(len(facts.lots), dtype=np.int64), *found)
        return found, at(positions.unlocked, place, 0)
