"""Money: prices, amounts, cash and the figures that a client reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.prove.verify.columns import MONEY, NULL, Bools, Floats, Ints, in_units, known
from engine.prove.verify.compiled.trade_rows import AMOUNT, PRICE
from engine.prove.verify.facts import Facts
from engine.prove.verify.rule import Fault, faults, rule
from engine.prove.verify.words import shares, usd


def close(stated: Floats, found: Floats, worth: Floats) -> Bools:
    """Fractions of an account's value agree as far as a value known to the cent allows."""
    agree: Bools = np.abs(stated - found) <= 1e-9 + 0.01 / np.fmax(worth, 0.01)
    return agree


@rule
def price_is_market(facts: Facts) -> Iterator[Fault]:
    """A trade's price is the security's price, to a millionth of a dollar."""
    trades, listed = facts.trades, facts.securities

    def market(row: int) -> str:
        return shares(int(listed.price[listed.row(trades.security.codes[row])]))

    return faults(
        trades.account,
        facts.checked.rows(PRICE),
        lambda row: f"{trades.security[row]} at {shares(trades.price[row])}; its price is {market(row)}",
    )


@rule
def amount_to_the_cent(facts: Facts) -> Iterator[Fault]:
    """A trade's amount is quantity times price, rounded half up to the cent."""
    trades, rows = facts.trades, facts.checked.rows(AMOUNT)
    quantity, price, amount = trades.quantity[rows], trades.price[rows], trades.amount[rows]
    right = known(quantity, price, amount)
    right &= amount == _cents(quantity, price)
    return faults(
        trades.account,
        rows[~right],
        lambda row: (
            f"{trades.security[row]}: {shares(trades.quantity[row])} x {shares(trades.price[row])} is not "
            f"{usd(trades.amount[row])}"
        ),
    )


def _cents(quantity: Ints, price: Ints) -> Ints:
    """Micro-shares times micro-dollars in cents, half away from zero, exactly."""
    small = np.abs(quantity.astype(np.float64) * price) < 2.0**62
    product = np.where(small, quantity, 0) * np.where(small, price, 0)
    found: Ints = np.sign(product) * ((np.abs(product) + 5 * 10**9) // 10**10)
    for row in np.flatnonzero(~small).tolist():
        exact = int(quantity[row]) * int(price[row])
        cents = (abs(exact) + 5 * 10**9) // 10**10
        found[row] = (cents if exact > 0 else -cents) if cents < 2**62 else NULL
    return found


@rule
def cash_before(facts: Facts) -> Iterator[Fault]:
    """The cash a decision starts from is the cash delivered."""
    decided = facts.decided
    stated, cash = facts.results.cents("cash_before")[decided.row], facts.accounts.cash[decided.account.codes]
    return faults(
        decided.account,
        ~(known(stated, cash) & (stated == cash)),
        lambda row: f"starts from cash {usd(stated[row])}; delivered was {usd(cash[row])}",
    )


@rule
def cash_after(facts: Facts) -> Iterator[Fault]:
    """Cash after is cash before, less what is bought, more what is sold, exactly."""
    decided, flow = facts.decided, facts.flow
    owner = decided.account.codes
    stated, cash = facts.results.cents("cash_after")[decided.row], facts.accounts.cash[owner]
    left = np.where(cash == NULL, NULL, cash - flow.bought[owner] + flow.sold[owner])
    return faults(
        decided.account,
        ~(known(stated, left) & (stated == left)),
        lambda row: f"cash after {usd(stated[row])}; the trades leave {usd(left[row])}",
    )


@rule
def cash_floor(facts: Facts) -> Iterator[Fault]:
    """An account that buys keeps cash_min of its value and its pending outflows, after the estimated half-spreads."""
    owner, flow, accounts = facts.decided.account.codes, facts.flow, facts.accounts
    moved = in_units(flow.sold[owner] - flow.bought[owner], MONEY)
    kept = in_units(accounts.cash[owner], MONEY) + moved - flow.cost[owner]
    needed = accounts.number("cash_min")[owner] * facts.value[owner] + facts.outflow[owner]
    return faults(
        facts.decided.account,
        (flow.bought[owner] > 0) & ~(kept >= needed - 0.01),
        lambda row: f"buys and keeps {kept[row]:.2f}; cash_min and outflows need {needed[row]:.2f}",
    )


@rule
def value(facts: Facts) -> Iterator[Fault]:
    """The value reported is cash and positions at price, to the cent."""
    decided = facts.decided
    stated, worth = facts.results.cents("value")[decided.row], facts.value[decided.account.codes]
    return faults(
        decided.account,
        ~(np.abs(in_units(stated, MONEY) - worth) <= 0.006),
        lambda row: f"value {usd(stated[row])}; cash and positions are worth {worth[row]:.2f}",
    )


@rule
def turnover(facts: Facts) -> Iterator[Fault]:
    """Turnover is half of what is bought and sold, as a fraction of value."""
    decided, flow = facts.decided, facts.flow
    owner = decided.account.codes
    worth, stated = facts.value[owner], facts.results.real("turnover")[decided.row]
    made = in_units(flow.bought[owner] + flow.sold[owner], MONEY) / 2 / worth
    return faults(
        decided.account,
        ~close(stated, made, worth),
        lambda row: f"turnover {stated[row]}; the trades make {made[row]}",
    )


@rule
def max_turnover(facts: Facts) -> Iterator[Fault]:
    """The smaller side of the trades stays within max_turnover, unless a person is told that rules force it."""
    owner, flow = facts.decided.account.codes, facts.flow
    smaller = in_units(np.minimum(flow.bought[owner], flow.sold[owner]), MONEY)
    limit = facts.accounts.number("max_turnover")[owner] * facts.value[owner]
    return faults(
        facts.decided.account,
        flow.trades[owner] & ~facts.told("TURNOVER_EXCEEDED")[owner] & (smaller > limit + 0.01),
        lambda row: f"the smaller side is {smaller[row]:.2f}; the limit is {limit[row]:.2f}",
    )


RULES: Final = (
    price_is_market,
    amount_to_the_cent,
    cash_before,
    cash_after,
    cash_floor,
    value,
    turnover,
    max_turnover,
)
