"""Wash sales of a part, counted again from the book, household by household, where a trade of the run is near one.

What the run reports plays no part, but for the basis of a sale, which has a rule of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from engine.prove.verify.columns import Bools
from engine.prove.verify.compiled.wash_run import count
from engine.prove.verify.names import Coded
from engine.prove.verify.terms import long_from
from engine.prove.verify.wash_cases import gather

if TYPE_CHECKING:
    from engine.prove.verify.facts import Facts


class Washes:
    """What wash sales make of the trades of the run, USD.

    By lot sold from (a group of `sales.by_lot`): `disallowed` of its loss in so many `pieces`, `whole` where all its
    shares are replaced; losses of the run that it `absorbed`, which came by so many `hops` from sale to sale;
    `may_be_long`, `may_be_short`: where a holding period of shares that did makes the sale so. By purchase that takes
    an earlier loss away: `buyer`, `bought`, `taken`, `taken_is_long`. `unknown`: households and wash groups with an
    earlier loss of unknown size that nothing has replaced.

    A sale is a loss where it loses more than `least` cents: its amounts are rounded, and of one that loses less than a
    cent nobody can tell.
    """

    def __init__(self, facts: Facts, least: float = 0.0) -> None:
        cases, run = gather(facts, facts.nearby, least)
        counted = count(cases, facts.today)
        lots = facts.sales.by_lot
        sold = np.flatnonzero(run.sale >= 0)
        lot = lots.of_row[run.sale[sold]]
        self.disallowed, self.absorbed = np.zeros((2, len(lots)))
        self.pieces, self.hops = np.zeros((2, len(lots)), dtype=np.int64)
        self.whole, self.may_be_long, self.may_be_short = np.zeros((3, len(lots)), dtype=bool)
        sales = counted.sales[sold]
        self.disallowed[lot] = sales["disallowed"] / 100
        self.absorbed[lot] = sales["absorbed"] / 100
        self.pieces[lot] = sales["pieces"]
        self.hops[lot] = sales["hops"]
        self.whole[lot] = sales["shares"] == cases.run["quantity"][sold]
        row = counted.taken["run"]
        by_sale = run.sale[row] >= 0
        absorbing, buying = counted.taken[by_sale], counted.taken[~by_sale]
        lot = lots.of_row[run.sale[row[by_sale]]]
        is_long = facts.today >= long_from(absorbing["start"])
        self.may_be_long[lot[is_long]] = True
        self.may_be_short[lot[~is_long]] = True
        pairs = run.traded[row[~by_sale]]
        self.buyer: Coded = facts.traded.account.take(pairs)
        self.bought: Coded = facts.traded.security.take(pairs)
        self.buyer_row = facts.traded.row[pairs]
        self.taken = buying["lost"] / 100
        self.taken_is_long = buying["sold"] >= long_from(buying["start"])
        self.unknown = facts.nearby.cases[counted.unknown]


def told_by_any(facts: Facts, right: Callable[[Washes], Bools], known: Bools) -> Bools:
    """Where `known`, or where what is reported is right by some reading of the sales that lose less than a cent."""
    found = known | right(facts.washes)
    for other in () if found.all() else facts.other_washes:
        found = found | right(other)
    return found
