"""The two convex halves of an account's netting schedule, in memory (`engine.decide.schedule` derives them)."""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import types

from kernels.decide.memory import ARRAYS, CASE, HINGES, OWN, Arrays, Case
from kernels.jit import F8, F8M, F8W, f8, i8, kernel, readonly, void
from kernels.problem import Floats
from kernels.table import Table
from kernels.taxes import OF_TERMS, OVER_BUDGET, SCHEDULE, Schedule, net_at, year_tax

PAIR = types.UniTuple(f8, 2)


class Half(NamedTuple):
    """constant + rate·G + Σ step·(at + counts·G)⁺ in bp of the run's (short, long) gain G in percent; h hinges."""

    constant: float
    rate: Floats
    step: Floats
    at: Floats
    counts: Floats
    """(h, 2)"""


HALF_TYPE = Table(Half, (f8, F8, F8, F8, F8M))


@kernel(HALF_TYPE.tuple(ARRAYS, i8), inner=True)
def half_in(of: Arrays, half: int) -> Half:
    """A half in memory."""
    h = of.half_hinges[half]
    return Half(
        of.half_constant[half],
        readonly(of.half_rate[half]),
        readonly(of.half_step[half, :h]),
        readonly(of.half_at[half, :h]),
        readonly(of.half_counts[half, : 2 * h].reshape((h, 2))),
    )


@kernel(f8(HALF_TYPE, f8, f8), inner=True)
def half_value(half: Half, short: float, long: float) -> float:
    """The half's tax in bp; never less than the schedule's."""
    value = 0.0
    for hinge in range(len(half.step)):
        value += half.step[hinge] * max(
            half.at[hinge] + half.counts[hinge, 0] * short + half.counts[hinge, 1] * long, 0.0
        )
    return float(half.constant + (half.rate[0] * short + half.rate[1] * long + value))


@kernel(PAIR(HALF_TYPE, F8), inner=True)
def prices_at(half: Half, slopes: Floats) -> tuple[float, float]:
    """What a percent of short- and long-term gain costs in bp where hinge i has slope `slopes[i]`, 0 to `step[i]`."""
    short, long = half.rate[0], half.rate[1]
    for hinge in range(len(half.step)):
        short += slopes[hinge] * half.counts[hinge, 0]
        long += slopes[hinge] * half.counts[hinge, 1]
    return short, long


@kernel(f8(HALF_TYPE, F8), inner=True)
def constant_at(half: Half, slopes: Floats) -> float:
    """What remains at these slopes: the half is at least constant + prices·G, whatever G."""
    value = half.constant
    for hinge in range(len(half.step)):
        value += slopes[hinge] * half.at[hinge]
    return float(value)


@kernel(void(ARRAYS, HALF_TYPE, f8, f8, f8), inner=True)
def slopes_near(of: Arrays, half: Half, short: float, long: float, net: float) -> None:
    """Slopes that bring a half's prices near these, and what every gain costs near `net`, into `slopes[OWN]`."""
    spent = min(half.rate[0], half.rate[1])
    for hinge in range(len(half.step)):
        counts_short, counts_long = half.counts[hinge, 0] > 0.0, half.counts[hinge, 1] > 0.0
        wanted = (net if counts_short and counts_long else short if counts_short else long) - spent
        of.slopes[OWN, hinge] = min(max(wanted, 0.0), half.step[hinge])
        spent += of.slopes[OWN, hinge]


@kernel(types.UniTuple(f8, 4)(ARRAYS, CASE, F8), inner=True)
def gain_range(of: Arrays, case: Case, gains: Floats) -> tuple[float, float, float, float]:
    """The least short- and long-term gain that sales can realise, and the most, percent; `gains` (s,) per percent."""
    least_short, least_long, most_short, most_long = 0.0, 0.0, 0.0, 0.0
    for segment in range(case.s):
        gain, long = of.size[segment] * gains[segment], of.long[segment]
        lost, won = min(gain, 0.0), max(gain, 0.0)
        least_long += lost if long else 0.0  # no branch, which nothing could guess
        least_short += 0.0 if long else lost
        most_long += won if long else 0.0
        most_short += 0.0 if long else won
    return least_short, least_long, most_short, most_long


@kernel(void(ARRAYS, i8, f8, f8), inner=True)
def _begin(of: Arrays, half: int, constant: float, rate: float) -> None:
    of.half_constant[half], of.half_hinges[half] = constant, 0
    of.half_rate[half, :] = rate


@kernel(void(ARRAYS, SCHEDULE, i8, f8, f8, f8, f8), inner=True)
def _bend(of: Arrays, schedule: Schedule, half: int, step: float, threshold: float, short: float, long: float) -> None:
    """Add a hinge; none where its step is nothing."""
    if step <= 0.0:
        return
    h = of.half_hinges[half]
    of.half_step[half, h] = step
    of.half_at[half, h] = short * schedule.short + long * schedule.long + threshold
    of.half_counts[half, 2 * h], of.half_counts[half, 2 * h + 1] = short, long
    of.half_hinges[half] = h + 1


