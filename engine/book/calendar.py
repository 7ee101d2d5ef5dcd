"""Trading days of the New York Stock Exchange."""

from __future__ import annotations

import datetime as dt

import holidays
import numpy as np
from numpy.typing import NDArray

from engine.errors import UsageError


def trading_days(last: dt.date, count: int) -> NDArray[np.int32]:
    """The `count` trading days that end with `last`, as days since 1970-01-01.

    Raises UsageError where `last` is no trading day.
    """
    years = range(last.year - count // 240 - 1, last.year + 1)
    closed = np.array(sorted(holidays.NYSE(years=years)), dtype="datetime64[D]")
    if not np.is_busday(last, holidays=closed):
        before = np.busday_offset(last, 0, roll="backward", holidays=closed)
        raise UsageError(f"{last} is not a trading day", where="--as-of", remedy=f"The one before it is {before}.")
    days = np.busday_offset(np.datetime64(last, "D"), np.arange(1 - count, 1), holidays=closed)
    return np.asarray(days.astype(np.int64), dtype=np.int32)


def next_trading_day(day: dt.date) -> dt.date:
    """The first trading day after `day`."""
    closed = np.array(sorted(holidays.NYSE(years=range(day.year, day.year + 2))), dtype="datetime64[D]")
    following = np.busday_offset(day + dt.timedelta(days=1), 0, roll="forward", holidays=closed)
    return dt.date.fromisoformat(str(following))
