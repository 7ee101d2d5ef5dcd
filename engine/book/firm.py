"""What is the firm's and not an account's: market, models, risk, lists. Sent once to every worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book import columns
from engine.book.header import Header
from engine.book.models import Model, flatten_models
from engine.book.settings import Levels

DEFAULT_HALF_SPREAD_BPS = 2.0


@dataclass(frozen=True)
class Market:
    """Securities, in the order of their table; every array has shape (securities,).

    Prices in micro-dollars (`price_micro`) and the same in USD (`price`), NaN where there is none; spreads and expense
    ratios as fractions.
    """

    ids: pa.Array
    price: NDArray[np.float64]
    price_micro: NDArray[np.int64]
    price_day: NDArray[np.int32]
    half_spread: NDArray[np.float64]
    expense_ratio: NDArray[np.float64]
    tradable: NDArray[np.bool_]
    fractional: NDArray[np.bool_]
    wash_group: NDArray[np.int32]
    sector: NDArray[np.int32]
    sectors: pa.Array

    @cached_property
    def rank(self) -> NDArray[np.int32]:
        """(securities,) the place of each in the order of their names."""
        return np.asarray(pc.rank(self.ids, tiebreaker="dense"), dtype=np.int32)


@dataclass(frozen=True)
class Risk:
    """Σ = LLᵀ + diag(specific), annual; L = B·chol(F) has shape (securities, factors). Σ itself is never formed.

    `exposures` is B, in the order of `factors`.
    """

    loadings: NDArray[np.float64]
    specific: NDArray[np.float64]
    exposures: NDArray[np.float64]
    factors: pa.Array

    @cached_property
    def volatility(self) -> NDArray[np.float64]:
        """(securities,) annual; 0 where the model does not have the name."""
        variance: NDArray[np.float64] = (self.loadings**2).sum(axis=1) + self.specific
        return np.sqrt(np.nan_to_num(variance))


@dataclass(frozen=True, eq=False)
class Firm:
    """Everything of the book that all accounts share; equal to itself alone."""

    header: Header
    settings: Mapping[str, object]
    policies: pa.Table | None
    market: Market
    risk: Risk
    model_ids: pa.Array
    models: tuple[Model | None, ...]
    screens: Mapping[str, NDArray[np.int32]]
    substitutes: Mapping[int, NDArray[np.int32]]

    @cached_property
    def levels(self) -> Levels:
        """What an account's settings are where its own row says nothing."""
        return Levels.of(self.policies, self.settings)


def build_firm(header: Header, tables: Mapping[str, pa.Table], settings: Mapping[str, object]) -> Firm:
    """Assemble the firm's tables, already checked by `engine.book.validation.check_firm`.

    A faulty model is None: its followers were found faulty before anyone asks for it.
    """
    market = _market(tables["securities"])
    model_ids, models = flatten_models(tables["models"], market.ids)
    return Firm(
        header=header,
        settings=settings,
        policies=tables.get("policies"),
        market=market,
        risk=_risk(tables, market.ids),
        model_ids=model_ids,
        models=models,
        screens=_screens(tables.get("screens"), market.ids),
        substitutes=_substitutes(tables.get("substitutes"), market.ids),
    )


def _market(table: pa.Table) -> Market:
    ids = columns.text(table["security_id"])
    group = columns.text(columns.optional(table, "wash_group", pa.string())).fill_null("")
    # A group may be named like a security that is not in it; the prefix keeps the default "itself" apart.
    named = [f"group {g}" if g else f"itself {i}" for g, i in zip(group.to_pylist(), ids.to_pylist(), strict=True)]
    sector = columns.text(columns.optional(table, "sector", pa.string())).dictionary_encode()
    price_micro = columns.scaled(table["price"], columns.MICRO)
    price = np.where(price_micro > 0, price_micro / columns.MICRO, np.nan)
    spread = columns.numbers(columns.optional(table, "half_spread_bps", pa.float64()))
    expense = columns.numbers(columns.optional(table, "expense_ratio_bps", pa.float64()))
    return Market(
        ids=ids,
        price=price,
        price_micro=price_micro,
        price_day=columns.days(table["price_date"]),
        half_spread=np.where(np.isnan(spread), DEFAULT_HALF_SPREAD_BPS, spread) * 1e-4,
        expense_ratio=np.where(np.isnan(expense), 0.0, expense) * 1e-4,
        tradable=columns.flags(columns.optional(table, "tradable", pa.bool_()), True),
        fractional=columns.flags(columns.optional(table, "fractional", pa.bool_()), False),
        wash_group=np.unique(named, return_inverse=True)[1].astype(np.int32),
        sector=np.asarray(sector.indices.fill_null(-1), dtype=np.int32),
        sectors=sector.dictionary,
    )


def _risk(tables: Mapping[str, pa.Table], ids: pa.Array) -> Risk:
    """Square-root form of the factor risk, L = B·V·√D from the eigenvectors of F (F may be singular)."""
    covariance = tables["risk_covariance"]
    factors = columns.text(covariance["factor_1"]).unique()
    k = len(factors)
    matrix = np.zeros((k, k))
    row, col = columns.codes(covariance["factor_1"], factors), columns.codes(covariance["factor_2"], factors)
    matrix[row, col] = columns.numbers(covariance["covariance"])
    eigenvalues, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    root = vectors * np.sqrt(np.maximum(eigenvalues, 0.0))

    table = tables["risk_exposures"]
    exposures = np.zeros((len(ids) + 1, k))
    security, factor = columns.codes(table["security_id"], ids), columns.codes(table["factor"], factors)
    exposures[security, factor] = columns.numbers(table["exposure"])

    specific = np.full(len(ids) + 1, np.nan)
    table = tables["risk_specific"]
    specific[columns.codes(table["security_id"], ids)] = columns.numbers(table["variance"])
    return Risk(
        loadings=np.ascontiguousarray(exposures[:-1] @ root),
        specific=np.ascontiguousarray(specific[:-1]),
        exposures=exposures[:-1],
        factors=factors,
    )


def _screens(table: pa.Table | None, ids: pa.Array) -> dict[str, NDArray[np.int32]]:
    if table is None:
        return {}
    names = columns.text(table["screen_id"]).dictionary_encode()
    listed, security = np.asarray(names.indices), columns.codes(table["security_id"], ids)
    return {
        name: np.unique(security[(listed == index) & (security >= 0)])
        for index, name in enumerate(names.dictionary.to_pylist())
    }


def _substitutes(table: pa.Table | None, ids: pa.Array) -> dict[int, NDArray[np.int32]]:
    """Substitutes of each security, first choice first."""
    if table is None:
        return {}
    security, other = columns.codes(table["security_id"], ids), columns.codes(table["substitute_id"], ids)
    known = (security >= 0) & (other >= 0)
    order = np.lexsort((columns.numbers(table["rank"]), security))
    order = order[known[order]]
    names, first = np.unique(security[order], return_index=True)
    return dict(zip(names.tolist(), np.split(other[order], first[1:]), strict=False))  # of nothing, a piece is left
