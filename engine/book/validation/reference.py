"""What a part is checked against: the firm's names and prices, as small as it can be sent to every worker."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book.models import flatten_models
from engine.book.settings import Levels
from engine.book.validation.models import check_models, faulty_models
from engine.book.validation.risk_model import factors_of
from engine.book.validation.sheet import Sheet


@dataclass(frozen=True)
class Reference:
    """The firm's side of the checks of a part.

    `as_of` and `price_day` in days since 1970-01-01, `price` in USD; arrays over securities have shape (securities,).
    `targets[m]` indexes the securities that model `model_ids[m]` comes to, empty where it is in `faulty_models`.
    """

    as_of: int
    levels: Levels
    securities: pa.Array
    price: NDArray[np.float64]
    price_day: NDArray[np.int32]
    has_risk: NDArray[np.bool_]
    model_ids: pa.Array
    targets: tuple[NDArray[np.int32], ...]
    faulty_models: frozenset[str]
    screens: pa.Array
    sectors: pa.Array
    factors: pa.Array


def build_reference(as_of: datetime.date, tables: Mapping[str, pa.Table], settings: Mapping[str, object]) -> Reference:
    """The reference of a book whose firm tables are all there, with the columns that `check_schema` asks for."""
    sheets = {name: Sheet.of(name, tables, {}) for name in ("securities", "models", "policies", "screens")}
    securities = sheets["securities"].text("security_id")
    specific = Sheet.of("risk_specific", tables, {})
    model_ids, models = flatten_models(sheets["models"].data, securities)
    nothing = np.empty(0, dtype=np.int32)
    return Reference(
        as_of=(as_of - datetime.date(1970, 1, 1)).days,
        levels=Levels.of(sheets["policies"].data if "policies" in tables else None, settings),
        securities=securities,
        price=sheets["securities"].numbers("price"),
        price_day=sheets["securities"].days("price_date"),
        has_risk=np.asarray(pc.is_in(securities, value_set=specific.text("security_id"))),
        model_ids=model_ids,
        targets=tuple(nothing if model is None else np.unique(model.security) for model in models),
        faulty_models=faulty_models(check_models(sheets["models"], securities)),
        screens=sheets["screens"].text("screen_id").unique(),
        sectors=sheets["securities"].text("sector").drop_null().unique(),
        factors=factors_of(Sheet.of("risk_covariance", tables, {})),
    )
