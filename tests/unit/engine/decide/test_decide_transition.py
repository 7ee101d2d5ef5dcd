"""Transitions by hand: OLD is in no model; 600 shares of it at $30 are $18,000 of an account of $100,000."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.hand_book import LONG_AGO, PRICES, RECENT, HandBook, Row, at_target, lot

THIS_YEAR, NEXT_YEAR, IN_THREE = dt.date(2026, 12, 31), dt.date(2027, 6, 30), dt.date(2028, 3, 31)
LEGACY: list[Row] = [
    *at_target(
        AAA=lot("AAA", 200, 100.0), BBB=lot("BBB", 400, 50.0), CCC=lot("CCC", 800, 25.0), DDD=lot("DDD", 1_000, 20.0)
    ),
    lot("OLD", 600, 10.0),
]
"""$20 of gain a share, $12,000 in all; tracking alone sells none of it at a risk aversion of 1."""
CALM = {"risk_aversion": 1.0, "cash": 2_000.0}


def legacy(**columns: object) -> HandBook:
    return HandBook().account("A", lots=LEGACY, **(CALM | columns))  # type: ignore[arg-type]


def test_without_a_date_nothing_moves() -> None:
    assert "OLD1" not in legacy().run().sold_lots()


@pytest.mark.parametrize(
    ("until", "sold"),
    [(THIS_YEAR, 600), (NEXT_YEAR, 300), (IN_THREE, 200), (dt.date(2025, 6, 30), 600)],
)
def test_gains_are_spread_over_the_tax_years_left(until: dt.date, sold: int) -> None:
    run = legacy(transition_until=until).run()
    assert run.sold_lots()["OLD1"] == sold
    assert run.reasons()["OLD"] == "TRANSITION"
    assert run.exceptions() == []


def test_what_the_year_has_realised_already_counts() -> None:
    """$2,000 of the (12,000 + 2,000) / 2 are done, and sales of names in the target or of last year are not."""
    book = legacy(transition_until=NEXT_YEAR)
    book.traded("A", "SELL", "OLD", 100, dt.date(2026, 1, 5), 2_000.0)
    book.traded("A", "SELL", "OLD", 100, dt.date(2025, 12, 30), 2_000.0)
    book.traded("A", "SELL", "AAA", 10, dt.date(2026, 1, 5), 900.0)
    assert book.run().sold_lots()["OLD1"] == 250


def test_a_year_whose_share_is_nearly_done_waits() -> None:
    book = legacy(transition_until=NEXT_YEAR)
    book.traded("A", "SELL", "OLD", 280, dt.date(2026, 1, 5), 5_600.0)
    moved = [row for row in book.part["lots"] if row["security_id"] != "OLD"]
    book.part["lots"] = [*moved, {"account_id": "A", "lot_id": "OLD1", **lot("OLD", 320, 10.0)}]
    assert "OLD1" not in book.run().sold_lots()


def test_gains_not_shares_are_spread_and_losses_do_not_wait() -> None:
    """Net $10,000 of gain: 100 shares lose $2,000 and go at once, and then $7,000 of gains, 350 shares of $20."""
    lots = [row for row in LEGACY if row["security_id"] != "OLD"]
    lots += [lot("OLD", 100, 50.0), lot("OLD", 600, 10.0)]
    run = HandBook().account("A", lots=lots, transition_until=NEXT_YEAR, **CALM).run()  # type: ignore[arg-type]
    assert run.sold_lots() == {"OLD1": 100, "OLD2": 350}


@pytest.mark.parametrize(
    ("budget", "sold"),
    [
        ({"gain_budget": 3_000.0}, 148),  # 1 % of the room is held back: $2,970 are 148 shares
        ({"gain_budget": 0.0}, 0),
        ({"tax_budget": 714.0}, 148),  # 0.238 of $3,000
        ({"preserve_until": dt.date(2026, 6, 30)}, 0),
    ],
)
def test_budgets_are_stronger_and_the_last_year_tells(budget: dict[str, object], sold: int) -> None:
    run = legacy(transition_until=THIS_YEAR, **budget).run()
    assert run.sold_lots().get("OLD1", 0) == sold
    (told,) = run.exceptions()
    assert (told["code"], told["severity"]) == ("TRANSITION_WAITS", "WARNING")
    assert "stay: the budgets leave no room for them; due by 2026-12-31" in told["message"]
    assert legacy(transition_until=IN_THREE, **budget).run().exceptions() == []


def test_the_share_is_within_the_budget_of_each_year() -> None:
    run = legacy(transition_until=NEXT_YEAR, gain_budget=100_000.0).run()
    assert run.sold_lots()["OLD1"] == 300


def with_budget(cost_of_others: float) -> HandBook:
    """$8,700 of the year's legacy gain are due, and $24,000 of cash; others sell at half a dollar of gain a dollar."""
    others = {"AAA": 200, "BBB": 400, "CCC": 800, "DDD": 1_000}
    lots = [lot(name, shares, cost_of_others * PRICES[name]) for name, shares in others.items()]
    lots.append(lot("OLD", 600, 1.0))
    book = HandBook().account("A", lots=lots, transition_until=NEXT_YEAR, gain_budget=9_000.0, risk_aversion=1.0)
    return book.flow("A", -24_000.0)


