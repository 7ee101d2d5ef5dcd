"""What each name does at given prices: closed-form, piece by piece, and remembered while that stays so."""

from __future__ import annotations

import math

from numba import types

from kernels.jit import F8W, b1, f8, i8, kernel, void
from kernels.newton.work import WORK, Work, cost_of
from kernels.problem import Floats

FIXED = -1
ANSWER = types.Tuple((f8, i8, f8, f8, f8, f8, f8))


@kernel(void(WORK, i8, f8, f8), inner=True, inlined=True)
def sort_pieces(work: Work, name: int, short: float, long: float) -> None:
    """A name's pieces by ascending cost at these prices of gain; insertion sort, they are nearly in order."""
    start = work.offsets[name]
    last = -math.inf
    for place in range(start, work.ends[name]):
        piece = work.order[place]
        cost = cost_of(work, piece, short, long)
        if cost >= last:
            last = cost
            continue
        free = place
        while free > start and cost_of(work, work.order[free - 1], short, long) > cost:
            work.order[free] = work.order[free - 1]
            free -= 1
        work.order[free] = piece


@kernel(f8(WORK, i8, i8, f8, f8), inner=True, inlined=True)
def _room(work: Work, name: int, place: int, short: float, long: float) -> float:
    """By how much the piece at `place` differs in cost from its neighbours in the order of sale."""
    cost, room = cost_of(work, work.order[place], short, long), math.inf
    if place > work.offsets[name]:
        room = cost - cost_of(work, work.order[place - 1], short, long)
    if place + 1 < work.ends[name]:
        room = min(room, cost_of(work, work.order[place + 1], short, long) - cost)
    return room


@kernel(ANSWER(WORK, i8, f8, f8, f8, b1), inlined=True)
def answer(
    work: Work, name: int, price: float, short: float, long: float, moved: bool
) -> tuple[float, int, float, float, float, float, float]:
    """The weight that minimises δ/2·(w − w*)² + price·w + the pieces' costs, and how it came about.

    Unless the prices of gain have `moved`, pieces cost what `kernels.newton.pose` found, and gains are not
    asked for.
    Returns the weight; the piece inside which it lies, or FIXED; the prices between which that stays so; the short- and
    long-term gain realised; and the room in cost that the last piece has among its neighbours, where its place counts.
    """
    if moved:
        sort_pieces(work, name, short, long)
    curvature, target = work.curvature[name], work.target[name]
    floor, ceiling = work.floor[name], work.ceiling[name]
    weight, left = work.top[name], -math.inf
    short_gain, long_gain = 0.0, 0.0
    for place in range(work.offsets[name], work.ends[name]):
        piece = work.order[place]
        cost = cost_of(work, piece, short, long) if moved else work.priced[place]
        wanted = target + (cost - price) * work.flexibility[name]
        if wanted >= weight and weight <= ceiling:
            return weight, FIXED, left, cost - curvature * (weight - target), short_gain, long_gain, math.inf
        bottom = weight - work.size[piece]
        stop = min(max(wanted, bottom, floor), max(ceiling, bottom))
        if moved and work.long[piece]:
            long_gain += (weight - stop) * work.gain[piece]
        elif moved:
            short_gain += (weight - stop) * work.gain[piece]
        if stop > bottom:
            room = _room(work, name, place, short, long) if moved else math.inf
            if stop <= floor:
                return floor, FIXED, cost - curvature * (floor - target), math.inf, short_gain, long_gain, room
            if stop >= ceiling and wanted >= ceiling:
                return ceiling, FIXED, -math.inf, cost - curvature * (ceiling - target), short_gain, long_gain, room
            left = cost - curvature * (min(weight, ceiling) - target)
            right = cost - curvature * (max(bottom, floor) - target)
            return stop, piece, left, right, short_gain, long_gain, room
        weight, left = bottom, cost - curvature * (bottom - target)
        if weight <= floor:
            room = _room(work, name, place, short, long) if moved else math.inf
            return weight, FIXED, left, math.inf, short_gain, long_gain, room
    return weight, FIXED, left, math.inf, short_gain, long_gain, math.inf


@kernel(types.UniTuple(f8, 2)(WORK, f8), inner=True, inlined=True)
def rates_at(work: Work, step: float) -> tuple[float, float]:
    """What a percent of short- and long-term gain costs after a step along the direction."""
    first = len(work.price) - len(work.counts)
    short, long = work.rate[0], work.rate[1]
    for hinge in range(len(work.counts)):
        slope = work.price[first + hinge] + step * work.step[first + hinge]
        short += work.counts[hinge, 0] * slope
        long += work.counts[hinge, 1] * slope
    return short, long


