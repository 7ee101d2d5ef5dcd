"""Models flattened to sleeves."""

from __future__ import annotations

import pyarrow as pa
import pytest

from engine.book.models import Model, flatten_models

IDS = pa.array(["A", "B", "C"])
Rows = list[tuple[str, str | None, str | None, float]]


def flatten(rows: Rows) -> dict[str, Model | None]:
    names = ("model_id", "security_id", "child_model_id", "weight")
    types = (pa.string(), pa.string(), pa.string(), pa.float64())
    columns = zip(names, types, zip(*rows, strict=True), strict=True)
    ids, models = flatten_models(pa.table({name: pa.array(values, dtype) for name, dtype, values in columns}), IDS)
    return dict(zip(ids.to_pylist(), models, strict=True))


def holdings(model: Model | None) -> list[tuple[int, int, float]]:
    assert model is not None
    rows = zip(model.security.tolist(), model.sleeve.tolist(), model.weight.tolist(), strict=True)
    return [(security, sleeve, round(weight, 12)) for security, sleeve, weight in rows]


def test_a_plain_model_is_one_sleeve() -> None:
    assert holdings(flatten([("M", "B", None, 0.25), ("M", "A", None, 0.75)])["M"]) == [(1, 0, 0.25), (0, 0, 0.75)]


def test_a_nested_model_has_a_sleeve_for_each_model_that_holds_names() -> None:
    rows: Rows = [
        ("TOP", None, "IN", 0.5),
        ("TOP", "A", None, 0.1),
        ("TOP", None, "LAST", 0.4),
        ("IN", None, "LAST", 0.5),
        ("IN", "B", None, 0.5),
        ("LAST", "C", None, 1.0),
    ]
    models = flatten(rows)
    assert holdings(models["TOP"]) == [(0, 0, 0.1), (1, 1, 0.25), (2, 2, 0.25), (2, 3, 0.4)]
    assert holdings(models["IN"]) == [(1, 0, 0.5), (2, 1, 0.5)]


def test_weights_within_the_tolerance_are_made_to_sum_to_one() -> None:
    model = flatten([("M", "A", None, 0.5), ("M", "B", None, 0.5 + 0.9e-6)])["M"]
    assert model is not None
    assert model.weight.sum() == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize(
    "rows",
    [
        [("M", "A", None, 0.5), ("M", "B", None, 0.5 + 1.1e-6)],
        [("M", "A", None, 1.5), ("M", "B", None, -0.5)],
        [("M", "Z", None, 1.0)],
        [("M", None, "NONE", 1.0)],
        [("M", "A", "N", 1.0), ("N", "B", None, 1.0)],
        [("M", None, None, 1.0)],
        [("M", "A", None, float("nan"))],
        [("M", None, "M", 1.0)],
        [("M", None, "N", 1.0), ("N", None, "M", 1.0)],
        [("M", "A", None, 0.5), ("M", None, "N", 0.5), ("N", "Z", None, 1.0)],
    ],
)
def test_a_faulty_model_is_none_and_the_others_are_read(rows: Rows) -> None:
    models = flatten([*rows, ("GOOD", "A", None, 1.0)])
    assert models["M"] is None
    assert holdings(models["GOOD"]) == [(0, 0, 1.0)]
