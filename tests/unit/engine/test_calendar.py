"""The next day that the New York Stock Exchange is open."""

from __future__ import annotations

import datetime as dt

import pytest

from engine.book.calendar import next_trading_day


@pytest.mark.parametrize(
    ("day", "following"),
    [
        ("2026-01-28", "2026-01-29"),
        ("2026-01-30", "2026-02-02"),  # Friday
        ("2026-01-31", "2026-02-02"),  # Saturday
        ("2026-02-13", "2026-02-17"),  # Presidents' Day
        ("2026-04-02", "2026-04-06"),  # Good Friday
        ("2025-12-31", "2026-01-02"),  # New Year's Day
        ("2025-12-24", "2025-12-26"),
    ],
)
def test_weekends_and_holidays_are_skipped(day: str, following: str) -> None:
    assert next_trading_day(dt.date.fromisoformat(day)) == dt.date.fromisoformat(following)
