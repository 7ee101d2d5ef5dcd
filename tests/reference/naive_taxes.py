"""Twin of `kernels.taxes`: the tax return, line by line.

Form 1040 Schedule D, its Qualified Dividends and Capital Gain Tax Worksheet and its Capital Loss Carryover Worksheet,
for a taxpayer with ample ordinary income. Works in whatever numbers it is given; tests give it fractions.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

Number = TypeVar("Number")


class Return(NamedTuple):
    tax: Number
    short_carryover: Number
    long_carryover: Number


def file_return(line_7, line_15, short_rate, long_rate, ordinary_offset) -> Return:
    """`line_7`: net short-term, `line_15`: net long-term gain or loss, each after last year's carryover."""
    line_16 = line_7 + line_15
    if line_16 >= 0:
        net_capital_gain = min(line_15, line_16) if line_15 > 0 and line_16 > 0 else 0
        return Return((line_16 - net_capital_gain) * short_rate + net_capital_gain * long_rate, 0, 0)
    line_21 = min(-line_16, ordinary_offset)
    return Return(-line_21 * short_rate, *carryovers(line_7, line_15, line_21))


def carryovers(line_7, line_15, line_21):
    """Capital Loss Carryover Worksheet, its lines 4 to 13."""
    w4 = line_21
    short_carryover = 0
    w5 = 0
    if line_7 < 0:
        w5 = -line_7
        w6 = max(line_15, 0)
        w7 = w4 + w6
        short_carryover = max(w5 - w7, 0)
    long_carryover = 0
    if line_15 < 0:
        w9 = -line_15
        w10 = max(line_7, 0)
        w11 = max(w4 - w5, 0)
        w12 = w10 + w11
        long_carryover = max(w9 - w12, 0)
    return short_carryover, long_carryover


def schedule_tax(short, long, short_rate, long_rate, loss_value, ordinary_offset):
    filed = file_return(short, long, short_rate, long_rate, ordinary_offset)
    return filed.tax - loss_value * long_rate * (filed.short_carryover + filed.long_carryover)


def tax_cost(short_ytd, long_ytd, short_carried, long_carried, short_run, long_run, *rates):
    def tax_of_year(short_gain, long_gain):
        return schedule_tax(short_gain - short_carried, long_gain - long_carried, *rates)

    return tax_of_year(short_ytd + short_run, long_ytd + long_run) - tax_of_year(short_ytd, long_ytd)


def marginal_rates(short, long, *rates, step):
    """Difference quotients. Exact where amounts are fractions that are multiples of something larger than `step`."""
    here = schedule_tax(short, long, *rates)
    return (
        (schedule_tax(short + step, long, *rates) - here) / step,
        (here - schedule_tax(short - step, long, *rates)) / step,
        (schedule_tax(short, long + step, *rates) - here) / step,
        (here - schedule_tax(short, long - step, *rates)) / step,
    )


def two_convex_functions(short, long, short_rate, long_rate, loss_value, ordinary_offset):
    """min(T_A, T_B) − T(0) of OPTIMISATION.md section 1; needs loss_value·long_rate ≤ long_rate ≤ short_rate.

    With no room between the carried and the long rate D′ is infinite, and its term is the constant (r3 − rc)·D.
    """
    carried_rate, offset_rate = loss_value * long_rate, short_rate
    net = short + long
    at_zero = (offset_rate - carried_rate) * ordinary_offset
    if long_rate > carried_rate:
        stretched = at_zero / (long_rate - carried_rate)
        middle = (long_rate - carried_rate) * max(net + stretched, 0)
    else:
        middle = at_zero
    t_a = carried_rate * net + middle + (short_rate - long_rate) * max(short, 0)
    t_b = (
        carried_rate * net
        + (offset_rate - carried_rate) * max(net + ordinary_offset, 0)
        + (short_rate - offset_rate) * max(net, 0)
    )
    return min(t_a, t_b) - at_zero
