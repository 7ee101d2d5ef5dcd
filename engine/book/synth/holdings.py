"""What the accounts hold: positions about their models and of old, cut into lots bought along the price history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.book.synth.arrays import Bools, Floats, Ints, segment_starts, sorted_unique, within_segments
from engine.book.synth.market import Market
from engine.book.synth.population import DIRECT, ETF, IRA, KINDS, TRANSITION, Accounts
from engine.book.synth.portfolios import Portfolios

_HELD = {ETF: 0.95, DIRECT: 0.93, IRA: 0.95, TRANSITION: 0.25}
"""Chance that an account holds a name of its model."""
_LEGACY_NAMES = {ETF: (1, 4), DIRECT: (1, 11), IRA: (1, 4), TRANSITION: (3, 13)}
"""Names of old, from and below."""
_LOTS_A_NAME = {ETF: 6.5, DIRECT: 22.0, IRA: 6.0, TRANSITION: 2.0}
"""Mean purchases of a name in an account, of which whole shares leave fewer."""


@dataclass(frozen=True)
class Positions:
    """Columns (P,), by account and security: `account` row, `security` column, whole `shares`, `old` = not the model's.

    `missed_account`, `missed_security`: names of the model that an account does not hold.
    """

    account: Ints
    security: Ints
    shares: Floats
    old: Bools
    missed_account: Ints
    missed_security: Ints


@dataclass(frozen=True)
class Lots:
    """Columns (L,), by account, security and day: `row` is the day of purchase; `number` counts within the account."""

    account: Ints
    security: Ints
    row: Ints
    quantity: Floats
    reinvested: Bools
    number: Ints


def draw_positions(accounts: Accounts, portfolios: Portfolios, market: Market, rng: np.random.Generator) -> Positions:
    """Positions worth about each account's value, each about its model's weight, in whole shares at today's price."""
    account, security, weight = _model_names(accounts, portfolios)
    held = rng.random(len(account)) < _by_kind(accounts.kind, _HELD)[account]
    weight *= np.exp(accounts.drift[account] * rng.standard_normal(len(account)))
    old_account, old_security, old_weight = _legacy_names(accounts, market, rng)
    names = len(market.listings)
    known = account * names + security
    fresh = ~np.isin(old_account * names + old_security, known)
    old_account, old_security, old_weight = old_account[fresh], old_security[fresh], old_weight[fresh]

    share = np.where(_present(old_account, len(accounts.kind)), accounts.legacy, 0.0)
    invested = accounts.value * (1.0 - accounts.cash)
    worth = _split(account[held], weight[held], invested * (1.0 - share))
    old_worth = _split(old_account, old_weight, invested * share)
    all_account = np.concatenate([account[held], old_account])
    all_security = np.concatenate([security[held], old_security])
    shares = np.floor(np.concatenate([worth, old_worth]) / market.price[all_security] + 0.5)
    old = np.arange(len(all_account)) >= held.sum()
    order = np.argsort(all_account * names + all_security, kind="stable")
    order = order[shares[order] > 0]
    return Positions(
        all_account[order], all_security[order], shares[order], old[order], account[~held], security[~held]
    )


def _model_names(accounts: Accounts, portfolios: Portfolios) -> tuple[Ints, Ints, Floats]:
    """Account, security and weight of every name of every account's model; nothing for all-cash accounts."""
    sizes = np.diff(portfolios.start)[accounts.model] * (accounts.cash < 1.0)
    account = np.repeat(np.arange(len(sizes)), sizes)
    entry = portfolios.start[accounts.model][account] + within_segments(sizes)
    return account, portfolios.security[entry], portfolios.weight[entry]


