"""The account as the iterations see it, and their memory; made once for an account's size, filled for each solve.

All costs are divided by 2λ, so that a factor's price is the exposure Lᵀ(w − w*) itself and a name's curvature its
specific variance δ. A name's weight falls from the most it may be, piece by piece in order of cost: first, as a rule,
by buying less (one piece, which gives back what buying costs), then by selling segments. So a name that gains by being
sold and bought back needs no case of its own.

Prices (p,) are those of the k factors, the m rows and the h hinges of the schedule. A hinge is a row: its activity is
the gain that counts for it, its price between nothing and its step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import types

from kernels.jit import B1W, F8, F8M, F8MW, F8W, I8W, f8, i8, kernel, void
from kernels.problem import PROBLEM, Flags, Floats, Ints, Problem

PURCHASE = -1
"""The segment of a piece that stands for buying less."""


class Work(NamedTuple):
    """n names, t pieces (segments and one purchase a name), k factors, r = m + h rows, p = k + r prices."""

    columns: Floats
    """(n, p) loadings, then the rows' coefficients; a hinge's are set as names sell."""
    curvature: Floats
    """(n,) δ."""
    target: Floats
    constant: Floats
    """(n,) cost of holding."""
    top: Floats
    """(n,) the weight that the walk starts at."""
    floor: Floats
    ceiling: Floats
    offsets: Ints
    """(n + 1,) pieces of each name."""
    size: Floats
    cost: Floats
    """(t,) of a percent less, without tax."""
    gain: Floats
    long: Flags
    segment: Ints
    """(t,) of the problem, or PURCHASE."""
    order: Ints
    """(t,) pieces of each name by cost."""
    counts: Floats
    """(h, 2) whether short- and long-term gains count for a hinge."""
    rate: Floats
    """(2,) of short- and long-term gain where no hinge adds to it."""
    centre: Floats
    """(k,) Lᵀw*."""
    low: Floats
    """(r,) bounds of a row's activity."""
    high: Floats
    least: Floats
    """(r,) bounds of its price."""
    most: Floats
    price: Floats
    step: Floats
    """(p,) the direction of search."""
    gradient: Floats
    activity: Floats
    active: Flags
    """(p,) prices that may move."""
    at: Floats
    """(n,) what a percent of each name costs at the prices, and `along` how that changes by the step."""
    along: Floats
    weight: Floats
    free: Ints
    """(n,) the piece inside which a name's weight lies, or a negative number."""
    trial_weight: Floats
    trial_free: Ints
    left: Floats
    """(n,) costs between which the last answer's formula holds: `base` less `slope` times cost."""
    right: Floats
    base: Floats
    slope: Floats
    counted: Ints
    """(n,) the piece with which a name stands in the Gram matrix."""
    gram: Floats
    system: Floats
    solution: Floats
    entry: Ints
    """(p,) which prices the rows of `system` are."""
    changed: Floats
    signed: Floats


WORK = types.NamedTuple(
    (
        F8MW, F8W, F8W, F8W, F8W, F8W, F8W, I8W, F8W, F8W, F8W, B1W, I8W, I8W, F8MW, F8W, F8W, F8W, F8W, F8W, F8W,
        F8W, F8W, F8W, F8W, B1W, F8W, F8W, F8W, I8W, F8W, I8W, F8W, F8W, F8W, F8W, I8W, F8MW, F8MW, F8W, I8W, F8MW,
        F8MW,
    ),
    Work,
)  # fmt: skip


def _floats(*shape: int) -> Floats:
    return np.zeros(shape)


def _ints(size: int) -> Ints:
    return np.zeros(size, dtype=np.int64)


def _flags(size: int) -> Flags:
    return np.zeros(size, dtype=np.bool_)


