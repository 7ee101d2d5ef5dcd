"""Transitions: legacy positions are to be gone by `transition_until`, their gains spread over the tax years left.

Legacy is what an account holds with a gain and its effective target does not, and may sell. Of the gains that were
there at the beginning of the year, those already realised included, each year left realises an equal share; so each
legacy name is capped at the shares that leave its part of that undone, lots of least tax first. The cap is hard, but
never asks for more than the budgets of the year leave, and gives way where it cannot be kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.columns import MICRO
from engine.book.firm import Firm
from engine.codes import Code
from engine.decide.budgets import gain_room, tax_of_year
from engine.decide.positions import Positions
from engine.decide.rules import AccountRules, unusable
from engine.decide.targets import Target
from engine.ledger.rows import Rows

Floats = NDArray[np.float64]
STILL = 0.1
"""A year's share that lacks less than this part of it waits, but in the last year: prices move it every day."""
HELD_BACK = 0.01
"""Part of a budget's room that is left, so that whole shares and cents do not carry it over."""
HALVINGS = 30


@dataclass(frozen=True)
class Moves:
    """Legacy names to be reduced: `security` (m,) ascending, and the micro-shares of each that may stay.

    `legacy` are all legacy names, of which `due` USD of gains should be realised. `told` is what a person should know:
    what the budgets keep although the date has come.
    """

    security: NDArray[np.int32]
    most: NDArray[np.int64]
    legacy: NDArray[np.int32]
    due: float
    told: tuple[tuple[Code, str], ...] = ()

    def is_done_by(self, security: NDArray[np.int32], gain: Floats) -> bool:
        """Whether sales that gain so much, USD, realise what is due, but for what may wait."""
        return float(gain[np.isin(security, self.legacy)].sum()) >= (1.0 - STILL) * self.due


_NOBODY = np.empty(0, dtype=np.int32)
NONE = Moves(_NOBODY, np.empty(0, dtype=np.int64), _NOBODY, 0.0)


@dataclass(frozen=True)
class _Legacy(Rows):
    """Lots of legacy names that may be sold, name by name, least tax first; gains in USD."""

    security: NDArray[np.int32]
    quantity: NDArray[np.int64]
    gain: Floats
    long_term: NDArray[np.bool_]
    before: Floats
    """Gains of the name's lots in front."""
    net: Floats
    """Gains of all lots of the name."""

    def sold(self, part: float) -> Floats:
        """(lots,) the fraction of each lot that goes when each name realises so much of its net gain."""
        if part >= 1.0:
            return np.ones(len(self))
        gains = np.maximum(self.gain, 1e-9)
        return np.where(self.gain > 0.0, np.clip((part * self.net - self.before) / gains, 0.0, 1.0), 1.0)

    def realised(self, part: float) -> tuple[float, float]:
        """Short- and long-term gain of that."""
        gain = self.gain * self.sold(part)
        return float(gain[~self.long_term].sum()), float(gain[self.long_term].sum())


def years_left(this_year: int, until: float) -> int:
    """Tax years left to a date in days since 1970-01-01, this one included."""
    last = np.datetime64(int(until), "D").astype("datetime64[Y]").astype(int) + 1970
    return max(int(last) - this_year + 1, 1)


def find_moves(
    firm: Firm, block: AccountBlock, positions: Positions, account: int, target: Target, rules: AccountRules
) -> Moves:
    """What the transition of an account asks for today."""
    until = float(block.settings["transition_until"][account])
    if math.isnan(until):
        return NONE
    legacy, years = _legacy(firm, block, positions, account, target, rules), years_left(firm.header.as_of.year, until)
    security, gain = block.sold.of(account)
    so_far = float(gain[~np.isin(security, target.security)].sum())
    left = float(legacy.gain.sum())
    share = max(left + so_far, 0.0) / years
    lacks = share - so_far
    if len(legacy) == 0 or (years > 1 and lacks <= STILL * share):
        return NONE
    wanted = 1.0 if years == 1 else min(lacks / left, 1.0)
    part = _within_budgets(wanted, legacy, _allowed(firm, block, positions, account))
    told = () if part >= wanted or years > 1 else (_kept(legacy, part, until),)
    return _capped(firm, block, positions, account, legacy, part, told)


