"""Executed trades that agree with the lots: recent purchases, and losses recently realised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.book.synth.arrays import Bools, Floats, Ints
from engine.book.synth.holdings import Lots, Positions
from engine.book.synth.market import Market
from engine.book.synth.population import TAXABLE, Accounts

WINDOW_DAYS = 75
"""Calendar days of trades delivered, at least: 61 are asked for (contract, section 1)."""
_SELLERS, _SOLD = 0.5, 0.4
"""Share of the taxable accounts that sold recently, and of the missed names that they sold."""
_SURELY_SHORT, _SURELY_LONG = 360, 372
"""Calendar days held; sales between are left out, so that no term is in doubt."""


@dataclass(frozen=True)
class Sales:
    """Columns (S,): `row` of sale, `bought_row`, `quantity`, `gain` USD, `long` term."""

    account: Ints
    security: Ints
    row: Ints
    bought_row: Ints
    quantity: Floats
    gain: Floats
    long: Bools


def window_start(market: Market) -> int:
    """First row of the days whose trades are delivered: of the tax year, and of `WINDOW_DAYS` at least."""
    last = np.datetime64(int(market.days[-1]), "D")
    year = int(last.astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64))
    return int(np.searchsorted(market.days, min(year, int(market.days[-1]) - WINDOW_DAYS)))


def draw_sales(accounts: Accounts, positions: Positions, lots: Lots, market: Market, rng: np.random.Generator) -> Sales:
    """Names of the model that are missing because they were sold in the window: most at a loss.

    No name of which the household bought any in the window: such a loss would be washed, and the lots adjusted.
    """
    start, last = window_start(market), len(market.days) - 1
    seller = (accounts.status == TAXABLE) & (rng.random(len(accounts.kind)) < _SELLERS)
    chosen = seller[positions.missed_account] & (rng.random(len(positions.missed_account)) < _SOLD)
    account, security = positions.missed_account[chosen], positions.missed_security[chosen]
    low = max(start, 1)
    row = rng.integers(low, max(last, low + 1), len(account))
    bought = (rng.random(len(account)) * np.minimum(row, low)).astype(np.int64)
    bought = market.tradable_row[bought, security].astype(np.int64)
    row = market.tradable_row[row, security].astype(np.int64)
    held = market.days[row].astype(np.int64) - market.days[bought]
    sold, cost = market.closes[row, security], market.closes[bought, security]
    clear = (held < _SURELY_SHORT) | (held > _SURELY_LONG)
    kept = (bought < start) & (bought < row) & clear & ((sold < cost) | (rng.random(len(account)) < 0.1))
    kept &= ~_bought_by_household(accounts, account, security, lots, market, start)
    account, security, row, bought = account[kept], security[kept], row[kept], bought[kept]
    sold, cost, held = sold[kept], cost[kept], held[kept]
    quantity = np.maximum(np.round(accounts.value[account] * rng.uniform(0.001, 0.01, len(account)) / sold), 1.0)
    gain = np.round(quantity * sold, 2) - np.round(quantity * cost, 2)
    return Sales(account, security, row, bought, quantity, np.round(gain, 2), held > _SURELY_LONG)


def _bought_by_household(
    accounts: Accounts, account: Ints, security: Ints, lots: Lots, market: Market, start: int
) -> Bools:
    """True where the household bought the name, or its twin, from `start` on."""
    groups = market.wash_groups()
    span = int(groups.max()) + 1
    recent = lots.row >= start
    bought = accounts.household[lots.account[recent]] * span + groups[lots.security[recent]]
    return np.isin(accounts.household[account] * span + groups[security], bought)


def year_to_date(sales: Sales, market: Market, count: int) -> tuple[Floats, Floats]:
    """Net short- and long-term gain (n,) realised since January, USD: the sum of the year's sales."""
    year = np.datetime64(int(market.days[-1]), "D").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    this_year = market.days[sales.row] >= year
    return _net(sales, this_year & ~sales.long, count), _net(sales, this_year & sales.long, count)


def _net(sales: Sales, chosen: Bools, count: int) -> Floats:
    return np.asarray(
        np.round(np.bincount(sales.account[chosen], sales.gain[chosen], minlength=count), 2), dtype=np.float64
    )
