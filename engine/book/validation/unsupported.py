"""What the contract names and this version does not act on yet: refused, never silently ignored.

Whoever makes a setting work takes it out of `UNSUPPORTED`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Unsupported:
    """Settings that may not be set to anything; restrictions: (kind, column it is about)."""

    settings: tuple[str, ...]
    restrictions: frozenset[tuple[str, str]]


UNSUPPORTED: Final = Unsupported(
    settings=("tax_budget", "max_turnover", "transition_until"),
    restrictions=frozenset(
        {
            ("min_weight", "sector"),
            ("max_weight", "sector"),
            ("factor_min", "factor"),
            ("factor_max", "factor"),
        }
    ),
)

WITHOUT_EFFECT: Final = frozenset({"harvest_option"})
"""Settings that this version reads and that change nothing, and may be set: a loss is valued without the option of
waiting."""