def gives_way(reason: str) -> tuple[Code, str]:
    """What a person is told where a transition cannot be kept with the account's other rules."""
    return Code.TRANSITION_WAITS, f"what transition_until asks for waits: {reason}"


def _legacy(
    firm: Firm, block: AccountBlock, positions: Positions, account: int, target: Target, rules: AccountRules
) -> _Legacy:
    number = positions.order[block.lots.offsets[account] : block.lots.offsets[account + 1]]
    security = block.lots.security[number]
    stale = unusable(firm, float(block.settings["max_price_age_days"][account]))
    bound = [name for name, least in rules.least.items() if least > 0.0]
    other = np.concatenate([target.security, stale, rules.never_sell, rules.sell_out, np.array(bound, dtype=np.int32)])
    number = number[~np.isin(security, other) & ~block.lots.locked[number]]
    security, gain = block.lots.security[number], positions.unrealised[number] / 100.0
    _, name = np.unique(security, return_inverse=True)
    net = np.bincount(name, weights=gain, minlength=1).astype(np.float64)[name]
    all_before = np.cumsum(gain) - gain
    first = np.searchsorted(name, name)
    found = _Legacy(
        security,
        block.lots.quantity[number],
        gain,
        positions.long_term[number],
        all_before - all_before[first],
        net,
    )
    return found.where(net > 0.0)


def _allowed(firm: Firm, block: AccountBlock, positions: Positions, account: int) -> Callable[[float, float], bool]:
    """Whether the budgets leave room for short- and long-term gains of a run in USD, and a little more."""
    room = max(gain_room(block, firm.header.as_of_days, account), 0.0)
    budget = float(block.settings["tax_budget"][account]) if block.taxable[account] else math.nan
    offset = float(positions.offset[account])
    owed = tax_of_year(block, account, offset, 0.0, 0.0)
    most_tax = owed + (1.0 - HELD_BACK) * max(budget - owed, 0.0)

    def allowed(short: float, long: float) -> bool:
        if short + long > (1.0 - HELD_BACK) * room:
            return False
        return math.isnan(budget) or tax_of_year(block, account, offset, short, long) <= most_tax

    return allowed


def _within_budgets(wanted: float, legacy: _Legacy, allowed: Callable[[float, float], bool]) -> float:
    if allowed(*legacy.realised(wanted)):
        return wanted
    low, high = 0.0, wanted
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if allowed(*legacy.realised(middle)) else (low, middle)
    return low


def _kept(legacy: _Legacy, part: float, until: float) -> tuple[Code, str]:
    left = float((legacy.gain * (1.0 - legacy.sold(part))).sum())
    date = np.datetime64(int(until), "D")
    return Code.TRANSITION_WAITS, f"gains of {left:,.2f} stay: the budgets leave no room for them; due by {date}"


def _capped(
    firm: Firm,
    block: AccountBlock,
    positions: Positions,
    account: int,
    legacy: _Legacy,
    part: float,
    told: tuple[tuple[Code, str], ...],
) -> Moves:
    """Each name less the whole shares that go, where they make an order."""
    security, name = np.unique(legacy.security, return_inverse=True)
    sold = np.floor(np.bincount(name, weights=legacy.sold(part) * legacy.quantity) + 0.5).astype(np.int64)
    held = slice(positions.of_account[account], positions.of_account[account + 1])
    owned, quantity = positions.security[held], positions.quantity[held]
    position = quantity[np.searchsorted(owned, security)]
    piecemeal = ~firm.market.fractional[security] & (sold < position)
    sold = np.where(piecemeal, sold // MICRO * MICRO, sold)
    usd = sold / MICRO * firm.market.price[security]
    goes = (sold == position) | ((sold > 0) & (usd >= block.settings["min_trade_usd"][account]))
    due = sum(legacy.realised(part))
    return Moves(security[goes].astype(np.int32), (position - sold)[goes], security.astype(np.int32), due, told)