def test_cash_that_uses_the_budget_up_makes_the_transition_wait() -> None:
    run = with_budget(0.5).run()
    assert {row["code"] for row in run.exceptions()} == {"TRANSITION_WAITS", "BUDGET_EXCEEDED"}
    assert set(run.reasons().values()) == {"CASH"}
    assert "OLD1" not in run.sold_lots()


def test_legacy_that_is_sold_for_cash_counts() -> None:
    """Others gain nine dollars in ten, so the cash comes out of the legacy, beyond the budget: only that is told."""
    lots = at_target(
        AAA=lot("AAA", 200, 10.0), BBB=lot("BBB", 400, 5.0), CCC=lot("CCC", 800, 2.0), DDD=lot("DDD", 1_000, 2.0)
    )
    book = HandBook().account("A", lots=[*lots, lot("OLD", 600, 10.0)], transition_until=NEXT_YEAR, gain_budget=9_000.0)
    run = book.flow("A", -24_000.0).run()
    assert {row["code"] for row in run.exceptions()} == {"BUDGET_EXCEEDED"}
    assert run.sold_lots()["OLD1"] == 600


def test_cash_that_leaves_the_budget_alone_does_not() -> None:
    run = with_budget(1.0).run()
    assert run.exceptions() == []
    assert run.sold_lots()["OLD1"] == 300


@pytest.mark.parametrize("kind", ["never_sell", "min_weight"])
def test_a_restriction_is_stronger(kind: str) -> None:
    book = legacy(transition_until=THIS_YEAR).restrict("A", kind, "OLD", value=0.18 if kind == "min_weight" else None)
    run = book.run()
    assert "OLD1" not in run.sold_lots()
    assert run.exceptions() == []


def test_locked_lots_stay_and_the_others_go() -> None:
    lots = [row for row in LEGACY if row["security_id"] != "OLD"]
    lots += [lot("OLD", 400, 10.0, locked=True), lot("OLD", 200, 10.0, RECENT)]
    run = HandBook().account("A", lots=lots, transition_until=THIS_YEAR, **CALM).run()  # type: ignore[arg-type]
    assert run.sold_lots() == {"OLD2": 200}


def test_a_sell_out_is_not_called_a_transition() -> None:
    run = legacy(transition_until=NEXT_YEAR).restrict("A", "sell_out", "OLD").run()
    assert run.sold_lots()["OLD1"] == 600
    assert run.reasons()["OLD"] == "SELL_OUT"


def test_a_name_that_cannot_be_traded_today_is_no_legacy() -> None:
    """BBB has a stale price, so it is in no effective target; it is in the model all the same."""
    book = HandBook().account("A", lots=at_target(BBB=lot("BBB", 490, 10.0)), transition_until=THIS_YEAR, **CALM)  # type: ignore[arg-type]
    book.securities["BBB"]["price_date"] = LONG_AGO
    book.part["accounts"][0]["max_price_age_days"] = 30.0
    assert "BBB1" not in book.run().sold_lots()


def test_a_retirement_account_moves_too() -> None:
    run = legacy(transition_until=NEXT_YEAR, tax_status="deferred", gain_budget=0.0, risk_aversion=0.01).run()
    assert run.sold_lots()["OLD1"] == 300


def test_what_makes_no_order_is_left() -> None:
    lots = [*LEGACY[:-1], lot("OLD", 3, 10.0)]
    run = HandBook().account("A", lots=lots, transition_until=NEXT_YEAR, **CALM).run()  # type: ignore[arg-type]
    assert "OLD1" not in run.sold_lots()
