"""Gains of the run, had every name sold gone out of the lots acquired first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.prove.verify.book import lot_cents
from engine.prove.verify.columns import NULL, Bools, Floats, Ints, filled
from engine.prove.verify.compiled.arrays import read_only
from engine.prove.verify.compiled.fifo import Lots, as_chosen, first_in_first_out
from engine.prove.verify.compiled.trade_rows import OWN_LOT, QUANTITY
from engine.prove.verify.groups import at, total_by
from engine.prove.verify.terms import long_from

if TYPE_CHECKING:
    from engine.prove.verify.facts import Facts

Terms = tuple[Floats, Floats]


class LotChoice:
    """By account, USD of either term: `moved`, what first in, first out would gain more than the lots that were sold.

    No wash sale is looked at. `cut`: parts of lots among both, each of which may be a cent off. `known`: every sale is
    of a lot of its name that has a cost and holds as much, and of a name of which as much is unlocked.
    """

    def __init__(self, facts: Facts) -> None:
        count, sold = len(facts.accounts), facts.sold_lots
        owner = facts.accounts.row(sold.account.codes)
        wrong = (sold.held == NULL) | (sold.quantity > sold.held) | np.isnan(sold.cost)
        chosen = _as_chosen(facts, np.flatnonzero(~wrong))
        first_in, name_owner, short_of = _first_in_first_out(facts)
        strange = facts.accounts.row(facts.trades.account.codes[facts.checked.rows(OWN_LOT | QUANTITY)])
        self.known: Bools = (_count(owner, wrong, count) == 0) & (_count(name_owner, short_of, count) == 0)
        self.known[strange] = False
        self.cut: Ints = _count(owner, sold.quantity != sold.held, count) + np.bincount(name_owner, minlength=count)
        self.moved: Terms = tuple(  # type: ignore[assignment]
            (total_by(name_owner, first, count) - total_by(owner[~wrong], ours, count)) / 100
            for first, ours in zip(first_in, chosen, strict=True)
        )


def _count(owner: Ints, which: Bools, count: int) -> Ints:
    return np.bincount(owner[which], minlength=count)


def _lots(facts: Facts, rows: Ints) -> Lots:
    """Rows of `lots` as compiled functions take them."""
    lots = facts.lots
    long = (lots.start[rows] != NULL) & (long_from(lots.start[rows]) <= facts.today)
    cents = lot_cents(lots.quantity[rows], lots.cost[rows])
    return Lots(*read_only(lots.quantity[rows], cents, filled(lots.acquired[rows]), long.astype(np.int64)))


def _as_chosen(facts: Facts, which: Ints) -> Terms:
    """Cents that each of these sold lots gains."""
    sold = facts.sold_lots
    price = facts.securities.price[facts.securities.row(sold.security.codes[which])]
    short, long = np.empty((2, len(which)))
    as_chosen(_lots(facts, sold.row[which]), sold.quantity[which], filled(price), short, long)
    return short, long


def _first_in_first_out(facts: Facts) -> tuple[Terms, Ints, Bools]:
    """Cents that each name sold would gain; its account; whether less of it is unlocked than is sold."""
    traded, positions, lots = facts.traded, facts.positions, facts.lots
    sales = np.flatnonzero(traded.sold > 0)
    place = positions.place(traded.account.codes[sales], traded.security.codes[sales])
    number = np.full(len(positions), -1)
    number[place[place >= 0]] = np.flatnonzero(place >= 0)
    rows = positions.groups.rows_of(place[place >= 0])
    rows = rows[~lots.locked[rows] & (lots.quantity[rows] != NULL)]
    name = number[positions.groups.of(rows)]
    if (name[1:] < name[:-1]).any():
        order = np.argsort(name, kind="stable")
        rows, name = rows[order], name[order]
    offsets = np.searchsorted(name, np.arange(len(sales) + 1))
    price = filled(facts.securities.price[traded.listed[sales]])
    short, long = np.empty((2, len(sales)))
    order = np.empty(len(rows), dtype=np.int64)
    first_in_first_out(_lots(facts, rows), offsets, traded.sold[sales], price, order, short, long)
    return (short, long), traded.row[sales], at(positions.unlocked, place, 0) < traded.sold[sales]
