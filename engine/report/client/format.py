"""Cents, shares, fractions and days as a person reads them."""

from __future__ import annotations

from datetime import date

MINUS, DASH = "\u2212", "\u2013"


def usd(cents: int | None) -> str:
    """Dollars and cents, without a sign of currency; a dash where nothing tells."""
    if cents is None:
        return DASH
    whole, rest = divmod(abs(cents), 100)
    return f"{MINUS if cents < 0 else ''}{whole:,}.{rest:02d}"


def dollars(cents: int, *, plus: bool = False) -> str:
    """The same with its sign of currency."""
    whole, rest = divmod(abs(cents), 100)
    sign = MINUS if cents < 0 else "+" if plus and cents > 0 else ""
    return f"{sign}${whole:,}.{rest:02d}"


def shares(micro: int | None) -> str:
    """Shares of micro-shares, with as many decimals as there are."""
    if micro is None:
        return ""
    whole, rest = divmod(micro, 1_000_000)
    return f"{whole:,}.{rest:06d}".rstrip("0") if rest else f"{whole:,}"


def percent(value: float | None, digits: int = 1) -> str:
    """A fraction in percent."""
    return DASH if value is None else f"{100.0 * value:,.{digits}f} %".replace("-", MINUS)


def day(value: date) -> str:
    """30 January 2026."""
    return f"{value.day} {value:%B} {value.year}"
