"""The iterations of the dual Newton method."""

from __future__ import annotations

import math

import numpy as np
from numba import types

from kernels.jit import F8, F8M, F8W, f8, i8, kernel, void
from kernels.newton.answer import answer_all, gain_of
from kernels.newton.pose import pose, renew, set_bounds, set_half
from kernels.newton.ray import conflict
from kernels.newton.search import search
from kernels.newton.store import STORE, Store, carve
from kernels.newton.system import direction, gradient
from kernels.newton.tie import approach, balanced, exchange, find_tie, kept, leads_away, no_tie
from kernels.newton.work import PURCHASE, WORK, Work, segment_of
from kernels.problem import PROBLEM, Floats, Problem

SOLVED, INFEASIBLE, UNFINISHED = 1, 2, 0
MOST_ITERATIONS = 300
ACCURATE = 1e-8
"""Percent of account value by which the dual's gradient may still differ from nought."""
RENEWED = 8
"""Iterations after which answers and activities are computed anew, and not from those before and what changed."""
ZIGZAG, SLOW = 3, 0.9
"""After so many iterations of which two left more than this part of the residual, a step joins every other one."""
PROVED = 4
"""Iterations after which a proof of conflict is looked for."""
PROOF = 1e-7
"""Percent of account value by which hard rules must miss each other before they count as in conflict."""


@kernel(void(WORK), inner=True, inlined=True)
def _begin(work: Work) -> None:
    """Put row prices inside their boxes; no direction yet."""
    k = len(work.centre)
    work.step[:] = 0.0
    work.along[:] = 0.0
    for row in range(len(work.low)):
        work.price[k + row] = min(max(work.price[k + row], work.least[row]), work.most[row])


@kernel(void(WORK), inner=True, inlined=True)
def _activity_of_hinges(work: Work) -> None:
    first = len(work.price) - len(work.counts)
    for hinge in range(len(work.counts)):
        work.activity[first + hinge] = gain_of(work, hinge)


@kernel(void(WORK), allocates=True, inlined=True)
def answer_here(work: Work) -> None:
    """Answers of all names and activities of all rows at the prices."""
    np.dot(work.columns, work.price, work.at)
    for name in range(len(work.at)):
        work.at[name] += work.constant[name]
    answer_all(work, 0.0, work.weight)
    np.dot(work.weight, work.columns, work.activity)
    _activity_of_hinges(work)


@kernel(void(WORK, f8), inner=True, inlined=True)
def _take_trial(work: Work, step: float) -> None:
    """The same from the last trial of the search, made at this step: only names that moved change activities."""
    first = len(work.price) - len(work.counts)
    for name in range(len(work.at)):
        work.at[name] += step * work.along[name]
        moved = work.trial_weight[name] - work.weight[name]
        if moved != 0.0:
            work.weight[name] = work.trial_weight[name]
            for column in range(first):
                work.activity[column] += moved * work.columns[name, column]
    _activity_of_hinges(work)


@kernel(f8(WORK, i8, f8), inner=True, inlined=True)
def _snapped(work: Work, row: int, price: float) -> float:
    """The price of a row that a step brought to nought or to a bound of its box, exactly there."""
    nearest = 0.0
    for bound in (work.least[row], work.most[row]):
        if abs(price - bound) < abs(price - nearest):
            nearest = bound
    return nearest


@kernel(void(WORK, F8W), inner=True)
def _sold(work: Work, sold: Floats) -> None:
    """Percent sold of each of the problem's segments (s,) at the present answer; nothing where there is no room."""
    if len(sold) == 0:
        return
    sold[:] = 0.0
    for name in range(len(work.weight)):
        left = work.top[name] - work.weight[name]
        if left <= 0.0:
            continue
        for place in range(work.offsets[name], work.ends[name]):
            piece = work.order[place]
            part = min(left, work.size[piece])
            segment = segment_of(work, name, piece)
            if segment != PURCHASE:
                sold[segment] = part
            left -= part
            if left <= 0.0:
                break


@kernel(void(WORK), inner=True, inlined=True)
def _remember(work: Work) -> None:
    for entry in range(len(work.price)):
        work.older[entry], work.before[entry] = work.before[entry], work.price[entry]


@kernel(f8(WORK), inner=True, inlined=True)
def _rising(work: Work) -> float:
    """How fast the dual rises along the step."""
    rising = 0.0
    for entry in range(len(work.price)):
        rising += work.gradient[entry] * work.step[entry]
    return rising


