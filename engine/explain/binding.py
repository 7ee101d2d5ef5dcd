"""What holds an account's trades back, and what a little more room would be worth: dual prices, in dollars.

A price is a slope: right for a little room, and an upper limit on what more of it is worth.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.decide.budgets import GainRule, gain_limit
from engine.decide.names import PERCENT
from engine.decide.problem import CASH_FLOOR
from engine.decide.rules import account_rules, unusable
from engine.explain.again import Again
from engine.explain.pulls import AT_BOUND, CASH_CAP, Orders

RULES = {"weight_max": "max_weight", "weight_min": "min_weight"}
PER_WEIGHT = "1 % of weight"
PER_CASH = "$1,000 of cash"
PER_BUDGET = "$1,000 of net gain"
PER_EXPOSURE = "0.01 of exposure"
PER_TURNOVER = "1 % of value traded"
PER_THOUSAND = 10.0
"""USD a thousand dollars, of a price of one bp per percent: 0.01 USD a dollar."""
LEAST_USD = 0.01
LEAST_ROOM = 1e-6
"""Percent by which a target must lie outside a bound for the bound to keep the name from it."""


@dataclass(frozen=True)
class Binding:
    """One rule that binds. `worth_usd`: what `unit` more room would be worth to the account, at most.

    None where the rule gives way: hard rules ask for more than it leaves, and then its room has no price.
    """

    rule: str
    words: str
    worth_usd: float | None
    unit: str


def binding(orders: Orders) -> tuple[Binding, ...]:
    """The rules that bind an account's orders, dearest first."""
    found = [*_cash(orders), *_sectors(orders), *_limits(orders), *_names(orders), *_budget(orders), *_turnover(orders)]
    kept = [one for one in found if one.worth_usd is None or one.worth_usd >= LEAST_USD]
    return tuple(sorted(kept, key=lambda one: -math.inf if one.worth_usd is None else -one.worth_usd))


def _cash(orders: Orders) -> Iterator[Binding]:
    prices, case = orders.row_prices, orders.case
    floor, cap = float(prices[CASH_FLOOR]), -float(prices[CASH_CAP])
    words = f"cash may not go below ${case.cash_needed:,.2f} (cash_min and payments to come)"
    yield Binding("cash_min", words, PER_THOUSAND * floor, PER_CASH)
    most = case.value * (1.0 - float(case.problem.row_lower[CASH_CAP]) / PERCENT)
    yield Binding("cash_max", f"cash should not be above ${most:,.2f}", PER_THOUSAND * cap, PER_CASH)


def _sectors(orders: Orders) -> Iterator[Binding]:
    market, names, problem = orders.again.firm.market, orders.case.names, orders.problem
    sector = market.sector[names.security]
    for place, number in enumerate(np.unique(sector[sector >= 0]).tolist()):
        row = CASH_CAP + 1 + place
        price = float(orders.row_prices[row])
        side = "at most" if price > 0.0 else "at least"
        edge = problem.row_upper[row] if price > 0.0 else problem.row_lower[row]
        words = f"sector {market.sectors[number].as_py()} should be {side} {edge:.2f} % (sector_band)"
        yield Binding("sector_band", words, abs(price) * orders.again.usd_per_bp, PER_WEIGHT)


def _limits(orders: Orders) -> Iterator[Binding]:
    first = len(orders.row_prices) - len(orders.case.limits)
    for place, limit in enumerate(orders.case.limits):
        price = float(orders.row_prices[first + place])
        side, edge = ("at most", limit.upper) if price > 0.0 else ("at least", limit.lower)
        of_factor = limit.words.startswith("factor ")
        shown = f"{(edge - limit.origin) / PERCENT:.4g}" if of_factor else f"{edge:.2f} %"
        rule = (
            ("factor_max" if price > 0.0 else "factor_min")
            if of_factor
            else "max_weight"
            if price > 0
            else "min_weight"
        )
        words = f"{limit.words} must be {side} {shown}"
        unit = PER_EXPOSURE if of_factor else PER_WEIGHT
        yield Binding(RULES.get(rule, rule), words, abs(price) * orders.again.usd_per_bp, unit)


def rule_of(orders: Orders, place: int) -> str:
    """The rule that keeps a name from its target, in words; empty where none does."""
    problem, why = orders.case.problem, _Why(orders.again)
    told = None
    if problem.target[place] > problem.upper[place] + LEAST_ROOM:
        told = why.no_more(place, problem.upper[place])
    elif problem.target[place] < problem.lower[place] - LEAST_ROOM:
        told = why.no_less(place)
    return "" if told is None else f"{told[0]}: {told[1]}"


def asked_by(orders: Orders, place: int, gain: float) -> str:
    """The rule that asks for the order in a name whatever it costs, in words; empty where none does.

    A bound that the name is outside of, or a loss of the year that cannot all be had. Bounds are those of the problem
    as it was posed: a branch that was solved (buy enough that a wash sale pays, or none) has bounds of its own.
    """
    problem, why = orders.again.case.problem, _Why(orders.again)
    told = None
    if problem.held[place] > problem.upper[place] + AT_BOUND:
        told = why.no_more(place, problem.upper[place]) or ("target", "it is in no target and may not stay")
    elif problem.held[place] < problem.lower[place] - AT_BOUND:
        told = why.no_less(place) or ("min_weight", "the account must hold it")
    elif gain < 0.0 and orders.budget_gives_way and problem.schedule.room < 0.0:
        told = "forced_loss", "a loss that was asked for"
    return "" if told is None else f"{told[0]}: {told[1]}"


