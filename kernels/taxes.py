"""The netting schedule: what a year's net short- and long-term totals cost in tax (OPTIMISATION.md, section 1).

IRC §1222 nets each term and then one against the other; §1211(b) lets a net loss reduce ordinary income up to a limit;
§1212(b) carries the rest forward with its character. All amounts USD, gains positive; rates are fractions. `short` and
`long` are the net totals, carryforwards entered as losses of their kind. `loss_value` is the worth of a carried loss as
a fraction of `long_rate`; `ordinary_offset` (≥ 0) is the loss deductible against ordinary income, at the short rate.

The schedule T is continuous and piecewise linear. It is not convex: with short-term gains present its slope in `long`
falls from the short to the long rate at zero. It is the lesser of two convex functions where loss_value ≤ 1 and
long_rate ≤ short_rate; it is computed for any rates.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from numba import types
from numba.types import UniTuple

from kernels.jit import b1, f8, i8, kernel


class Schedule(NamedTuple):
    """One account's schedule as its problem sees it; amounts and rates in any units that agree."""

    short: float
    """Net short-term total before the run, carryforwards entered as losses."""
    long: float
    """Net long-term total before the run."""
    offset: float
    """Net loss deductible against ordinary income."""
    short_rate: float
    long_rate: float
    carried_rate: float
    """Worth of a carried loss; at most either rate (see `engine.decide.schedule`)."""
    room: float = math.inf
    """Net gain that the run may realise under the year's budget; infinite where there is none."""
    most_tax: float = math.inf
    """The most that T may come to with the run; infinite where there is no budget of tax."""


OVER_BUDGET: Final = 1e5
"""What a unit of gain over the budget costs, bp per percent: a thousand dollars a dollar. Only hard rules outbid it."""
OF_TERMS: Final = 0.1
"""The part of that which the dearer term costs beyond a budget of tax, on top of the net total: together less than a
hard rule."""
LEAST_SENSITIVE: Final = 1e-6
"""`tax_sensitivity` of an account that minds tax no more than this, and has a budget of it."""
SCHEDULE = types.NamedUniTuple(f8, 8, Schedule)
UNTAXED: Final = Schedule(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, math.inf, math.inf)


@kernel(f8(f8, f8, f8, f8, f8, f8))
def year_tax(
    short: float, long: float, short_rate: float, long_rate: float, carried_rate: float, offset: float
) -> float:
    """T(short, long): tax of the year, less the worth of the loss carried out of it. T(0, 0) = 0."""
    net = short + long
    if net < 0.0:
        deducted = min(-net, offset)
        return -(short_rate * deducted + carried_rate * (-net - deducted))
    if short >= 0.0 and long >= 0.0:
        return short_rate * short + long_rate * long
    return (short_rate if short > 0.0 else long_rate) * net


@kernel(f8(f8, f8, f8, f8, f8, f8))
def schedule_tax(
    short: float, long: float, short_rate: float, long_rate: float, loss_value: float, ordinary_offset: float
) -> float:
    """T(short, long) where a carried loss is worth `loss_value` of the long rate."""
    return float(year_tax(short, long, short_rate, long_rate, loss_value * long_rate, ordinary_offset))


@kernel(f8(SCHEDULE))
def dearest(schedule: Schedule) -> float:
    """The most that a unit of gain can cost, or a loss save."""
    rate = max(schedule.short_rate, schedule.long_rate)
    if math.isfinite(schedule.room):
        rate += OVER_BUDGET
    return float(rate if math.isinf(schedule.most_tax) else rate + OVER_BUDGET)


@kernel(SCHEDULE(SCHEDULE, f8, f8), inner=True)
def with_budgets(schedule: Schedule, room: float, most_tax: float) -> Schedule:
    """The same schedule with these budgets."""
    return Schedule(
        schedule.short,
        schedule.long,
        schedule.offset,
        schedule.short_rate,
        schedule.long_rate,
        schedule.carried_rate,
        room,
        most_tax,
    )


@kernel(b1(SCHEDULE))
def is_budgeted(schedule: Schedule) -> bool:
    """Whether the run's gain or its tax has a limit."""
    return math.isfinite(schedule.room) or math.isfinite(schedule.most_tax)


@kernel(f8(SCHEDULE, f8, f8))
def tax_of_year(schedule: Schedule, short_gain: float, long_gain: float) -> float:
    """T with a run's net gains."""
    short, long, offset, short_rate, long_rate, carried_rate = schedule[:6]
    return float(year_tax(short + short_gain, long + long_gain, short_rate, long_rate, carried_rate, offset))


@kernel(f8(SCHEDULE, f8))
def over_tax(schedule: Schedule, tax: float) -> float:
    """By how much a year's tax is over its budget, as gain of the dearer term."""
    dear = max(schedule.short_rate, schedule.long_rate)
    return max(tax - schedule.most_tax, 0.0) / dear if math.isfinite(schedule.most_tax) and dear > 0.0 else 0.0


@kernel(f8(SCHEDULE, f8, f8))
def net_at(schedule: Schedule, tax: float, rate: float) -> float:
    """The net total at which the year's tax is `tax`, net gains taxed at `rate`."""
    if tax >= 0.0:
        return tax / rate if rate > 0.0 else math.inf
    deducted = schedule.short_rate * schedule.offset
    if -tax <= deducted:
        return tax / schedule.short_rate
    return -schedule.offset + (tax + deducted) / schedule.carried_rate if schedule.carried_rate > 0.0 else -math.inf


