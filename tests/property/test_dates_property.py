import datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels import dates
from tests.reference import naive_dates

EPOCH = datetime.date(1970, 1, 1)
DAYS = st.dates(datetime.date(1600, 1, 1), datetime.date(2400, 12, 31))


def number(day: datetime.date) -> int:
    return (day - EPOCH).days


def test_every_day_of_fifty_years() -> None:
    first, last = datetime.date(1990, 1, 1), datetime.date(2040, 12, 31)
    days = [EPOCH + datetime.timedelta(days=k) for k in range(number(first), number(last) + 1)]
    assert (days[0], days[-1]) == (first, last)
    starts = np.array([number(day) for day in days], dtype=np.int32)
    starts.flags.writeable = False
    found = np.empty_like(starts)
    dates.long_term_days(starts, found)
    assert found.tolist() == [number(naive_dates.long_term_date(day)) for day in days]
    assert [dates.civil_from_days(number(day)) for day in days] == [(d.year, d.month, d.day) for d in days]
    assert all(dates.last_long_term_start(last) == max(starts[found <= last]) for last in found.tolist())
    assert [dates.year_of(number(day)) for day in days] == [day.year for day in days]
    assert [dates.days_to_year_end(number(day)) for day in days] == [naive_dates.days_to_year_end(day) for day in days]


@given(DAYS)
def test_civil_date_and_back(day: datetime.date) -> None:
    assert dates.civil_from_days(number(day)) == (day.year, day.month, day.day)
    assert dates.days_from_civil(day.year, day.month, day.day) == number(day)


@given(DAYS, st.integers(-3, 3))
def test_term_turns_on_the_long_term_day(bought: datetime.date, near: int) -> None:
    first = naive_dates.long_term_date(bought)
    assert dates.long_term_day(number(bought)) == number(first)
    assert dates.is_long_term(number(bought), number(first) + near) == (near >= 0)


@given(DAYS, st.integers(-70, 70))
def test_wash_window(sold: datetime.date, away: int) -> None:
    first, last = dates.wash_window(number(sold))
    bought = sold + datetime.timedelta(days=away)
    assert (first <= number(bought) <= last) == naive_dates.washes(sold, bought)