def _names(orders: Orders) -> Iterator[Binding]:
    """Bounds of single names that a rule of the account or of wash sales made."""
    again, names, problem = orders.again, orders.case.names, orders.case.problem
    more, less = orders.price_of_bounds
    why = _Why(again)
    for place in np.nonzero(more * again.usd_per_bp >= LEAST_USD)[0].tolist():
        rule = why.no_more(place, problem.upper[place])
        if rule is not None:
            words = (
                f"{again.name(int(names.security[place]))} may not be more than {problem.upper[place]:.2f} %: {rule[1]}"
            )
            yield Binding(rule[0], words, float(more[place]) * again.usd_per_bp, PER_WEIGHT)
    for place in np.nonzero(less * again.usd_per_bp >= LEAST_USD)[0].tolist():
        rule = why.no_less(place)
        if rule is not None:
            words = (
                f"{again.name(int(names.security[place]))} may not be less than {problem.lower[place]:.2f} %: {rule[1]}"
            )
            yield Binding(rule[0], words, float(less[place]) * again.usd_per_bp, PER_WEIGHT)


class _Why:
    """Which rule of an account made a name's bounds."""

    def __init__(self, again: Again) -> None:
        self._again, self._names = again, again.case.names
        self._rules = account_rules(again.firm, again.block, again.account)
        self._unusable = unusable(again.firm, again.setting("max_price_age_days"))

    def no_more(self, place: int, upper: float) -> tuple[str, str] | None:
        """Why a name may not be more than its upper bound; None where it is merely not in the target."""
        rules, security = self._rules, int(self._names.security[place])
        held = float(self._names.held[place])
        if self._names.moves[place]:
            return "transition_until", "it is to be gone by then, a share of its gain each tax year"
        if self._names.sell_out[place]:
            return "sell_out", "it is to be sold"
        if security in rules.never_buy:
            return "never_buy", "it may never be bought"
        if security in rules.screened:
            return "screen", "a screen that the account has asked for lists it"
        if security in self._unusable:
            return "tradable", "it is not tradable today, or its price is too old"
        cap = self._again.setting("max_weight")
        most = min(rules.most.get(security, np.inf), cap if np.isfinite(cap) else np.inf)
        if PERCENT * most <= upper + 1e-9:
            return "max_weight", "the largest weight that the account allows"
        if upper <= held + 1e-9 and self._names.target[place] > 0.0:
            return (
                "wash_policy",
                "its household sold it at a loss lately or today, which a purchase would undo",
            )
        return None

    def no_less(self, place: int) -> tuple[str, str] | None:
        """Why a name may not be less than its lower bound; None where it is nought."""
        rules, security = self._rules, int(self._names.security[place])
        if security in rules.never_sell:
            return "never_sell", "it may never be sold"
        if security in self._unusable:
            return "tradable", "it is not tradable today, or its price is too old"
        if rules.least.get(security, 0.0) > 0.0:
            return "min_weight", "the least weight that the account asks for"
        block, account = self._again.block, self._again.account
        mine = slice(block.lots.offsets[account], block.lots.offsets[account + 1])
        if block.lots.locked[mine][block.lots.security[mine] == security].any():
            return "locked", "lots of it are locked"
        if self._again.case.problem.lower[place] > 0.0:
            return "wash_policy", "its household has bought it lately or today: the loss would not count"
        return None


def _budget(orders: Orders) -> Iterator[Binding]:
    """Budgets of gain and of tax: the slope of their hinge in the schedule."""
    again, price = orders.again, float(orders.price_of_budget.max())
    if price <= 0.0:
        return
    limit = gain_limit(again.block, again.firm.header.as_of_days)
    rule, room = GainRule(int(limit.rule[again.account])), float(limit.room[again.account])
    if np.isfinite(orders.problem.schedule.most_tax) and not np.isfinite(room):
        name, words = "tax_budget", "the year's tax may not be more than its budget"
    else:
        name = rule.name.lower()
        words = f"the year leaves ${room:,.2f} of net gain" if room >= 0 else f"a loss of ${-room:,.2f} is to be taken"
    if orders.budget_gives_way:
        yield Binding(name, f"{words}; that cannot be kept with the hard rules", None, PER_BUDGET)
    else:
        yield Binding(name, words, PER_THOUSAND * price, PER_BUDGET)


def _turnover(orders: Orders) -> Iterator[Binding]:
    """`max_turnover` stands as a price on every percent traded on one side (`engine.decide.turnover`)."""
    most = orders.again.setting("max_turnover")
    if np.isnan(most):
        return
    posed, solved = orders.again.case.problem, orders.case.problem
    dearer = [float(np.median(solved.buy_cost - posed.buy_cost))]
    if len(solved.segment_cost) == len(posed.segment_cost) and len(posed.segment_cost):
        dearer.append(float(np.median(solved.segment_cost - posed.segment_cost)))
    words = f"no more than {most:.2%} of value may be turned over"
    yield Binding("max_turnover", words, max(dearer) * orders.again.usd_per_bp, PER_TURNOVER)
