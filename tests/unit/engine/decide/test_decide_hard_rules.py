"""Hard rules where they bind: the cash floor with its spread, whole shares, waiting losses; every run is verified."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from tests.support.hand_book import AS_OF, SETTINGS, HandBook, at_target, before, lot


def test_a_floor_that_binds_keeps_the_spread_and_still_invests() -> None:
    """A switch of a whole account at 25 bp, a tenth of it held for a payment: all but the spread is invested."""
    book = HandBook(settings={"cash_target": 0.01, "cash_min": 0.005})
    book.securities["EEE"] |= {"price": 10.0, "half_spread_bps": 25.0}
    book.models["ONE"] = {"EEE": 1.0}
    run = book.account(model="ONE", cash=10_000.0, lots=[lot("AAA", 9_900, 100)]).flow("A", -100_000.0).run()
    cash, needed = float(run.results["A"]["cash_after"]), 105_000.0
    spread = 9_900 * 100 * 2e-4 + run.shares("A")["EEE"] * 10 * 25e-4
    assert needed + spread <= cash <= needed + spread + 300.0
    assert run.results["A"]["gap_bp"] < 10.0


def test_new_money_into_one_cheap_name_leaves_the_floor() -> None:
    book = HandBook(settings={"cash_target": 0.01, "cash_min": 0.01})
    book.securities["EEE"] |= {"price": 10.0, "half_spread_bps": 10.0}
    book.models["ONE"] = {"EEE": 1.0}
    run = book.account(model="ONE", cash=1_000_000.0).run()
    cash = float(run.results["A"]["cash_after"])
    assert 10_000.0 + run.shares("A")["EEE"] * 10 * 1e-3 <= cash < 11_010.0


def test_no_whole_share_between_two_limits() -> None:
    book = HandBook()
    book.models["ONE"] = {"GOA": 1.0}
    book.account(model="ONE", cash=1_000.0)
    book.restrict("A", "min_weight", "GOA", value=0.5).restrict("A", "max_weight", "GOA", value=0.55)
    result = book.run().results["A"]
    assert (result["status"], result["code"]) == ("EXCEPTION", "RESTRICTIONS_CONFLICT")
    assert "whole shares" in result["message"]


def test_a_min_weight_is_rounded_up() -> None:
    run = HandBook().account(cash=100_000.0).restrict("A", "min_weight", "GOA", value=0.0).run()
    assert "GOA" not in run.shares("A")
    run = HandBook().account(cash=100_000.0).restrict("A", "min_weight", "AAA", value=0.3035).run()
    assert run.shares("A")["AAA"] == 304


def test_short_of_cash_by_less_than_a_minimum_trade() -> None:
    """$40 short, the only free shares worth $200: the floor is stronger than min_trade_usd, and AAA is overweight."""
    book = HandBook(settings={"cash_target": 0.002, "cash_min": 0.001, "min_trade_usd": 500.0})
    run = book.account(cash=50.0, lots=[lot("AAA", 2, 100), lot("AAA", 900, 100, locked=True)]).run()
    assert run.shares("A") == {"AAA": -2}
    assert run.reasons("A") == {"AAA": "CASH"}


def test_an_identical_group_over_its_target_is_sold_though_its_losses_are_worth_nothing() -> None:
    book = HandBook()
    book.models["ONE"] = {"AAA": 1.0}
    lots = [lot("GOA", 200, 250), lot("GOB", 245, 250), lot("AAA", 90, 100)]
    run = book.account(model="ONE", lots=lots, harvest=False).run()
    assert run.shares("A")["GOA"] == -200
    assert run.shares("A")["GOB"] == -245


@pytest.mark.parametrize("price", [3.3482914, 27.3482916])
def test_prices_finer_than_a_micro_dollar(price: float) -> None:
    book = HandBook()
    for name in ("AAA", "BBB", "CCC", "DDD"):
        book.securities[name]["price"] = price
    assert book.account(cash=1_000_000.0).run().results["A"]["status"] == "TRADED"


def test_a_price_below_a_micro_dollar_is_none() -> None:
    book = HandBook()
    book.securities["AAA"]["price"] = 2e-7
    assert book.account(cash=100_000.0).run().results["A"]["code"] == "PRICE_MISSING"


def test_an_empty_household_is_none() -> None:
    book = HandBook().account(lots=at_target(AAA=lot("AAA", 245, 150)), household_id="")
    run = book.account("B", cash=100_000.0, household_id="").run()
    alone = HandBook().account(lots=at_target(AAA=lot("AAA", 245, 150))).run()
    assert run.results["A"]["tax_cost"] == alone.results["A"]["tax_cost"]
    assert run.shares("B")["AAA"] > 0


def test_a_value_that_is_no_amount_of_money() -> None:
    result = HandBook().account(lots=[lot("AAA", 1.9e11, 0.01)]).run().results["A"]
    assert (result["status"], result["code"]) == ("EXCEPTION", "VALUE_OUT_OF_RANGE")


def test_shares_bought_yesterday_at_todays_price_have_no_loss() -> None:
    book = HandBook()
    book.securities["AAA"]["price"] = 33.3
    book.models["ONE"] = {"AAA": 1.0}
    lots = [lot("AAA", 245.3, 33.3, before(1)), lot("AAA", 121.7, 33.3, before(1))]
    run = book.account(model="ONE", cash=0.0, lots=lots).flow("A", -999.0).run()
    assert run.results["A"]["status"] == "TRADED"
    assert float(run.results["A"]["cash_after"]) >= 999.0


def test_a_floor_waits_for_losses_that_would_be_washed() -> None:
    """Two purchases of the last month, both under water: each washes the other, so neither is sold, and it is told."""
    book = HandBook(settings={**SETTINGS, "wash_policy": "forbid"})
    book.models["ONE"] = {"AAA": 1.0}
    lots = [lot("AAA", 490, 110, before(10)), lot("AAA", 490, 110, before(5))]
    run = book.account(model="ONE", lots=lots).flow("A", -20_000.0).run()
    assert (run.results["A"]["status"], run.results["A"]["code"]) == ("NO_TRADE", "WASH_WAIT")
    assert [row["severity"] for row in run.exceptions("A")] == ["WARNING"]


def test_a_faulty_spouse_still_washes() -> None:
    book = HandBook(settings={**SETTINGS, "wash_policy": "forbid"}).account(cash=100_000.0, household_id="H")
    book.account("B", cash=1.0, tax_status="joint", household_id="H")
    run = book.traded("B", "SELL", "AAA", 10, before(3), -500.0).run()
    assert run.results["B"]["status"] == "EXCEPTION"
    assert "AAA" not in run.shares("A")
    assert run.shares("A")["BBB"] > 0


def test_a_substitute_priced_tomorrow_is_not_bought() -> None:
    book = HandBook(settings=dict(SETTINGS))
    book.securities["SUB"]["price_date"] = AS_OF + dt.timedelta(days=5)
    run = book.account(cash=100_000.0).restrict("A", "never_buy", "CCC").run()
    assert "SUB" not in run.shares("A")
    assert math.isclose(float(run.results["A"]["cash_after"]), 2_000.0, abs_tol=100.0)
