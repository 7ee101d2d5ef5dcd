"""The value of waiting with a loss: what its sale today gives up.

A lot at a loss is an option: until a date it may be sold for its loss K − S, or kept if its price S comes back above
its basis K (Constantinides, "Optimal stock trading with personal taxes", J. Financial Economics 13, 1984). Without
interest and drift, E(K − S_T)⁺ = K − S + E(S_T − K)⁺: by put-call parity waiting is worth the call, for a lognormal
price that of Black and Scholes (J. Political Economy 81, 1973). The date is the end of the tax year, or before it the
last day on which a short-term loss is one.
"""

from __future__ import annotations

import math

import numpy as np
from numba.types import UniTuple

from kernels.dates import civil_from_days, days_from_civil, long_term_day
from kernels.jit import B1, F8, F8W, I4, I8, I8W, f8, i8, kernel, void
from kernels.lots import Codes, Days, Flags, Floats, Ints
from kernels.money import MICRO
from kernels.taxes import marginal_rates

DAYS_A_YEAR = 365.0
SHORT_DAYS = 368
"""A short-term lot's holding period began less than so many days ago (`kernels.dates.last_long_term_start`)."""
STILL = 1e-9
"""A spread of log-prices below which a price does not move."""
FARTHEST, STEPS = 9.0, 64
"""The normal distribution is known at so many points a standard deviation, as far out as it differs from 0 and 1."""
_POINTS = np.arange(int(2 * FARTHEST * STEPS) + 1) / STEPS - FARTHEST
_BELOW = np.array([0.5 * math.erfc(-point * math.sqrt(0.5)) for point in _POINTS.tolist()])
_KNOWN = np.column_stack((_BELOW, np.exp(-0.5 * _POINTS**2) / math.sqrt(2.0 * math.pi)))
"""Of each point what lies below it, and the density there."""
_OF_6, _OF_24, _OF_120 = 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0
"""A division takes as long as ten multiplications."""


@kernel(f8(f8), inlined=True)
def normal(at: float) -> float:
    """How much of the standard normal distribution lies below `at`, within 1e-15.

    Taylor's series of degree five about the nearest point that is known: two error functions a lot were a tenth of
    preparing it.
    """
    inside = min(max(at, -FARTHEST), FARTHEST)
    place = int((inside + FARTHEST) * STEPS + 0.5)
    point = place / STEPS - FARTHEST
    rest, square = inside - point, point * point
    series = point * (3.0 - square) * _OF_24 + rest * ((square * (square - 6.0) + 3.0) * _OF_120)
    series = 1.0 + rest * (-0.5 * point + rest * ((square - 1.0) * _OF_6 + rest * series))
    return float(_KNOWN[place, 0] + _KNOWN[place, 1] * rest * series)


@kernel(f8(f8, f8), inlined=True, inner=True)
def _distance(log_strike: float, spread: float) -> float:
    """By how many standard deviations the price, as the call weighs it, is above its strike."""
    return 0.5 * spread - log_strike / max(spread, STILL)


@kernel(f8(f8, f8, f8), inlined=True, inner=True)
def _expected(strike: float, spread: float, above: float) -> float:
    """The call's value at a distance."""
    value = normal(above) - strike * normal(above - spread)
    return max(value if spread >= STILL else 1.0 - strike, 0.0)


@kernel(f8(f8, f8))
def call_value(strike: float, spread: float) -> float:
    """E(X − strike)⁺ where X is lognormal with mean 1 and `spread` is the standard deviation of its logarithm.

    `strike` above 0. Within 1e-15 of a strike up to 1, of the strike above.
    """
    return float(_expected(strike, spread, _distance(math.log(strike), spread)))


@kernel(void(F8, F8, F8W))
def call_values(strike: Floats, spread: Floats, value: Floats) -> None:
    """The same of each of (n,); out: `value`. The logarithms first, so that the rest is done for several at a time."""
    for at in range(len(value)):
        value[at] = _distance(math.log(strike[at]), spread[at])
    for at in range(len(value)):
        value[at] = _expected(strike[at], spread[at], value[at])


