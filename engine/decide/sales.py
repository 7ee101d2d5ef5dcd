"""The order in which each name's lots are sold, by what they cost once each term's gain has a price."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.decide.schedule import Half
from kernels.arrays import frozen
from kernels.lots import order_of_sale
from kernels.problem import Problem
from kernels.taxes import UNTAXED, is_budgeted

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WHOLE, FIRST, REST = range(3)
"""Pieces of a segment: all of it, what is sold before the next segment's turn, and what is sold after."""
PIECE: Final = 1e-3
"""Percent of account value: a segment is cut where more than this is sold of it and more than this is left."""
BUDGET_PIECE: Final = 1e-8
"""The same under a budget, which a thousandth of a percent more gain would break at a price of many bp."""


def least_piece(problem: Problem) -> float:
    """Percent of account value that counts as sold, and as left."""
    return BUDGET_PIECE if is_budgeted(problem.schedule) else PIECE


@dataclass(frozen=True, eq=False)
class SaleOrder:
    """Pieces of segments in the order of sale, name by name.

    `offsets` (n + 1,) delimits each name's pieces; pieces (p,): `segment` in the problem's own order and `kind`. `cut`
    (s,) is the FIRST piece of each segment that has one, percent. `first` (p,) marks what a solver sold; empty where
    the order is by price alone.
    """

    offsets: Ints
    segment: Ints
    kind: NDArray[np.int8]
    cut: Floats
    first: NDArray[np.bool_]

    def in_steps(self, step: Floats) -> SaleOrder:
        """The same order, cut where a piece is a whole number of its name's `step` (s,), percent."""
        return replace(self, cut=np.rint(self.cut / step) * step)

    def size(self, problem: Problem) -> Floats:
        """(p,) percent of each piece."""
        size, cut = problem.segment_size[self.segment], self.cut[self.segment]
        cut = np.minimum(cut, size)
        pieces: Floats = np.choose(self.kind, (size, cut, size - cut))
        return pieces

    def of(self, problem: Problem) -> Problem:
        """The problem with its segments in this order."""
        return frozen(
            problem._replace(
                segment_offsets=self.offsets,
                segment_size=self.size(problem),
                segment_cost=problem.segment_cost[self.segment],
                segment_gain=problem.segment_gain[self.segment],
                segment_long=problem.segment_long[self.segment],
            )
        )


def priced_cost(problem: Problem, prices: Floats) -> Floats:
    """(s,) bp per percent sold, tax included, at `prices` (2,) of short- and long-term gain."""
    cost: Floats = problem.segment_cost + prices[problem.segment_long.astype(np.intp)] * problem.segment_gain
    return cost


def gains_of(problem: Problem, sold: Floats) -> Floats:
    """(2,) short- and long-term gain of selling `sold` (s,) percent of the segments."""
    gain, long = sold * problem.segment_gain, problem.segment_long
    return np.array([gain[~long].sum(), gain[long].sum()])


def worth_of_losses(problem: Problem, half: Half, slopes: Floats) -> float:
    """Upper bound in bp of what selling could save in a half, after the spread, whatever it does to tracking error."""
    saving = -np.minimum(priced_cost(problem, half.prices(slopes)), 0.0)
    return float(saving @ problem.segment_size) - half.constant_at(slopes)


def owner(problem: Problem) -> NDArray[np.intp]:
    """(s,) the name of each segment."""
    return np.repeat(np.arange(len(problem.held)), np.diff(problem.segment_offsets))


def by_price(problem: Problem, prices: Floats) -> SaleOrder:
    """Cheapest first at these prices; equals in the problem's own order."""
    order = np.empty(len(problem.segment_size), dtype=np.int64)
    order_of_sale(problem.segment_offsets, priced_cost(problem, prices), order)
    kind = np.full(len(order), WHOLE, dtype=np.int8)
    return SaleOrder(problem.segment_offsets, order, kind, np.zeros(len(order)), np.empty(0, dtype=np.bool_))


def by_sale(problem: Problem, prices: Floats, sold: Floats) -> SaleOrder:
    """As `by_price`, but what a solver sells (`sold`, (s,) percent) goes first.

    Where the schedule bends, two lots of a name may cost the same and be sold in part, both of them: no order of whole
    lots tells how much of each.
    """
    size, least = problem.segment_size, least_piece(problem)
    parted = (sold > least) & (sold < size - least)
    kind = np.concatenate([np.where(parted, FIRST, WHOLE), np.full(int(parted.sum()), REST)]).astype(np.int8)
    segment = np.concatenate([np.arange(len(size)), np.nonzero(parted)[0]])
    later = (kind == REST) | (sold[segment] <= least)
    name = owner(problem)[segment]
    order = np.lexsort((segment, priced_cost(problem, prices)[segment], later, name))
    offsets = np.searchsorted(name[order], np.arange(len(problem.held) + 1))
    return SaleOrder(offsets, segment[order], kind[order], np.where(parted, sold, 0.0), ~later[order])


def at_prices(problem: Problem, prices: Floats) -> Problem:
    """The separable problem in which every gain costs its term's price; segments ascend in cost."""
    priced = problem._replace(
        segment_cost=priced_cost(problem, prices), segment_gain=np.zeros(len(problem.segment_gain)), schedule=UNTAXED
    )
    return by_price(problem, prices).of(priced)
