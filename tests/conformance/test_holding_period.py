"""The holding period as the law and its commentators work it out, each with its source."""

import datetime

import numpy as np
import pytest

from kernels import dates

EPOCH = datetime.date(1970, 1, 1)


def number(iso: str) -> int:
    return (datetime.date.fromisoformat(iso) - EPOCH).days


FIRST_LONG = [
    # IRS Publication 550, "Holding Period": sold on 5 February 2009 short-term, on the 6th long-term.
    ("2008-02-05", "2009-02-06"),
    # Rev. Rul. 66-7 (months), J.K. Lasser, Your Income Tax 2013, section 5.9: bought on 19 September 2012.
    ("2012-09-19", "2013-09-20"),
    # Rev. Rul. 66-7: bought on the last day of a month, not before the first day of the thirteenth succeeding month
    # (then the seventh), whatever the length of the months. Short on 29 February of a leap year, too.
    ("2015-02-28", "2016-03-01"),
    ("2011-02-28", "2012-03-01"),
    ("2024-02-29", "2025-03-01"),
    ("2012-11-30", "2013-12-01"),
    ("2008-04-30", "2009-05-01"),
    ("2023-12-31", "2025-01-01"),
    # The day before a month's last day has an anniversary like any other, which may be a month's last day.
    ("2024-02-28", "2025-03-01"),
    ("2023-02-27", "2024-02-28"),
    # IRC §1222(3), "more than 1 year": 366 days lie between these two dates, and the first of them is still short.
    ("2023-03-01", "2024-03-02"),
    ("2023-01-01", "2024-01-02"),
]


@pytest.mark.parametrize(("bought", "first_long"), FIRST_LONG)
def test_first_long_term_day(bought: str, first_long: str) -> None:
    assert dates.long_term_day(number(bought)) == number(first_long)
    assert dates.is_long_term(number(bought), number(first_long))
    assert not dates.is_long_term(number(bought), number(first_long) - 1)


def test_more_than_365_days_may_still_be_short() -> None:
    bought, sold = number("2023-03-01"), number("2024-03-01")
    assert sold - bought == 366
    assert not dates.is_long_term(bought, sold)


def test_columns_of_lots() -> None:
    bought = np.array([number(start) for start, _ in FIRST_LONG], dtype=np.int32)
    found = np.empty_like(bought)
    dates.long_term_days(bought, found)
    assert found.tolist() == [number(first) for _, first in FIRST_LONG]


def test_wash_window_has_61_days() -> None:
    # IRC §1091(a); IRS Publication 550, "Wash Sales": within 30 days before or after, day 30 in and day 31 out.
    first, last = dates.wash_window(number("2023-12-15"))
    assert (first, last) == (number("2023-11-15"), number("2024-01-14"))
    assert last - first + 1 == 61
