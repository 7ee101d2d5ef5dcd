"""Random accounts as kernels and solvers see them: a problem and what may be ordered of it, from whole lots and prices.

Every account can be mended: its bounds leave what is locked, and the lower bounds alone keep to every hard row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kernels.arrays import frozen, readonly
from kernels.problem import Flags, Floats, Ints, Problem
from kernels.rounding import Tradable
from kernels.taxes import UNTAXED, Schedule, tax_of_year

MICRO = 1_000_000
CASH_FLOOR, CASH_CAP = 0, 1


@dataclass(frozen=True)
class Kind:
    """Ranges to draw from, both ends included; `specific` is the yearly volatility that is a name's own."""

    names: tuple[int, int]
    factors: int
    sectors: int
    specific: tuple[float, float]
    value: tuple[float, float]


ETF = Kind(names=(8, 20), factors=20, sectors=5, specific=(0.02, 0.06), value=(5e3, 3e5))
DIRECT_INDEX = Kind(names=(60, 150), factors=40, sectors=11, specific=(0.15, 0.4), value=(5e4, 5e5))


class Account(NamedTuple):
    problem: Problem
    tradable: Tradable


class Lots(NamedTuple):
    """Lots of all names, cheapest to sell first in each; a locked lot is no segment."""

    name: Ints
    quantity: Ints
    cost: Floats
    gain: Floats
    long: Flags


def random_account(
    random: np.random.Generator, kind: Kind, *, convex: bool = False, schedule: Schedule | None = None
) -> Account:
    """An account of that kind; where `convex`, no sale of a loss beats buying back, and no order costs a ticket.

    Lots cost tax at constant rates; with a `schedule` they cost the spread, and their gains what that says.
    """
    n = int(random.integers(kind.names[0], kind.names[1] + 1))
    value = float(np.exp(random.uniform(*np.log(kind.value))))
    price = np.round(np.exp(random.normal(4.3, 0.8, n)), 2)
    micro_weight = 100.0 * price / MICRO / value
    target = 99.0 * random.dirichlet(np.ones(n))
    position = _positions(random, target, micro_weight)
    spread = random.uniform(1.0, 5.0, n) * 1e-4
    locked = np.where(random.random(n) < 0.1, (position * random.uniform(0.0, 1.0, n)).astype(np.int64), 0)
    lots = _lots(random, position - locked, spread, convex=convex)
    held = position * micro_weight
    lower, upper = _bounds(random, held, locked * micro_weight)
    target = np.where(upper == 0.0, 0.0, target)
    rows, row_lower, row_upper, row_price = _rows(random, kind, target, held, lower)
    aversion = float(random.choice([10.0, 20.0, 50.0]))
    problem = Problem(
        loadings=_loadings(random, n, kind.factors),
        curvature=aversion * random.uniform(*kind.specific, n) ** 2,
        target=target,
        held=held,
        lower=lower,
        upper=upper,
        buy_cost=100.0 * spread,
        spread=100.0 * spread,
        hold_cost=100.0 * random.choice([0.0, 0.0003, 0.002], n) * random.uniform(0.5, 2.0),
        segment_offsets=np.searchsorted(lots.name, np.arange(n + 1)),
        segment_size=lots.quantity * micro_weight[lots.name],
        segment_cost=lots.cost if schedule is None else 100.0 * spread[lots.name],
        segment_gain=np.zeros(len(lots.name)) if schedule is None else lots.gain,
        segment_long=lots.long,
        rows=rows,
        row_lower=row_lower,
        row_upper=row_upper,
        row_price=row_price,
        risk_aversion=aversion,
        ticket=0.0 if convex else float(random.choice([0.0, 0.1, 2.0])),
        schedule=schedule or UNTAXED,
    )
    return Account(frozen(problem), _tradable(random, price, micro_weight, position, locked, lower < held))


