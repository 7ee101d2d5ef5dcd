"""The equities: simulated by a factor model, or taken from real prices."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book.schema import Kind
from engine.book.synth.arrays import Floats, Ints
from engine.book.synth.market import EQUITY, MAX_PRICE_AGE_DAYS, Listing
from engine.errors import InputRefused
from engine.risk.panel import PricePanel

SIMULATED_EQUITIES = 600
HISTORY_DAYS = 1260
DAYS_A_YEAR = 252

SECTORS = (
    ("Information Technology", 0.15),
    ("Financials", 0.14),
    ("Health Care", 0.13),
    ("Consumer Discretionary", 0.13),
    ("Industrials", 0.13),
    ("Consumer Staples", 0.07),
    ("Energy", 0.06),
    ("Real Estate", 0.06),
    ("Utilities", 0.05),
    ("Materials", 0.05),
    ("Communication Services", 0.03),
)
"""Sector and its share of the simulated equities (GICS sectors; shares near the S&P 500's)."""

_SHARE_CLASS = re.compile(r"(?:[ -]+Class)?[ -]+[A-C]$")


@dataclass(frozen=True)
class Equities:
    """`closes` (T, N) USD, NaN = absent; `listings` (N,)."""

    days: NDArray[np.int32]
    closes: Floats
    listings: tuple[Listing, ...]


def simulate(days: NDArray[np.int32], rng: np.random.Generator, count: int = SIMULATED_EQUITIES) -> Equities:
    """`count` equities over `days`: one market, eleven sectors, three styles, fat-tailed daily moves, late listings.

    Every price path is fixed at its end, so that today's prices look like today's market. Three pairs are two share
    classes of one company.
    """
    length = len(days)
    sector_of = np.sort(rng.choice(len(SECTORS), size=count, p=[share for _, share in SECTORS]))
    daily = _simulated_returns(length, sector_of, rng)
    last = np.clip(np.exp(rng.normal(np.log(85.0), 0.8, count)), 6.0, 1800.0)
    closes = last * np.exp(np.cumsum(daily, axis=0) - daily.sum(axis=0))
    late = rng.random(count) < 0.05
    first = np.where(late, rng.integers(length // 10, max(length * 9 // 10, length // 10 + 1), count), 0)
    closes[np.arange(length)[:, None] < first] = np.nan
    caps = np.exp(rng.normal(np.log(2.2e10), 1.1, count))
    names = [f"{SECTORS[s][0]} {i + 1:03d}" for i, s in enumerate(sector_of)]
    ids = [f"E{i + 1:03d}" for i in range(count)]
    twins = {int(i): int(i) + 1 for i in range(count // 4, count - 1, count // 4)}
    for one, other in twins.items():
        closes[:, other] = closes[:, one] * np.exp(rng.normal(0.0, 0.001, length)) * 0.97
        sector_of[other], caps[other] = sector_of[one], caps[one]
        names[other] = names[one]
    doubled = {**{one: one for one in twins}, **{other: one for one, other in twins.items()}}
    listings = tuple(
        Listing(
            ids[i],
            names[i],
            EQUITY,
            SECTORS[sector_of[i]][0],
            float(caps[i]) / (2 if i in doubled else 1),
            ids[doubled.get(i, i)],
            half_spread_bps=_half_spread(float(caps[i])),
        )
        for i in range(count)
    )
    return Equities(days, np.maximum(np.round(closes, 2), 0.5), listings)


def _simulated_returns(length: int, sector_of: Ints, rng: np.random.Generator) -> Floats:
    """(T, N) daily log-returns; volatilities are annual, Student-t with five degrees of freedom scaled to unit."""
    count = len(sector_of)
    unit = np.sqrt(3.0 / 5.0) / np.sqrt(DAYS_A_YEAR)
    market = 0.08 / DAYS_A_YEAR + 0.15 * unit * _calm(rng.standard_t(5, length), 0.0)
    sectors = 0.08 * unit * _calm(rng.standard_t(5, (length, len(SECTORS))), 0.5)
    styles = 0.04 * unit * _calm(rng.standard_t(5, (length, 3)), 0.5)
    beta = rng.normal(1.0, 0.25, count)
    own = np.exp(rng.normal(np.log(0.24), 0.3, count))
    drift = rng.normal(0.0, 0.03, count) / DAYS_A_YEAR
    noise = own * unit * _calm(rng.standard_t(5, (length, count)), 0.5)
    return np.asarray(
        drift + market[:, None] * beta + sectors[:, sector_of] + styles @ rng.normal(0, 1, (3, count)) + noise
    )


def _calm(shocks: Floats, kept: float) -> Floats:
    """`shocks` (T, ...) with only the fraction `kept` of their mean: what is still listed did not wander off."""
    return np.asarray(shocks - (1.0 - kept) * shocks.mean(axis=0))


def _half_spread(capitalisation: float) -> float:
    """Basis points; the larger the company the narrower."""
    return float(np.clip(round(2.0 * (2e10 / capitalisation) ** 0.4, 1), 0.5, 10.0))


def from_prices(panel: PricePanel, constituents: pa.Table, *, where: str = "") -> Equities:
    """The names of `constituents` (symbol, name, gics_sector, market_cap_usd) that have a close near the last day.

    A company listed twice has its capitalisation divided between its classes, which form one wash group.
    Raises InputRefused where a column is missing or no name has prices.
    """
    rows = _constituent_rows(constituents, where)
    column = {symbol: i for i, symbol in enumerate(panel.symbols)}
    present = np.isfinite(panel.closes)
    final = panel.days[len(panel.days) - 1 - present[::-1].argmax(axis=0)]
    fresh = present.any(axis=0) & (final >= panel.days[-1] - MAX_PRICE_AGE_DAYS)
    rows = [row for row in rows if row[0] in column and fresh[column[row[0]]]]
    if not rows:
        raise InputRefused(
            "no constituent has a price on the last days",
            where=where,
            remedy="Deliver prices and constituents of the same names.",
        )
    companies = Counter(_company(name) for _, name, _, _ in rows)
    leader: dict[str, str] = {}
    listings = []
    for symbol, name, sector, capitalisation in rows:
        company = _company(name)
        group = leader.setdefault(company, symbol) if companies[company] > 1 else symbol
        share = capitalisation / companies[company]
        listings.append(
            Listing(symbol, name, EQUITY, sector, share, group, half_spread_bps=_half_spread(capitalisation))
        )
    closes = np.round(panel.closes[:, [column[row[0]] for row in rows]], 4)
    return Equities(panel.days, closes, tuple(listings))


def _company(name: str) -> str:
    return _SHARE_CLASS.sub("", name)


def _constituent_rows(table: pa.Table, where: str) -> list[tuple[str, str, str, float]]:
    wanted = {"symbol": Kind.TEXT, "name": Kind.TEXT, "gics_sector": Kind.TEXT, "market_cap_usd": Kind.NUMBER}
    for name, kind in wanted.items():
        if name not in table.column_names or not kind.accepts(table.schema.field(name).type):
            raise InputRefused(
                f"column {name} ({kind.value}) is missing",
                where=where,
                remedy="Constituents need symbol, name, gics_sector, market_cap_usd.",
            )
    rows = []
    for row in table.select(list(wanted)).to_pylist():
        if None in row.values() or not float(row["market_cap_usd"]) > 0:
            raise InputRefused(
                f"constituent {row['symbol']} is incomplete", where=where, remedy="Fill in every column."
            )
        rows.append((row["symbol"], row["name"], row["gics_sector"], float(row["market_cap_usd"])))
    return sorted(rows)
