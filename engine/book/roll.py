"""The accounts of a part, read once for all that asks who they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.firm import Firm
from engine.book.schema import TAX_STATUSES
from engine.book.settings import SettingsBlock, resolve
from kernels.segments import number_by_first

TAXABLE = TAX_STATUSES.index("taxable")


@dataclass(frozen=True)
class Roll:
    """Rows of the `accounts` table: names, households' numbers, tax statuses (-1 unknown) and settings; (rows,)."""

    ids: pa.Array
    household: NDArray[np.int64]
    status: NDArray[np.int32]
    settings: SettingsBlock


def call_roll(firm: Firm, accounts: pa.Table) -> Roll:
    """Read the accounts of a part."""
    ids = columns.text(accounts["account_id"])
    status = columns.codes(accounts["tax_status"], pa.array(TAX_STATUSES))
    return Roll(ids, household_numbers(accounts, ids), status, resolve(accounts, firm.levels))


def household_numbers(table: pa.Table, ids: pa.Array) -> NDArray[np.int64]:
    """A number for each row's household; an account without one is its own."""
    homes = columns.encoded(columns.optional(table, "household_id", pa.string()))
    named, count = columns.indices(homes), len(homes.dictionary)
    shared = np.append(columns.codes(homes.dictionary, pa.array([""])) < 0, False)[named]
    own = count + columns.indices(columns.encoded(ids))
    numbers = np.empty(len(ids), dtype=np.int64)
    number_by_first(np.where(shared, named, own), np.full(count + len(ids) + 1, -1, dtype=np.int64), numbers)
    return numbers
