"""Who the accounts are: kinds, households, tax status, models, sizes and contribution habits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.book.synth.arrays import Bools, Floats, Ints
from engine.book.synth.portfolios import Portfolios
from engine.errors import UsageError

KINDS = ("etf", "direct", "transition", "ira", "cash")
ETF, DIRECT, TRANSITION, IRA, CASH = range(len(KINDS))
DEFAULT_MIX: Mapping[str, float] = {"etf": 0.50, "direct": 0.14, "transition": 0.08, "ira": 0.22, "cash": 0.06}
LOTS_AN_ACCOUNT = (60, 2600, 60, 200, 0)
"""Lots of a typical account of each kind; parts are cut by it."""
TARGET_LOTS, TARGET_ACCOUNTS, MIN_ACCOUNTS = 500_000, 2_048, 64

_HOUSEHOLD_SIZES = (0.40, 0.35, 0.15, 0.10)
_VALUES = ((130e3, 0.9, 8e3), (1050e3, 0.6, 200e3), (700e3, 0.7, 120e3), (110e3, 0.8, 6e3), (40e3, 1.0, 1e3))
"""Median USD, sigma of the log, and least, of each kind."""
_MOST = 8e6
_DIRECT_IRA = 0.12
"""Share of the IRAs that follow a direct index; they are the larger ones."""

TAXABLE, DEFERRED, EXEMPT = range(3)


@dataclass(frozen=True)
class Part:
    """Part `number`: accounts `first` .. `first + count - 1` of the book, of `kinds` (5,) each."""

    number: int
    first: int
    count: int
    kinds: tuple[int, ...]


@dataclass(frozen=True)
class Accounts:
    """Columns (n,) of one part's accounts.

    `household` is the row of the household's first account; `model` is a row of `Portfolios.followed`; `value` USD is
    aimed at; `funded` is a row of the market's days, and money came every `step` rows from then on; `drift` is the
    sigma of positions about the model; `cash` the fraction held; `legacy` the fraction in names of old; `drip`
    reinvests dividends.
    """

    kind: Ints
    household: Ints
    status: Ints
    model: Ints
    value: Floats
    funded: Ints
    step: Ints
    drift: Floats
    cash: Floats
    legacy: Floats
    drip: Bools


def check_mix(mix: Mapping[str, float]) -> tuple[float, ...]:
    """Shares in the order of `KINDS`, summing to 1. Raises UsageError for an unknown kind or a negative share."""
    unknown = sorted(set(mix) - set(KINDS))
    if unknown:
        raise UsageError(f"unknown kind {unknown[0]}", where="--mix", remedy=f"Choose from {', '.join(KINDS)}.")
    shares = np.array([mix.get(kind, 0.0) for kind in KINDS], dtype=np.float64)
    if not np.isfinite(shares).all() or (shares < 0).any() or shares.sum() <= 0:
        raise UsageError("shares must be zero or more, and one above zero", where="--mix", remedy="e.g. etf=3,direct=1")
    return tuple((shares / shares.sum()).tolist())


def plan_parts(accounts: int, shares: tuple[float, ...]) -> tuple[Part, ...]:
    """Cut the book into parts of nearly equal cost: the kinds are spread evenly, so equal counts cost the same.

    Contract, section 3: at least 64 accounts a part, at least 16 parts from 1,024 accounts (4 from 256).
    """
    lots = accounts * float(np.dot(shares, LOTS_AN_ACCOUNT))
    wanted = max(lots / TARGET_LOTS, accounts / TARGET_ACCOUNTS, 16 if accounts >= 1024 else 4)
    count = 1 if accounts < 256 else min(int(np.ceil(wanted)), accounts // MIN_ACCOUNTS)
    edges = [accounts * i // count for i in range(count + 1)]
    most = int(np.argmax(shares))
    parts = []
    done = np.zeros(len(KINDS), dtype=np.int64)
    for number in range(count):
        # Counts so far, rounded down; the commonest kind takes what is left.
        upto = np.floor(np.array(shares) * edges[number + 1] + 1e-9).astype(np.int64)
        upto[most] += edges[number + 1] - upto.sum()
        parts.append(Part(number, edges[number], edges[number + 1] - edges[number], tuple((upto - done).tolist())))
        done = upto
    return tuple(parts)


def draw_accounts(
    part: Part, portfolios: Portfolios, history: int, rng: np.random.Generator, value_each: float | None = None
) -> Accounts:
    """The accounts of `part`, each worth `value_each` USD if told; `history` is the number of days of the market."""
    count = part.count
    kind = rng.permutation(np.repeat(np.arange(len(KINDS)), part.kinds)).astype(np.int64)
    direct_ira = (kind == IRA) & (rng.random(count) < _DIRECT_IRA)
    middle, sigma, least = (np.array(column)[kind] for column in zip(*_VALUES, strict=True))
    value = np.clip(middle * np.exp(sigma * rng.standard_normal(count)), least, _MOST)
    value = np.where(direct_ira, np.maximum(value, 150e3), value)
    if value_each is not None:
        value = np.full(count, value_each)
    transition_direct = (kind == TRANSITION) & (rng.random(count) < 0.5)
    model = _draw_models(portfolios, (kind == DIRECT) | direct_ira | transition_direct, rng)
    recent = max(history - 45, 1)
    funded = rng.integers(0, max(history - 10, 1), count)
    funded = np.where(rng.random(count) < 0.6, (funded * 0.4).astype(np.int64), funded)
    funded = np.where(kind == TRANSITION, rng.integers(min(recent, history - 2), history - 1, count), funded)
    legacy = np.where(rng.random(count) < 0.15, rng.uniform(0.02, 0.25, count), 0.0)
    legacy = np.where(kind == TRANSITION, rng.uniform(0.5, 0.95, count), legacy)
    return Accounts(
        kind,
        _households(count, rng),
        _tax_status(kind, rng),
        model,
        value,
        funded.astype(np.int64),
        _steps(history - funded, rng),
        rng.choice([0.02, 0.10, 0.30], size=count, p=[0.35, 0.40, 0.25]),
        _cash_levels(kind, rng),
        legacy,
        rng.random(count) < np.where(kind == DIRECT, 0.08, 0.35),
    )


def _households(count: int, rng: np.random.Generator) -> Ints:
    """(n,) row of the first account of each account's household; sizes 1 to 4, whole within the part."""
    sizes = rng.choice(4, size=count, p=_HOUSEHOLD_SIZES) + 1
    starts = np.cumsum(sizes) - sizes
    starts = starts[starts < count]
    return np.repeat(starts, np.diff(np.append(starts, count)))


