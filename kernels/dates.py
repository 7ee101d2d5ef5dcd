"""Calendar of the tax law on day numbers.

A date is days since 1970-01-01, int32 in arrays and int64 in scalars, in the proleptic Gregorian calendar; right from
year 0 to beyond any book. Conversions are those of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms":
years run from March, so that the leap day comes last, in eras of 400 years.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba.types import UniTuple

from kernels.jit import I4, I4W, b1, i8, kernel, void

_DAYS_OF_ERA = 146_097
_EPOCH = 719_468  # days from 0000-03-01 to 1970-01-01
WASH_DAYS = 30  # IRC §1091(a): 30 days before the sale through 30 days after


@kernel(UniTuple(i8, 3)(i8))
def civil_from_days(day: int) -> tuple[int, int, int]:
    """Year, month 1..12 and day of month 1..31 of `day`."""
    since = day + _EPOCH
    era = since // _DAYS_OF_ERA
    day_of_era = since - era * _DAYS_OF_ERA
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    from_march = (5 * day_of_year + 2) // 153
    day_of_month = day_of_year - (153 * from_march + 2) // 5 + 1
    month = from_march + 3 if from_march < 10 else from_march - 9
    year = year_of_era + era * 400
    return year + 1 if month <= 2 else year, month, day_of_month


@kernel(i8(i8, i8, i8))
def days_from_civil(year: int, month: int, day_of_month: int) -> int:
    """Day number of a date. Days run on past a month's end: 29 February of a common year is 1 March."""
    from_march = month - 3 if month > 2 else month + 9
    year = year if month > 2 else year - 1
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * from_march + 2) // 5 + day_of_month - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * _DAYS_OF_ERA + day_of_era - _EPOCH


@kernel(i8(i8))
def long_term_day(holding_start: int) -> int:
    """First day on which a sale of what was bought on `holding_start` is long-term.

    IRC §1222(3): held for more than one year. The day of purchase is excluded, the day of sale included, and calendar
    months are counted (Rev. Rul. 66-97, 70-598); bought on the last day of a month, the sale may not come before the
    first day of the thirteenth succeeding month (Rev. Rul. 66-7, then of the seventh). Both are one rule: the holding
    begins the day after purchase, and the sale is long-term from that date a year later.
    """
    year, month, day_of_month = civil_from_days(holding_start + 1)
    return days_from_civil(year + 1, month, day_of_month)


@kernel(void(I4, I4W))
def long_term_days(holding_starts: npt.NDArray[np.int32], out: npt.NDArray[np.int32]) -> None:
    """`long_term_day` of each of `holding_starts` (n,) into `out` (n,)."""
    for k in range(holding_starts.size):
        out[k] = long_term_day(int(holding_starts[k]))


@kernel(b1(i8, i8))
def is_long_term(holding_start: int, sold: int) -> bool:
    """Whether a sale on day `sold` is long-term."""
    return sold >= long_term_day(holding_start)


@kernel(i8(i8))
def last_long_term_start(sold: int) -> int:
    """The last `holding_start` with which a sale on day `sold` is long-term; so it is with every earlier one.

    The long-term day never comes earlier for a later start, and at most 367 days after it.
    """
    start = sold - 367
    while long_term_day(start + 1) <= sold:
        start += 1
    return start


@kernel(i8(i8))
def year_of(day: int) -> int:
    """Calendar year of `day`: the tax year of an individual."""
    return civil_from_days(day)[0]


@kernel(i8(i8))
def days_to_year_end(day: int) -> int:
    """Days from `day` to 31 December of its year; 0 on that day."""
    return days_from_civil(year_of(day), 12, 31) - day


@kernel(UniTuple(i8, 2)(i8))
def wash_window(sold: int) -> tuple[int, int]:
    """First and last day, both in, on which a purchase washes a loss taken on `sold` (IRC §1091(a))."""
    return sold - WASH_DAYS, sold + WASH_DAYS
