"""The funds: baskets of the market's equities, and simulated funds of what lies outside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.book.synth.arrays import Bools, Floats
from engine.book.synth.equities import DAYS_A_YEAR, Equities
from engine.book.synth.market import Listing, Market

_WINSOR = 0.25
"""A basket does not take part in a member's daily move beyond this: an index is adjusted for splits and spin-offs."""


@dataclass(frozen=True)
class Outside:
    """A fund of other assets, all figures annual.

    `beta` is to the equity market; of the rest of its `volatility` the share `common` (of variance) is its asset
    class's; `expense` in basis points. A fund that is `twin_of` another follows it.
    """

    security_id: str
    name: str
    asset_class: str
    drift: float
    volatility: float
    beta: float
    common: float
    expense: float
    twin_of: str = ""


OUTSIDE = (
    Outside("INTL-DEV", "Developed markets ex US", "International equity", 0.05, 0.09, 0.75, 0.7, 7),
    Outside("INTL-DEV-B", "Developed markets ex US, twin", "International equity", 0, 0, 0, 0, 5, "INTL-DEV"),
    Outside("INTL-SMALL", "Developed small companies", "International equity", 0.05, 0.11, 0.75, 0.6, 12),
    Outside("EMERGING", "Emerging markets", "International equity", 0.05, 0.14, 0.85, 0.4, 11),
    Outside("EUROPE", "Europe", "International equity", 0.05, 0.11, 0.8, 0.7, 9),
    Outside("JAPAN", "Japan", "International equity", 0.04, 0.13, 0.6, 0.4, 9),
    Outside("BOND-AGG", "US aggregate bonds", "Fixed income", 0.022, 0.032, -0.03, 0.8, 3),
    Outside("BOND-AGG-B", "US aggregate bonds, twin", "Fixed income", 0, 0, 0, 0, 3, "BOND-AGG"),
    Outside("TREASURY-SHORT", "US Treasuries 1-3 years", "Fixed income", 0.01, 0.01, -0.01, 0.6, 4),
    Outside("TREASURY-LONG", "US Treasuries 20 years and more", "Fixed income", 0.025, 0.12, -0.15, 0.8, 4),
    Outside("TIPS", "Inflation-linked Treasuries", "Fixed income", 0.02, 0.045, 0.0, 0.6, 5),
    Outside("CORPORATE", "Corporate bonds", "Fixed income", 0.03, 0.045, 0.08, 0.7, 4),
    Outside("HIGH-YIELD", "High-yield bonds", "Fixed income", 0.045, 0.045, 0.35, 0.1, 15),
    Outside("MUNI", "Municipal bonds", "Fixed income", 0.02, 0.03, 0.0, 0.5, 5),
    Outside("EM-BOND", "Emerging-market bonds", "Fixed income", 0.04, 0.06, 0.35, 0.2, 20),
    Outside("GOLD", "Gold", "Commodity", 0.03, 0.15, 0.0, 0.2, 25),
    Outside("COMMODITY", "Broad commodities", "Commodity", 0.01, 0.13, 0.3, 0.2, 45),
    Outside("T-BILLS", "Treasury bills", "Cash equivalent", 0.012, 0.002, 0.0, 0.0, 5),
)


def assemble(equities: Equities, rng: np.random.Generator) -> Market:
    """The market: the equities, then baskets of them, then the outside funds."""
    returns, weights = _basket_returns(equities)
    rules = _rules(equities)
    total = {name: _basket(members, weights, returns, rng) for name, (members, _) in rules.items()}
    broad = returns @ weights
    outside = _outside_returns(broad, rng)
    series = [*total.values(), *(outside[fund.security_id] for fund in OUTSIDE)]
    listings = [_basket_listing(name, sector) for name, (_, sector) in rules.items()]
    listings += [_outside_listing(fund) for fund in OUTSIDE]
    last = np.exp(rng.uniform(np.log(28.0), np.log(260.0), len(series)))
    daily = np.column_stack(series)
    closes = np.round(last * np.exp(np.cumsum(daily, axis=0) - daily.sum(axis=0)), 2)
    return Market(equities.days, np.hstack([equities.closes, closes]), equities.listings + tuple(listings))


