"""Whether an account may be left alone, found without posing it: the day's review of every account.

Where no rule asks for a trade, an account rests for one of two reasons: it is inside its bands and no loss could save
`min_benefit_bp`; or no trades whatever could improve its objective by that much (`kernels.decide.gains_left`). Posed
and solved, it would not trade either: what is looked at here leaves out what only forbids trades or makes them dearer.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import types

from kernels.decide.book import (
    BOOK,
    BP,
    LEAST_WEIGHT,
    MICRO,
    MOST_SHARES,
    MOST_WEIGHT,
    PERCENT,
    SELL_OUT,
    Book,
)
from kernels.decide.gains_left import gain_left, losses_and_costs, price_buying, price_names
from kernels.decide.households import HOUSEHOLDS, Households, enter
from kernels.decide.memory import ARRAYS, GAP, MEMORY, WEIGHT, Arrays, Memory
from kernels.dot import dot
from kernels.jit import B1W, F8W, I8, apart, b1, f8, i8, kernel, void
from kernels.problem import Flags, Floats, Ints

AWAKE, CALM, NOTHING_TO_GAIN = range(3)
"""To be decided; inside its bands; no trades are worth making."""
AMPLE = 16.0
"""Losses that save so many times `min_benefit_bp`, name by name, wake an account: the bound would hardly rest it."""


class Review(NamedTuple):
    """What was found. Tracking error and drift are fractions, `objective_bp` as the account stands.

    `bound_bp` is what no trades bring the objective below; not a number where the account is CALM.
    """

    state: int
    tracking_error: float
    drift: float
    objective_bp: float
    bound_bp: float


REVIEW = types.NamedTuple((i8, f8, f8, f8, f8), Review)


@kernel(f8(BOOK, i8, i8), inner=True)
def _held(book: Book, account: int, security: int) -> float:
    """A fraction of account value, nought for what it does not hold; found by halving, as positions ascend."""
    first, last = book.accounts.positions[account], book.accounts.positions[account + 1]
    end = last
    while first < last:
        middle = (first + last) // 2
        if book.positions.security[middle] < security:
            first = middle + 1
        else:
            last = middle
    if first == end or book.positions.security[first] != security:
        return 0.0
    shares = book.positions.quantity[first] / MICRO
    return float(shares * book.securities.price[security] / book.accounts.value[account])


@kernel(b1(BOOK, i8), inner=True)
def _is_asked(book: Book, account: int) -> bool:
    """Whether a rule asks, or may ask, for a trade: a limit on sums is not looked at."""
    accounts, rules = book.accounts, book.rules
    if accounts.limits[account] < accounts.limits[account + 1]:
        return True
    for row in range(accounts.rules[account], accounts.rules[account + 1]):
        kind, security, value = rules.kind[row], rules.security[row], rules.value[row]
        if security < 0 or kind not in (SELL_OUT, LEAST_WEIGHT, MOST_WEIGHT, MOST_SHARES):
            continue
        held = _held(book, account, security)
        if kind == SELL_OUT and held > 0.0:
            return True
        if kind == LEAST_WEIGHT and held < value:
            return True
        if kind == MOST_WEIGHT and held > value:
            return True
        if kind == MOST_SHARES and held > value / MICRO * book.securities.price[security] / accounts.value[account]:
            return True
    return False


@kernel(i8(BOOK, ARRAYS, i8), inner=True)
def _merge(book: Book, of: Arrays, account: int) -> int:
    """Names held and aimed at into `security`, their weights and gaps to the target into `reviewed`; their number.

    Percent. -1 where a weight is above the account's cap.
    """
    accounts, positions, targets, price = book.accounts, book.positions, book.targets, book.securities.price
    at, end = accounts.positions[account], accounts.positions[account + 1]
    aim, last = targets.offsets[accounts.target[account]], targets.offsets[accounts.target[account] + 1]
    cap, micro = PERCENT * accounts.max_weight[account], PERCENT / MICRO / accounts.value[account]
    weights, gaps, n = of.reviewed[WEIGHT], of.reviewed[GAP], 0
    while at < end or aim < last:
        held = positions.security[at] if at < end else len(price)
        aimed = targets.security[aim] if aim < last else len(price)
        security, weight, goal = min(held, aimed), 0.0, 0.0
        if held == security:
            weight = positions.quantity[at] * micro * price[security]
            at += 1
        if aimed == security:
            goal = PERCENT * targets.weight[aim]
            aim += 1
        if weight > cap:  # no cap is not a number
            return -1
        of.security[n], weights[n], gaps[n] = security, weight, weight - goal
        n += 1
    return n


@kernel(void(BOOK, ARRAYS, i8), inner=True)
def _add_up(book: Book, of: Arrays, n: int) -> None:
    """The gaps of n names into `exposure` to the factors and into `sector_gap`, percent."""
    of.exposure[:], of.sector_gap[:] = 0.0, 0.0
    exposure = of.exposure
    for name in range(n):
        security, gap = of.security[name], of.reviewed[GAP, name]
        loadings = book.securities.loadings[security]
        for factor in range(len(exposure)):
            exposure[factor] += loadings[factor] * gap
        if book.securities.sector[security] >= 0:
            of.sector_gap[book.securities.sector[security]] += gap


@kernel(REVIEW(), inner=True)
def _awake() -> Review:
    return Review(AWAKE, 0.0, 0.0, 0.0, math.nan)


@apart(REVIEW(BOOK, HOUSEHOLDS, ARRAYS, i8))
def review_one(book: Book, seen: Households, of: Arrays, account: int) -> Review:
    """Review an account that has a target and no loss to be forced; its household was entered."""
    accounts = book.accounts
    value, cash = accounts.value[account], accounts.cash[account] / 100.0
    outflow = accounts.outflow[account] / 100.0
    needed, most_cash = accounts.cash_min[account] * value + outflow, accounts.cash_max[account] + outflow / value
    if not needed <= cash <= most_cash * value or accounts.risk_aversion[account] <= 0.0 or _is_asked(book, account):
        return _awake()
    n = _merge(book, of, account)
    if n < 0:
        return _awake()
    _add_up(book, of, n)
    variance, widest, gaps, cost = dot(of.exposure, of.exposure), 0.0, 0.0, 0.0
    for name in range(n):
        gap, security = of.reviewed[GAP, name], of.security[name]
        variance += book.securities.specific[security] * gap * gap
        widest, gaps = max(widest, abs(gap)), gaps + abs(gap)
        cost += book.securities.expense[security] * of.reviewed[WEIGHT, name]
    objective = accounts.risk_aversion[account] * variance + BP / PERCENT * accounts.horizon[account] * cost
    band, penalty = PERCENT * accounts.sector_band[account], BP / PERCENT * accounts.band_penalty[account]
    for sector in range(len(of.sector_gap)):
        objective += penalty * max(abs(of.sector_gap[sector]) - band, 0.0)
    error, drift = math.sqrt(variance) / PERCENT, gaps / PERCENT + abs(cash / value - accounts.cash_target[account])
    least, inner = accounts.min_benefit_bp[account], accounts.drift_band[account]
    saved = losses_and_costs(book, seen, of, account, n, AMPLE * least)
    if math.isinf(saved):
        return _awake()
    if error <= inner and widest / PERCENT <= inner and saved < least:
        return Review(CALM, error, 0.5 * drift, objective, math.nan)
    if not math.isnan(accounts.tracking_error_target[account]):
        return _awake()
    price_names(book, of, account, n)
    price_buying(book, seen, of, account, n)
    left = gain_left(of, n, PERCENT * (cash - needed) / value, least)
    if left >= least:
        return _awake()
    return Review(NOTHING_TO_GAIN, error, 0.5 * drift, objective, objective - left)


@kernel(void(BOOK, HOUSEHOLDS, MEMORY, I8, B1W, F8W))
def review(book: Book, seen: Households, memory: Memory, turns: Ints, rests: Flags, left: Floats) -> None:
    """Which accounts of `turns` (t,) rest as their households stand; out (accounts,).

    `left`: bp that trades could gain at most, not a number where the account is awake or calm.
    """
    last = -1
    for account in turns:
        if book.accounts.household[account] != last:
            last = book.accounts.household[account]
            enter(seen, last)
        rests[account], left[account] = False, math.nan
        if book.accounts.target[account] >= 0 and book.accounts.gain_room[account] >= 0.0:
            found = review_one(book, seen, memory.of, account)
            rests[account], left[account] = found.state != AWAKE, found.objective_bp - found.bound_bp
