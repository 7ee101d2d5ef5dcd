"""Closing prices, from the long form that people have to the wide form that arithmetic needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book.schema import Kind
from engine.errors import InputRefused

COLUMNS = {"date": Kind.DATE, "symbol": Kind.TEXT, "close": Kind.NUMBER}


@dataclass(frozen=True)
class PricePanel:
    """`days` (T,) int32 days since 1970-01-01, ascending; `symbols` (N,) sorted; `closes` (T, N) USD, NaN = absent."""

    days: NDArray[np.int32]
    symbols: tuple[str, ...]
    closes: NDArray[np.float64]

    def until(self, day: int) -> PricePanel:
        """The panel up to and including `day`.

        Raises InputRefused where nothing is left.
        """
        rows = int(np.searchsorted(self.days, day, side="right"))
        if rows == 0:
            raise InputRefused(
                "no price on or before the date asked for",
                where=str(np.datetime64(int(day), "D")),
                remedy=f"The prices begin on {np.datetime64(int(self.days[0]), 'D')}.",
            )
        return PricePanel(self.days[:rows], self.symbols, self.closes[:rows])


def wide_panel(prices: pa.Table, *, where: str = "") -> PricePanel:
    """Pivot a table `date, symbol, close` into a panel; closes that are null, NaN or not above zero are absent.

    Raises InputRefused for a missing or mistyped column, an empty name, and a day and symbol that occur twice.
    """
    _check_columns(prices, where)
    days = pc.cast(pc.cast(prices["date"], pa.date32()), pa.int32()).to_numpy()
    names = pc.dictionary_encode(pc.cast(prices["symbol"], pa.string()).combine_chunks())
    closes = pc.cast(prices["close"], pa.float64()).to_numpy()
    symbols = np.array(names.dictionary.to_pylist(), dtype=object)
    by_name = np.argsort(symbols.astype(str), kind="stable")
    rank = np.empty(len(symbols), dtype=np.int64)
    rank[by_name] = np.arange(len(symbols))
    columns = rank[names.indices.to_numpy()]
    calendar, rows = np.unique(days, return_inverse=True)
    cells = rows * len(symbols) + columns
    if len(np.unique(cells)) != len(cells):
        twice = int(cells[np.flatnonzero(np.bincount(cells)[cells] > 1)[0]])
        day, name = divmod(twice, len(symbols))
        raise InputRefused(
            f"two prices of {symbols[by_name][name]} on {np.datetime64(int(calendar[day]), 'D')}",
            where=where,
            remedy="Keep one row of each date and symbol.",
        )
    wide = np.full((len(calendar), len(symbols)), np.nan)
    good = np.isfinite(closes) & (closes > 0)
    wide.ravel()[cells[good]] = closes[good]
    return PricePanel(calendar.astype(np.int32), tuple(str(name) for name in symbols[by_name]), wide)


def _check_columns(prices: pa.Table, where: str) -> None:
    for name, kind in COLUMNS.items():
        if name not in prices.column_names:
            raise InputRefused(
                f"column {name} is missing", where=where, remedy="Prices need the columns date, symbol, close."
            )
        if not kind.accepts(prices.schema.field(name).type):
            raise InputRefused(
                f"column {name} is {prices.schema.field(name).type}, not a {kind.value}",
                where=where,
                remedy="Write dates as dates, symbols as text, closes as numbers.",
            )
        if name != "close" and prices[name].null_count:
            raise InputRefused(f"column {name} has empty values", where=where, remedy="Fill them in.")
    if prices.num_rows == 0:
        raise InputRefused("there are no prices", where=where, remedy="Deliver at least two days of closes.")