@kernel(void(ARRAYS, SCHEDULE, i8, f8), inner=True)
def _bend_at_budgets(of: Arrays, schedule: Schedule, half: int, rate: float) -> None:
    """Add the hinge of the budgets, none where there are none; a net gain is taxed at `rate` in this half."""
    total = schedule.short + schedule.long
    room = min(schedule.room, net_at(schedule, schedule.most_tax, rate) - total)
    if math.isfinite(room):
        _bend(of, schedule, half, OVER_BUDGET, -room - total, 1.0, 1.0)


@kernel(void(ARRAYS, i8, types.UniTuple(f8, 4)), inner=True)
def _fold(of: Arrays, half: int, reach: tuple[float, float, float, float]) -> None:
    """Take out the hinges that no gain within `reach` bends, into rate and constant."""
    kept = 0
    for h in range(of.half_hinges[half]):
        step, at = of.half_step[half, h], of.half_at[half, h]
        short, long = of.half_counts[half, 2 * h], of.half_counts[half, 2 * h + 1]
        if at + short * reach[0] + long * reach[1] >= 0.0:
            of.half_constant[half] += step * at
            of.half_rate[half, 0] += step * short
            of.half_rate[half, 1] += step * long
        elif at + short * reach[2] + long * reach[3] > 0.0:
            of.half_step[half, kept], of.half_at[half, kept] = step, at
            of.half_counts[half, 2 * kept], of.half_counts[half, 2 * kept + 1] = short, long
            kept += 1
    of.half_hinges[half] = kept


@kernel(void(ARRAYS, SCHEDULE, f8), inner=True)
def write_halves(of: Arrays, schedule: Schedule, offset: float) -> None:
    """Both halves over all gains there could be: T_B first, then T_A; `offset` is deductible, percent."""
    dear_long = schedule.long_rate > schedule.short_rate
    high, low = max(schedule.short_rate, schedule.long_rate), min(schedule.short_rate, schedule.long_rate)
    carried, deducted = schedule.carried_rate, schedule.short_rate
    saved = (deducted - carried) * offset
    before = year_tax(schedule.short, schedule.long, schedule.short_rate, schedule.long_rate, carried, schedule.offset)
    constant = carried * (schedule.short + schedule.long) - before
    first, second = 0, 1
    _begin(of, first, constant - saved, carried)
    _bend(of, schedule, first, deducted - carried, offset, 1.0, 1.0)
    _bend(of, schedule, first, high - deducted, 0.0, 1.0, 1.0)
    _bend_at_budgets(of, schedule, first, high)
    if low > carried:
        _begin(of, second, constant - saved, carried)
        _bend(of, schedule, second, low - carried, saved / (low - carried), 1.0, 1.0)
    else:
        _begin(of, second, constant, carried)
    _bend(of, schedule, second, high - low, 0.0, 0.0 if dear_long else 1.0, 1.0 if dear_long else 0.0)
    _bend_at_budgets(of, schedule, second, low)
    if 0.0 <= schedule.most_tax < math.inf and high > 0.0:
        cheap, most = low / high, schedule.most_tax / high
        _bend(
            of,
            schedule,
            second,
            OF_TERMS * OVER_BUDGET,
            -most,
            cheap if dear_long else 1.0,
            1.0 if dear_long else cheap,
        )


@kernel(void(F8W, F8W, i8), inner=True)
def _exchange(one: Floats, other: Floats, count: int) -> None:
    for entry in range(count):
        one[entry], other[entry] = other[entry], one[entry]


@kernel(void(ARRAYS), inner=True)
def _swap(of: Arrays) -> None:
    """Exchange the halves."""
    first, second = 0, 1
    of.half_constant[first], of.half_constant[second] = of.half_constant[second], of.half_constant[first]
    of.half_hinges[first], of.half_hinges[second] = of.half_hinges[second], of.half_hinges[first]
    _exchange(of.half_counts[first], of.half_counts[second], 2 * HINGES)
    _exchange(of.half_rate[first], of.half_rate[second], 2)
    _exchange(of.half_step[first], of.half_step[second], HINGES)
    _exchange(of.half_at[first], of.half_at[second], HINGES)


@kernel(i8(ARRAYS, CASE, F8), inner=True)
def set_halves(of: Arrays, case: Case, gains: Floats) -> int:
    """Write the convex functions whose least is the schedule over all that this account could realise; their number.

    First the one that is the lesser where every loss is taken. `gains` (s,) are those of the segments.
    """
    schedule = case.schedule
    reach = gain_range(of, case, gains)
    lowest = (schedule.short + reach[0], schedule.long + reach[1])
    highest = (schedule.short + reach[2], schedule.long + reach[3])
    dear = 1 if schedule.long_rate > schedule.short_rate else 0
    offset = min(schedule.offset, max(-(lowest[0] + lowest[1]), 0.0))  # more can never be deducted
    write_halves(of, schedule, offset)
    flat = schedule.short_rate == schedule.long_rate
    only_second = flat or highest[0] + highest[1] <= 0.0 or (lowest[dear] >= 0.0 and highest[1 - dear] <= 0.0)
    only_first = lowest[0] + lowest[1] >= 0.0 and (lowest[1 - dear] >= 0.0 or highest[dear] <= 0.0)
    first, second = 0, 1
    _fold(of, first, reach)
    _fold(of, second, reach)
    if only_second:
        return 1
    if only_first:
        _swap(of)
        return 1
    if half_value(half_in(of, second), reach[0], reach[1]) < half_value(half_in(of, first), reach[0], reach[1]):
        _swap(of)
    return 2
