"""What the page of an account tells, as plain values. Money in cents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from engine.report.years import TwinYears


@dataclass(frozen=True)
class Why:
    """Trades of one reason: names and cents, and what the sales gained."""

    words: str
    names_bought: int
    bought: int
    names_sold: int
    sold: int
    gain: int


@dataclass(frozen=True)
class Order:
    """One name traded; or the rest of them, with `names` of them."""

    called: str
    side: str
    shares: int | None
    amount: int
    gain: int
    why: str
    names: int = 1


@dataclass(frozen=True)
class Position:
    """One name before and after, cents, and fractions of value; or the rest, or cash."""

    called: str
    before: int
    after: int
    target: float


@dataclass(frozen=True)
class Open:
    """Gains and losses not realised, of one term, after the trades."""

    term: str
    lots: int
    value: int
    gains: int
    losses: int

    @property
    def net(self) -> int:
        """Gains less losses."""
        return self.gains + self.losses


@dataclass(frozen=True)
class Turning:
    """Short-term lots that turn long-term on a day; of the rest, on days up to `until`."""

    day: date
    until: date
    lots: int
    value: int
    net: int


@dataclass(frozen=True)
class Kept:
    """Something not sold, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class ToDate:
    """Tax saved (losses harvested, choice of lots) and fees over a span, before today's trades; None: not on record."""

    span: str
    saved: int | None
    fees: int | None


@dataclass(frozen=True)
class Client:
    """All that a page tells. `money` are the account's amounts in `results`; None where it was not decided.

    `traded`: how many names were bought, and sold.
    """

    account_id: str
    status: str
    happened: str
    taxed: str
    money: dict[str, int] | None
    tracking: tuple[float | None, float | None] = (None, None)
    reasons: tuple[Why, ...] = ()
    orders: tuple[Order, ...] = ()
    traded: tuple[int, int] = (0, 0)
    bought: int = 0
    sold: int = 0
    disallowed: int = 0
    positions: tuple[Position, ...] = ()
    cash: Position | None = None
    rounding: tuple[int, int] = (0, 0)
    open: tuple[Open, ...] = ()
    turning: tuple[Turning, ...] = ()
    kept: tuple[Kept, ...] = ()
    to_date: tuple[ToDate, ...] = ()
    twins: TwinYears | None = None
    fee_bps: float | None = None
    fee_a_year: int | None = None

    @property
    def saved_today(self) -> int:
        """What counts as saved: harvests and the choice of lots, not what is deferred."""
        return 0 if self.money is None else self.money["harvested"] + self.money["saved_by_lot_choice"]
