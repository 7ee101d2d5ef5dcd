"""Fit of the factor model: a market factor, a factor a sector, and statistical factors of what these leave over.

Statistical factors are asymptotic principal components (Connor and Korajczyk, Performance Measurement with the
Arbitrage Pricing Theory, Journal of Financial Economics 15, 1986), with missing days as in their 1987 note: each pair
of days is compared over the names that have both. Exposures come from one joint regression of each name on the market,
its own sector and the statistical factors, over its own days, drawn to its sector's pooled exposures where the history
is short (Vasicek, Journal of Finance 28, 1973).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import eigsh

from engine.errors import InputRefused
from engine.risk.model import RiskModel
from engine.risk.returns import SHRINK_DAYS, Returns, clean_returns, shrink_to_sector

DAYS_A_YEAR = 252
STATISTICAL_FACTORS = 10
MIN_MEMBERS = 3
"""A sector of fewer names has no factor of its own: it would only repeat the names."""

_DENSE = 200
"""Up to this many days all eigenvectors are computed at once."""

_Matrix = NDArray[np.float64]


def fit_risk(
    closes: _Matrix, sectors: Sequence[str], security_ids: Sequence[str], *, statistical: int = STATISTICAL_FACTORS
) -> RiskModel:
    """Annual factor model of `closes` (T, N) USD, NaN where absent; `sectors` and `security_ids` (N,).

    At most `statistical` statistical factors are fitted, fewer where names or days are few. The same input gives the
    same model: the largest exposure to each statistical factor is positive.
    Raises InputRefused where there are fewer than two days or no name.
    """
    if closes.shape[0] < 3 or closes.shape[1] == 0:
        raise InputRefused(
            f"{closes.shape[0]} days of {closes.shape[1]} names do not make a risk model",
            remedy="Deliver at least three days of prices; a year or more is sensible.",
        )
    labels, sector_of = np.unique(np.array(sectors, dtype=str), return_inverse=True)
    returns = clean_returns(closes, sector_of)
    with_factor = _sectors_with_factor(sector_of, len(labels))
    factors, names = _observed_factors(returns, sector_of, labels, with_factor)
    allowed = _allowed(sector_of, with_factor)
    rest = returns.standard - factors @ _regress(returns, factors, allowed, sector_of).T
    hidden = _principal_components(np.where(returns.seen, rest, 0.0), returns.seen, statistical)
    factors = np.hstack([factors, hidden])
    names += [f"statistical {number + 1}" for number in range(hidden.shape[1])]
    allowed = np.hstack([allowed, np.ones((len(sector_of), hidden.shape[1]), dtype=bool)])

    betas = _regress(returns, factors, allowed, sector_of)
    betas, factors = _fix_signs(betas, factors, hidden.shape[1])
    specific = _specific(returns, factors, betas, allowed, sector_of)
    # Factor returns are put on the scale of a typical name's daily return, so that market exposures average about 1.
    scale = float(np.median(returns.volatility))
    exposures = betas * (returns.volatility / scale)[:, None]
    covariance = _covariance(factors * scale) * DAYS_A_YEAR
    return RiskModel(tuple(security_ids), tuple(names), exposures, covariance, specific * DAYS_A_YEAR)


def _sectors_with_factor(sector_of: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Sectors (S,) that have enough members; none where one sector is all there is, for that is the market."""
    members = np.bincount(sector_of, minlength=count)
    large = np.flatnonzero(members >= MIN_MEMBERS)
    return large if count > 1 else large[:0]


def _observed_factors(
    returns: Returns, sector_of: NDArray[np.int64], labels: NDArray[np.str_], with_factor: NDArray[np.int64]
) -> tuple[_Matrix, list[str]]:
    """Market and sector returns (T, 1 + S): means over the names seen, sectors net of what the market explains."""
    market = _mean_seen(returns.standard, returns.seen)
    everyone = np.ones((len(sector_of), 1), dtype=bool)
    rest = returns.standard - market[:, None] @ _regress(returns, market[:, None], everyone, sector_of).T
    columns = [market]
    names = ["market"]
    for sector in with_factor:
        members = sector_of == sector
        columns.append(_mean_seen(rest[:, members], returns.seen[:, members]))
        names.append(f"sector {labels[sector]}")
    return np.column_stack(columns), names


def _mean_seen(values: _Matrix, seen: NDArray[np.bool_]) -> _Matrix:
    return np.asarray(np.where(seen, values, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1))


