"""The market of a book: what is listed, and every close up to as_of."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book.synth.arrays import Floats, Ints

JUMP = 0.5
"""A one-day log-return beyond this is a split or spin-off in the data; no lot is older than a name's last one."""
MAX_PRICE_AGE_DAYS = 5
EQUITY = "US equity"


@dataclass(frozen=True)
class Listing:
    """One security. `capitalisation` in USD, 0 for a fund; members of a `wash_group` are substantially identical."""

    security_id: str
    name: str
    asset_class: str
    sector: str
    capitalisation: float = 0.0
    wash_group: str = ""
    expense_ratio_bps: float = 0.0
    half_spread_bps: float = 2.0
    fractional: bool = False


@dataclass(frozen=True)
class Market:
    """`days` (T,) ascending; `closes` (T, N) USD to 1e-4, NaN = absent; equities come first, then funds.

    Derived: `ids` (N,); `equities`, how many; `price` (N,) last close; `price_row` (N,) its row; `tradable_row` (T, N)
    the row of the first close on or after a day and after the name's last jump.
    """

    days: NDArray[np.int32]
    closes: Floats
    listings: tuple[Listing, ...]
    ids: tuple[str, ...] = field(init=False, repr=False)
    equities: int = field(init=False, repr=False)
    price: Floats = field(init=False, repr=False)
    price_row: Ints = field(init=False, repr=False)
    tradable_row: NDArray[np.int32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        present = np.isfinite(self.closes)
        rows = len(self.days) - 1 - present[::-1].argmax(axis=0)
        object.__setattr__(self, "ids", tuple(listing.security_id for listing in self.listings))
        object.__setattr__(self, "equities", sum(listing.asset_class == EQUITY for listing in self.listings))
        object.__setattr__(self, "price_row", rows)
        object.__setattr__(self, "price", self.closes[rows, np.arange(len(rows))])
        object.__setattr__(self, "tradable_row", _tradable_rows(self.closes, present))

    def wash_groups(self) -> Ints:
        """(N,) number of each name's wash group."""
        groups = [listing.wash_group or listing.security_id for listing in self.listings]
        return np.asarray(np.unique(np.array(groups), return_inverse=True)[1], dtype=np.int64)

    def table(self) -> pa.Table:
        """The `securities` table."""
        rows = self.listings
        turnover = np.array([max(row.capitalisation * 0.004, 5e7) for row in rows])
        return pa.table(
            {
                "security_id": pa.array(self.ids),
                "symbol": pa.array(self.ids),
                "name": pa.array([row.name for row in rows]),
                "asset_class": pa.array([row.asset_class for row in rows]).dictionary_encode(),
                "sector": pa.array([row.sector for row in rows]).dictionary_encode(),
                "price": self.price,
                "price_date": pa.array(self.days[self.price_row], pa.date32()),
                "half_spread_bps": pa.array([row.half_spread_bps for row in rows]),
                "adv_shares": np.round(turnover / self.price),
                "fractional": pa.array([row.fractional for row in rows]),
                "tradable": pa.array([True] * len(rows)),
                "wash_group": pa.array([row.wash_group or row.security_id for row in rows]),
                "expense_ratio_bps": pa.array([row.expense_ratio_bps for row in rows]),
            }
        )


def _tradable_rows(closes: Floats, present: NDArray[np.bool_]) -> NDArray[np.int32]:
    """For each day and name the first row at or after it with a close, none before the name's last jump."""
    count = len(closes)
    steps = np.full(closes.shape[1], np.nan)
    allowed = present.copy()
    last = np.full(closes.shape[1], np.nan)
    for row in range(count):
        here = present[row]
        steps[here] = np.abs(np.log(closes[row, here] / last[here]))
        jumped = here & (steps > JUMP)
        allowed[:row, jumped] = False
        last[here] = closes[row, here]
        steps[:] = np.nan
    rows = np.where(allowed, np.arange(count)[:, None], count)
    first = np.minimum.accumulate(rows[::-1], axis=0)[::-1]
    # After its last close a name is bought on that close.
    final = count - 1 - present[::-1].argmax(axis=0)
    return np.where(first < count, first, final[None, :]).astype(np.int32)
