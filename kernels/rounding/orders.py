"""What may be ordered of a name, and the order next to one; quantities in micro-shares, sales negative."""

from __future__ import annotations

import math
from typing import NamedTuple

from kernels.jit import B1, F8, I8, f8, i8, kernel
from kernels.problem import PROBLEM, Flags, Floats, Ints, Problem
from kernels.table import Table


class Tradable(NamedTuple):
    """What may be ordered of each name; arrays (n,), quantities in micro-shares."""

    weight: Floats
    """percent of account value of one micro-share."""
    step: Ints
    """smallest change of an order."""
    least: Ints
    """smallest order, a multiple of the step."""
    smallest: Ints
    """smallest position that a trade may leave, unless it leaves none; 0 where any will do."""
    position: Ints
    """held."""
    sellable: Ints
    """held and free to be sold."""
    open: Flags
    """True where an order may be opened that the continuous answer does not have (to raise cash)."""
    cash_row: int
    """the row whose sum also carries what trading costs, or -1."""


TRADABLE = Table(Tradable, (F8, I8, I8, I8, I8, I8, B1, i8))


@kernel(i8(TRADABLE, i8), inlined=True)
def least_bought(tradable: Tradable, name: int) -> int:
    """The smallest purchase: no order and no position becomes too small."""
    least, missing = tradable.least[name], tradable.smallest[name] - tradable.position[name]
    if missing <= 0:
        return int(least)
    step = tradable.step[name]
    return int(max(least, (missing + step - 1) // step * step))


@kernel(i8(TRADABLE, i8, i8), inlined=True)
def most_sold(tradable: Tradable, name: int, wanted: int) -> int:
    """Largest sale of at most `wanted` micro-shares that may be ordered; 0 if none.

    `wanted` is a whole number of steps, or the whole position.
    """
    position, sold = tradable.position[name], wanted
    if sold >= tradable.sellable[name]:
        if tradable.sellable[name] == position:
            return int(position)
        sold = tradable.sellable[name]
    if position - sold < tradable.smallest[name]:
        sold = max(position - tradable.smallest[name], 0)
    if sold != wanted:  # integers divide slowly
        sold = (sold // tradable.step[name]) * tradable.step[name]
    return int(sold) if sold >= tradable.least[name] else 0


@kernel(i8(TRADABLE, i8, i8, i8), inlined=True, inner=True)
def _sale_beyond(tradable: Tradable, name: int, wanted: int, sold: int) -> int:
    """The sale nearest to `wanted` that is larger than `sold`; `sold` where no more may be sold.

    What is left either makes a position or goes too.
    """
    more_sold = most_sold(tradable, name, wanted)
    if more_sold > sold:
        return more_sold
    whole = tradable.position[name]
    return int(whole) if tradable.sellable[name] == whole else sold


@kernel(i8(TRADABLE, i8, i8), inlined=True)
def more(tradable: Tradable, name: int, order: int) -> int:
    """The next larger order (sales are negative)."""
    step = tradable.step[name]
    if order >= 0:
        return int(max(order + step, least_bought(tradable, name)))
    rest = most_sold(tradable, name, ((-order - 1) // step) * step)
    return -rest


@kernel(i8(TRADABLE, i8, i8), inlined=True)
def less(tradable: Tradable, name: int, order: int) -> int:
    """The next smaller order; the same one where no more may be sold."""
    step, least = tradable.step[name], tradable.least[name]
    if order > 0:
        return int(order - step) if order - step >= least_bought(tradable, name) else 0
    return -_sale_beyond(tradable, name, max(-order + step, least), -order)


@kernel(i8(TRADABLE, i8, i8, f8))
def much_less(tradable: Tradable, name: int, order: int, breach: float) -> int:
    """The order that mends a cash breach of so many percent in one step, or goes as far as it may."""
    step, least = tradable.step[name], tradable.least[name]
    wanted = order - math.ceil(breach / (step * tradable.weight[name])) * step
    if wanted >= least_bought(tradable, name):
        return int(wanted)
    if order > 0:
        return 0
    return -_sale_beyond(tradable, name, max(-wanted, least), -order)


@kernel(i8(PROBLEM, TRADABLE, i8, f8), inlined=True)
def truncated(problem: Problem, tradable: Tradable, name: int, goal: float) -> int:
    """The largest order on the way from the held weight to `goal`; a purchase that a bound asks for is rounded up."""
    step, least = tradable.step[name], least_bought(tradable, name)
    wanted = (goal - problem.held[name]) / tradable.weight[name]
    if wanted < 0.0:
        if -wanted >= tradable.position[name] * (1.0 - 1e-6):
            return -most_sold(tradable, name, tradable.position[name])
        return -most_sold(tradable, name, math.floor(-wanted / step + 1e-6) * step)
    order = math.floor(wanted / step + 1e-6) * step
    if problem.lower[name] > problem.held[name]:
        asked = (problem.lower[name] - problem.held[name]) / tradable.weight[name]
        order = max(order, math.ceil(asked / step - 1e-6) * step, least)
    return int(order) if order >= least else 0
