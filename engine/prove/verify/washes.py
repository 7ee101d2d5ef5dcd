"""Wash sales of a part, counted again from the book, household by household, where a trade of the run is near one.

What the run reports plays no part, but for the basis of a sale, which has a rule of its own.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from engine.prove.verify.columns import Bools
from engine.prove.verify.compiled.wash_gather import tell
from engine.prove.verify.compiled.wash_run import Washes as Counted
from engine.prove.verify.compiled.wash_run import count
from engine.prove.verify.groups import distinct, find
from engine.prove.verify.names import Coded
from engine.prove.verify.terms import long_from
from engine.prove.verify.wash_cases import Run, gather

if TYPE_CHECKING:
    from engine.prove.verify.facts import Facts


READINGS = (0.5, 1.0)
"""Cents: shares that lose no more may be read as sold at no loss."""


class OfLots:
    """What wash sales make of each lot sold from (`sold_lots`), USD.

    `disallowed` of its loss in so many `pieces`, `whole` where all its shares are replaced; losses of the run that it
    `absorbed`, which came by so many `hops` from sale to sale. `long`, `short`: micro-shares that took up losses, by
    what their holding period makes of the sale.
    """

    def __init__(self, lots: int, today: int) -> None:
        self._today = today
        self.disallowed, self.absorbed = np.zeros((2, lots))
        self.pieces, self.hops, self.long, self.short = np.zeros((4, lots), dtype=np.int64)
        self.whole = np.zeros(lots, dtype=bool)

    def tell(self, run: Run, counted: Counted) -> None:
        """Take what was counted of the run's sales."""
        tell(run.records, counted.sales, run.lot, self.disallowed, self.absorbed, self.pieces, self.hops, self.whole)
        sold = run.lot[run.lot >= 0]
        self.long[sold] = self.short[sold] = 0
        lot, shares = run.lot[counted.taken["run"]], counted.taken["quantity"]
        is_long = self._today >= long_from(counted.taken["start"])
        for found, which in ((self.long, is_long & (lot >= 0)), (self.short, ~is_long & (lot >= 0))):
            np.add.at(found, lot[which], shares[which])

    def copied(self) -> OfLots:
        """The same, to be told otherwise."""
        return copy.deepcopy(self)


class Washes:
    """What wash sales make of the trades of the run, USD.

    `of_lots` sold from. By purchase that takes an earlier loss away: `buyer`, `bought`, `taken`, `taken_is_long`.
    `unknown`: households and wash groups with an earlier loss of unknown size that nothing has replaced.

    Every sale that loses is a loss here. A sale's amounts are rounded, so of shares that lose less than a cent nobody
    can tell (`told_by_any`).
    """

    def __init__(self, facts: Facts) -> None:
        cases, run = gather(facts, facts.nearby, facts.nearby.cases, 0.0)
        counted = count(cases, facts.today)
        self.of_lots = OfLots(len(facts.sold_lots), facts.today)
        self.of_lots.tell(run, counted)
        buying = counted.taken[run.lot[counted.taken["run"]] < 0]
        pairs = run.traded[buying["run"]]
        self.buyer: Coded = facts.traded.account.take(pairs)
        self.bought: Coded = facts.traded.security.take(pairs)
        self.buyer_row = facts.traded.row[pairs]
        self.taken = buying["lost"] / 100
        self.taken_is_long = buying["sold"] >= long_from(buying["start"])
        self.unknown = facts.nearby.cases[counted.unknown]


def told_by_any(facts: Facts, right: Callable[[OfLots], Bools], known: Bools) -> Bools:
    """Where `known`, or where what is reported is right by some reading of shares that lose less than a cent.

    Cases in which all is right are not read otherwise.
    """
    found = known | right(facts.washes.of_lots)
    if found.all():
        return found
    traded = facts.traded.of_row[facts.sold_lots.first[~found]]
    open_ = distinct(facts.nearby.traded[traded])
    open_ = open_[find(facts.nearby.cases, open_) >= 0]
    for least in READINGS if len(open_) else ():
        told = facts.washes.of_lots.copied()
        cases, run = gather(facts, facts.nearby, open_, least)
        told.tell(run, count(cases, facts.today))
        found = found | right(told)
    return found
