"""The names of one account's problem and its lots, and what may be done with each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.codes import Code
from engine.ledger.rows import Rows

PERCENT = 100.0
ALL_ALIKE = -1
"""Reach of a lot of a name whose losses all recent purchases may replace, or none."""
BP = 1e4
FREE, LOCKED, UNTRADABLE, NEVER_SELL, WASHED, GROUPED = range(6)
"""Why a lot may not be sold today, strongest first.

WASHED: its loss would be disallowed, and is not to be; GROUPED: its wash group is to be bought instead.
"""


class Undecidable(Exception):
    """The hard rules of an account cannot hold together; it becomes an exception."""

    def __init__(self, code: Code, message: str, *, field: str = "", value: str = "", limit: str = "") -> None:
        self.code, self.message, self.field, self.value, self.limit = code, message, field, value, limit
        super().__init__(code, message, field, value, limit)


@dataclass(frozen=True)
class Names:
    """The securities of one account's problem and what may be done with each; arrays (n,), weights in percent.

    `security` is ascending. `position` and `sellable` in micro-shares. `lower` and `upper` already say everything that
    restrictions, locks, caps and wash sales allow. Buying the first `replacing` percent takes recent losses away:
    `wash_cost` bp in all, at most `wash_price` bp per percent on the way there and at least `wash_least`. These losses
    are `taken_back` percent of account value. `moves`: a transition asks for a sale, and no other rule does.
    """

    security: NDArray[np.int32]
    target: NDArray[np.float64]
    position: NDArray[np.int64]
    sellable: NDArray[np.int64]
    micro_weight: NDArray[np.float64]
    held: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    replacing: NDArray[np.float64]
    wash_price: NDArray[np.float64]
    wash_least: NDArray[np.float64]
    wash_cost: NDArray[np.float64]
    taken_back: NDArray[np.float64]
    sell_out: NDArray[np.bool_]
    moves: NDArray[np.bool_]
    warnings: tuple[tuple[Code, str], ...]


@dataclass(frozen=True)
class OwnLots(Rows):
    """One account's lots by security and, within it, by tax at their own rates; arrays (lots,).

    `number` in the block, `place` among the names, `quantity` micro-shares, `held_by` says what forbids a sale. A lot
    of which recent purchases replace a part, were all losses of its group sold, stands there twice: that part is
    `replaced`. Where purchases may replace the losses of some lots of a name and not of others, `reach` tells how many
    micro-shares may of each lot, otherwise -1: none of its loss counts before so many of the name's are gone. `unsure`:
    how much is replaced depends on more than that. `doubtful`, under a budget: some of the name's losses may be
    replaced, were no other account's loss of the run before them.
    """

    number: NDArray[np.int64]
    place: NDArray[np.intp]
    quantity: NDArray[np.int64]
    held_by: NDArray[np.int8]
    replaced: NDArray[np.bool_]
    unsure: NDArray[np.bool_]
    reach: NDArray[np.int64]
    doubtful: NDArray[np.bool_]

    @property
    def free(self) -> NDArray[np.bool_]:
        """True where the lot may be sold today."""
        free: NDArray[np.bool_] = self.held_by == FREE
        return free
