"""Whose shares they are: household, tax status and wash-sale policy of every account of a part."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book.roll import TAXABLE, Roll
from engine.book.schema import SETTING_COLUMNS
from engine.book.settings import SettingsBlock
from kernels.pieces import COUNT_SOLD_EARLIER, SKIP_BEFORE_LOT, SKIP_SAME_DAY, TACK_BY_DATE

POLICY_BITS = {
    "wash_tacking": ("date", TACK_BY_DATE),
    "wash_before_lot": ("ignore", SKIP_BEFORE_LOT),
    "wash_same_day": ("ignore", SKIP_SAME_DAY),
    "wash_sold_earlier": ("count", COUNT_SOLD_EARLIER),
}
"""The choice that sets each bit of a position's policy."""


@dataclass(frozen=True)
class Owners:
    """Rows of a part's `accounts` table; arrays (rows,).

    `household` numbers households, `policy` holds the bits of `kernels.pieces`. An account whose tax status is not
    known counts as taxable, to be safe.
    """

    ids: pa.Array
    household: NDArray[np.int64]
    taxable: NDArray[np.bool_]
    policy: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def rank(self) -> NDArray[np.int32]:
        """(rows,) the place of each account in the order of their names."""
        return np.asarray(pc.rank(self.ids, tiebreaker="dense"), dtype=np.int32)


def owners(roll: Roll) -> Owners:
    """The owners of a part."""
    return Owners(
        ids=roll.ids,
        household=roll.household,
        taxable=(roll.status == TAXABLE) | (roll.status < 0),
        policy=policy_bits(roll.settings),
    )


def policy_bits(settings: SettingsBlock) -> NDArray[np.int32]:
    """The unsettled points of §1091 as each account's settings decide them, (accounts,)."""
    bits = np.zeros(len(settings["wash_tacking"]), dtype=np.int32)
    for name, (choice, bit) in POLICY_BITS.items():
        bits[settings[name] == SETTING_COLUMNS[name].choices.index(choice)] |= bit
    return bits
