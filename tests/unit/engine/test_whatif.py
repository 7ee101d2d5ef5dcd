"""What-if by hand: 600 shares of OLD, in no model, gain $20 each in an account of $100,000."""

from __future__ import annotations

import datetime as dt

import pytest

from engine.whatif import Change, Scene, decide, plan
from tests.support.hand_book import HandBook, Row, at_target, lot

LEGACY: list[Row] = [
    *at_target(
        AAA=lot("AAA", 200, 100.0), BBB=lot("BBB", 400, 50.0), CCC=lot("CCC", 800, 25.0), DDD=lot("DDD", 1_000, 20.0)
    ),
    lot("OLD", 600, 10.0),
]
IN_THREE = dt.date(2028, 3, 31)
OILS = {"kind": "screen", "screen_id": "OIL"}


def scene(book: HandBook, account: str = "A") -> Scene:
    firm = book.firm()
    return Scene.of(firm.header, book.firm_tables(), book.settings, book.part_tables(), account)


def legacy(**columns: object) -> HandBook:
    return HandBook().account("A", lots=LEGACY, risk_aversion=1.0, **columns)  # type: ignore[arg-type]


def test_as_it_stands_it_is_what_a_run_does() -> None:
    book = legacy().account("B", lots=at_target())
    outcome = decide(scene(book))
    ran = book.run()
    assert outcome.result | {"run_id": ""} == ran.results["A"] | {"run_id": ""}
    assert outcome.traded("quantity") == ran.shares("A")


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (Change({"risk_aversion": 100.0}), {"risk_aversion": 100.0}),
        (Change({"transition_until": IN_THREE}), {"transition_until": IN_THREE}),
        (Change({"harvest": False, "wash_policy": "forbid"}), {"harvest": False, "wash_policy": "forbid"}),
        (Change(model="NEST"), {"model": "NEST"}),
    ],
)
def test_a_change_is_what_a_run_would_do_with_it(change: Change, column: dict[str, object]) -> None:
    """A setting that the account has already is replaced, another added; what it does not touch stays."""
    changed = decide(change.applied(scene(legacy(tax_sensitivity=0.5))))
    columns = {"risk_aversion": 1.0, "tax_sensitivity": 0.5} | column
    asked = HandBook().account("A", lots=LEGACY, **columns).run()  # type: ignore[arg-type]
    assert changed.traded("quantity") == asked.shares("A")
    assert changed.result["objective_bp"] == asked.results["A"]["objective_bp"]


def test_a_screen_leaves_out_its_names_and_keeps_other_restrictions() -> None:
    book = legacy().restrict("A", "never_buy", "DDD")
    before, after = decide(scene(book)), decide(Change(restrictions=(OILS,)).applied(scene(book)))
    assert "CCC" in before.target.to_pylist()
    assert {"CCC", "DDD"}.isdisjoint(after.target.to_pylist())
    assert "SUB" in after.target.to_pylist()


def test_the_household_decides_with_it_and_strangers_do_not_matter() -> None:
    book = HandBook()
    book.account("A", household_id="H", lots=at_target(BBB=lot("BBB", 490, 75.0, dt.date(2025, 10, 1))))
    book.account("B", household_id="H", lots=at_target(BBB=None), cash=26_500.0, tax_status="deferred")
    book.account("C", lots=at_target())
    of_a = scene(book)
    assert of_a.tables["accounts"]["account_id"].to_pylist() == ["A", "B"]
    ran = book.run()
    assert decide(of_a).traded("quantity") == ran.shares("A")
    assert decide(scene(book, "B")).traded("quantity") == ran.shares("B")


def test_an_account_that_cannot_be_decided_says_why() -> None:
    book = legacy().restrict("A", "sell_out", "OLD").restrict("A", "never_sell", "OLD")
    outcome = decide(scene(book))
    assert outcome.result["status"] == "EXCEPTION"
    assert outcome.told[0].startswith("RESTRICTIONS_CONFLICT: ")
    assert plan(scene(book), 3) == []


def test_the_plan_moves_a_third_a_year() -> None:
    """$4,000 of gain each year at 23.8 %; in the second and third year nothing else moves."""
    years = plan(scene(legacy(transition_until=IN_THREE)))
    assert [year.as_of.year for year in years] == [2026, 2027, 2028]
    assert [round(year.legacy) for year in years] == [12_000, 6_000, 0]
    assert [round(year.legacy_gain) for year in years] == [8_000, 4_000, 0]
    assert [year.tax for year in years] == pytest.approx([952.0] * 3, abs=0.01)
    assert years[0].te_before > years[0].te_after == pytest.approx(years[1].te_before, abs=1e-4)
    assert years[2].te_after < years[1].te_after < years[0].te_after


def test_a_plan_within_a_budget_of_each_year() -> None:
    years = plan(scene(legacy(transition_until=IN_THREE, gain_budget=3_000.0)))
    assert [year.realised_lt for year in years] == pytest.approx([2_960.0] * 3, abs=20.0)
    assert years[-1].legacy_gain == pytest.approx(3_120.0, abs=60.0)


def test_without_a_date_there_is_a_plan_where_years_are_asked_for() -> None:
    assert plan(scene(legacy())) == []
    years = plan(scene(legacy()), 2)
    assert [year.as_of for year in years] == [dt.date(2026, 1, 30), dt.date(2027, 1, 4)]
    assert [year.legacy for year in years] == [18_000.0, 18_000.0]
