"""Numbers as messages show them; null is empty."""

from __future__ import annotations

import datetime

from engine.prove.verify.columns import MONEY, NULL, SHARES
from engine.prove.verify.settings import EPOCH


def shares(micro: int) -> str:
    """Micro-shares, or micro-dollars, to the millionth."""
    return _decimal(micro, SHARES)


def usd(cents: int) -> str:
    """Cents as USD."""
    return _decimal(cents, MONEY)


def day(days: int) -> str:
    """Days since 1970 as a date."""
    return "" if days == NULL else (EPOCH + datetime.timedelta(days=int(days))).isoformat()


def _decimal(units: int, decimals: int) -> str:
    if units == NULL:
        return ""
    whole, rest = divmod(abs(int(units)), 10**decimals)
    return f"{'-' if units < 0 else ''}{whole}.{rest:0{decimals}d}"
