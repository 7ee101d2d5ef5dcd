"""How the ledger is kept where the taxpayer or an unsettled point of law leaves a choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.errors import UsageError
from kernels.pieces import (
    COUNT_SOLD_EARLIER,
    FIFO,
    HIFO,
    LEAST_TAX,
    LIFO,
    SKIP_BEFORE_LOT,
    SKIP_SAME_DAY,
    TACK_BY_DATE,
    Relief,
)

METHODS: Final = {"fifo": FIFO, "lifo": LIFO, "hifo": HIFO, "least_tax": LEAST_TAX}
CHOICES: Final = {
    "method": tuple(METHODS),
    "wash_tacking": ("days", "date"),
    "wash_before_lot": ("count", "ignore"),
    "wash_same_day": ("count", "ignore"),
    "wash_sold_earlier": ("count", "ignore"),
}


@dataclass(frozen=True)
class Options:
    """Relief of sales that name no lot, with the rates that `least_tax` compares, and the contract's wash policies.

    Raises `UsageError` for a value that is no choice, or a rate that is missing.
    """

    method: str = "fifo"
    st_rate: float | None = None
    lt_rate: float | None = None
    wash_tacking: str = "days"
    wash_before_lot: str = "count"
    wash_same_day: str = "count"
    wash_sold_earlier: str = "ignore"

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise UsageError(f"{name} is {getattr(self, name)!r}", remedy=f"Use one of {', '.join(choices)}.")
        for name in ("st_rate", "lt_rate"):
            rate = getattr(self, name)
            if rate is None and self.method == "least_tax":
                raise UsageError(f"least_tax needs {name}", remedy="Give st_rate and lt_rate.")
            if rate is not None and not 0 <= rate <= 1:
                raise UsageError(f"{name} is {rate}", remedy="Give the marginal rate as a fraction from 0 to 1.")

    @property
    def relief(self) -> Relief:
        """The kernel's way of saying the method."""
        return Relief(METHODS[self.method], self.st_rate or 0.0, self.lt_rate or 0.0)

    @property
    def policy(self) -> int:
        """The kernel's bits of the wash policies."""
        bits = {
            TACK_BY_DATE: self.wash_tacking == "date",
            SKIP_BEFORE_LOT: self.wash_before_lot == "ignore",
            SKIP_SAME_DAY: self.wash_same_day == "ignore",
            COUNT_SOLD_EARLIER: self.wash_sold_earlier == "count",
        }
        return sum(bit for bit, is_set in bits.items() if is_set)
