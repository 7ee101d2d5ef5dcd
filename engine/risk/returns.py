"""Daily returns made fit for estimation: winsorised, standardised, gaps kept as gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WINSOR_DEVIATIONS = 10.0
"""Returns are clipped this many robust deviations from their median: beyond it lie splits and spin-offs."""
SHRINK_DAYS = 60.0
"""A name with this many days of its own is believed half; its sector gives the other half."""


@dataclass(frozen=True)
class Returns:
    """`standard` (T, N) returns over `volatility`, 0 where `seen` (T, N) is False; `volatility` (N,) daily, > 0."""

    standard: NDArray[np.float64]
    seen: NDArray[np.bool_]
    volatility: NDArray[np.float64]


def clean_returns(closes: NDArray[np.float64], sectors: NDArray[np.int64]) -> Returns:
    """Winsorised daily log-returns of `closes` (T + 1, N), each over its volatility.

    `sectors` (N,) numbers each name's sector. The clip is by median and median absolute deviation, which a jump does
    not move (Huber, Robust Statistics, 1981, section 5.1). Volatility is shrunk to the sector's median.
    """
    daily = np.diff(np.log(closes), axis=0)
    seen = np.isfinite(daily)
    daily = np.where(seen, daily, np.nan)
    days = seen.sum(axis=0)
    middle = _median(daily, days)
    spread = 1.4826 * _median(np.abs(daily - middle), days)
    # A price that seldom moves has no spread of its own; nothing is clipped there.
    reach = np.where(spread > 0, WINSOR_DEVIATIONS * spread, np.inf)
    daily = np.clip(daily, middle - reach, middle + reach)
    count = np.maximum(days, 1)
    mean = np.where(seen, daily, 0.0).sum(axis=0) / count
    centred = np.where(seen, daily - mean, 0.0)
    own = (centred**2).sum(axis=0) / np.maximum(days - 1, 1)
    variance = shrink_to_sector(own, days, sectors)
    volatility = np.sqrt(variance)
    return Returns(centred / volatility, seen, volatility)


def shrink_to_sector(
    variance: NDArray[np.float64], days: NDArray[np.int64], sectors: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Variances (N,) drawn to the median of their sector by `SHRINK_DAYS / (days + SHRINK_DAYS)`, and kept above zero.

    Bayesian shrinkage of variances as in Menchero, Orr and Wang, The Barra US Equity Model (USE4), 2011, section 5.2;
    here the weight falls with the length of the history.
    """
    known = (days >= 2) & (variance > 0)
    overall = float(np.median(variance[known])) if known.any() else 1e-4
    result = np.empty_like(variance)
    for sector in np.unique(sectors):
        members = sectors == sector
        usable = members & known
        middle = float(np.median(variance[usable])) if usable.any() else overall
        trust = np.where(known[members], days[members] / (days[members] + SHRINK_DAYS), 0.0)
        result[members] = np.maximum(trust * variance[members] + (1.0 - trust) * middle, 1e-3 * middle)
    return result


def _median(values: NDArray[np.float64], days: NDArray[np.int64]) -> NDArray[np.float64]:
    """Column medians without NaN; 0 for a column without any value."""
    result = np.zeros(values.shape[1])
    some = days > 0
    result[some] = np.nanmedian(values[:, some], axis=0)
    return result
