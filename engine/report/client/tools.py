"""What the files here share: sums and offsets by owner, and what is said where book and run do not fit."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from engine.book.schema import SIDES
from engine.ledger.rows import Ints
from kernels.money import amounts_cents

BUY = SIDES.index("BUY")
CHANGED = "the book is not the one that the run was made of"
_EPOCH = date(1970, 1, 1)
REMEDY = "Give the book back its place, or run it again; `wholebook verify` tells what differs."


def offsets_of(owner: Any, owners: int) -> Ints:
    """Offsets (owners + 1,) of rows that ascend by owner."""
    return np.searchsorted(owner, np.arange(owners + 1)).astype(np.int64)


def sums_of(owner: Ints, values: Ints, owners: int) -> Ints:
    """Each owner's sum of values, (owners,)."""
    found = np.zeros(owners, dtype=np.int64)
    np.add.at(found, owner, values)
    return found


def amounts_of(quantity: Ints, price: Ints) -> Ints:
    """Cents of micro-shares at micro-dollars, each rounded."""
    cents = np.empty(len(quantity), dtype=np.int64)
    amounts_cents(np.ascontiguousarray(quantity), np.ascontiguousarray(price), cents)
    return cents


def slice_of(offsets: Any, account: int) -> slice:
    """The rows of an account."""
    return slice(int(offsets[account]), int(offsets[account + 1]))


def date_of(day: int) -> date:
    """A day in days since 1970-01-01."""
    return _EPOCH + timedelta(days=day)
