"""Recent purchases and loss sales of each household, from `activity` and from the lots themselves.

A loss is disallowed where substantially identical shares are bought within 30 days before or after the sale, both ends
counted (IRC §1091(a), Reg. §1.1091-1), by the taxpayer, the spouse or their retirement accounts (Rev. Rul. 2008-5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.firm import Firm

WASH_DAYS: Final = 30
DAYS: Final = WASH_DAYS + 2
"""The days of the window, today, and one for all days after it."""


@dataclass(frozen=True)
class RecentTrades:
    """What a household traded in the last 30 days, keyed by household × wash group.

    `bought_key` is sorted and unique, `bought` (same shape) micro-shares; `sold_key` holds the keys sold at a loss.
    """

    groups: int
    bought_key: NDArray[np.int64]
    bought: NDArray[np.int64]
    sold_key: NDArray[np.int64]

    def bought_in(self, household: int, group: NDArray[np.int32]) -> NDArray[np.int64]:
        """Micro-shares that the household bought of each group; the shape of `group`."""
        return self._look_up(household, group, self.bought_key, self.bought)

    def sold_at_loss(self, household: int, group: NDArray[np.int32]) -> NDArray[np.bool_]:
        """True where the household sold the group at a loss; the shape of `group`."""
        return self._look_up(household, group, self.sold_key, np.ones(len(self.sold_key), dtype=np.int64)) > 0

    def _look_up(
        self, household: int, group: NDArray[np.int32], keys: NDArray[np.int64], values: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        if len(keys) == 0:
            return np.zeros(len(group), dtype=np.int64)
        wanted = household * self.groups + group.astype(np.int64)
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[at] == wanted, values[at], 0)


def recent_trades(
    firm: Firm,
    tables: Mapping[str, pa.Table],
    ids: pa.Array,
    household: NDArray[np.int64],
    taxable: NDArray[np.bool_],
) -> RecentTrades:
    """Collect them for every account row of the part (`ids`, `household`, `taxable` have shape (rows,)).

    A purchase shows in `activity`, in a lot acquired in the window, or in both: the larger of the two counts, by
    account, security and day. A sell without `realised_gain` in a taxable account counts as a loss, to be safe.
    """
    market = firm.market
    groups = int(market.wash_group.max(initial=-1)) + 1
    first_day = firm.header.as_of_days - WASH_DAYS
    lots = _Traded.of(tables["lots"], "acquired", ids, market.ids, first_day)
    bought, sold = lots, np.empty(0, dtype=np.int64)
    if tables.get("activity") is not None:
        table = tables["activity"]
        trades = _Traded.of(table, "trade_date", ids, market.ids, first_day)
        side = columns.codes(table["side"], pa.array(["BUY", "SELL"]))[trades.row]
        gain = columns.numbers(columns.optional(table, "realised_gain", pa.float64()))[trades.row]
        bought = lots.larger_of(trades.where(side == 0), len(market.ids))
        loss = (side == 1) & ~(gain >= 0) & taxable[trades.account]
        sold = np.unique(
            household[trades.account[loss]] * groups + market.wash_group[trades.security[loss]].astype(np.int64)
        )
    key = household[bought.account] * groups + market.wash_group[bought.security].astype(np.int64)
    bought_key, inverse = np.unique(key, return_inverse=True)
    quantity = np.zeros(len(bought_key), dtype=np.int64)
    np.add.at(quantity, inverse, bought.quantity)
    return RecentTrades(groups, bought_key, quantity, sold)


@dataclass(frozen=True)
class _Traded:
    """Rows of a table that fall in the window and name a known account and security; `day` counts from its first."""

    account: NDArray[np.int32]
    security: NDArray[np.int32]
    day: NDArray[np.int64]
    quantity: NDArray[np.int64]
    row: NDArray[np.int64]

    @classmethod
    def of(cls, table: pa.Table, day: str, ids: pa.Array, securities: pa.Array, first_day: int) -> _Traded:
        days = columns.days(table[day])
        row = np.nonzero(days >= first_day)[0]
        near = table.take(pa.array(row))
        account, security = columns.codes(near["account_id"], ids), columns.codes(near["security_id"], securities)
        quantity = columns.scaled(near["quantity"], columns.MICRO)
        since = np.minimum(days[row].astype(np.int64) - first_day, DAYS - 1)
        return cls(account, security, since, quantity, row).where((account >= 0) & (security >= 0) & (quantity > 0))

    def where(self, keep: NDArray[np.bool_]) -> _Traded:
        return _Traded(*(getattr(self, field.name)[keep] for field in fields(self)))

    def larger_of(self, other: _Traded, securities: int) -> _Traded:
        """By account, security and day, the larger of the two sums."""
        key, mine = self._sums(securities)
        other_key, theirs = other._sums(securities)
        every = np.union1d(key, other_key)
        quantity = np.zeros((2, len(every)), dtype=np.int64)
        quantity[0, np.searchsorted(every, key)] = mine
        quantity[1, np.searchsorted(every, other_key)] = theirs
        pair, day = np.divmod(every, DAYS)
        account, security = (part.astype(np.int32) for part in np.divmod(pair, securities))
        return _Traded(account, security, day, quantity.max(axis=0), np.arange(len(every)))

    def _sums(self, securities: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        pair = self.account.astype(np.int64) * securities + self.security
        key, inverse = np.unique(pair * DAYS + self.day, return_inverse=True)
        sums = np.zeros(len(key), dtype=np.int64)
        np.add.at(sums, inverse, self.quantity)
        return key, sums
