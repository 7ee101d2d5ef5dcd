"""What each name does at given prices: closed-form, piece by piece."""

from __future__ import annotations

import math

from numba import types

from kernels.jit import F8W, I8W, f8, i8, kernel, void
from kernels.newton.work import WORK, Work, cost_of
from kernels.problem import Floats, Ints

FIXED = -1
ANSWER = types.Tuple((f8, i8, f8, f8, f8, f8))


@kernel(void(WORK, f8, f8))
def sort_pieces(work: Work, short: float, long: float) -> None:
    """Every name's pieces by ascending cost at these prices of gain; insertion sort, they are nearly in order."""
    for name in range(len(work.target)):
        start = work.offsets[name]
        for place in range(start + 1, work.offsets[name + 1]):
            piece = work.order[place]
            cost = cost_of(work, piece, short, long)
            free = place
            while free > start and cost_of(work, work.order[free - 1], short, long) > cost:
                work.order[free] = work.order[free - 1]
                free -= 1
            work.order[free] = piece


@kernel(ANSWER(WORK, i8, f8, f8, f8))
def answer(
    work: Work, name: int, price: float, short: float, long: float
) -> tuple[float, int, float, float, float, float]:
    """The weight that minimises δ/2·(w − w*)² + price·w + the pieces' costs, and how it came about.

    Returns the weight; the piece inside which it lies, or FIXED; the prices between which that stays so; the short- and
    long-term gain realised.
    """
    curvature, target = work.curvature[name], work.target[name]
    floor, ceiling = work.floor[name], work.ceiling[name]
    weight, left = work.top[name], -math.inf
    short_gain, long_gain = 0.0, 0.0
    for place in range(work.offsets[name], work.offsets[name + 1]):
        piece = work.order[place]
        cost = cost_of(work, piece, short, long)
        wanted = target + (cost - price) / curvature
        if wanted >= weight and weight <= ceiling:
            return weight, FIXED, left, cost - curvature * (weight - target), short_gain, long_gain
        bottom = weight - work.size[piece]
        stop = min(max(wanted, bottom, floor), max(ceiling, bottom))
        if work.long[piece]:
            long_gain += (weight - stop) * work.gain[piece]
        else:
            short_gain += (weight - stop) * work.gain[piece]
        if stop > bottom:
            if stop <= floor:
                return floor, FIXED, cost - curvature * (floor - target), math.inf, short_gain, long_gain
            if stop >= ceiling and wanted >= ceiling:
                return ceiling, FIXED, -math.inf, cost - curvature * (ceiling - target), short_gain, long_gain
            left = cost - curvature * (min(weight, ceiling) - target)
            right = cost - curvature * (max(bottom, floor) - target)
            return stop, piece, left, right, short_gain, long_gain
        weight, left = bottom, cost - curvature * (bottom - target)
        if weight <= floor:
            break
    return weight, FIXED, left, math.inf, short_gain, long_gain


@kernel(types.UniTuple(f8, 2)(WORK, f8))
def rates_at(work: Work, step: float) -> tuple[float, float]:
    """What a percent of short- and long-term gain costs after a step along the direction."""
    first = len(work.price) - len(work.counts)
    short, long = work.rate[0], work.rate[1]
    for hinge in range(len(work.counts)):
        slope = work.price[first + hinge] + step * work.step[first + hinge]
        short += work.counts[hinge, 0] * slope
        long += work.counts[hinge, 1] * slope
    return short, long


@kernel(types.UniTuple(f8, 3)(WORK, f8, F8W, I8W))
def answer_all(work: Work, step: float, weight: Floats, free: Ints) -> tuple[float, float, float]:
    """All names after a step along the direction: `weight`, `free` (n,); returns along·weight and both gains.

    Where no hinge moves the costs of selling, a name whose price stays between `left` and `right` is not walked again.
    """
    short, long = rates_at(work, step)
    taxed = len(work.counts) > 0
    if taxed:
        sort_pieces(work, short, long)
    change, short_gain, long_gain = 0.0, 0.0, 0.0
    for name in range(len(weight)):
        price = work.at[name] + step * work.along[name]
        if taxed or price < work.left[name] or price > work.right[name]:
            value, piece, left, right, of_short, of_long = answer(work, name, price, short, long)
            work.left[name], work.right[name] = left, right
            work.slope[name] = 0.0 if piece < 0 else 1.0 / work.curvature[name]
            work.base[name] = value + work.slope[name] * price
            free[name] = piece
            short_gain += of_short
            long_gain += of_long
        else:
            value = work.base[name] - work.slope[name] * price
            free[name] = FIXED if work.slope[name] == 0.0 else 0
        weight[name] = value
        change += work.along[name] * value
    return change, short_gain, long_gain