def _allowed(sector_of: NDArray[np.int64], with_factor: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(N, 1 + S): a name may load on the market and on its own sector."""
    return np.column_stack([np.ones(len(sector_of), dtype=bool), sector_of[:, None] == with_factor[None, :]])


def _regress(returns: Returns, factors: _Matrix, allowed: NDArray[np.bool_], sector_of: NDArray[np.int64]) -> _Matrix:
    """Exposures (N, k) of standardised returns to `factors` (T, k), each name over its own days and allowed factors.

    A ridge of `SHRINK_DAYS` days' worth of data draws a name to its sector's pooled exposures; with a full history it
    moves them by a few per cent of their distance from the sector, without any history they are the sector's.
    """
    k = factors.shape[1]
    outer = (factors[:, :, None] * factors[:, None, :]).reshape(len(factors), k * k)
    gram = (returns.seen.T.astype(np.float64) @ outer).reshape(-1, k, k)
    moment = returns.standard.T @ factors
    both = allowed[:, :, None] & allowed[:, None, :]
    gram = np.where(both, gram, 0.0)
    moment = np.where(allowed, moment, 0.0)
    power = (factors**2).mean(axis=0)
    unit = np.where(power > 0, power, 1.0)
    # A factor that a name may not load on gets a unit equation with the answer zero.
    closed = np.where(allowed, 0.0, unit)[:, :, None] * np.eye(k)
    tiny = 1e-9 * len(factors) * np.diag(unit)
    prior = np.zeros_like(moment)
    for sector in np.unique(sector_of):
        members = sector_of == sector
        pooled = gram[members].sum(axis=0) + closed[members][0] + tiny
        prior[members] = np.linalg.solve(pooled, moment[members].sum(axis=0))
    ridge = SHRINK_DAYS / 4 * np.diag(unit)
    right = moment + np.where(allowed, prior, 0.0) @ ridge
    solved = np.linalg.solve(gram + closed + np.where(both, ridge, 0.0), right[:, :, None])[:, :, 0]
    return np.where(allowed, solved, 0.0)


def _principal_components(rest: _Matrix, seen: NDArray[np.bool_], count: int) -> _Matrix:
    """Leading factor returns (T, K) of residuals `rest` (T, N), 0 where not `seen`; each with mean square 1.

    K is `count`, or what a third of the names or days allows.
    """
    days, names = rest.shape
    count = min(count, names // 3, days // 3)
    if count <= 0:
        return np.zeros((days, 0))
    there = seen.astype(np.float64)
    common = np.maximum(there @ there.T, 1.0)
    vectors = _leading_vectors(rest @ rest.T / common, count)
    return np.asarray(vectors * np.sqrt(days))


def _leading_vectors(square: _Matrix, count: int) -> _Matrix:
    """Eigenvectors (T, count) of a symmetric matrix (T, T), largest eigenvalue first.

    Of a large matrix only those wanted are computed, by Lanczos from a fixed start: seconds less for five years.
    """
    if len(square) <= _DENSE or np.trace(square) <= 1e-12 * len(square):
        return np.asarray(np.linalg.eigh(square)[1][:, ::-1][:, :count])
    start = np.cos(np.arange(len(square)))
    values, vectors = eigsh(square, k=count, v0=start)
    return np.asarray(vectors[:, np.argsort(-values, kind="stable")])


def _fix_signs(betas: _Matrix, factors: _Matrix, hidden: int) -> tuple[_Matrix, _Matrix]:
    """Turn the last `hidden` factors so that the largest exposure to each is positive."""
    sign = np.ones(betas.shape[1])
    if hidden:
        tail = betas[:, -hidden:]
        largest = tail[np.abs(tail).argmax(axis=0), np.arange(hidden)]
        sign[-hidden:] = np.where(largest < 0, -1.0, 1.0)
    return betas * sign, factors * sign


def _specific(
    returns: Returns, factors: _Matrix, betas: _Matrix, allowed: NDArray[np.bool_], sector_of: NDArray[np.int64]
) -> _Matrix:
    """Daily specific variance (N,) > 0: of the residuals, freed of the degrees that the fit took, drawn to the sector.

    Shrinkage is done on the share of variance, so that a calm name in a wild sector stays calm.
    """
    rest = np.where(returns.seen, returns.standard - factors @ betas.T, 0.0)
    days = returns.seen.sum(axis=0)
    degrees = np.maximum(days - 1 - allowed.sum(axis=1), np.maximum(days / 2, 1))
    share = shrink_to_sector((rest**2).sum(axis=0) / degrees, days, sector_of)
    return np.asarray(share * returns.volatility**2)


def _covariance(factors: _Matrix) -> _Matrix:
    """Daily covariance of factor returns (T, k), off-diagonals shrunk by k / (T + k), symmetric, eigenvalues ≥ 0."""
    days, k = factors.shape
    centred = factors - factors.mean(axis=0)
    sample = centred.T @ centred / max(days - 1, 1)
    keep = days / (days + k)
    shrunk = keep * sample + (1 - keep) * np.diag(np.diag(sample))
    values, vectors = np.linalg.eigh((shrunk + shrunk.T) / 2)
    rebuilt = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return np.asarray((rebuilt + rebuilt.T) / 2)
