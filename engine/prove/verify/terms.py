"""When a sale is long-term, and what tax net totals make: from the law, for whole columns."""

from __future__ import annotations

import numpy as np

from engine.prove.verify.columns import NULL, Floats, Ints


def long_from(start: Ints) -> Ints:
    """The first day on which a sale is long-term, `NULL` for null (Rev. Rul. 66-7, 66-97).

    Calendar months, the day of purchase not counted; from a month's last day, the first day of the thirteenth
    succeeding month.
    """
    told = start != NULL
    found = np.full(len(start), NULL)
    days = start[told]
    if len(days) and days.max() - days.min() < len(days):  # fewer days than rows
        found[told] = _long_from(np.arange(days.min(), days.max() + 1))[days - days.min()]
    else:
        found[told] = _long_from(days)
    return found


def _long_from(start: Ints) -> Ints:
    day = start.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    last_of_month = (month + 1).astype("datetime64[D]") - 1
    same_day = (month + 12).astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
    return np.where(day == last_of_month, (month + 13).astype("datetime64[D]"), same_day + 1).astype(np.int64)


def schedule(short: Floats, long: Floats, st: Floats, lt: Floats, loss_value: Floats, offset: Floats) -> Floats:
    """Tax on net totals; `offset` is what a net loss may take off ordinary income (§1212(b)). USD."""
    net = short + long
    loss = -(st * np.minimum(-net, offset) + loss_value * lt * np.maximum(-net - offset, 0.0))
    gain = np.select([(short >= 0) & (long >= 0), short > 0], [st * short + lt * long, st * net], lt * net)
    return np.where(net < 0, loss, gain)