def _legacy_names(accounts: Accounts, market: Market, rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """Account, equity and relative weight of names of old, each once an account."""
    wants = (accounts.legacy > 0) & (accounts.cash < 1.0)
    least = _by_kind(accounts.kind, {kind: float(low) for kind, (low, _) in _LEGACY_NAMES.items()})
    below = _by_kind(accounts.kind, {kind: float(high) for kind, (_, high) in _LEGACY_NAMES.items()})
    count = np.where(wants, np.floor(least + rng.random(len(wants)) * (below - least)), 0.0).astype(np.int64)
    account = np.repeat(np.arange(len(count)), count)
    security = rng.integers(0, market.equities, len(account))
    names = len(market.listings)
    keys = sorted_unique(account * names + security)
    return keys // names, keys % names, rng.exponential(1.0, len(keys)) + 0.1


def _by_kind(kind: Ints, values: dict[int, float]) -> Floats:
    return np.array([values.get(each, 0.0) for each in range(len(KINDS))])[kind]


def _present(account: Ints, count: int) -> Bools:
    return np.bincount(account, minlength=count) > 0


def _split(account: Ints, weight: Floats, total: Floats) -> Floats:
    """`total` (n,) USD of each account divided over its rows by weight."""
    sums = np.bincount(account, weight, minlength=len(total))
    return np.asarray(weight * (total / np.where(sums > 0, sums, 1.0))[account])


def cut_lots(
    accounts: Accounts, positions: Positions, market: Market, rng: np.random.Generator, purchases: float = 1.0
) -> Lots:
    """Lots of every position, in whole shares, and small fractional ones where dividends were reinvested.

    `purchases` multiplies how often a name is bought.
    """
    position, row = _purchases(accounts, positions, market, rng, purchases)
    quantity = _whole_parts(position, positions.shares, rng, first_heavier=3.0)
    kept = quantity > 0
    position, row, quantity = position[kept], row[kept], quantity[kept]
    extra, extra_row, extra_quantity = _reinvested(accounts, positions, position, row, market, rng)
    reinvested = np.arange(len(position) + len(extra)) >= len(position)
    position = np.concatenate([position, extra])
    row = np.concatenate([row, extra_row])
    order = np.argsort(position * len(market.days) + row, kind="stable")
    account = positions.account[position[order]]
    counts = np.bincount(account, minlength=len(accounts.kind))
    return Lots(
        account,
        positions.security[position[order]],
        row[order],
        np.concatenate([quantity, extra_quantity])[order],
        reinvested[order],
        within_segments(counts) + 1,
    )


def _purchases(
    accounts: Accounts, positions: Positions, market: Market, rng: np.random.Generator, often: float
) -> tuple[Ints, Ints]:
    """Position and day of every purchase, once each, in that order.

    A name is bought when its account is: at funding, or with a later contribution; names of old on one of three days
    before. Where a name had no price yet, on its first.
    """
    mean = np.maximum(often * _by_kind(accounts.kind, _LOTS_A_NAME), 1.0)[positions.account]
    wanted = np.minimum(1 + rng.poisson(np.where(positions.old, 1.0, mean - 1.0)), positions.shares).astype(np.int64)
    position = np.repeat(np.arange(len(wanted)), wanted)
    account = positions.account[position]
    last = len(market.days) - 1
    events = (last - accounts.funded) // accounts.step + 1
    event = (rng.random(len(position)) * events[account]).astype(np.int64)
    opening = np.zeros(len(position), dtype=bool)
    opening[segment_starts(wanted)] = rng.random(len(wanted)) < 0.7
    row = accounts.funded[account] + np.where(opening, 0, event) * accounts.step[account]
    old_days = (rng.random((len(accounts.kind), 3)) ** 1.5 * (accounts.funded[:, None] + 1) * 0.8).astype(np.int64)
    choice = rng.integers(0, 3, len(position))
    row = np.where(positions.old[position], old_days[account, choice], row)
    row = market.tradable_row[row, positions.security[position]].astype(np.int64)
    keys = sorted_unique(position * len(market.days) + row)
    return keys // len(market.days), keys % len(market.days)


def _whole_parts(position: Ints, shares: Floats, rng: np.random.Generator, *, first_heavier: float) -> Floats:
    """Whole shares of each purchase, summing to the position's `shares`; some may be zero.

    `position` is ascending and every position occurs. Rounding the running total keeps the sum exact.
    """
    counts = np.bincount(position, minlength=len(shares))
    starts = segment_starts(counts)
    weight = rng.standard_exponential(len(position))
    weight[starts] *= first_heavier
    running = np.cumsum(weight)
    base = np.repeat(running[starts] - weight[starts], counts)
    total = np.repeat(running[starts + counts - 1], counts) - base
    upto = np.floor((running - base) / total * shares[position] + 0.5)
    before = np.concatenate([[0.0], upto[:-1]])
    before[starts] = 0.0
    return np.asarray(upto - before)


def _reinvested(
    accounts: Accounts, positions: Positions, position: Ints, row: Ints, market: Market, rng: np.random.Generator
) -> tuple[Ints, Ints, Floats]:
    """Position, day and quantity of reinvested dividends of the last quarters: 0.2 to 0.6 % of the shares each."""
    first = np.full(len(positions.shares), len(market.days), dtype=np.int64)
    np.minimum.at(first, position, row)
    who = np.flatnonzero(accounts.drip[positions.account] & ~positions.old)
    quarters = 1 + rng.integers(0, 4, len(who))
    owner = np.repeat(who, quarters)
    phase = positions.security[owner] * 7 % 40 + 3
    day = len(market.days) - 1 - phase - 63 * within_segments(quarters)
    kept = (day > first[owner]) & (day >= 0)
    owner, day = owner[kept], day[kept]
    day = market.tradable_row[day, positions.security[owner]].astype(np.int64)
    quantity = np.maximum(np.round(positions.shares[owner] * rng.uniform(0.002, 0.006, len(owner)), 4), 0.001)
    return owner, day, quantity
