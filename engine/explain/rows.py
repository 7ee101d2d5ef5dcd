"""What a run says of one account: its rows of the run's tables, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class RunRows:
    """The account's row of `results`, its rows of `trades`, and of `exceptions`."""

    result: Row
    trades: Sequence[Row]
    exceptions: Sequence[Row] = ()


Piece = tuple[str, str, str | None]
"""Security, side and lot of trades."""


def sums_of(trades: Sequence[Row]) -> dict[Piece, Decimal]:
    """Shares by security, side and lot: wash sales may split a trade over rows, its shares stay."""
    found: dict[Piece, Decimal] = {}
    for row in trades:
        key = (row["security_id"], row["side"], row["lot_id"])
        found[key] = found.get(key, Decimal(0)) + row["quantity"]
    return found