def _tax_status(kind: Ints, rng: np.random.Generator) -> Ints:
    """IRAs are deferred or exempt (Roth), a fifth of the cash accounts are IRAs, all others are taxable."""
    retirement = (kind == IRA) | ((kind == CASH) & (rng.random(len(kind)) < 0.2))
    roth = rng.random(len(kind)) < 0.3
    return np.where(retirement, np.where(roth, EXEMPT, DEFERRED), TAXABLE).astype(np.int64)


def _draw_models(portfolios: Portfolios, direct: Bools, rng: np.random.Generator) -> Ints:
    """A model for each account: direct indexes by size, fund models more often the earlier they come."""
    model = np.zeros(len(direct), dtype=np.int64)
    is_index = np.array(portfolios.direct)
    sizes = np.diff(portfolios.start).astype(np.float64)
    for wanted in (False, True):
        rows = np.flatnonzero(is_index == wanted)
        weight = sizes[rows] if wanted else 1.0 / (1.0 + 0.2 * np.arange(len(rows)))
        who = direct == wanted
        model[who] = rng.choice(rows, size=int(who.sum()), p=weight / weight.sum())
    return model


def _steps(age: Ints, rng: np.random.Generator) -> Ints:
    """Trading days between contributions: monthly, quarterly, or one to four in the account's life."""
    habit = rng.choice(3, size=len(age), p=[0.5, 0.25, 0.25])
    rarely = age // rng.integers(1, 5, len(age)) + 1
    return np.select([habit == 0, habit == 1], [21, 63], rarely).astype(np.int64)


def _cash_levels(kind: Ints, rng: np.random.Generator) -> Floats:
    """Fraction of value in cash: near the target, below the floor, overdrawn by fees, waiting to be invested."""
    count = len(kind)
    level = rng.choice(4, size=count, p=[0.68, 0.14, 0.01, 0.17])
    near, below = rng.normal(0.01, 0.003, count).clip(0.0055, 0.02), rng.uniform(0.0, 0.0045, count)
    cash = np.select([level == 0, level == 1, level == 2], [near, below, -below], rng.uniform(0.02, 0.15, count))
    return np.where(kind == CASH, 1.0, cash)