@kernel(f8(WORK, i8), inner=True, inlined=True)
def gain_of(work: Work, hinge: int) -> float:
    """The gain of the last answers that counts for a hinge, percent."""
    return float(work.counts[hinge, 0] * work.gains[0] + work.counts[hinge, 1] * work.gains[1])


@kernel(b1(WORK, i8, f8, f8), inner=True, inlined=True)
def _holds(work: Work, name: int, price: float, moved: float) -> bool:
    """Whether a name's last answer holds at a price, less by how much its free piece has become dearer.

    No price of gain has moved further than `moved`. Inside a piece no neighbour may come to cost the same; at a kink
    both its sides may have moved towards the price.
    """
    margin = 0.0 if work.free[name] >= 0 else work.reach[name] * moved
    return bool(moved <= work.stays[name] and work.left[name] + margin <= price and price <= work.right[name] - margin)


@kernel(f8(WORK, i8, f8, f8, f8), inner=True, inlined=True)
def _walk(work: Work, name: int, price: float, short: float, long: float) -> float:
    """A name's answer, remembered; returns its weight."""
    value, piece, left, right, of_short, of_long, room = answer(work, name, price, short, long, True)
    reach = work.reach[name]
    work.free[name], work.left[name], work.right[name] = piece, left, right
    work.stays[name] = 0.5 * room / reach if reach > 0.0 else math.inf
    work.short_then[name], work.long_then[name] = short, long
    work.slope[name] = 0.0
    if piece >= 0:
        work.slope[name] = work.flexibility[name]
        if work.long[piece]:
            of_long += value * work.gain[piece]
        else:
            of_short += value * work.gain[piece]
    work.base[name] = value + work.slope[name] * price
    work.short_gain[name], work.long_gain[name] = of_short, of_long
    return value


@kernel(f8(WORK, i8, f8), inner=True, inlined=True)
def _walk_untaxed(work: Work, name: int, price: float) -> float:
    """The same where nothing moves the prices of gain: what is realised is not asked for."""
    value, piece, left, right, _, _, _ = answer(work, name, price, work.rate[0], work.rate[1], False)
    work.free[name], work.left[name], work.right[name] = piece, left, right
    slope = work.flexibility[name] if piece >= 0 else 0.0
    work.slope[name], work.base[name] = slope, value + slope * price
    return value


@kernel(f8(WORK, f8, F8W), inner=True, inlined=True)
def _answer_untaxed(work: Work, step: float, weight: Floats) -> float:
    """All names after a step where nothing moves the prices of gain; returns along·weight."""
    change = 0.0
    for name in range(len(weight)):
        price = work.at[name] + step * work.along[name]
        if work.left[name] <= price <= work.right[name]:
            value = work.base[name] - work.slope[name] * price
        else:
            value = _walk_untaxed(work, name, price)
        weight[name] = value
        change += work.along[name] * value
    return change


@kernel(f8(WORK, f8, F8W), inner=True, inlined=True)
def _answer_taxed(work: Work, step: float, weight: Floats) -> float:
    """All names after a step that moves the prices of gain; returns along·weight, and both gains in `gains`."""
    short, long = rates_at(work, step)
    change, short_gain, long_gain = 0.0, 0.0, 0.0
    for name in range(len(weight)):
        price = work.at[name] + step * work.along[name]
        by_short, by_long = short - work.short_then[name], long - work.long_then[name]
        piece, own = work.free[name], price
        if piece >= 0:
            own -= work.gain[piece] * (by_long if work.long[piece] else by_short)
        if _holds(work, name, own, max(abs(by_short), abs(by_long))):
            value = work.base[name] - work.slope[name] * own
        else:
            value = _walk(work, name, price, short, long)
            piece = work.free[name]
        short_gain += work.short_gain[name]
        long_gain += work.long_gain[name]
        if piece >= 0:
            if work.long[piece]:
                long_gain -= value * work.gain[piece]
            else:
                short_gain -= value * work.gain[piece]
        weight[name] = value
        change += work.along[name] * value
    work.gains[0], work.gains[1] = short_gain, long_gain
    return change


@kernel(f8(WORK, f8, F8W), inner=True)
def answer_all(work: Work, step: float, weight: Floats) -> float:
    """All names after a step along the direction: `weight` (n,), `free`; returns along·weight.

    A name is walked again only where its price or the prices of gain have left what its last answer holds for.
    """
    if len(work.counts) > 0:
        return float(_answer_taxed(work, step, weight))
    return float(_answer_untaxed(work, step, weight))
