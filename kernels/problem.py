"""One account's rebalance as kernels see it, and the value of an answer to it.

Weights are percent of account value, costs basis points of it: λ times a variance of percent weights is then in bp
already, and a cost of one per cent of a traded dollar is 1 bp per percent of weight.

    minimise  λ‖Lᵀ(w − w*)‖² + Σᵢ λδᵢ(wᵢ − wᵢ*)² + Σᵢ hᵢwᵢ + Σᵢ fᵢ(wᵢ) + T(Gˢ(w), Gˡ(w)) + Σᵣ pᵣ·dist(aᵣᵀw, [lᵣ, uᵣ])
    subject to  lower ≤ w ≤ upper,  aᵣᵀw in [lᵣ, uᵣ] where pᵣ is infinite

fᵢ(w): a buy costs `buy_cost` per percent; a sell takes the name's segments in order, each at its own cost; either pays
`ticket` once. A segment is a lot, or a piece of one. Gˢ and Gˡ are the short- and long-term gains that these sales
realise, T is what they cost by the netting schedule, with what came before the run (`kernels.taxes.run_tax`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import types

from kernels.dot import dot
from kernels.jit import B1, F8, F8M, F8W, I8, f8, kernel, void
from kernels.table import Table
from kernels.taxes import SCHEDULE, Schedule, run_tax

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Problem(NamedTuple):
    """n names, k factors, m rows, s segments. Arrays are C-contiguous and read-only (`kernels.arrays.frozen`)."""

    loadings: Floats
    """(n, k) L, the square root of factor risk."""
    curvature: Floats
    """(n,) λδ, bp per squared percent."""
    target: Floats
    """(n,) w*, percent."""
    held: Floats
    """(n,) today's weights, percent."""
    lower: Floats
    """(n,) percent."""
    upper: Floats
    """(n,) percent."""
    buy_cost: Floats
    """(n,) bp per percent bought: the spread, and the price of what buying takes away."""
    spread: Floats
    """(n,) bp per percent traded that is paid out of cash."""
    hold_cost: Floats
    """(n,) bp per percent held."""
    segment_offsets: Ints
    """(n + 1,) segments of each name, in the order of sale."""
    segment_size: Floats
    """(s,) percent."""
    segment_cost: Floats
    """(s,) bp per percent sold, without the tax that `schedule` tells."""
    segment_gain: Floats
    """(s,) percent of gain that counts in the objective, per percent sold; negative: a loss."""
    segment_long: Flags
    """(s,) whether that gain is long-term."""
    rows: Floats
    """(m, n) coefficients."""
    row_lower: Floats
    """(m,) percent; -inf where there is none."""
    row_upper: Floats
    """(m,) percent; +inf where there is none."""
    row_price: Floats
    """(m,) bp per percent of breach; inf for a hard row."""
    risk_aversion: float
    """λ."""
    ticket: float
    """bp an order."""
    schedule: Schedule
    """Amounts in percent of account value, rates in bp per percent; `UNTAXED` where gains cost nothing."""


PROBLEM = Table(
    Problem,
    (F8M, F8, F8, F8, F8, F8, F8, F8, F8, I8, F8, F8, F8, B1, F8M, F8, F8, F8, f8, f8, SCHEDULE),
)


@kernel(types.UniTuple(f8, 3)(PROBLEM, types.int64, f8), inlined=True)
def trade(problem: Problem, name: int, weight: float) -> tuple[float, float, float]:
    """What moving one name from its held weight to `weight` costs and realises.

    Returns fᵢ(w) of OPTIMISATION section 1 in bp, tax apart, and the short- and long-term gain in percent of account
    value.
    """
    held = problem.held[name]
    if weight == held:
        return 0.0, 0.0, 0.0
    if weight > held:
        return problem.ticket + problem.buy_cost[name] * (weight - held), 0.0, 0.0
    cost, short, long = problem.ticket, 0.0, 0.0
    left = held - weight
    for segment in range(problem.segment_offsets[name], problem.segment_offsets[name + 1]):
        sold = min(left, problem.segment_size[segment])
        cost += sold * problem.segment_cost[segment]
        gain = sold * problem.segment_gain[segment]
        if problem.segment_long[segment]:
            long += gain
        else:
            short += gain
        left -= sold
        if left <= 0.0:
            break
    return cost, short, long


