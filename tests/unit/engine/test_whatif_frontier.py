"""Tax against tracking error: each point is a run with that risk aversion; the picture shows every point."""

from __future__ import annotations

import itertools
import math
import xml.etree.ElementTree as ElementTree
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from engine.book.validation import build_reference
from engine.whatif import Change, PartScene, Point, frontier_svg, points, trace
from engine.whatif.frontier import FACTORS, beaten, scaled
from engine.whatif.picture import ticks
from tests.support.hand_book import AS_OF, HandBook, Row, at_target, lot

LEGACY: list[Row] = [
    *at_target(
        AAA=lot("AAA", 200, 100.0), BBB=lot("BBB", 400, 50.0), CCC=lot("CCC", 800, 25.0), DDD=lot("DDD", 1_000, 20.0)
    ),
    lot("OLD", 600, 10.0),
]


def book(**columns: Any) -> HandBook:
    return HandBook(policies=[{"policy_id": "P", "risk_aversion": 4.0}]).account("A", lots=LEGACY, **columns)


def traced(made: HandBook, change: Change | None = None, ids: tuple[str, ...] = ("A",), **more: Any) -> pa.Table:
    reference = build_reference(AS_OF, made.firm_tables(), made.settings)
    part = PartScene(made.firm(), reference, made.part_tables(), frozenset(), {})
    return trace(part, pa.array(ids), change or Change(), **more)


@pytest.mark.parametrize("columns", [{"risk_aversion": 4.0}, {"policy_id": "P"}])
def test_each_point_is_a_run_with_that_aversion(columns: dict[str, Any]) -> None:
    rows = traced(book(**columns)).to_pylist()
    assert [row["factor"] for row in rows] == list(FACTORS)
    for row in rows:
        ran = book(risk_aversion=4.0 * row["factor"]).run().results["A"]
        assert row["risk_aversion"] == 4.0 * row["factor"]
        assert {name: row[name] for name in ("status", "te_after", "tax_cost", "turnover")} == {
            name: ran[name] for name in ("status", "te_after", "tax_cost", "turnover")
        }


def test_more_aversion_tracks_nearer_and_costs_more_tax() -> None:
    found = points(traced(book(risk_aversion=4.0)))
    errors, taxes = [point.te_after for point in found], [point.tax_cost for point in found]
    assert errors == sorted(errors, reverse=True)
    assert taxes == sorted(taxes)
    assert errors[0] > errors[-1]
    assert taxes[0] < taxes[-1]


def test_the_change_comes_first_and_a_target_is_scaled_instead() -> None:
    """An account that aims at a tracking error aims at one 1/√4 of it with four times the factor."""
    changed = traced(book(), Change({"tracking_error_target": 0.03}), factors=(0.25, 1.0, 4.0)).to_pylist()
    for row, target in zip(changed, (0.06, 0.03, 0.015), strict=True):
        assert row["te_after"] == book(tracking_error_target=target).run().results["A"]["te_after"]


def test_others_of_the_household_keep_theirs() -> None:
    made = (
        book(household_id="H", tracking_error_target=0.02).account("B", risk_aversion=7.0).account("C", policy_id="P")
    )
    of = scaled(made.firm().levels, made.part_tables(), pa.array(["A"]), 4.0)["accounts"]
    assert of["risk_aversion"].to_pylist() == [80.0, 7.0, None]
    assert of["tracking_error_target"].to_pylist() == [0.01, None, None]
    assert of["policy_id"].to_pylist() == [None, None, "P"]
    rows = traced(book(household_id="H").account("B", household_id="H", lots=LEGACY, risk_aversion=7.0), factors=(4.0,))
    assert rows["account_id"].to_pylist() == ["A"]


def test_sums_are_over_those_decided_at_every_point() -> None:
    made = book().account("B", lots=LEGACY, risk_aversion=1.0).account("C", lots=LEGACY)
    made.restrict("C", "sell_out", "OLD").restrict("C", "never_sell", "OLD")
    rows = traced(made, ids=("A", "B", "C"), factors=(1.0, 4.0))
    found = points(rows)
    assert [point.accounts for point in found] == [2, 2]
    assert found[0].risk_aversion == pytest.approx(10.5)
    both = [row for row in rows.to_pylist() if row["account_id"] != "C" and row["factor"] == 4.0]
    assert found[1].tax_cost == sum(row["tax_cost"] for row in both)
    assert found[1].te_after == pytest.approx(sum(row["te_after"] for row in both) / 2)
    nobody = points(traced(made, ids=("C",), factors=(1.0,)))
    assert [(point.accounts, point.te_after, point.tax_cost) for point in nobody] == [(0, None, Decimal(0))]
    with pytest.raises(ValueError, match="no account was decided"):
        frontier_svg("C", nobody)


def test_the_picture_has_every_point_in_its_place() -> None:
    found = points(traced(book(risk_aversion=4.0)))
    drawn = ElementTree.fromstring(frontier_svg("A & <B>", found))
    name = "{http://www.w3.org/2000/svg}"
    dots = drawn.findall(f"{name}circle")
    assert len(dots) == len(FACTORS)
    assert [dot.get("class") for dot in dots].count("own") == 1
    assert [dot.get("class") for dot in dots].count("beaten") == sum(beaten(found))
    (line,) = drawn.findall(f"{name}polyline")
    assert len(str(line.get("points")).split()) == len(FACTORS) - sum(beaten(found))
    assert drawn.find(f"{name}text").text == "A & <B>"  # type: ignore[union-attr]
    places = [(float(str(dot.get("cx"))), float(str(dot.get("cy")))) for dot in dots]
    assert [y for _, y in sorted(places)] == sorted((y for _, y in places))
    assert all(84 <= x <= 444 and 50 <= y <= 300 for x, y in places)
    labels = [one for one in drawn.findall(f"{name}text") if str(one.text).startswith("x")]
    assert "x1" in [one.text for one in labels]
    apart = itertools.combinations([(float(str(one.get("x"))), float(str(one.get("y")))) for one in labels], 2)
    assert all(math.dist(one, other) > 25.0 for one, other in apart)


def test_a_point_that_another_beats_on_both_is_no_better() -> None:
    def point(te: float | None, tax: int) -> Point:
        return Point(1.0, 1.0, 1, 1, te, Decimal(tax), Decimal(0), Decimal(0), 0.0)

    assert beaten([point(0.3, 1), point(0.2, 2), point(0.25, 3), point(0.2, 2), point(None, 0)]) == [
        False,
        False,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (-310.0, 120.0, [-400.0, -300.0, -200.0, -100.0, 0.0, 100.0, 200.0]),
        (0.3, 0.3, [0.3, 0.4]),
        (0.0, 0.0, [0.0, 0.2]),
    ],
)
def test_ticks_are_round_and_hold_both_ends(low: float, high: float, expected: list[float]) -> None:
    found = ticks(low, high)
    assert found[0] <= low + 1e-12
    assert found[-1] >= high - 1e-12
    assert found == pytest.approx(expected)
