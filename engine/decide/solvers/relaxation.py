"""The convex relaxation of a problem, written as a problem of its own in which nothing is bought.

The relaxation lets a name be sold and bought back. Start from everything bought that may be: from there its weight only
falls, by selling segments or by buying less, cheapest first, and the purchase is one more segment that gives back what
it cost. So the same kernels value the relaxation and bound it. It is written for segments that have one cost each: at
prices of gain (`engine.decide.sales.at_prices`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.decide.sales import owner
from kernels.arrays import frozen
from kernels.lots import order_of_sale
from kernels.problem import Problem


def relaxation(problem: Problem) -> tuple[Problem, float]:
    """The relaxation, without tickets, and the constant in bp to be added to its objective and to its bounds."""
    if not _sells_and_rebuys(problem):
        return problem._replace(ticket=0.0), 0.0
    n = len(problem.held)
    room, offsets = purchasable(problem), problem.segment_offsets + np.arange(n + 1)
    sale, purchase = np.arange(len(problem.segment_size)) + owner(problem), offsets[1:] - 1
    size, cost = np.empty((2, offsets[-1]))
    size[sale], size[purchase] = sellable(problem), room
    cost[sale], cost[purchase] = problem.segment_cost, -problem.buy_cost
    order = np.empty(len(cost), dtype=np.int64)
    order_of_sale(offsets, cost, order)
    started = problem._replace(
        held=problem.held + room,
        segment_offsets=offsets,
        segment_size=size[order],
        segment_cost=cost[order],
        segment_gain=np.zeros(len(order)),
        segment_long=np.zeros(len(order), dtype=np.bool_),
        ticket=0.0,
    )
    return frozen(started), float(problem.buy_cost @ room)


def sellable(problem: Problem) -> NDArray[np.float64]:
    """(s,) percent of each segment that the relaxation may sell: no more of it than the lower bound leaves."""
    room = np.maximum(problem.held - problem.lower, 0.0)
    return np.minimum(problem.segment_size, room[owner(problem)])


def purchasable(problem: Problem) -> NDArray[np.float64]:
    """(n,) percent of each name that may be bought."""
    return np.maximum(problem.upper - problem.held, 0.0)


def _sells_and_rebuys(problem: Problem) -> bool:
    """Whether some name gains by being sold and bought back."""
    name = owner(problem)
    free = (problem.upper > problem.held) & (problem.lower < problem.held)
    return bool((free[name] & (problem.segment_cost + problem.buy_cost[name] < 0.0)).any())
