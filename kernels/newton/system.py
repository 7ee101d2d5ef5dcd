"""The Newton step: of the rows that may move, with the factors taken out of their system, then of the factors."""

from __future__ import annotations

import math

from kernels.jit import b1, f8, i8, kernel, void
from kernels.newton.eliminate import reduce_to_rows, step_factors
from kernels.newton.tie import TIE, Tie, normal
from kernels.newton.work import WORK, Work

PROXIMAL = 1e-9
"""Weight that keeps dependent rows apart, relative to the row's own entry; the cash row is the sum of the sectors."""
HARDER = 100.0
PATIENCE = 12
"""Iterations after which the proximal weight grows, and after `LEVELS` of that falls back."""
LEVELS = 5
STIFF = 1e6


@kernel(f8(WORK), inlined=True)
def gradient(work: Work) -> float:
    """The dual's least supergradient into `work.gradient`, and which prices may move; returns the largest entry.

    A row's price at nought or at its cap stays there unless its activity presses inward. In percent of account value.
    """
    k = len(work.centre)
    worst = 0.0
    for factor in range(k):
        slope = work.activity[factor] - work.centre[factor] - work.price[factor]
        work.gradient[factor], work.active[factor] = slope, True
        worst = max(worst, abs(slope))
    for row in range(len(work.low)):
        price, value = work.price[k + row], work.activity[k + row]
        slope, moves = 0.0, True
        if price > 0.0 or (price == 0.0 and value > work.high[row]):
            slope = value - work.high[row]
        elif price < 0.0 or value < work.low[row]:
            slope = value - work.low[row]
        else:
            moves = False
        if (price >= work.most[row] and slope >= 0.0) or (price <= work.least[row] and slope <= 0.0):
            slope, moves = 0.0, False
        work.gradient[k + row], work.active[k + row] = slope, moves
        worst = max(worst, abs(slope))
    return worst


@kernel(void(WORK, i8), inner=True, inlined=True)
def factorise(work: Work, size: int) -> None:
    """Cholesky of the lower triangle of `reduced` in place and solution of reduced · x = solution; reciprocal diagonal.

    A pivot that is lost in rounding is made so large that its unknown stays put.
    """
    matrix, x = work.reduced, work.solution
    for row in range(size):
        for column in range(row):
            total = matrix[row, column]
            for inner in range(column):
                total -= matrix[row, inner] * matrix[column, inner]
            matrix[row, column] = total * matrix[column, column]
        rest = matrix[row, row]
        for inner in range(row):
            rest -= matrix[row, inner] * matrix[row, inner]
        lost = rest <= 1e-13 * work.whole[work.kept[row]]
        matrix[row, row] = 1e-15 if lost else 1.0 / math.sqrt(rest)
    for row in range(size):
        total = x[row]
        for inner in range(row):
            total -= matrix[row, inner] * x[inner]
        x[row] = total * matrix[row, row]
    for row in range(size - 1, -1, -1):
        x[row] *= matrix[row, row]
        for inner in range(row):
            x[inner] -= matrix[row, inner] * x[row]


@kernel(b1(WORK, i8), inner=True, inlined=True)
def _outward(work: Work, entry: int) -> bool:
    """Whether a row's step leaves its kink at nought against the residual, or its box."""
    row, price, step = entry - len(work.centre), work.price[entry], work.step[entry]
    against = price == 0.0 and step * work.gradient[entry] < 0.0
    return bool(against or (price >= work.most[row] and step > 0.0) or (price <= work.least[row] and step < 0.0))


@kernel(void(WORK, TIE, i8, i8), inner=True)
def _stay(work: Work, tie: Tie, before: int, rows: int) -> None:
    """Make it dear to move the hinges across a tie."""
    first = len(work.price) - len(work.counts)
    dear = 0.0
    for row in range(rows):
        dear = max(dear, STIFF * work.whole[row])
    for row in range(rows):
        for other in range(row, rows):
            if work.entry[row] >= first and work.entry[other] >= first:
                across = normal(work, tie, work.entry[row] - first) * normal(work, tie, work.entry[other] - first)
                work.system[before + row, before + other] += dear * across
                if row == other:
                    work.whole[row] += dear * across


@kernel(void(WORK, TIE), inner=True)
def _along(work: Work, tie: Tie) -> None:
    """Take out of the step what is left of it across a tie."""
    first = len(work.price) - len(work.counts)
    across, size = 0.0, 0.0
    for hinge in range(len(work.counts)):
        if work.active[first + hinge]:
            across += work.step[first + hinge] * normal(work, tie, hinge)
            size += normal(work, tie, hinge) ** 2
    for hinge in range(len(work.counts)):
        if work.active[first + hinge] and size > 0.0:
            work.step[first + hinge] -= across / size * normal(work, tie, hinge)


@kernel(void(WORK, i8, i8), inner=True, inlined=True)
def _step_kept(work: Work, before: int, rows: int) -> None:
    """The step of the rows that are still active; the others' is nothing."""
    size = 0
    for row in range(rows):
        work.row_step[row] = 0.0
        if work.active[work.entry[row]]:
            work.kept[size] = row
            for place in range(size + 1):
                work.reduced[size, place] = work.system[before + work.kept[place], before + row]
            work.solution[size] = work.system[before + row, before + rows]
            size += 1
    factorise(work, size)
    for place in range(size):
        work.row_step[work.kept[place]] = work.solution[place]
    for row in range(rows):
        work.step[work.entry[row]] = work.row_step[row]


@kernel(b1(WORK, i8, b1), inner=True, inlined=True)
def _hold(work: Work, rows: int, every: bool) -> bool:
    """Hold the row that steps farthest the wrong way from a kink, or every such row; whether there was one."""
    worst, held = 0.0, -1
    for row in range(rows):
        entry = work.entry[row]
        if work.active[entry] and _outward(work, entry):
            if every:
                work.active[entry], work.gradient[entry] = False, 0.0
            if abs(work.step[entry]) > worst:
                worst, held = abs(work.step[entry]), entry
    if held >= 0:
        work.active[held], work.gradient[held] = False, 0.0
    return held >= 0


@kernel(void(WORK, TIE, i8))
def direction(work: Work, tie: Tie, iteration: int) -> None:
    """The Newton step of the prices that may move into `work.step`.

    A row whose step would go the wrong way from a kink is held, and the system of rows solved again. Slopes of
    hinges move along a tie.
    """
    level = (iteration // PATIENCE) % LEVELS
    proximal = PROXIMAL * HARDER**level
    rows = 0
    for entry in range(len(work.centre), len(work.price)):
        work.step[entry] = 0.0
        if work.active[entry]:
            work.entry[rows] = entry
            rows += 1
    before = reduce_to_rows(work, rows)
    for row in range(rows):
        near = proximal * (work.whole[row] + work.usual[0])
        work.system[before + row, before + row] += near
        work.whole[row] += near
    if tie.name >= 0:
        _stay(work, tie, before, rows)
    wrong = True
    while wrong:
        _step_kept(work, before, rows)
        wrong = _hold(work, rows, level % 2 == 0)
    step_factors(work, before, rows)
    if tie.name >= 0:
        _along(work, tie)
