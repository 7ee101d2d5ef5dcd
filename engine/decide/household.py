"""What one household bought and sold at a loss: in the last 30 days, and so far in this run.

Accounts of a household are decided one after the other and share this record, so that none buys what another sold at a
loss, and none sells at a loss what another bought (§1091, Rev. Rul. 2008-5). This version forbids either trade.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.book.washes import WASH_DAYS, RecentTrades


class Household:
    """The record of one household while its accounts are decided."""

    def __init__(self, number: int, recent: RecentTrades) -> None:
        self.number = number
        self._recent = recent
        self._bought: set[int] = set()
        self._sold: set[int] = set()

    def record(self, bought: NDArray[np.int32], sold_at_loss: NDArray[np.int32]) -> None:
        """Remember the wash groups that an account of this household has just traded."""
        self._bought.update(bought.tolist())
        self._sold.update(sold_at_loss.tolist())

    def sold_at_loss(self, group: NDArray[np.int32]) -> NDArray[np.bool_]:
        """True where buying the group would take away a loss of the household; the shape of `group`."""
        recently = self._recent.sold_at_loss(self.number, group)
        return recently | np.isin(group, list(self._sold))

    def washes(
        self, group: NDArray[np.int32], quantity: NDArray[np.int64], acquired: NDArray[np.int32], today: int
    ) -> NDArray[np.bool_]:
        """True for each lot whose loss a purchase would wash; all arrays (lots,), `quantity` in micro-shares.

        A lot's own shares do not replace themselves: one bought within the window is judged by the other purchases.
        """
        others = self._recent.bought_in(self.number, group) - np.where(acquired >= today - WASH_DAYS, quantity, 0)
        washed: NDArray[np.bool_] = (others > 0) | np.isin(group, list(self._bought))
        return washed
