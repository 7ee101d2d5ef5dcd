"""Twin of `kernels.lots`: dates as dates, money in fractions, lots in lists."""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import NamedTuple

from tests.reference.naive_dates import long_term_date
from tests.reference.naive_money import amount_cents, half_away_from_zero


class Sale(NamedTuple):
    long_term: bool
    gain: Fraction
    """of each dollar of proceeds"""
    tax: Fraction


def sale_of_lot(
    shares: Fraction,
    basis: Fraction,
    acquired: datetime.date,
    price: Fraction,
    sold: datetime.date,
    short_rate: Fraction,
    long_rate: Fraction,
    harvest: bool,
) -> Sale:
    long_term = sold >= long_term_date(acquired)
    proceeds = shares * price
    gain = proceeds - basis
    tax = gain * (long_rate if long_term else short_rate)
    if gain < 0 and not harvest:
        tax = Fraction(0)
    return Sale(long_term, gain / proceeds, tax / proceeds)


def unrealised_gain(quantity: int, basis: int, price: int) -> int:
    """Cents; micro-shares and micro-dollars."""
    return amount_cents(quantity, price) - basis


def market_value(lots: list[tuple[int, int]]) -> tuple[int, Fraction]:
    """`lots`: (micro-shares, micro-dollars) of one account. Cents, and exact dollars."""
    dollars = sum((Fraction(quantity, 10**6) * Fraction(price, 10**6) for quantity, price in lots), Fraction())
    return half_away_from_zero(dollars * 100), dollars


def order_of_sale(taxes: list[list[float]]) -> list[int]:
    """Lot numbers, name by name; `sorted` keeps equals in their order."""
    order, first = [], 0
    for of_name in taxes:
        order += [first + lot for lot in sorted(range(len(of_name)), key=of_name.__getitem__)]
        first += len(of_name)
    return order


class Piece(NamedTuple):
    quantity: int
    proceeds: int
    cost: int


def relieve(lots: list[tuple[int, int]], sold: int, price: int) -> tuple[list[Piece], int]:
    """`lots`: (micro-shares, cents of basis) in the order of sale. The pieces, and what is left uncovered."""
    pieces = []
    for quantity, basis in lots:
        part = min(sold, quantity)
        sold -= part
        cost = basis if part == quantity else half_away_from_zero(Fraction(basis * part, quantity))
        proceeds = amount_cents(part, price)
        if basis <= amount_cents(quantity, price):  # no loss on the lot, none on a piece of it
            cost = min(cost, proceeds)
        pieces.append(Piece(part, proceeds, cost))
    return pieces, sold
