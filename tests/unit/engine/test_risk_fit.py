"""The fitted risk model against a market whose true model is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import InputRefused
from engine.risk import RiskModel, fit_risk

SECTORS = ("Energy", "Health", "Industry", "Software")


@dataclass(frozen=True)
class Truth:
    closes: NDArray[np.float64]
    sectors: tuple[str, ...]
    ids: tuple[str, ...]
    covariance: NDArray[np.float64]  # (N, N) annual


def truth(days: int = 1000, names: int = 80, seed: int = 1) -> Truth:
    rng = np.random.default_rng(seed)
    sector_of = np.arange(names) % len(SECTORS)
    loadings = np.zeros((names, 1 + len(SECTORS) + 1))
    loadings[:, 0] = rng.uniform(0.6, 1.4, names)
    loadings[np.arange(names), 1 + sector_of] = rng.uniform(0.5, 1.5, names)
    loadings[:, -1] = rng.normal(0, 1, names)
    factor_vol = np.array([0.16, *[0.10] * len(SECTORS), 0.06])
    specific = rng.uniform(0.15, 0.35, names)
    factors = rng.normal(0, 1, (days, len(factor_vol))) * factor_vol / np.sqrt(252)
    noise = rng.normal(0, 1, (days, names)) * specific / np.sqrt(252)
    closes = 50 * np.exp(np.cumsum(factors @ loadings.T + noise, axis=0))
    covariance = (loadings * factor_vol**2) @ loadings.T + np.diag(specific**2)
    return Truth(closes, tuple(SECTORS[s] for s in sector_of), tuple(f"N{i:03d}" for i in range(names)), covariance)


def fit(market: Truth, **options: int) -> RiskModel:
    return fit_risk(market.closes, market.sectors, market.ids, **options)


def volatility_ratios(model: RiskModel, market: Truth, portfolios: NDArray[np.float64]) -> NDArray[np.float64]:
    fitted = np.array([model.variance(w) for w in portfolios])
    true = np.array([w @ market.covariance @ w for w in portfolios])
    return np.sqrt(fitted / true)


def assert_sound(model: RiskModel) -> None:
    assert np.array_equal(model.covariance, model.covariance.T)
    eigenvalues = np.linalg.eigvalsh(model.covariance)
    assert eigenvalues[0] >= -1e-12 * eigenvalues[-1]
    assert np.all(model.specific > 0)
    assert np.isfinite(model.exposures).all()
    assert np.isfinite(model.covariance).all()


def test_recovers_portfolio_volatility_of_a_known_model() -> None:
    market = truth()
    model = fit(market, statistical=3)
    assert_sound(model)
    rng = np.random.default_rng(2)
    long_only = rng.dirichlet(np.ones(80), size=50)
    active = rng.dirichlet(np.ones(80), size=50) - np.full(80, 1 / 80)
    assert np.abs(volatility_ratios(model, market, long_only) - 1).max() < 0.08
    assert np.abs(volatility_ratios(model, market, active) - 1).max() < 0.10


def test_sector_and_single_name_volatility() -> None:
    market = truth()
    model = fit(market, statistical=3)
    tilt = np.array([[1 / 20 if s == "Energy" else -1 / 60 for s in market.sectors]])
    assert abs(volatility_ratios(model, market, tilt)[0] - 1) < 0.10
    assert np.abs(volatility_ratios(model, market, np.eye(80)) - 1).max() < 0.12


def test_factor_names_and_who_loads_on_what() -> None:
    model = fit(truth(), statistical=2)
    assert model.factor_names == (
        "market",
        "sector Energy",
        "sector Health",
        "sector Industry",
        "sector Software",
        "statistical 1",
        "statistical 2",
    )
    own = np.arange(80) % 4
    for sector in range(4):
        assert np.all((model.exposures[:, 1 + sector] != 0) == (own == sector))
    assert 0.8 < model.exposures[:, 0].mean() < 1.2


def test_the_same_prices_give_the_same_model_and_signs_are_fixed() -> None:
    market = truth(days=400)
    first, second = fit(market), fit(market)
    assert np.array_equal(first.exposures, second.exposures)
    assert np.array_equal(first.covariance, second.covariance)
    # The order of the names does not turn a factor round.
    order = np.random.default_rng(5).permutation(80)
    turned = fit_risk(market.closes[:, order], [market.sectors[i] for i in order], [market.ids[i] for i in order])
    assert np.allclose(turned.exposures, first.exposures[order], atol=1e-6)


def test_splits_and_spinoffs_left_in_the_prices_do_not_blow_up() -> None:
    clean = truth()
    dirty = clean.closes.copy()
    dirty[500:, 3] /= 2
    dirty[300:, 7] /= 10
    dirty[700:, 7] *= 10
    dirty[400:, 11] *= 0.6
    model = fit_risk(dirty, clean.sectors, clean.ids, statistical=3)
    assert_sound(model)
    each = volatility_ratios(model, clean, np.eye(80)[[3, 7, 11]])
    assert np.abs(each - 1).max() < 0.15
    spread = volatility_ratios(model, clean, np.full((1, 80), 1 / 80))
    assert abs(spread[0] - 1) < 0.08


def test_late_listings_and_gaps() -> None:
    market = truth()
    closes = market.closes.copy()
    closes[:900, 5] = np.nan  # 100 days of history
    closes[:990, 6] = np.nan  # 10 days
    closes[:, 9] = np.nan  # none at all
    closes[200:260, 12] = np.nan  # suspended
    closes[:, 13] = 25.0  # never moves
    model = fit_risk(closes, market.sectors, market.ids, statistical=3)
    assert_sound(model)
    each = volatility_ratios(model, market, np.eye(80)[[5, 6, 9, 12]])
    assert abs(each[0] - 1) < 0.3
    assert np.all((each > 0.5) & (each < 2.0))
    assert abs(each[3] - 1) < 0.12
    quiet = model.variance(np.eye(80)[13])
    assert 0 < quiet < 0.2**2


def test_few_days_and_few_names_still_give_a_sound_model() -> None:
    assert_sound(fit(truth(days=12)))
    assert_sound(fit(truth(days=30, names=5)))
    alone = truth(days=300, names=1)
    model = fit(alone)
    assert_sound(model)
    assert model.factor_names == ("market",)


def test_too_few_days_are_refused() -> None:
    market = truth(days=2)
    with pytest.raises(InputRefused, match="2 days of 80 names"):
        fit(market)


def test_tables_hold_the_model() -> None:
    model = fit(truth(days=200), statistical=2)
    tables = model.tables()
    k = len(model.factor_names)
    assert tables["risk_covariance"].num_rows == k * k
    assert tables["risk_specific"]["variance"].to_pylist() == model.specific.tolist()
    rebuilt = np.zeros_like(model.exposures)
    for row in tables["risk_exposures"].to_pylist():
        rebuilt[model.security_ids.index(row["security_id"]), model.factor_names.index(row["factor"])] = row["exposure"]
    assert np.array_equal(rebuilt, model.exposures)
