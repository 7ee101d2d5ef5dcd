"""Limits on sectors and on active exposure to factors: hard, and told where they cannot be kept."""

from __future__ import annotations

import pytest

from tests.support.hand_book import PRICES, HandBook, Row, Run, at_target, lot

SECTORS = {"AAA": "TECH", "BBB": "TECH", "CCC": "OIL", "DDD": "FOOD"}
"""So the target is 49 % of TECH, 24.5 % each of OIL and FOOD."""


def book(lots: list[Row] | None = None, **columns: object) -> HandBook:
    made = HandBook()
    for name, sector in SECTORS.items():
        made.securities[name]["sector"] = sector
    made.account("A", lots=at_target() if lots is None else lots, **columns)  # type: ignore[arg-type]
    return made


def after(run: Run, *names: str) -> float:
    """Weight of these names after the trades; the account is of $100,000 and at its target before."""
    return sum(24.5 + run.shares().get(name, 0.0) * PRICES[name] / 1_000.0 for name in names) / 100.0


def test_without_limits_it_is_left_alone() -> None:
    assert book().run().code() == "IN_BAND"


def test_a_sector_is_sold_to_its_cap_whatever_the_band() -> None:
    run = book(drift_band=1.0).restrict("A", "max_weight", sector="TECH", value=0.40).run()
    assert 0.398 < after(run, "AAA", "BBB") <= 0.40
    assert {run.reasons()[name] for name in ("AAA", "BBB")} == {"SELL_OUT"}
    assert 0.0 <= run.results["A"]["gap_bp"] < 0.5


def test_a_sector_is_bought_to_its_least() -> None:
    run = book().restrict("A", "min_weight", sector="FOOD", value=0.30).run()
    assert 0.30 <= after(run, "DDD") < 0.302
    assert run.reasons()["DDD"] == "TRANSITION"


def test_a_limit_that_holds_stops_a_purchase_at_it() -> None:
    lots = at_target(AAA=lot("AAA", 145, 100.0), DDD=lot("DDD", 1725, 20.0))  # 10 % of TECH to be bought
    run = book(lots).restrict("A", "max_weight", sector="TECH", value=0.45).run()
    bought = run.shares()["AAA"] / 10.0 + run.shares().get("BBB", 0.0) / 20.0
    assert 5.8 < bought <= 6.0  # from 39 to 45 %


@pytest.mark.parametrize("values", [(0.40, 0.45), (0.45, 0.40)])
def test_the_strictest_of_two_counts(values: tuple[float, float]) -> None:
    made = book()
    for value in values:
        made.restrict("A", "max_weight", sector="TECH", value=value)
    assert 0.398 < after(made.run(), "AAA", "BBB") <= 0.40


@pytest.mark.parametrize(
    ("kind", "value", "low", "high"), [("factor_max", -0.05, 0.193, 0.195), ("factor_min", 0.05, 0.295, 0.297)]
)
def test_active_exposure_is_brought_inside(kind: str, value: float, low: float, high: float) -> None:
    """CCC alone has exposure to OIL, one a percent; the target has 24.5 % of it."""
    run = book().restrict("A", kind, factor="OIL", value=value).run()
    assert low <= after(run, "CCC") <= high
    assert run.reasons()["CCC"] == ("SELL_OUT" if kind == "factor_max" else "TRANSITION")


def test_what_is_locked_is_stronger_than_a_sectors_cap() -> None:
    lots = at_target(
        AAA=lot("AAA", 245, 100.0, locked=True), BBB=[lot("BBB", 390, 50.0), lot("BBB", 100, 50.0, locked=True)]
    )
    run = book(lots).restrict("A", "max_weight", sector="TECH", value=0.25).run()
    assert run.sold_lots() == {"BBB1": 390}
    (told,) = run.exceptions()
    assert (told["code"], told["severity"]) == ("LOCKED", "WARNING")
    assert "max_weight of sector TECH is 25.00%; 29.50% may not be sold" in told["message"]


@pytest.mark.parametrize(
    ("restrictions", "told"),
    [
        (
            [("min_weight", "TECH", 0.60), ("min_weight", "OIL", 0.50)],
            ["sector TECH", "sector OIL", "the cash to be held"],
        ),
        (
            [("min_weight", "TECH", 0.60), ("max_weight", "TECH", 0.50)],
            ["least asked of sector TECH is 0.6; the most allowed 0.5"],
        ),
        (
            [("max_weight", "FOOD", 0.20), ("min_weight", "TECH", 0.60), ("min_weight", "OIL", 0.50)],
            ["sector TECH", "sector OIL"],
        ),
    ],
)
def test_limits_that_cannot_hold_together_are_named(
    restrictions: list[tuple[str, str, float]], told: list[str]
) -> None:
    """And no limit that has nothing to do with it."""
    made = book()
    for kind, sector, value in restrictions:
        made.restrict("A", kind, sector=sector, value=value)
    run = made.run()
    (row,) = run.exceptions()
    assert (run.results["A"]["status"], row["code"]) == ("EXCEPTION", "RESTRICTIONS_CONFLICT")
    assert all(words in row["message"] for words in told)
    assert "FOOD" not in row["message"]


def test_a_least_that_other_rules_leave_no_room_for() -> None:
    run = book().restrict("A", "min_weight", sector="FOOD", value=0.30).restrict("A", "never_buy", "DDD").run()
    (row,) = run.exceptions()
    assert row["code"] == "RESTRICTIONS_CONFLICT"
    assert "sector FOOD is to be at least 0.3; other rules leave at most 0.245" in row["message"]
