"""What trading could gain an account as it stands, at most: the bound of the review (`kernels.decide.thermostat`).

The objective is at least its tangent at today's weights in all but each name's own variance, and the netting schedule
at least a line that touches one of its convex halves. At these prices names can be moved one by one: a name gains at
most m²/(4λδ), where m is by how much its first percent bought, or sold out of its cheapest lot, is worth more than it
costs. A purchase that takes recent losses away pays by the percent, or once for all. The cash floor has a price y ≥ 0,
and every y gives a bound (OPTIMISATION section 2, with the factors' tangent for the conjugate of their part).
"""

from __future__ import annotations

import math

from numba import types

from kernels.decide.book import BOOK, BP, MICRO, PERCENT, Book
from kernels.decide.half import constant_at, half_in, prices_at, write_halves
from kernels.decide.households import HOUSEHOLDS, Households, purchases_of
from kernels.decide.memory import ARRAYS, BUYING, CURVED, GAP, HALVES, OWN, PRICED, SELLING, WEIGHT, Arrays
from kernels.decide.names import waits
from kernels.decide.pose import schedule_of
from kernels.decide.washes import price_purchase, worth_of_a_loss
from kernels.dot import dot
from kernels.jit import f8, i8, kernel, void

STEPS = 12
"""Prices of cash that are tried in each half."""
FIRST_PRICE = 0.02
"""bp a percent; then twice as much, until names would rather sell than buy."""
PAIR = types.UniTuple(f8, 2)


@kernel(types.UniTuple(f8, 3)(ARRAYS, i8), inner=True)
def _touching(of: Arrays, half: int) -> tuple[float, float, float]:
    """What a percent of short- and of long-term gain costs in bp where a half's losses begin, and the half itself."""
    whole = half_in(of, half)
    for hinge in range(len(whole.step)):
        of.slopes[OWN, hinge] = whole.step[hinge] if whole.at[hinge] > 0.0 else 0.0
    slopes = of.slopes[OWN, : len(whole.step)]
    short, long = prices_at(whole, slopes)
    return short, long, constant_at(whole, slopes)


@kernel(f8(f8, f8, f8), inner=True)
def _alone(worth: float, curved: float, weight: float) -> float:
    """What a name gains, bp, whose percent sold is worth so much, against its own variance; `curved`: 1/(2λδ)."""
    if worth <= 0.0:
        return 0.0
    moved = min(worth * curved, weight)
    return moved * (worth - 0.5 * moved / curved)


@kernel(f8(BOOK, HOUSEHOLDS, ARRAYS, i8, i8, f8), inner=True)
def losses_and_costs(book: Book, seen: Households, of: Arrays, account: int, n: int, ample: float) -> float:
    """Most that losses could save after the spread, in bp; each of n names' cheapest sale in either half is kept.

    Shares that recent purchases may replace give up no value of waiting, and their losses count in full. Infinite, and
    names are left out, where losses save `ample` against the variance of each name alone.
    """
    accounts, positions, lots, securities = book.accounts, book.positions, book.lots, book.securities
    schedule = schedule_of(book, account, False)
    write_halves(of, schedule, schedule.offset)
    short, long, first = _touching(of, 0)
    other_short, other_long, second = _touching(of, 1)
    of.half_before[0], of.half_before[1] = first, second
    household, harvests, aversion = accounts.household[account], accounts.harvest[account], accounts.risk_aversion
    micro, position = PERCENT / MICRO / accounts.value[account], accounts.positions[account]
    saved, other_saved, alone, other_alone = 0.0, 0.0, 0.0, 0.0
    for name in range(n):
        security, weight = of.security[name], of.reviewed[WEIGHT, name]
        cheapest, other_cheapest = math.inf, math.inf
        if weight > 0.0:
            spread, scale = securities.half_spread[security], micro * securities.price[security]
            bought, end = purchases_of(seen, household, securities.wash_group[security])
            waits = 0.0 if bought < end else 1.0
            for lot in range(positions.offsets[position], positions.offsets[position + 1]):
                if lots.locked[lot]:
                    continue
                gain = lots.gain[lot] if harvests else max(lots.gain[lot], 0.0)
                cost = BP / PERCENT * (spread + waits * lots.waiting[lot])
                rate, other_rate = (long, other_long) if lots.long_term[lot] else (short, other_short)
                one, other = cost + rate * gain, cost + other_rate * gain
                cheapest, other_cheapest = min(cheapest, one), min(other_cheapest, other)
                size = lots.quantity[lot] * scale
                saved -= min(one, 0.0) * size
                other_saved -= min(other, 0.0) * size
            position += 1
            curved = 0.5 / (aversion[account] * securities.specific[security])
            alone += _alone(-cheapest, curved, weight)
            other_alone += _alone(-other_cheapest, curved, weight)
            if max(alone - first, other_alone - second) >= ample:
                return math.inf
        of.reviewed[SELLING, name], of.reviewed[SELLING + 1, name] = cheapest, other_cheapest
    return max(saved - first, other_saved - second)


