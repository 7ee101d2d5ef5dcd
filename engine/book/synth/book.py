"""A whole book from a seed: the firm's tables first, then part by part."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from engine.book.calendar import trading_days
from engine.book.schema import FIRM_TABLES, SCHEMA_VERSION
from engine.book.synth.arrays import MARKET, MODELS, stream
from engine.book.synth.equities import HISTORY_DAYS, SIMULATED_EQUITIES, from_prices, simulate
from engine.book.synth.faults import expected_codes, with_faulty_accounts, with_faulty_firm
from engine.book.synth.firm_rules import policies_table, screens_table, substitutes_table
from engine.book.synth.funds import assemble
from engine.book.synth.market import Market
from engine.book.synth.part import PartTables, make_part
from engine.book.synth.population import DEFAULT_MIX, Part, check_mix, plan_parts
from engine.book.synth.portfolios import Portfolios, make_portfolios
from engine.errors import UsageError
from engine.risk import PricePanel, fit_risk

DEFAULT_AS_OF = dt.date(2026, 1, 30)
"""The last day of a simulated market unless another is asked for; fixed, so that a seed is all a book depends on."""


@dataclass(frozen=True)
class Wish:
    """What book is wanted.

    `names` are those of every direct index, sizes in turn where it is None; a name is bought `purchases` times as often
    as it usually is. `value` USD is what every account is worth, about; drawn by kind where it is None.
    """

    accounts: int
    seed: int
    mix: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_MIX))
    models: int = 20
    name: str = "synth"
    faults: bool = False
    names: int | None = None
    purchases: float = 1.0
    value: float | None = None


@dataclass(frozen=True)
class Book:
    """A book to be made. `firm` holds its small tables; `make` gives one part, in any order, the same each time."""

    wish: Wish
    market: Market
    portfolios: Portfolios
    firm: dict[str, pa.Table]
    parts: tuple[Part, ...]

    @property
    def as_of(self) -> dt.date:
        """The day of the book: the market's last."""
        return dt.date(1970, 1, 1) + dt.timedelta(days=int(self.market.days[-1]))

    def header(self) -> dict[str, object]:
        """The content of `book.json`."""
        return {
            "schema": SCHEMA_VERSION,
            "as_of": self.as_of.isoformat(),
            "currency": "USD",
            "name": self.wish.name,
        }

    def faults(self) -> dict[str, str]:
        """Account → the code expected of it; empty for a book without built-in faults."""
        return expected_codes() if self.wish.faults else {}

    def make(self, part: Part) -> PartTables:
        """Every account table of one part."""
        made = make_part(self.market, self.portfolios, part, self.wish.seed, self.wish.purchases, self.wish.value)
        if not self.wish.faults:
            return made
        model = self.portfolios.followed[0]
        tables = with_faulty_accounts(made.tables, self.market, model, part.number, len(self.parts))
        return PartTables(tables, made.totals)

    def firm_tables(self) -> Iterator[tuple[str, pa.Table]]:
        """(key, table) of the firm's tables."""
        for name in FIRM_TABLES:
            yield f"{name}.parquet", self.firm[name]


def part_key(table: str, part: Part) -> str:
    """Where a part's table is kept in a book."""
    return f"{table}/part-{part.number:05d}.parquet"


def simulated_market(seed: int, as_of: dt.date = DEFAULT_AS_OF, equities: int = SIMULATED_EQUITIES) -> Market:
    """A market of `equities` and their funds, five years of trading days up to `as_of`."""
    rng = stream(seed, MARKET)
    return assemble(simulate(trading_days(as_of, HISTORY_DAYS), rng, equities), rng)


def real_market(panel: PricePanel, constituents: pa.Table, seed: int, *, where: str = "") -> Market:
    """The market of real prices; its funds are baskets of them, and simulated ones of other assets."""
    return assemble(from_prices(panel, constituents, where=where), stream(seed, MARKET))


def make_book(wish: Wish, market: Market, *, statistical: int = 10) -> Book:
    """Plan the book and make the firm's tables; account tables are made part by part.

    Raises UsageError for a wish that cannot be met.
    """
    if wish.accounts < 1:
        raise UsageError(f"{wish.accounts} accounts", where="--accounts", remedy="Ask for at least one.")
    if len(market.days) < 250:
        raise UsageError(
            f"{len(market.days)} days of prices", where="--prices", remedy="Deliver a year or more, for both terms."
        )
    shares = check_mix(wish.mix)
    rng = stream(wish.seed, MODELS)
    portfolios = make_portfolios(market, wish.models, rng, wish.names)
    risk = fit_risk(market.closes, [row.sector for row in market.listings], market.ids, statistical=statistical)
    firm = {
        "securities": market.table(),
        "models": portfolios.table(),
        **risk.rounded().tables(),
        "screens": screens_table(market, rng),
        "substitutes": substitutes_table(market),
        "policies": policies_table(),
    }
    if wish.faults:
        firm = with_faulty_firm(firm, market)
    return Book(wish, market, portfolios, firm, plan_parts(wish.accounts, shares))
