"""Twin of `kernels.trade_sums` in sets and sums."""

from __future__ import annotations

from typing import NamedTuple


class Trade(NamedTuple):
    account: int
    security: int
    buy: bool
    quantity: int
    amount: int
    basis: int
    disallowed: int
    long_term: bool


def orders(trades: list[Trade], securities: int) -> list[list[int]]:
    """Quantity, amount and accounts of each security's buys, then of its sells."""
    found = []
    for security in range(securities):
        for buy in (True, False):
            mine = [trade for trade in trades if (trade.security, trade.buy) == (security, buy)]
            sums = [sum(trade.quantity for trade in mine), sum(trade.amount for trade in mine)]
            found.append([*sums, len({trade.account for trade in mine})])
    return found


def accounts(trades: list[Trade], count: int) -> list[list[int]]:
    """Bought, sold, short-term and long-term gain of each account."""
    found = []
    for account in range(count):
        mine = [trade for trade in trades if trade.account == account]
        found.append(
            [sum(trade.amount for trade in mine if trade.buy == buy) for buy in (True, False)]
            + [
                sum(trade.amount - trade.basis + trade.disallowed for trade in mine if trade.long_term == term)
                for term in (False, True)
            ]
        )
    return found