@kernel(f8(SCHEDULE, f8, f8), inner=True)
def _over_budget(schedule: Schedule, short_gain: float, long_gain: float) -> float:
    """By how much a run's gains are over the budgets, as the convex half that is the lesser there counts it.

    T_B is where the net total is a loss, or the dearer term gains and the other loses (`engine.decide.schedule`).
    """
    over = max(short_gain + long_gain - schedule.room, 0.0)
    if math.isinf(schedule.most_tax):
        return over
    short, long = schedule.short + short_gain, schedule.long + long_gain
    high, low, dear, cheap = schedule.short_rate, schedule.long_rate, short, long
    if low > high:
        high, low, dear, cheap = low, high, long, short
    second = short + long < 0.0 or (dear > 0.0 and cheap < 0.0)
    over = max(over, short + long - net_at(schedule, schedule.most_tax, high if second else low))
    if not second and schedule.most_tax >= 0.0 and high > 0.0:
        over += OF_TERMS * max(dear + low / high * cheap - schedule.most_tax / high, 0.0)
    return over


@kernel(f8(SCHEDULE, f8, f8))
def run_tax(schedule: Schedule, short_gain: float, long_gain: float) -> float:
    """What a run's net gains cost by an account's schedule: T(before + run) − T(before), and what is over budget."""
    after = tax_of_year(schedule, short_gain, long_gain)
    over = OVER_BUDGET * _over_budget(schedule, short_gain, long_gain)
    return float(after - tax_of_year(schedule, 0.0, 0.0) + over)


@kernel(UniTuple(f8, 3)(SCHEDULE, f8, f8), inner=True)
def _piece_of_tax(schedule: Schedule, short: float, long: float) -> tuple[float, float, float]:
    """Short rate, long rate and reach of the linear piece of T in which these totals lie."""
    offset, short_rate, long_rate, carried_rate = schedule[2:6]
    if short_rate == long_rate == carried_rate:
        return short_rate, short_rate, math.inf
    net = short + long
    if net < -offset:
        return carried_rate, carried_rate, -offset - net
    if net < 0.0:
        return short_rate, short_rate, min(-net, net + offset)
    if short >= 0.0 and long >= 0.0:
        return short_rate, long_rate, min(short, long)
    rate = short_rate if short > 0.0 else long_rate
    return rate, rate, min(net, abs(short), abs(long))


@kernel(UniTuple(f8, 3)(SCHEDULE, f8, f8))
def linear_piece(schedule: Schedule, short_gain: float, long_gain: float) -> tuple[float, float, float]:
    """The linear piece of `run_tax` in which a run's net gains lie: short rate, long rate, reach.

    Gains that move by no more than `reach`, short and long together, stay in it. On an edge the reach is nought, and
    under a budget of tax, whose own edge is not looked for.
    """
    short_rate, long_rate, reach = _piece_of_tax(schedule, schedule.short + short_gain, schedule.long + long_gain)
    if math.isfinite(schedule.most_tax):
        return short_rate, long_rate, 0.0
    left = schedule.room - short_gain - long_gain
    over = OVER_BUDGET if left < 0.0 else 0.0
    return short_rate + over, long_rate + over, min(reach, abs(left))


@kernel(f8(f8, f8, f8, f8, f8, f8, f8, f8, f8, f8))
def tax_cost(
    short_ytd: float,
    long_ytd: float,
    short_carried: float,
    long_carried: float,
    short_run: float,
    long_run: float,
    short_rate: float,
    long_rate: float,
    loss_value: float,
    ordinary_offset: float,
) -> float:
    """What a run's net gains cost: T(year to date + run) − T(year to date). Carried losses are given as ≥ 0."""
    short = short_ytd - short_carried
    long = long_ytd - long_carried
    after = schedule_tax(short + short_run, long + long_run, short_rate, long_rate, loss_value, ordinary_offset)
    return after - schedule_tax(short, long, short_rate, long_rate, loss_value, ordinary_offset)


@kernel(b1(f8, i8), inner=True)
def _above(value: float, step: int) -> bool:
    """Whether `value` is above zero once moved a little in direction `step` (±1)."""
    return value > 0.0 or (value == 0.0 and step > 0)


@kernel(UniTuple(f8, 2)(f8, f8, i8, f8, f8, f8, f8), inner=True)
def _slopes(
    short: float, long: float, step: int, short_rate: float, long_rate: float, loss_value: float, ordinary_offset: float
) -> tuple[float, float]:
    """Derivatives of T by `short` and by `long` on the side of `step` (±1)."""
    net = short + long
    if not _above(net, step):
        rate = short_rate if _above(net + ordinary_offset, step) else loss_value * long_rate
        return rate, rate
    return (
        short_rate if _above(short, step) else long_rate,
        long_rate if _above(long, step) else short_rate,
    )


@kernel(UniTuple(f8, 4)(f8, f8, f8, f8, f8, f8))
def marginal_rates(
    short: float, long: float, short_rate: float, long_rate: float, loss_value: float, ordinary_offset: float
) -> tuple[float, float, float, float]:
    """Tax on the next dollar: (short up, short down, long up, long down), the one-sided derivatives of T.

    "up" is what one more dollar of gain costs, "down" what one dollar less saves.
    """
    short_up, long_up = _slopes(short, long, 1, short_rate, long_rate, loss_value, ordinary_offset)
    short_down, long_down = _slopes(short, long, -1, short_rate, long_rate, loss_value, ordinary_offset)
    return short_up, short_down, long_up, long_down
