"""What trading could gain an account at most, name by name in plain Python; the twin of `kernels.decide.gains_left`.

Fractions and USD here, basis points only at the end.
"""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
from scipy.optimize import minimize_scalar

from engine.decide.household import Household
from kernels.decide.book import Book
from kernels.taxes import marginal_rates

MICRO = 1e6


def least_gain(book: Book, household: Household, account: int) -> float:
    """The least bound in bp over prices of cash and, for the worse half of the schedule, slopes where losses begin."""
    accounts, securities, lots = book.accounts, book.securities, book.lots
    value = accounts.value[account]
    weight, target, sellable = defaultdict(float), defaultdict(float), defaultdict(list)
    for position in range(accounts.positions[account], accounts.positions[account + 1]):
        security = int(book.positions.security[position])
        weight[security] = book.positions.quantity[position] / MICRO * securities.price[security] / value
        for lot in range(book.positions.offsets[position], book.positions.offsets[position + 1]):
            if not lots.locked[lot] and securities.tradable[security]:
                sellable[security].append(lot)
    aim = slice(*book.targets.offsets[accounts.target[account] : accounts.target[account] + 2])
    target.update(zip(book.targets.security[aim].tolist(), book.targets.weight[aim].tolist(), strict=True))
    names = sorted({*weight, *target})
    gap = np.array([weight[name] - target[name] for name in names])
    aversion, loadings = accounts.risk_aversion[account], securities.loadings[names]
    specific = securities.specific[names]
    price = 2 * aversion * (loadings @ (loadings.T @ gap) + specific * gap)
    price += accounts.horizon[account] * securities.expense[names]
    for sector in {int(securities.sector[name]) for name in names} - {-1}:
        members = securities.sector[names] == sector
        beyond = gap[members].sum()
        if abs(beyond) > accounts.sector_band[account]:
            price[members] += math.copysign(accounts.band_penalty[account], beyond)

    def half(short: float, long: float, before: float) -> float:
        def total(cash: float) -> float:
            gain = 0.0
            for at, name in enumerate(names):
                curved, spread = aversion * specific[at], securities.half_spread[name]
                if target[name] > 0.0 and may_buy(book, household, account, name):
                    worth = -price[at] - cash - spread
                    by_share, at_most = loss_taken(book, household, account, name, names)
                    gain += max(
                        max(worth - by_share, 0.0) ** 2 / (4 * curved), max(worth, 0.0) ** 2 / (4 * curved) - at_most
                    )
                cheapest = math.inf
                for lot in sellable[name]:
                    profit = lots.gain[lot] if accounts.harvest[account] else max(lots.gain[lot], 0.0)
                    waiting = 0.0 if is_bought(book, household, name) else lots.waiting[lot]
                    cheapest = min(cheapest, spread + waiting + (long if lots.long_term[lot] else short) * profit)
                worth = price[at] + cash - cheapest
                if worth > 0.0:
                    sold = min(worth / (2 * curved), weight[name])
                    gain += sold * worth - curved * sold**2
            spare = (accounts.cash[account] - accounts.outflow[account]) / 100 / value - accounts.cash_min[account]
            return gain + cash * spare - before

        best = minimize_scalar(total, bounds=(0.0, 0.5), method="bounded", options={"xatol": 1e-9})
        return min(float(best.fun), total(0.0))

    return 1e4 * max(0.0, *(half(*slopes) for slopes in touching(book, account)))


def touching(book: Book, account: int) -> list[tuple[float, float, float]]:
    """Both halves of the schedule where losses begin: rates of short- and of long-term gain, what it lies above it."""
    accounts = book.accounts
    if not accounts.taxable[account]:
        return [(0.0, 0.0, 0.0)]
    value, weight = accounts.value[account], accounts.tax_sensitivity[account]
    short, long, offset = (accounts[name][account] for name in map(accounts._fields.index, ("short", "long", "offset")))
    high, low = (f(accounts.st_rate[account], accounts.lt_rate[account]) for f in (max, min))
    deducted = accounts.st_rate[account]
    carried = min(accounts.loss_value[account] * accounts.lt_rate[account], deducted)
    net = short + long
    dear_long = accounts.lt_rate[account] > accounts.st_rate[account]
    dear = long if dear_long else short
    whole = carried * net - (deducted - carried) * offset
    first_rate = carried + (deducted - carried) * (net + offset > 0) + (high - deducted) * (net > 0)
    first = whole + (deducted - carried) * max(net + offset, 0) + (high - deducted) * max(net, 0)
    if low > carried:
        bend = (deducted - carried) * offset / (low - carried)
        other_rate = carried + (low - carried) * (net + bend > 0)
        second = whole + (low - carried) * max(net + bend, 0)
    else:
        other_rate, second = carried, carried * net
    second += (high - low) * max(dear, 0)
    step = (high - low) * (dear > 0)
    rates = (other_rate, other_rate + step) if dear_long else (other_rate + step, other_rate)
    now = min(first, second)
    return [
        (weight * first_rate, weight * first_rate, weight * (first - now) / value),
        (weight * rates[0], weight * rates[1], weight * (second - now) / value),
    ]


def may_buy(book: Book, household: Household, account: int, name: int) -> bool:
    accounts, group = book.accounts, book.securities.wash_group[name]
    if not book.securities.tradable[name] or household.sold_today(group):
        return False
    barred = bool(
        not accounts.taxable[account] or accounts.forbid[account] or math.isfinite(accounts.gain_room[account])
    )
    if barred and accounts.taxable[account] and len(household.before().open_losses(group)):
        return False
    losses = household.open_losses(group)
    return not len(losses) or not (barred or (losses.loss < 0).any())


def is_bought(book: Book, household: Household, name: int) -> bool:
    """Whether the household bought the name's group lately, used up or not."""
    return bool((household._candidates.group == book.securities.wash_group[name]).any())


def loss_taken(book: Book, household: Household, account: int, name: int, names: list[int]) -> tuple[float, float]:
    """Least cost by the dollar bought of taking losses away, and the cost of taking all of them; of account value."""
    accounts = book.accounts
    group = book.securities.wash_group[name]
    losses, alone = household.open_losses(group), sum(book.securities.wash_group[one] == group for one in names) == 1
    short, _, long, _ = marginal_rates(
        *(accounts[accounts._fields.index(name)][account] for name in ("short", "long", "st_rate", "lt_rate")),
        accounts.loss_value[account],
        accounts.offset[account],
    )
    rates = max(long, accounts.lt_rate[account]), max(short, accounts.st_rate[account])
    cost, dollars, lowest = 0.0, 0.0, math.inf
    for shares, loss, is_long in zip(losses.quantity, losses.loss, losses.long_term, strict=True):
        cost += accounts.tax_sensitivity[account] * loss / 100 * (rates[0] if is_long else rates[1])
        dollars += shares / MICRO * book.securities.price[name]
        lowest = min(lowest, cost / dollars)
    return (lowest if alone and dollars else 0.0), cost / accounts.value[account]