@kernel(f8(PROBLEM, types.int64, f8))
def trade_cost(problem: Problem, name: int, weight: float) -> float:
    """The cost of `trade` alone."""
    return trade(problem, name, weight)[0]


@kernel(types.UniTuple(f8, 2)(PROBLEM, types.int64, f8), inner=True)
def trade_gain(problem: Problem, name: int, weight: float) -> tuple[float, float]:
    """The short- and long-term gain of `trade`."""
    _, short, long = trade(problem, name, weight)
    return short, long


@kernel(types.UniTuple(f8, 2)(PROBLEM, F8))
def realised(problem: Problem, weights: Floats) -> tuple[float, float]:
    """Short- and long-term gain of all names, percent of account value."""
    short, long = 0.0, 0.0
    for name in range(len(weights)):
        of_name = trade_gain(problem, name, weights[name])
        short += of_name[0]
        long += of_name[1]
    return short, long


@kernel(void(PROBLEM, F8, F8W))
def factor_exposure(problem: Problem, weights: Floats, out: Floats) -> None:
    """Lᵀ(w − w*), the active factor risk; `out` (k,)."""
    out[:] = 0.0
    for name in range(len(weights)):
        active = weights[name] - problem.target[name]
        if active != 0.0:
            for factor in range(len(out)):
                out[factor] += problem.loadings[name, factor] * active


@kernel(f8(PROBLEM, F8), inner=True)
def specific_variance(problem: Problem, weights: Floats) -> float:
    """Σ λδᵢ(wᵢ − wᵢ*)² in bp."""
    value = 0.0
    for name in range(len(weights)):
        active = weights[name] - problem.target[name]
        value += problem.curvature[name] * active * active
    return value


@kernel(f8(PROBLEM, F8), allocates=True)
def tracking_variance(problem: Problem, weights: Floats) -> float:
    """λ(w − w*)ᵀΣ(w − w*) in bp; the tracking error is √(this / λ) percent a year."""
    exposure = np.empty(problem.loadings.shape[1])
    factor_exposure(problem, weights, exposure)
    return float(problem.risk_aversion * dot(exposure, exposure) + specific_variance(problem, weights))


@kernel(f8(PROBLEM, F8, types.int64))
def row_breach(problem: Problem, weights: Floats, row: int) -> float:
    """Percent by which a row is outside its bounds; 0 inside."""
    total = dot(problem.rows[row], weights)
    return float(max(total - problem.row_upper[row], problem.row_lower[row] - total, 0.0))


@kernel(types.UniTuple(f8, 2)(PROBLEM, F8, f8), inner=True)
def standing(problem: Problem, weights: Floats, variance: float) -> tuple[float, float]:
    """What it costs in bp to be at `weights`, whose `tracking_variance` is given, and the largest hard breach, percent.

    As `holding_cost` and `violation`, in one walk.
    """
    value, worst = variance, 0.0
    for name in range(len(weights)):
        weight = weights[name]
        value += problem.hold_cost[name] * weight
        worst = max(worst, problem.lower[name] - weight, weight - problem.upper[name])
    for row in range(len(problem.row_price)):
        breach = row_breach(problem, weights, row)
        if np.isfinite(problem.row_price[row]):
            value += problem.row_price[row] * breach
        else:
            worst = max(worst, breach)
    return value, worst


@kernel(f8(PROBLEM, F8))
def holding_cost(problem: Problem, weights: Floats) -> float:
    """What it costs in bp to be at `weights`, however one got there: tracking, expenses, breaches of soft rows."""
    return standing(problem, weights, tracking_variance(problem, weights))[0]


@kernel(f8(PROBLEM, F8))
def objective(problem: Problem, weights: Floats) -> float:
    """The whole objective in bp; a breach of a hard row is not priced (see `violation`)."""
    value = holding_cost(problem, weights)
    for name in range(len(weights)):
        value += trade_cost(problem, name, weights[name])
    short, long = realised(problem, weights)
    return float(value + run_tax(problem.schedule, short, long))


@kernel(f8(PROBLEM, F8))
def violation(problem: Problem, weights: Floats) -> float:
    """Largest breach of a bound or hard row, percent of account value."""
    return standing(problem, weights, 0.0)[1]
