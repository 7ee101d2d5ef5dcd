"""What a run saved or deferred of tax, worked out by hand (docs/saved.md)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.support.hand_book import RECENT, HandBook, Row, Run, at_target, before, day, lot

# AAA is 10 % too much, DDD 10 % too little. The lots bought first have the greater gain.
TWO_LOTS = [lot("AAA", 150, 40.0, day("2020-01-02")), lot("AAA", 195, 80.0, day("2021-01-04"))]
SHORT_OF_D = lot("DDD", 725, 20.0)
DEAR: dict[str, Any] = {"BBB": lot("BBB", 490, 10.0), "CCC": lot("CCC", 980, 5.0)}
# 100 shares of BBB bought at USD 70 and worth 50: a short-term loss, and bought before the others.
LOSS_FIRST: list[Row] = [lot("BBB", 100, 70.0, RECENT), lot("BBB", 390, 45.0, day("2025-12-01"))]


def saved(run: Run, account: str = "A") -> dict[str, float]:
    """USD of tax."""
    row = run.results[account]
    names = ("tax_blind", "tax_cost", "tax_saved_or_deferred", "deferred_gains", "harvested", "saved_by_lot_choice")
    return {name: float(row[name]) for name in names}


def figures(blind: float, cost: float, deferred: float, harvested: float, lots: float) -> dict[str, float]:
    return {
        "tax_blind": blind,
        "tax_cost": cost,
        "tax_saved_or_deferred": pytest.approx(blind - cost),
        "deferred_gains": deferred,
        "harvested": harvested,
        "saved_by_lot_choice": lots,
    }


def test_all_three_parts() -> None:
    """The example of docs/saved.md.

    The twin sells 100 AAA at a gain of 60 each: 23.8 % of 6,000 are 1,428. Of these we sell 49: 23.8 % of 2,940 are
    699.72. We also sell 100 BBB at a loss of 20 each: 23.8 % of 940 are 223.72. And we sell the AAA that gain 20: the
    year then has a loss of 1,020, 40.8 % of which are 416.16.
    """
    run = HandBook().account(lots=at_target(AAA=TWO_LOTS, DDD=SHORT_OF_D, BBB=LOSS_FIRST)).run()
    assert run.sold_lots() == {"AAA2": 49.0, "BBB1": 100.0}
    assert saved(run) == figures(1_428.00, -416.16, 1_428.00 - 699.72, 476.00, 639.88)


def test_a_loss_taken_is_harvested() -> None:
    run = HandBook().account(lots=at_target(BBB=LOSS_FIRST)).run()
    assert run.sold_lots() == {"BBB1": 100.0}
    assert saved(run) == figures(0.0, -816.0, 0.0, 816.0, 0.0)


def test_a_loss_out_of_a_later_lot_is_partly_the_choice_of_the_lot() -> None:
    """First in, first out would have sold shares that gain 30: 23.8 % of 3,000 are 714."""
    lots = [lot("BBB", 390, 20.0), lot("BBB", 100, 70.0, RECENT)]
    run = HandBook().account(lots=at_target(BBB=lots)).run()
    assert run.sold_lots() == {"BBB2": 100.0}
    assert saved(run) == figures(0.0, -816.0, 0.0, -714.0, 1_530.0)


def test_a_gain_not_taken_is_deferred() -> None:
    """Of 10 % in shares that gain nine tenths of their price, 28 % are sold; the twin sells all."""
    run = HandBook().account(lots=at_target(AAA=lot("AAA", 345, 10.0), DDD=SHORT_OF_D, **DEAR)).run()
    assert run.sold_lots() == {"AAA1": 28.0}
    assert saved(run) == figures(2_142.0, 599.76, 1_542.24, 0.0, 0.0)


def test_an_account_that_may_not_gain_defers_all_that_its_twin_pays() -> None:
    lots = at_target(AAA=lot("AAA", 345, 10.0), DDD=SHORT_OF_D, **DEAR)
    run = HandBook().account(lots=lots, gain_budget=0.0).run()
    assert run.sold_lots() == {}
    assert saved(run) == figures(2_142.0, 0.0, 2_142.0, 0.0, 0.0)


def test_what_wash_sales_disallow_is_taken_off_what_is_harvested() -> None:
    """Forty of a hundred shares were bought again lately: 800 of the loss of 2,000 are disallowed."""
    again = [LOSS_FIRST[0], lot("BBB", 350, 45.0, day("2025-12-01")), lot("BBB", 40, 50.0, before(20))]
    run = HandBook().account(lots=at_target(BBB=again)).run()
    assert run.sold_lots() == {"BBB1": 100.0}
    assert saved(run) == figures(0.0, -489.60, 0.0, 489.60, 0.0)


def test_in_its_band_neither_trades() -> None:
    run = HandBook().account(lots=at_target()).run()
    assert run.code() == "IN_BAND"
    assert saved(run) == figures(0.0, 0.0, 0.0, 0.0, 0.0)


def test_a_retirement_account_saves_nothing() -> None:
    lots = at_target(AAA=TWO_LOTS, DDD=SHORT_OF_D, BBB=LOSS_FIRST)
    run = HandBook().account(lots=lots, tax_status="deferred").run()
    assert run.sold_lots()
    assert saved(run) == figures(0.0, 0.0, 0.0, 0.0, 0.0)


def test_an_account_blind_to_tax_is_its_twin() -> None:
    lots = at_target(AAA=TWO_LOTS, DDD=SHORT_OF_D, BBB=LOSS_FIRST)
    run = HandBook().account(lots=lots, tax_sensitivity=0.0).run()
    assert run.sold_lots() == {"AAA1": 100.0}
    assert saved(run) == figures(1_428.0, 1_428.0, 0.0, 0.0, 0.0)


def test_the_twin_keeps_what_may_not_be_sold() -> None:
    """AAA stays at 34.5 %; the other names share the rest, 63.5 %, as the model has them: 21 1/6 % each.

    BBB falls from 24.5 %: 67 shares (66.67) that gain 40 of 50. CCC, 133 (133.33) that gain 20 of 25: 23.8 % of 5,340.
    """
    kept = at_target(AAA=lot("AAA", 345, 70.0), DDD=SHORT_OF_D, **DEAR)
    locked = at_target(AAA=lot("AAA", 345, 70.0, locked=True), DDD=SHORT_OF_D, **DEAR)
    made = HandBook().account(lots=kept).restrict("A", "never_sell", "AAA").account("B", lots=locked)
    run = made.run()
    assert saved(run)["tax_blind"] == saved(run, "B")["tax_blind"] == pytest.approx(0.238 * (67 * 40 + 133 * 20))


def test_the_twin_takes_the_lots_by_day_whatever_their_rows() -> None:
    run = HandBook().account(lots=at_target(AAA=TWO_LOTS[::-1], DDD=SHORT_OF_D, **DEAR)).run()
    assert saved(run)["tax_blind"] == 1_428.0


def test_the_twin_raises_cash_for_a_payment() -> None:
    """10,000 are to be paid: 11,000 must be held. All names fall in proportion to 89 %, 22.25 % each."""
    dear = {name: lot(name, shares, 1.0) for name, shares in (("AAA", 245), ("BBB", 490), ("CCC", 980), ("DDD", 1_225))}
    made = HandBook().account(lots=at_target(**dear)).flow("A", -10_000.0, before(0) + dt.timedelta(days=5))
    run = made.run()
    gain = 100_000 * 0.0225 * 4 - (22.5 + 45 + 90 + 112.5)
    assert saved(run)["tax_blind"] == pytest.approx(0.238 * gain, abs=0.238 * 200)
    assert saved(run)["deferred_gains"] > 0.0  # ours sells more of what gains less
