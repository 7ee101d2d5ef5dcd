"""A household's trade history in plain Python: what the twin replays, and what tests turn into the kernels' arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

SHARE = 1_000_000  # micro-shares


@dataclass(frozen=True)
class Account:
    taxable: bool = True
    tack_by_date: bool = False
    ignore_before_lot: bool = False
    ignore_same_day: bool = False
    count_sold_earlier: bool = False


@dataclass(frozen=True)
class Event:
    """`kind` OPEN, LOSS, BUY, SELL or a corporate action; actions come before trades, `batch` 0."""

    kind: str
    day: date
    account: int
    security: int
    quantity: int = 0  # micro-shares
    amount: int = 0  # cents: cost, proceeds, loss; of an action, cents a share
    batch: int = 0
    lot: int | None = None
    name: str = ""  # of the piece below the lot: ".1", ".2.1"
    purchase: int | None = None
    acquired: date | None = None
    holding_start: date | None = None
    washed: bool = False
    ratio: int = 1  # new shares for one old
    old: int = 1  # for so many; the twin knows only one
    target: int | None = None  # security
    parts: int = 1  # SPIN_OFF: one of so many equal parts of the basis goes to the new shares
    price: int = 0  # MERGER for shares and cash: cents a new share


@dataclass(frozen=True)
class History:
    accounts: list[Account]
    groups: list[int]  # wash group of each security
    events: list[Event]
    method: str = "FIFO"
    st_rate: float = 0.5
    lt_rate: float = 0.25
