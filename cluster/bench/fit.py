"""A power law through measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Power:
    """y = factor · x^exponent; the interval `low` to `high` of the exponent."""

    exponent: float
    low: float
    high: float
    factor: float


def fit_power(x: Sequence[float], y: Sequence[float]) -> Power:
    """Least squares of log y on log x; at least three points, x not all the same.

    The interval is Student's for the slope, at `CONFIDENCE`.
    """
    line = stats.linregress(np.log(x), np.log(y))
    reach = stats.t.ppf((1.0 + CONFIDENCE) / 2.0, len(x) - 2) * line.stderr
    slope = float(line.slope)
    return Power(slope, slope - float(reach), slope + float(reach), float(np.exp(line.intercept)))