@kernel(f8(i8, i8), inner=True)
def _root_of_years(sold: int, last: int) -> float:
    """√ of the years from day `sold` to day `last`, 0 where that is past."""
    return math.sqrt(max(last - sold, 0) / DAYS_A_YEAR)


@kernel(i8(F8, i8, i8, F8W, I8W), inner=True, inlined=True)
def _list_losing(gain: Floats, first: int, last: int, waiting: Floats, losing: Ints) -> int:
    """How many of the lots `first` to `last` are at a loss, listed in `losing`; no branch could guess which."""
    count = 0
    for lot in range(first, last):
        waiting[lot] = 0.0
        losing[count] = lot
        count += 1 if gain[lot] < 0.0 else 0
    return count


@kernel(UniTuple(f8, 2)(F8, I8, F8, I4, B1, I8), inner=True)
def _open_losses(
    gain: Floats, quantity: Ints, price: Floats, security: Codes, long_term: Flags, losing: Ints
) -> tuple[float, float]:
    """Short- and long-term losses in USD, below nought, of lots at a loss."""
    short, long = 0.0, 0.0
    for lot in losing:
        loss = gain[lot] * (quantity[lot] / MICRO * price[security[lot]])
        long += loss if long_term[lot] else 0.0
        short += 0.0 if long_term[lot] else loss
    return short, long


@kernel(void(I8, F8, F8, F8, F8, F8, F8, F8, I4, I8, F8, F8, B1, I4, F8, i8, F8W), allocates=True)
def values_of_waiting(
    offsets: Ints,
    weight: Floats,
    short: Floats,
    long: Floats,
    short_rate: Floats,
    long_rate: Floats,
    loss_value: Floats,
    offset: Floats,
    security: Codes,
    quantity: Ints,
    price: Floats,
    gain: Floats,
    long_term: Flags,
    holding_start: Days,
    volatility: Floats,
    sold: int,
    waiting: Floats,
) -> None:
    """The value of waiting of each lot per dollar sold on day `sold`; 0 for a lot that is not at a loss.

    Accounts (a,): `offsets` (a + 1,) into the lots, `weight` of it, the year's totals and `offset` in USD, rates.
    Lots (l,): `quantity` in micro-shares, `gain` per dollar of proceeds; `price` in USD and annual `volatility`
    (securities,). Out: `waiting` (l,). A dollar of loss counts for what one more would save where the account has taken
    every loss that it has: that is the same today and tomorrow, whatever of them today takes.
    """
    year_end = days_from_civil(civil_from_days(sold)[0], 12, 31)
    of_year, of_age = _root_of_years(sold, year_end), np.empty(SHORT_DAYS)
    for age in range(SHORT_DAYS):
        of_age[age] = _root_of_years(sold, min(year_end, long_term_day(sold - age) - 1))
    most = 0
    for account in range(len(offsets) - 1):
        most = max(most, offsets[account + 1] - offsets[account])
    losing, of_lots = np.empty(most, dtype=np.int64), np.empty((3, most))
    for account in range(len(offsets) - 1):
        first, last = offsets[account], offsets[account + 1]
        count = _list_losing(gain, first, last, waiting, losing)
        if weight[account] <= 0.0:
            continue
        more_short, more_long = _open_losses(gain, quantity, price, security, long_term, losing[:count])
        _, short_worth, _, long_worth = marginal_rates(
            short[account] + more_short,
            long[account] + more_long,
            short_rate[account],
            long_rate[account],
            loss_value[account],
            offset[account],
        )
        short_worth, long_worth = weight[account] * short_worth, weight[account] * long_worth
        strike, spread, value = of_lots[0, :count], of_lots[1, :count], of_lots[2, :count]
        for place in range(count):
            lot = losing[place]
            of_start = of_age[min(max(sold - holding_start[lot], 0), SHORT_DAYS - 1)]
            root = of_year if long_term[lot] else of_start
            strike[place], spread[place] = 1.0 - gain[lot], volatility[security[lot]] * root
        call_values(strike, spread, value)
        for place in range(count):
            lot = losing[place]
            waiting[lot] = (long_worth if long_term[lot] else short_worth) * value[place]
