"""What accounts have sold so far this year, name by name, as their activity tells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.firm import Firm


@dataclass(frozen=True)
class Sold:
    """Sales by account; `offsets` (accounts + 1,), `security`, and the `gain` in USD, 0 where it is not told."""

    offsets: NDArray[np.int64]
    security: NDArray[np.int32]
    gain: NDArray[np.float64]

    def of(self, account: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """An account's sales: securities and gains."""
        mine = slice(self.offsets[account], self.offsets[account + 1])
        return self.security[mine], self.gain[mine]


def sold_this_year(firm: Firm, table: pa.Table | None, ids: pa.Array, wanted: NDArray[np.bool_]) -> Sold:
    """The year's sales of the accounts of `ids` that are `wanted` (accounts,)."""
    if table is None or not wanted.any():
        return Sold(np.zeros(len(ids) + 1, dtype=np.int64), np.empty(0, dtype=np.int32), np.empty(0))
    account = columns.codes(table["account_id"], ids)
    sale = columns.codes(table["side"], pa.array(["SELL"])) == 0
    day = columns.days(table["trade_date"]).astype("datetime64[D]")
    this_year = day.astype("datetime64[Y]") == np.datetime64(firm.header.as_of, "Y")
    rows = np.nonzero(np.append(wanted, False)[account] & sale & this_year)[0]
    rows = rows[np.argsort(account[rows], kind="stable")]
    gain = columns.numbers(columns.optional(table, "realised_gain", pa.float64()))[rows]
    return Sold(
        np.searchsorted(account[rows], np.arange(len(ids) + 1)),
        columns.codes(table["security_id"], firm.market.ids)[rows],
        np.where(np.isnan(gain), 0.0, gain),
    )
