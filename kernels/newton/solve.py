"""The iterations of the dual Newton method."""

from __future__ import annotations

import math

import numpy as np
from numba import types

from kernels.jit import F8W, f8, i8, kernel, void
from kernels.newton.answer import FIXED, answer_all, sort_pieces
from kernels.newton.ray import conflict
from kernels.newton.search import search
from kernels.newton.system import direction, gradient, update_gram
from kernels.newton.tie import approach, balanced, exchange, find_tie, no_tie
from kernels.newton.work import PURCHASE, WORK, Work
from kernels.problem import Floats

SOLVED, INFEASIBLE, UNFINISHED = 1, 2, 0
MOST_ITERATIONS = 300
ACCURATE = 1e-8
"""Percent of account value by which the dual's gradient may still differ from nought."""
PROOF = 1e-7
"""Percent of account value by which hard rules must miss each other before they count as in conflict."""


@kernel(void(WORK))
def _restart(work: Work) -> None:
    """Forget what earlier solves knew of names and their freedom, and put row prices inside their boxes."""
    k = len(work.centre)
    work.left[:], work.right[:] = math.inf, -math.inf
    work.counted[:] = FIXED
    work.gram[:] = 0.0
    work.step[:] = 0.0
    work.along[:] = 0.0
    for row in range(len(work.low)):
        work.price[k + row] = min(max(work.price[k + row], work.least[row]), work.most[row])
    sort_pieces(work, work.rate[0], work.rate[1])


@kernel(void(WORK), allocates=True)
def _answer_here(work: Work) -> None:
    """Answers of all names and activities of all rows at the prices."""
    first = len(work.price) - len(work.counts)
    np.dot(work.columns, work.price, work.at)
    for name in range(len(work.at)):
        work.at[name] += work.constant[name]
    _, short, long = answer_all(work, 0.0, work.weight, work.free)
    np.dot(work.weight, work.columns, work.activity)
    for hinge in range(len(work.counts)):
        work.activity[first + hinge] = work.counts[hinge, 0] * short + work.counts[hinge, 1] * long


@kernel(f8(WORK, i8, f8))
def _snapped(work: Work, row: int, price: float) -> float:
    """The price of a row that a step brought to nought or to a bound of its box, exactly there."""
    nearest = 0.0
    for bound in (work.least[row], work.most[row]):
        if abs(price - bound) < abs(price - nearest):
            nearest = bound
    return nearest


@kernel(void(WORK, F8W))
def _sold(work: Work, sold: Floats) -> None:
    """Percent sold of each of the problem's segments (s,) at the present answer, in the present order."""
    sold[:] = 0.0
    for name in range(len(work.weight)):
        left = work.top[name] - work.weight[name]
        for place in range(work.offsets[name], work.offsets[name + 1]):
            piece = work.order[place]
            part = min(left, work.size[piece])
            if work.segment[piece] != PURCHASE:
                sold[work.segment[piece]] = part
            left -= part
            if left <= 0.0:
                break


@kernel(void(WORK, f8, i8))
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

    Afterwards `price` holds the prices divided by 2λ, `weight` (n,) the answer and `sold` (s,) percent of each segment.
    """
    tie = no_tie()
    _restart(work)
    residual = math.inf
    for iteration in range(MOST_ITERATIONS):
        _answer_here(work)
        if tie.name >= 0:
            tie = balanced(work, tie)
            if tie.name < 0:
                continue
        residual = gradient(work)
        if residual < ACCURATE:
            _sold(work, sold)
            if tie.name >= 0:
                exchange(work, tie, sold)
            return SOLVED, iteration, residual
        if iteration % 2 == 1 and max(conflict(work, work.price), conflict(work, work.step)) > PROOF:
            return INFEASIBLE, iteration, residual
        update_gram(work)
        direction(work, tie, iteration)
        np.dot(work.columns, work.step, work.along)
        rising = 0.0
        for entry in range(len(work.price)):
            rising += work.gradient[entry] * work.step[entry]
        step, row, far = search(work, rising)
        if far > step and tie.name < 0:
            tie = find_tie(work, step, far)
        _move(work, step, row)
        if tie.name >= 0 and not approach(work, tie, -1.0):
            tie = no_tie()
    _sold(work, sold)
    return UNFINISHED, MOST_ITERATIONS, residual
