"""The convex relaxation of a problem, written as a problem of its own in which nothing is bought.

The relaxation lets a name be sold and bought back. Start from everything bought that may be: from there its weight only
falls, by selling segments or by buying less, cheapest first, and the purchase is one more segment that gives back what
it cost. So the same kernels value the relaxation and bound it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.problem import Problem, frozen


def relaxation(problem: Problem) -> tuple[Problem, float]:
    """The relaxation, without tickets, and the constant in bp to be added to its objective and to its bounds."""
    if not _sells_and_rebuys(problem):
        return problem._replace(ticket=0.0), 0.0
    n = len(problem.held)
    room = np.maximum(problem.upper - problem.held, 0.0)
    names = np.arange(n)
    name = np.concatenate([np.repeat(names, np.diff(problem.segment_offsets)), names])
    size = np.concatenate([sellable(problem), room])
    cost = np.concatenate([problem.segment_cost, -problem.buy_cost])
    order = np.lexsort((cost, name))
    started = problem._replace(
        held=problem.held + room,
        segment_offsets=np.searchsorted(name[order], np.arange(n + 1)),
        segment_size=size[order],
        segment_cost=cost[order],
        ticket=0.0,
    )
    return frozen(started), float(problem.buy_cost @ room)


def sellable(problem: Problem) -> NDArray[np.float64]:
    """(s,) percent of each segment that the lower bounds leave to be sold, cheapest segment first."""
    offsets = problem.segment_offsets
    name = np.repeat(np.arange(len(problem.held)), np.diff(offsets))
    before = np.cumsum(problem.segment_size) - problem.segment_size
    start = np.append(before, 0.0)[offsets[:-1]]
    room = np.maximum(problem.held - problem.lower, 0.0)
    left: NDArray[np.float64] = np.clip(room[name] - (before - start[name]), 0.0, problem.segment_size)
    return left


def _sells_and_rebuys(problem: Problem) -> bool:
    """Whether some name gains by being sold and bought back."""
    name = np.repeat(np.arange(len(problem.held)), np.diff(problem.segment_offsets))
    free = (problem.upper > problem.held) & (problem.lower < problem.held)
    return bool((free[name] & (problem.segment_cost + problem.buy_cost[name] < 0.0)).any())
