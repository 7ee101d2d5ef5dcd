"""What the contract names and this version does not act on yet: refused, never silently ignored.

Whoever makes a setting work takes it out of `UNSUPPORTED`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray


class Matters(enum.Enum):
    """When a setting's value would change trades."""

    SET = "any value"
    ABOVE_ZERO = "a value above zero"


@dataclass(frozen=True)
class Unsupported:
    """`settings`: name → when it matters. `restrictions`: (kind, column it is about)."""

    settings: Mapping[str, Matters]
    restrictions: frozenset[tuple[str, str]]


UNSUPPORTED: Final = Unsupported(
    settings={
        "tracking_error_target": Matters.SET,
        "tax_budget": Matters.SET,
        "min_position_usd": Matters.ABOVE_ZERO,
        "max_turnover": Matters.SET,
        "transition_until": Matters.SET,
    },
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


def matters(name: str, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a setting, as `SettingsBlock` encodes it, asks for what is not supported; same shape as `values`."""
    least = {Matters.SET: -np.inf, Matters.ABOVE_ZERO: 0.0}
    return np.asarray(values > least[UNSUPPORTED.settings[name]])
