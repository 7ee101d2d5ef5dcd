"""Twin of `kernels.dates`, in the words of the rulings and with `datetime.date` only."""

from __future__ import annotations

import datetime

ONE_DAY = datetime.timedelta(days=1)


def is_last_of_month(day: datetime.date) -> bool:
    return (day + ONE_DAY).month != day.month


def long_term_date(bought: datetime.date) -> datetime.date:
    """Rev. Rul. 66-7 for a month's last day; the day after the anniversary for any other."""
    if is_last_of_month(bought):
        months = bought.year * 12 + (bought.month - 1) + 13
        return datetime.date(months // 12, months % 12 + 1, 1)
    # Not a month's last day, so never 29 February: the anniversary exists.
    return bought.replace(year=bought.year + 1) + ONE_DAY


def days_to_year_end(day: datetime.date) -> int:
    return (datetime.date(day.year, 12, 31) - day).days


def washes(sold: datetime.date, bought: datetime.date) -> bool:
    """IRC §1091(a): "beginning 30 days before the date of such sale and ending 30 days after such date"."""
    return abs((bought - sold).days) <= 30