@kernel(void(BOOK, ARRAYS, i8, i8), inner=True)
def price_names(book: Book, of: Arrays, account: int, n: int) -> None:
    """What a percent more of each name costs where it stands, bp, and 1/(2λδ)."""
    accounts, securities, exposure = book.accounts, book.securities, of.exposure
    aversion, expense = accounts.risk_aversion[account], BP / PERCENT * accounts.horizon[account]
    band, penalty = PERCENT * accounts.sector_band[account], BP / PERCENT * accounts.band_penalty[account]
    for sector in range(len(of.sector_gap)):  # the price of each sector from here on
        gap = of.sector_gap[sector]
        of.sector_gap[sector] = penalty if gap > band else -penalty if gap < -band else 0.0
    for name in range(n):
        security = of.security[name]
        specific = securities.specific[security]
        risk = specific * of.reviewed[GAP, name] + dot(securities.loadings[security], exposure)
        price = expense * securities.expense[security] + 2.0 * aversion * risk
        if securities.sector[security] >= 0:
            price += of.sector_gap[securities.sector[security]]
        of.reviewed[PRICED, name], of.reviewed[CURVED, name] = price, 0.5 / (aversion * specific)
        if not securities.tradable[security]:
            of.reviewed[SELLING, name], of.reviewed[SELLING + 1, name] = math.inf, math.inf


@kernel(void(BOOK, HOUSEHOLDS, ARRAYS, i8, i8), inner=True)
def price_buying(book: Book, seen: Households, of: Arrays, account: int, n: int) -> None:
    """What a percent bought costs beside a name's price, and what it takes away of recent losses. After `price_names`.

    Infinite for a name that is not to be bought, and for one that nobody would buy at any price of cash.
    """
    securities, worth = book.securities, worth_of_a_loss(book, account)
    of.budgeted[0] = True
    for name in range(n):
        group = securities.wash_group[of.security[name]]
        of.group_first[group] = 0
    for name in range(n):
        group = securities.wash_group[of.security[name]]
        of.group_first[group] += 1
    for name in range(n):
        security = of.security[name]
        spread, aimed = (
            BP / PERCENT * securities.half_spread[security],
            of.reviewed[WEIGHT, name] > of.reviewed[GAP, name],
        )
        of.reviewed[BUYING, name], of.wash_least[name], of.wash_cost[name] = math.inf, 0.0, 0.0
        if -of.reviewed[PRICED, name] <= spread or not aimed or waits(book, of, account, name, seen):
            continue
        of.reviewed[BUYING, name] = spread
        micro = PERCENT / MICRO * securities.price[security] / book.accounts.value[account]
        of.micro_weight[name] = micro
        lowest = price_purchase(book, of, account, name, seen, worth)[1]
        of.wash_least[name] = lowest / micro if of.group_first[securities.wash_group[security]] == 1 else 0.0


@kernel(PAIR(ARRAYS, i8, i8, f8), inner=True)
def _gain_at(of: Arrays, n: int, half: int, cash: float) -> tuple[float, float]:
    """What n names gain together where cash costs so much, bp, and how many percent more are sold than bought."""
    gain, sold = 0.0, 0.0
    for name in range(n):
        price, curved = of.reviewed[PRICED, name] + cash, of.reviewed[CURVED, name]
        buying = max(-price - of.reviewed[BUYING, name], 0.0)
        cheaper = max(buying - of.wash_least[name], 0.0)
        selling = max(price - of.reviewed[SELLING + half, name], 0.0)
        moved = min(selling * curved, of.reviewed[WEIGHT, name])
        all_taken = 0.5 * buying * buying * curved - of.wash_cost[name]
        some_taken = 0.5 * cheaper * cheaper * curved
        gain += max(all_taken, some_taken) + moved * (selling - 0.5 * moved / curved)
        sold += moved - curved * (buying if all_taken > some_taken else cheaper)
    return gain, sold


@kernel(f8(ARRAYS, i8, i8, f8, f8), inner=True)
def _least_gain(of: Arrays, n: int, half: int, spare: float, enough: float) -> float:
    """The least bound over prices of cash, or the first under `enough`; `spare` percent of cash may be spent.

    The bound is convex in the price: where two tangents meet, it is not lower, and there it is tried next.
    """
    cheap, dear, tried, best = 0.0, math.inf, 0.0, math.inf
    at_cheap, at_dear, fall, rise = 0.0, 0.0, 0.0, 0.0
    for _ in range(STEPS):
        gain, sold = _gain_at(of, n, half, tried)
        value, slope = gain + tried * spare, sold + spare
        best = min(best, value)
        if best < enough or (tried == 0.0 and slope >= 0.0):
            return best
        if slope >= 0.0:
            dear, at_dear, rise = tried, value, slope
        else:
            cheap, at_cheap, fall = tried, value, slope
        if math.isinf(dear):
            tried = max(2.0 * tried, FIRST_PRICE)
        else:
            tried = (at_dear - at_cheap + fall * cheap - rise * dear) / (fall - rise)
            if at_cheap + fall * (tried - cheap) >= enough:
                return best
    return best


@kernel(f8(ARRAYS, i8, f8, f8), inner=True)
def gain_left(of: Arrays, n: int, spare: float, enough: float) -> float:
    """Most that trades of n names could improve the objective by, in bp; at least `enough` where it is not below that.

    `spare` percent of account value is cash above the floor. After `losses_and_costs` and `price_names`.
    """
    most: float = 0.0
    for half in range(HALVES):
        before = of.half_before[half]
        most = max(most, _least_gain(of, n, half, spare, enough + before) - before)
        if most >= enough:
            return most
    return most
