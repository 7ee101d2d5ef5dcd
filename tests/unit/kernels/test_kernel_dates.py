import datetime

import numpy as np
import pytest

from kernels import dates

EPOCH = datetime.date(1970, 1, 1)


def test_epoch() -> None:
    assert dates.civil_from_days(0) == (1970, 1, 1)
    assert dates.days_from_civil(1970, 1, 1) == 0
    assert dates.civil_from_days(-1) == (1969, 12, 31)


def test_days_run_on_past_february() -> None:
    assert dates.days_from_civil(2025, 2, 29) == dates.days_from_civil(2025, 3, 1)
    assert dates.days_from_civil(2024, 2, 29) + 1 == dates.days_from_civil(2024, 3, 1)


@pytest.mark.parametrize(
    ("day", "left"), [("2023-12-31", 0), ("2023-12-30", 1), ("2023-01-01", 364), ("2024-01-01", 365)]
)
def test_days_to_year_end(day: str, left: int) -> None:
    number = (datetime.date.fromisoformat(day) - EPOCH).days
    assert dates.days_to_year_end(number) == left
    assert dates.year_of(number) == int(day[:4])


def test_scalars_of_a_column_are_accepted() -> None:
    start = np.array([19_417], dtype=np.int32)[0]  # 2023-03-01
    assert dates.long_term_day(start) == 19_784  # 2024-03-02
    assert not dates.is_long_term(start, np.int32(19_783))


def test_no_lots() -> None:
    out = np.empty(0, dtype=np.int32)
    dates.long_term_days(np.empty(0, dtype=np.int32), out)
    assert out.size == 0