@kernel(f8(WORK), inner=True, inlined=True)
def _join_every_other(work: Work) -> float:
    """The step from the prices of two iterations ago through these, and how fast the dual rises along it.

    Where steps go to and fro between two pieces of the dual, it leads along the edge where they meet.
    """
    for entry in range(len(work.price)):
        work.step[entry] = work.price[entry] - work.older[entry]
    return _rising(work)


@kernel(void(WORK, f8, i8), inner=True, inlined=True)
def _move(work: Work, step: float, exactly: int) -> None:
    """Add a step along the direction to the prices; row `exactly` comes to nought or to a bound of its box."""
    k = len(work.centre)
    for entry in range(len(work.price)):
        work.price[entry] += step * work.step[entry]
    for row in range(len(work.low)):
        price = min(max(work.price[k + row], work.least[row]), work.most[row])
        work.price[k + row] = _snapped(work, row, price) if row == exactly else price


@kernel(types.Tuple((i8, i8, f8))(WORK, F8W), allocates=True)
def newton(work: Work, sold: Floats) -> tuple[int, int, float]:
    """Solve from the prices that stand in `work.price`; returns the status, iterations and the residual in percent.

    Afterwards `price` holds the prices divided by 2λ, `weight` (n,) the answer and `sold` (s,) percent of each segment,
    if it is that long; where there are no hinges it may be empty.
    """
    tie, known, newly = no_tie(), False, 0
    _begin(work)
    residual, residual_before, residual_then = math.inf, math.inf, math.inf
    for iteration in range(MOST_ITERATIONS):
        if not known:
            answer_here(work)
        if tie.name >= 0:
            tie = balanced(work, tie)
            if tie.name < 0:
                continue
        residual = gradient(work)
        if residual < ACCURATE:
            _sold(work, sold)
            if tie.name >= 0:
                exchange(work, kept(tie), sold)
            return SOLVED, iteration, residual
        if iteration % PROVED == PROVED - 1 and max(conflict(work, work.price), conflict(work, work.step)) > PROOF:
            return INFEASIBLE, iteration, residual
        if not 0.0 <= tie.mixture <= 1.0:
            direction(work, no_tie(), iteration)
            if leads_away(work, tie):
                if tie.mixture > 1.0:
                    approach(work, tie, 1.0)
                tie, known = no_tie(), False
                continue
            tie = kept(tie)  # the slopes alone would leave it, but not with the other prices as they are
            gradient(work)
        rising, newly = 0.0, newly + 1
        if newly > ZIGZAG and tie.name < 0 and residual > SLOW * residual_then:
            rising, newly = _join_every_other(work), 0
        if rising <= 0.0:
            direction(work, tie, iteration)
            rising = _rising(work)
        residual_then, residual_before = residual_before, residual
        _remember(work)
        np.dot(work.columns, work.step, work.along)
        step, row, far = search(work, rising)
        if far > step and tie.name < 0:
            tie = find_tie(work, step, far)
        _move(work, step, row)
        known = far == step and tie.name < 0 and iteration % RENEWED != RENEWED - 1
        if known:
            _take_trial(work, step)
        if tie.name >= 0 and not approach(work, tie, -1.0):
            tie = no_tie()
    _sold(work, sold)
    return UNFINISHED, MOST_ITERATIONS, residual


@kernel(types.Tuple((i8, i8))(PROBLEM, F8, F8, F8, F8M, STORE, i8, F8W, F8W, F8W))
def solve_anew(
    problem: Problem,
    rate: Floats,
    step: Floats,
    at: Floats,
    counts: Floats,
    store: Store,
    times: int,
    weights: Floats,
    sold: Floats,
    prices: Floats,
) -> tuple[int, int]:
    """Pose an account and one half of its schedule, and solve it from prices at nought, in memory of any account's.

    All of it as many `times`, as a call from Python takes longer than a small account. Out: `weights` (n,) and `sold`
    (s,) percent, `prices` (k + m + h,) bp per percent of factors, rows and hinges. Returns the status and iterations.
    """
    n, k = problem.loadings.shape
    work = carve(store, n, len(problem.segment_size), k, len(problem.row_price), len(step))
    status, iterations = UNFINISHED, 0
    for _ in range(times):
        pose(problem, work)
        set_half(problem, rate, step, at, counts, work)
        renew(work)
        set_bounds(problem, problem.lower, problem.upper, work)
        status, iterations, _ = newton(work, sold)
    for name in range(n):
        weights[name] = work.weight[name]
    for entry in range(len(prices)):
        prices[entry] = 2.0 * problem.risk_aversion * work.price[entry]
    return status, iterations