def _basket_returns(equities: Equities) -> tuple[Floats, Floats]:
    """Winsorised daily simple returns (T, N), 0 where absent, the first day 0; capitalisation weights (N,)."""
    filled = _fill_forward(equities.closes)
    daily = np.zeros_like(filled)
    daily[1:] = filled[1:] / filled[:-1] - 1.0
    caps = np.array([listing.capitalisation for listing in equities.listings])
    return np.clip(np.nan_to_num(daily), -_WINSOR, _WINSOR), caps / caps.sum()


def _fill_forward(closes: Floats) -> Floats:
    rows = np.where(np.isfinite(closes), np.arange(len(closes))[:, None], 0)
    return np.asarray(np.take_along_axis(closes, np.maximum.accumulate(rows, axis=0), axis=0))


def _rules(equities: Equities) -> dict[str, tuple[Bools, str]]:
    """Basket id → its members (N,) and its sector. Sectors of fewer than five names have no fund."""
    caps = np.array([listing.capitalisation for listing in equities.listings])
    sectors = np.array([listing.sector for listing in equities.listings])
    rank = caps.argsort(kind="stable").argsort(kind="stable") / max(len(caps) - 1, 1)
    growth = np.isin(sectors, ["Information Technology", "Consumer Discretionary", "Health Care"])
    if growth.all() or not growth.any():
        growth = np.arange(len(caps)) % 2 == 0
    everything = np.ones(len(caps), dtype=bool)
    broad = {
        "US-TOTAL": everything,
        "US-TOTAL-B": everything,
        "US-LARGE": rank >= 0.6,
        "US-LARGE-B": rank >= 0.6,
        "US-MID": (rank >= 0.25) & (rank < 0.75),
        "US-SMALL": rank <= 0.3,
        "US-GROWTH": growth,
        "US-VALUE": ~growth,
    }
    rules = {name: (members, "US broad") for name, members in broad.items()}
    for sector in np.unique(sectors):
        if (sectors == sector).sum() >= 5:
            rules[f"SECTOR-{str(sector).upper().replace(' ', '-')}"] = (sectors == sector, str(sector))
    return rules


def _basket(members: Bools, weights: Floats, returns: Floats, rng: np.random.Generator) -> Floats:
    """The fund's log-returns (T,): the members' mean by capitalisation, and a little tracking noise."""
    inside = np.where(members, weights, 0.0)
    noise = rng.normal(0.0, 0.0004, len(returns))
    return np.asarray(np.log1p(returns @ (inside / inside.sum())) + noise)


def _outside_returns(broad: Floats, rng: np.random.Generator) -> dict[str, Floats]:
    """Fund id → log-returns (T,). Funds of one asset class share a driver; a twin follows the other with noise."""
    unit = 1 / np.sqrt(DAYS_A_YEAR)
    drivers: dict[str, Floats] = {}
    result: dict[str, Floats] = {}
    for fund in OUTSIDE:
        if fund.asset_class not in drivers:
            drivers[fund.asset_class] = rng.standard_normal(len(broad))
        own = rng.standard_normal(len(broad))
        if fund.twin_of:
            result[fund.security_id] = result[fund.twin_of] + 0.0003 * own
            continue
        shock = np.sqrt(fund.common) * drivers[fund.asset_class] + np.sqrt(1 - fund.common) * own
        centred = broad - broad.mean()
        result[fund.security_id] = fund.drift / DAYS_A_YEAR + fund.beta * centred + fund.volatility * unit * shock
    return result


def _basket_listing(name: str, sector: str) -> Listing:
    group = name.removesuffix("-B")
    label = name.replace("-", " ").title().replace("Us ", "US ")
    return Listing(
        name, f"{label} fund", "US equity fund", sector, 0.0, group, 4.0, 1.0, fractional=name == "US-TOTAL-B"
    )


def _outside_listing(fund: Outside) -> Listing:
    return Listing(
        fund.security_id,
        fund.name,
        fund.asset_class,
        fund.asset_class,
        0.0,
        fund.twin_of or fund.security_id,
        float(fund.expense),
        1.5,
        fractional=fund.security_id == "T-BILLS",
    )
