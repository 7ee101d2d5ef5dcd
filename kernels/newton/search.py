"""The exact step along a direction: where the dual's derivative, which falls and is piecewise linear, meets nought."""

from __future__ import annotations

import math

from numba import types

from kernels.jit import f8, i8, kernel
from kernels.newton.answer import answer_all, gain_of, rates_at
from kernels.newton.work import WORK, Work, cost_of

FLAT = 0.1
"""A step is good where so much of the derivative at its start is left: the next direction knows better."""
TRIALS = 80
FARTHEST = 1e12
NARROW = 1e-11
GROWTH = 4.0
BENT = 2
"""Trials after which a jump is looked for where two pieces of a name come to cost the same."""
NO_ROW = -1


@kernel(types.UniTuple(f8, 2)(WORK, f8, i8), inner=True)
def derivative(work: Work, step: float, kink: int) -> tuple[float, float]:
    """The dual's derivative along the direction after a step: before and behind row `kink`'s change of sign there."""
    k = len(work.centre)
    first = len(work.price) - len(work.counts)
    total = answer_all(work, step, work.trial_weight)
    for factor in range(k):
        total -= work.step[factor] * (work.centre[factor] + work.price[factor] + step * work.step[factor])
    for hinge in range(len(work.counts)):
        total += work.step[first + hinge] * gain_of(work, hinge)
    behind = 0.0
    for row in range(len(work.low)):
        move, start = work.step[k + row], work.price[k + row]
        if move == 0.0:
            continue
        price = start if row == kink else start + step * move
        upper = price > 0.0 or (price == 0.0 and move > 0.0) or math.isinf(work.low[row])
        upper = upper and math.isfinite(work.high[row])
        total -= move * (work.high[row] if upper else work.low[row])
        if row == kink:
            behind -= abs(move) * (work.high[row] - work.low[row])
    return total, total + behind


@kernel(types.Tuple((f8, i8))(WORK), inner=True, inlined=True)
def box_limit(work: Work) -> tuple[float, int]:
    """The step at which the first row reaches a bound of its price, and that row."""
    k = len(work.centre)
    limit, at = math.inf, NO_ROW
    for row in range(len(work.low)):
        move, price = work.step[k + row], work.price[k + row]
        if move == 0.0:
            continue
        bound = work.most[row] if move > 0.0 else work.least[row]
        if math.isfinite(bound) and (bound - price) / move < limit:
            limit, at = (bound - price) / move, row
    return limit, at


@kernel(i8(WORK, f8, f8, f8), inner=True, inlined=True)
def kink_between(work: Work, low: float, high: float, near: float) -> int:
    """The row with two bounds whose price changes sign inside (low, high), nearest to `near`, or NO_ROW."""
    k = len(work.centre)
    best, at = math.inf, NO_ROW
    for row in range(len(work.low)):
        move, price = work.step[k + row], work.price[k + row]
        if move * price < 0.0 and math.isfinite(work.low[row]) and math.isfinite(work.high[row]):
            crossing = -price / move
            if low * (1.0 + NARROW) < crossing < high * (1.0 - NARROW) and abs(crossing - near) < best:
                best, at = abs(crossing - near), row
    return at


@kernel(f8(WORK, f8, f8, f8), inner=True)
def crossing_between(work: Work, low: float, high: float, near: float) -> float:
    """The step inside (low, high) nearest to `near` at which a name's free piece and a neighbour cost the same, or -1.

    As names lie after the last trial.
    """
    short, long = rates_at(work, 0.0)
    short_then, long_then = rates_at(work, 1.0)
    best, at = math.inf, -1.0
    for name in range(len(work.free)):
        piece = work.free[name]
        if piece < 0:
            continue
        cost = cost_of(work, piece, short, long)
        dearer = cost_of(work, piece, short_then, long_then) - cost
        before = -1
        for place in range(work.offsets[name], work.ends[name]):
            other = work.order[place]
            if piece in (before, other):
                neighbour = before if piece == other else other
                if neighbour >= 0:
                    apart = cost_of(work, neighbour, short, long) - cost
                    closer = dearer - (cost_of(work, neighbour, short_then, long_then) - cost - apart)
                    crossing = apart / closer if closer != 0.0 else math.inf
                    inside = low * (1.0 + NARROW) < crossing < high * (1.0 - NARROW)
                    if inside and abs(crossing - near) < best:
                        best, at = abs(crossing - near), crossing
            before = other
    return at


@kernel(f8(i8, f8, f8, f8, f8), inlined=True)
def _split(trial: int, low: float, at_low: float, high: float, at_high: float) -> float:
    """A step inside (low, high), from the derivatives at both."""
    share = 0.5 if trial % 3 == 2 else at_low / (at_low - at_high)
    return float(low + min(max(share, 0.05), 0.95) * (high - low))


@kernel(types.Tuple((f8, i8, f8))(WORK, f8), inner=True)
def search(work: Work, start: float) -> tuple[float, int, float]:
    """The step, the row whose price it brings exactly to nought or to its bound, or NO_ROW, and the step's far side.

    `start` is the derivative where the step begins. The far side is the step itself, but a hair beyond it where the
    derivative jumps: there two pieces of a name cost the same, and behind it the other is sold first. Otherwise
    `trial_weight` is the answer at the step.
    """
    limit, limiting = box_limit(work)
    low, at_low, high, at_high = 0.0, start, math.inf, 0.0
    step, kink = min(1.0, limit), NO_ROW
    for trial in range(TRIALS):
        before, behind = derivative(work, step, kink)
        if kink != NO_ROW:
            if before >= 0.0 >= behind:
                return step, kink, step
        elif step >= limit and before >= 0.0:
            return step, limiting, step
        elif abs(before) <= FLAT * start:
            return step, NO_ROW, step
        if before < 0.0:
            high, at_high = step, before
        else:
            low, at_low = step, behind
        kink = NO_ROW
        if math.isinf(high):
            if step > FARTHEST:
                return step, NO_ROW, step
            step = min(max(GROWTH * step, 1.0), limit)
            continue
        if high - low <= NARROW * high:
            return low, NO_ROW, high
        step = _split(trial, low, at_low, high, at_high)
        kink = kink_between(work, low, high, step)
        if kink != NO_ROW:
            k = len(work.centre)
            step = -work.price[k + kink] / work.step[k + kink]
        elif trial >= BENT and len(work.counts) > 0:
            crossing = crossing_between(work, low, high, step)
            if crossing > 0.0:
                step, far = crossing * (1.0 - NARROW / 4.0), crossing * (1.0 + NARROW / 4.0)
                behind = derivative(work, far, NO_ROW)[0]
                if behind > 0.0:
                    low, at_low = far, behind
                    step = _split(trial, low, at_low, high, at_high)
                else:
                    high, at_high = far, behind
    derivative(work, step, NO_ROW)
    return step, NO_ROW, step
