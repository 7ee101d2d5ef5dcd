"""Twin of `kernels.money` in exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction


def half_away_from_zero(value: Fraction) -> int:
    nearest = math.floor(abs(value) + Fraction(1, 2))
    return nearest if value >= 0 else -nearest


def mul_div_half_up(a: int, b: int, c: int) -> int:
    return half_away_from_zero(Fraction(a) * b / c)


def amount_cents(quantity_micro: int, price_micro: int) -> int:
    dollars = Fraction(quantity_micro, 10**6) * Fraction(price_micro, 10**6)
    return half_away_from_zero(dollars * 100)


def scaled(text: str, scale: int) -> int:
    """A decimal number, as written, in units of 1/scale."""
    return half_away_from_zero(Fraction(text) * scale)