def make_work(names: int, segments: int, factors: int, rows: int, hinges: int) -> Work:
    """Memory for a problem of this size."""
    t, p = segments + names, factors + rows + hinges
    n, r = names, rows + hinges
    return Work(
        columns=_floats(n, p),
        curvature=_floats(n),
        target=_floats(n),
        constant=_floats(n),
        top=_floats(n),
        floor=_floats(n),
        ceiling=_floats(n),
        offsets=_ints(n + 1),
        size=_floats(t),
        cost=_floats(t),
        gain=_floats(t),
        long=_flags(t),
        segment=_ints(t),
        order=_ints(t),
        counts=_floats(hinges, 2),
        rate=_floats(2),
        centre=_floats(factors),
        low=_floats(r),
        high=_floats(r),
        least=_floats(r),
        most=_floats(r),
        price=_floats(p),
        step=_floats(p),
        gradient=_floats(p),
        activity=_floats(p),
        active=_flags(p),
        at=_floats(n),
        along=_floats(n),
        weight=_floats(n),
        free=_ints(n),
        trial_weight=_floats(n),
        trial_free=_ints(n),
        left=_floats(n),
        right=_floats(n),
        base=_floats(n),
        slope=_floats(n),
        counted=_ints(n),
        gram=_floats(p, p),
        system=_floats(p, p),
        solution=_floats(p),
        entry=_ints(p),
        changed=_floats(n, p),
        signed=_floats(n, p),
    )


@kernel(void(PROBLEM, WORK))
def pose(problem: Problem, work: Work) -> None:
    """What stays the same while only bounds and prices of gain change: columns, curvature, rows."""
    n, k = problem.loadings.shape
    m = len(problem.row_price)
    unit = 1.0 / (2.0 * problem.risk_aversion)
    work.centre[:] = 0.0
    for name in range(n):
        work.curvature[name] = problem.curvature[name] / problem.risk_aversion
        work.target[name] = problem.target[name]
        work.constant[name] = problem.hold_cost[name] * unit
        for factor in range(k):
            work.columns[name, factor] = problem.loadings[name, factor]
            work.centre[factor] += problem.loadings[name, factor] * problem.target[name]
        for row in range(m):
            work.columns[name, k + row] = problem.rows[row, name]
    for row in range(m):
        work.low[row] = problem.row_lower[row]
        work.high[row] = problem.row_upper[row]
        cap = problem.row_price[row] * unit
        work.least[row] = -cap if np.isfinite(problem.row_lower[row]) else 0.0
        work.most[row] = cap if np.isfinite(problem.row_upper[row]) else 0.0


@kernel(void(PROBLEM, F8, F8, F8, F8M, WORK))
def set_half(problem: Problem, rate: Floats, step: Floats, at: Floats, counts: Floats, work: Work) -> None:
    """One half of the schedule (`engine.decide.schedule.Half`): `rate` (2,), hinges `step`, `at` (h,), `counts`."""
    unit = 1.0 / (2.0 * problem.risk_aversion)
    first = len(problem.row_price)
    work.rate[0], work.rate[1] = rate[0] * unit, rate[1] * unit
    for hinge in range(len(step)):
        work.counts[hinge, 0], work.counts[hinge, 1] = counts[hinge, 0], counts[hinge, 1]
        work.low[first + hinge], work.high[first + hinge] = -np.inf, -at[hinge]
        work.least[first + hinge], work.most[first + hinge] = 0.0, step[hinge] * unit


@kernel(void(PROBLEM, F8, F8, WORK))
def set_bounds(problem: Problem, lower: Floats, upper: Floats, work: Work) -> None:
    """Between which weights each name may lie, and so the pieces by which it falls."""
    unit = 1.0 / (2.0 * problem.risk_aversion)
    count = 0
    for name in range(len(lower)):
        held = problem.held[name]
        work.floor[name], work.ceiling[name] = lower[name], upper[name]
        work.top[name] = max(held, upper[name])
        work.offsets[name] = count
        room = max(held - lower[name], 0.0)
        if upper[name] > held:
            work.size[count] = upper[name] - held
            work.cost[count] = -problem.buy_cost[name] * unit
            work.gain[count], work.long[count], work.segment[count] = 0.0, False, PURCHASE
            count += 1
        for segment in range(problem.segment_offsets[name], problem.segment_offsets[name + 1]):
            size = min(problem.segment_size[segment], room)
            if size > 0.0:
                work.size[count] = size
                work.cost[count] = problem.segment_cost[segment] * unit
                work.gain[count], work.long[count] = problem.segment_gain[segment], problem.segment_long[segment]
                work.segment[count] = segment
                count += 1
    work.offsets[len(lower)] = count
    for piece in range(count):
        work.order[piece] = piece


@kernel(f8(WORK, i8, f8, f8))
def cost_of(work: Work, piece: int, short: float, long: float) -> float:
    """Cost of a percent of a piece where a percent of gain costs `short` or `long`."""
    rate = long if work.long[piece] else short
    return float(work.cost[piece] + rate * work.gain[piece])
