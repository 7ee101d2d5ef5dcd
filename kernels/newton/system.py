"""The Newton system: I for the factors plus CᵀD⁻¹C over the names whose weight moves with their price."""

from __future__ import annotations

import math

import numpy as np

from kernels.jit import b1, f8, i8, kernel, void
from kernels.newton.tie import TIE, Tie, normal
from kernels.newton.work import WORK, Work

PROXIMAL = 1e-9
"""Weight that keeps dependent rows apart, relative to the row's own entry; the cash row is the sum of the sectors."""
HARDER = 100.0
PATIENCE = 12
"""Iterations after which the proximal weight grows, and after `LEVELS` of that falls back."""
LEVELS = 5
STIFF = 1e6


@kernel(f8(WORK))
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


@kernel(void(WORK, i8), allocates=True)
def add_gram(work: Work, rows: int) -> None:
    """Add the outer products of the first rows of `changed` and `signed`."""
    if rows > 0:
        np.dot(work.changed[:rows].T, work.signed[:rows], work.system)
        for row in range(len(work.price)):
            for column in range(len(work.price)):
                work.gram[row, column] += work.system[row, column]


@kernel(void(WORK))
def update_gram(work: Work) -> None:
    """CᵀD⁻¹C over the free names, by the names whose freedom changed since it was last right."""
    p, n = len(work.price), len(work.target)
    first = p - len(work.counts)
    rows = 0
    for name in range(n):
        piece, known = work.free[name], work.counted[name]
        same = piece == known if first < p else (piece < 0) == (known < 0)
        if same:
            continue
        for sign, which in ((-1.0, known), (1.0, piece)):
            if which < 0:
                continue
            scale = 1.0 / math.sqrt(work.curvature[name])
            for column in range(first):
                work.changed[rows, column] = work.columns[name, column] * scale
            for hinge in range(p - first):
                counts = work.counts[hinge, 1 if work.long[which] else 0]
                work.changed[rows, first + hinge] = -counts * work.gain[which] * scale
            for column in range(p):
                work.signed[rows, column] = sign * work.changed[rows, column]
            rows += 1
            if rows == n:
                add_gram(work, rows)
                rows = 0
        work.counted[name] = piece
    add_gram(work, rows)


@kernel(void(WORK, i8))
def factorise(work: Work, size: int) -> None:
    """Cholesky of the lower triangle of `system` in place and solution of system · x = solution; reciprocal diagonal.

    A pivot that is lost in rounding is made so large that its unknown stays put.
    """
    matrix, x = work.system, work.solution
    for row in range(size):
        for column in range(row):
            total = matrix[row, column]
            for inner in range(column):
                total -= matrix[row, inner] * matrix[column, inner]
            matrix[row, column] = total * matrix[column, column]
        whole = matrix[row, row]
        rest = whole
        for inner in range(row):
            rest -= matrix[row, inner] * matrix[row, inner]
        matrix[row, row] = 1e-15 if rest <= 1e-13 * whole else 1.0 / math.sqrt(rest)
    for row in range(size):
        total = x[row]
        for inner in range(row):
            total -= matrix[row, inner] * x[inner]
        x[row] = total * matrix[row, row]
    for row in range(size - 1, -1, -1):
        x[row] *= matrix[row, row]
        for inner in range(row):
            x[inner] -= matrix[row, inner] * x[row]


@kernel(b1(WORK, i8))
def _outward(work: Work, entry: int) -> bool:
    """Whether a row's step leaves its kink at nought against the residual, or its box."""
    row, price, step = entry - len(work.centre), work.price[entry], work.step[entry]
    against = price == 0.0 and step * work.gradient[entry] < 0.0
    return bool(against or (price >= work.most[row] and step > 0.0) or (price <= work.least[row] and step < 0.0))


@kernel(void(WORK, TIE, i8))
def _stay(work: Work, tie: Tie, size: int) -> None:
    """Make it dear to move the hinges across a tie."""
    first = len(work.price) - len(work.counts)
    dear = 0.0
    for row in range(size):
        dear = max(dear, STIFF * work.system[row, row])
    for row in range(size):
        for column in range(row + 1):
            if work.entry[column] >= first and work.entry[row] >= first:
                across = normal(work, tie, work.entry[row] - first) * normal(work, tie, work.entry[column] - first)
                work.system[row, column] += dear * across


@kernel(void(WORK, TIE))
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


@kernel(void(WORK, TIE, i8))
def direction(work: Work, tie: Tie, iteration: int) -> None:
    """The Newton step of the prices that may move into `work.step`.

    A row whose step would go the wrong way from a kink is held, and the system solved again. Slopes of
    hinges move along a tie.
    """
    k, p = len(work.centre), len(work.price)
    level = (iteration // PATIENCE) % LEVELS
    proximal = PROXIMAL * HARDER**level
    usual = 0.0
    for name in range(len(work.curvature)):
        usual += 1.0 / work.curvature[name]
    usual /= max(len(work.curvature), 1)
    for _ in range(p - k + 1):
        size = 0
        for entry in range(p):
            work.step[entry] = 0.0
            if work.active[entry]:
                work.entry[size] = entry
                size += 1
        for row in range(size):
            entry = work.entry[row]
            for column in range(row + 1):
                work.system[row, column] = work.gram[entry, work.entry[column]]
            work.system[row, row] += 1.0 if entry < k else proximal * (work.gram[entry, entry] + usual)
            work.solution[row] = work.gradient[entry]
        if tie.name >= 0:
            _stay(work, tie, size)
        factorise(work, size)
        for row in range(size):
            work.step[work.entry[row]] = work.solution[row]
        worst, held = 0.0, -1
        for row in range(size):
            entry = work.entry[row]
            if entry >= k and _outward(work, entry):
                if level % 2 == 0:
                    work.active[entry], work.gradient[entry] = False, 0.0
                if abs(work.step[entry]) > worst:
                    worst, held = abs(work.step[entry]), entry
        if held < 0:
            break
        work.active[held], work.gradient[held] = False, 0.0
    if tie.name >= 0:
        _along(work, tie)