def _positions(random: np.random.Generator, target: Floats, micro_weight: Floats) -> Ints:
    """Drifted from the target, a few names missing, whole shares but for what dividends bought; micro-shares."""
    n = len(target)
    wished = target * np.exp(random.normal(0.0, 0.25, n)) * (random.random(n) > 0.1)
    wished *= (100.0 - random.choice([-0.2, 0.5, 1.5, 8.0])) / wished.sum()
    micro: Ints = np.floor(wished / micro_weight).astype(np.int64)
    return np.where(random.random(n) < 0.6, micro // MICRO * MICRO, micro)


def _lots(random: np.random.Generator, free: Ints, spread: Floats, *, convex: bool) -> Lots:
    """Up to eight lots a name, from long held gains to fresh losses; cost in bp per percent sold."""
    name, quantity, cost, gains, long = [], [], [], [], []
    for i, shares in enumerate(free):
        cuts = np.unique(np.append(random.integers(1, shares + 1, random.integers(0, 8)), shares)) if shares else []
        sizes = np.diff(cuts, prepend=0)
        gain = 1.0 - np.exp(random.normal(-0.2, 0.3, len(sizes)))
        rate = random.choice([0.238, 0.408], len(sizes))
        tax = rate * gain
        least = -2.0 * spread[i] if convex else -np.inf  # bought back at once, the loss would be worth nothing
        name += [i] * len(sizes)
        quantity += list(sizes)
        cost += sorted(100.0 * np.maximum(tax + spread[i], least + spread[i]))
        gains += list(gain)
        long += list(rate == 0.238)
    return Lots(
        np.array(name, dtype=np.int64),
        np.array(quantity, dtype=np.int64),
        np.array(cost, dtype=np.float64),
        np.array(gains, dtype=np.float64),
        np.array(long, dtype=np.bool_),
    )


REGIMES = {
    "a new year": (0.0, 0.0, 0.5),
    "short-term gains so far": (8.0, 0.0, 0.5),
    "long-term gains so far": (0.0, 8.0, 0.5),
    "short-term gains and long-term losses": (6.0, -4.0, 0.5),
    "short-term losses and long-term gains": (-4.0, 6.0, 0.5),
    "a carryforward": (-3.0, -6.0, 0.5),
    "losses near the offset": (-0.3, -0.1, 0.5),
    "no offset": (0.5, -0.5, 0.0),
    "a gain budget": (3.0, 2.0, 0.5),
    "a tax budget": (1.0, 1.0, 0.5),
    "a tax budget and losses so far": (-3.0, -2.0, 0.5),
}
"""Typical short and long totals and offset, percent of account value."""


def random_schedule(random: np.random.Generator, regime: str, *, usual: bool = True) -> Schedule:
    """A schedule of that regime, of the usual rates or of any; rates in bp per percent."""
    short, long, offset = REGIMES[regime]
    short_rate, long_rate, worth = (0.408, 0.238, 0.5) if usual else random.uniform(0.0, 0.6, 3)
    schedule = Schedule(
        short=float(short * random.uniform(0.2, 2.0)),
        long=float(long * random.uniform(0.2, 2.0)),
        offset=float(offset * random.uniform(0.2, 4.0)),
        short_rate=100.0 * float(short_rate),
        long_rate=100.0 * float(long_rate),
        carried_rate=100.0 * float(min(worth * long_rate, short_rate)),
        room=float(random.choice([0.0, random.uniform(0.0, 2.0)])) if regime == "a gain budget" else np.inf,
    )
    if not regime.startswith("a tax budget"):
        return schedule
    more = float(random.choice([0.0, random.uniform(0.0, 100.0)]))
    return schedule._replace(most_tax=tax_of_year(schedule, 0.0, 0.0) + more)


def _bounds(random: np.random.Generator, held: Floats, locked: Floats) -> tuple[Floats, Floats]:
    """Most names free; some may not be bought or sold, some are capped, some must be sold or bought."""
    lower, upper = locked.copy(), np.full(len(held), 100.0)
    rule = random.choice(8, len(held), p=[0.62, 0.1, 0.06, 0.06, 0.05, 0.05, 0.03, 0.03])
    for i in range(len(held)):
        span = held[i] - locked[i]
        if rule[i] == 1:  # no buy
            upper[i] = held[i]
        elif rule[i] == 2:  # no sale
            lower[i] = held[i]
        elif rule[i] == 3:  # a cap above what is held
            upper[i] = held[i] + 0.5
        elif rule[i] == 4:  # a cap below it
            upper[i] = locked[i] + 0.7 * span
        elif rule[i] == 5:  # sell out
            upper[i] = locked[i]
        elif rule[i] == 6:  # forced buy
            lower[i] = held[i] + random.uniform(0.05, 0.3)
        elif rule[i] == 7:  # no trade
            lower[i] = upper[i] = held[i]
    return lower, upper


def _rows(
    random: np.random.Generator, kind: Kind, target: Floats, held: Floats, lower: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """The cash floor, hard; the cash cap, soft; sectors within a band, soft; a group of names under a cap, hard."""
    n = len(target)
    sector = random.integers(0, kind.sectors, n)
    member = (sector == np.arange(kind.sectors)[:, None]).astype(np.float64)
    group = random.integers(0, 2, n).astype(np.float64)
    band = random.choice([0.2, 3.0])
    floor = max(100.0 - float(random.choice([0.0, 0.5, 2.0])), float(lower.sum()) + 1.0)
    cap = max(float(group @ held) + random.uniform(-1.0, 3.0), float(group @ lower) + 1.0)
    rows = np.vstack([np.ones((2, n)), member, group])
    row_lower = np.concatenate([[-np.inf, 98.0], member @ target - band, [-np.inf]])
    row_upper = np.concatenate([[floor, np.inf], member @ target + band, [cap]])
    row_price = np.concatenate([[np.inf], random.uniform(0.5, 20.0, 1 + kind.sectors), [np.inf]])
    return rows, row_lower, row_upper, row_price


def _loadings(random: np.random.Generator, n: int, factors: int) -> Floats:
    """A market factor that all share and weaker ones, scaled to yearly volatility."""
    exposure = random.normal(0.0, 0.3, (n, factors))
    exposure[:, 0] = random.normal(1.0, 0.25, n)
    volatility = np.full(factors, 0.03)
    volatility[0] = 0.16
    return exposure * volatility


def _tradable(
    random: np.random.Generator, price: Floats, micro_weight: Floats, position: Ints, locked: Ints, may_sell: Floats
) -> Tradable:
    """Whole shares, or steps of about a dollar; a minimum trade of nothing, USD 20 or USD 100.

    Every other account may leave no position below USD 500.
    """
    dollar = np.floor(MICRO / price).astype(np.int64)
    step = np.where(random.random(len(price)) < 0.2, dollar, MICRO)
    shares = np.ceil(random.choice([0.0, 20.0, 100.0]) / price * MICRO / step).astype(np.int64)
    return Tradable(
        weight=readonly(micro_weight),
        step=readonly(step),
        least=readonly(np.maximum(shares, 1) * step),
        smallest=readonly(np.ceil(random.choice([0.0, 500.0]) / price * MICRO).astype(np.int64)),
        position=readonly(position),
        sellable=readonly(position - locked),
        open=readonly((random.random(len(price)) < 0.8) & may_sell & (position > 0)),
        cash_row=CASH_FLOOR,
    )


def random_weights(random: np.random.Generator, problem: Problem) -> Floats:
    """Weights within every bound and hard row: drawn between the bounds, then drawn back until the hard rows hold."""
    away = random.choice([0.01, 0.2, 1.0])
    low = np.maximum(problem.lower, problem.held - away * problem.held)
    high = np.minimum(problem.upper, problem.held + away)
    weights = np.where(low <= high, random.uniform(low, np.maximum(low, high)), np.clip(low, None, problem.upper))
    weights = np.clip(weights, problem.lower, problem.upper)
    still = (random.random(len(weights)) < 0.5) & (problem.lower <= problem.held) & (problem.held <= problem.upper)
    weights[still] = problem.held[still]
    hard = np.isinf(problem.row_price)
    rows, limit = problem.rows[hard], problem.row_upper[hard]
    excess = rows @ (weights - problem.lower)
    room = limit - rows @ problem.lower
    kept = min(1.0, float(np.min(room / np.maximum(excess, 1e-12))) * (1.0 - 1e-12))
    inside: Floats = readonly(problem.lower + kept * (weights - problem.lower)) if kept < 1.0 else readonly(weights)
    return inside
