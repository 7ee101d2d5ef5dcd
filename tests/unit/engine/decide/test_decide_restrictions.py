"""Restrictions, locks, flows and what cannot be traded: each changes trades as it says, and no more."""

from __future__ import annotations

import pytest

from tests.support.hand_book import LONG_AGO, RECENT, HandBook, Row, at_target, lot

OVERWEIGHT: list[Row] = at_target(AAA=lot("AAA", 345, 100.0), DDD=lot("DDD", 725, 20.0))
"""10 % too much AAA and 10 % too little DDD, without gains: free to trade, the gap is closed."""


def test_without_restrictions_the_gap_is_closed() -> None:
    run = HandBook().account("A", lots=OVERWEIGHT).run()
    assert run.shares() == {"AAA": -100, "DDD": 500}


def test_never_buy_keeps_what_is_held_out_of_the_target_and_buys_none() -> None:
    run = HandBook().account("A", lots=OVERWEIGHT).restrict("A", "never_buy", "DDD").run()
    assert run.shares().get("DDD", 0) <= 0
    assert "DDD" not in run.target()


def test_never_sell_sells_none_and_still_buys() -> None:
    run = HandBook().account("A", lots=OVERWEIGHT).restrict("A", "never_sell", "AAA").run()
    assert "AAA" not in run.sold_lots()
    assert run.shares()["DDD"] > 0
    again = HandBook().account("A", cash=100_000.0).restrict("A", "never_sell", "AAA").run()
    assert again.shares()["AAA"] == 245


def test_sell_out_sells_fractions_too_and_whatever_the_band() -> None:
    lots = [*at_target(), lot("OLD", 10.25, 10.0), lot("OLD", 0.5, 50.0, RECENT)]
    run = HandBook().account("A", lots=lots, drift_band=1.0).restrict("A", "sell_out", "OLD").run()
    assert run.sold_lots() == {"OLD1": 10.25, "OLD2": 0.5}
    assert run.reasons()["OLD"] == "SELL_OUT"


def test_sell_out_leaves_what_is_locked_and_says_so() -> None:
    lots = [*at_target(), lot("OLD", 10, 10.0), lot("OLD", 5, 10.0, locked=True)]
    run = HandBook().account("A", lots=lots).restrict("A", "sell_out", "OLD").run()
    assert run.sold_lots()["OLD1"] == 10
    assert "OLD2" not in run.sold_lots()
    (warning,) = run.exceptions()
    assert (warning["code"], warning["severity"]) == ("LOCKED", "WARNING")
    assert "sell_out of OLD leaves 5 shares in 1 lots" in warning["message"]


def test_sell_out_of_a_name_not_held_does_nothing() -> None:
    run = HandBook().account("A", lots=at_target()).restrict("A", "sell_out", "OLD").run()
    assert (run.code(), run.trades["A"]) == ("IN_BAND", [])


def test_sell_out_waits_where_all_of_it_is_locked() -> None:
    lots = [*at_target(), lot("OLD", 5, 10.0, locked=True)]
    run = HandBook().account("A", lots=lots).restrict("A", "sell_out", "OLD").run()
    assert (run.results["A"]["status"], run.code()) == ("NO_TRADE", "LOCKED")


def test_screen_takes_names_out_and_their_substitute_in() -> None:
    run = HandBook().account("A", lots=at_target()).restrict("A", "screen", screen_id="OIL").run()
    assert run.shares()["CCC"] < 0 < run.shares()["SUB"]


@pytest.mark.parametrize(("kind", "value", "shares"), [("max_weight", 0.20, -45), ("min_weight", 0.30, 55)])
def test_weight_limits_of_a_security(kind: str, value: float, shares: int) -> None:
    """AAA is 24.5 %, 245 shares."""
    run = HandBook().account("A", lots=at_target()).restrict("A", kind, "AAA", value=value).run()
    assert run.shares()["AAA"] == shares


@pytest.mark.parametrize("values", [(0.20, 0.22), (0.22, 0.20)])
def test_strictest_of_two_limits_holds(values: tuple[float, float]) -> None:
    book = HandBook().account("A", lots=at_target())
    for value in values:
        book.restrict("A", "max_weight", "AAA", value=value)
    assert book.run().shares()["AAA"] == -45


def test_min_weight_stops_a_sale_at_it() -> None:
    run = HandBook().account("A", lots=OVERWEIGHT).restrict("A", "min_weight", "AAA", value=0.30).run()
    assert run.shares()["AAA"] == -45


@pytest.mark.parametrize(
    ("restrictions", "told"),
    [
        ([("min_weight", "AAA", 0.5), ("never_buy", "AAA", None)], "min_weight asks for more of AAA"),
        ([("min_weight", "AAA", 0.1), ("sell_out", "AAA", None)], "min_weight asks for more of AAA"),
        ([("min_weight", "AAA", 0.3), ("max_weight", "AAA", 0.2)], "min_weight asks for more of AAA"),
        ([("min_weight", "OLD", 0.1)], "min_weight asks for OLD, which the account neither holds nor aims at"),
        ([("sell_out", "AAA", None), ("never_sell", "AAA", None)], "sell_out and never_sell both name AAA"),
    ],
)
def test_rules_that_cannot_hold_together_are_told(restrictions: list[tuple[str, str, float | None]], told: str) -> None:
    book = HandBook().account("A", lots=at_target()).account("B", cash=100_000.0)
    for kind, security, value in restrictions:
        book.restrict("A", kind, security, value=value)
    run = book.run()
    assert (run.results["A"]["status"], run.code()) == ("EXCEPTION", "RESTRICTIONS_CONFLICT")
    assert told in run.results["A"]["message"]
    assert run.results["B"]["status"] == "TRADED"


def test_min_weight_beyond_the_money_names_it() -> None:
    """AAA is to go from 24.5 to 60 %, $35,500 and a spread, and nothing may be sold for it."""
    book = HandBook().account("A", lots=at_target()).restrict("A", "min_weight", "AAA", value=0.6)
    for name in ("BBB", "CCC", "DDD"):
        book.restrict("A", "never_sell", name)
    run = book.run()
    assert run.code() == "CASH_UNREACHABLE"
    assert "min_weight must buy 35,507.10" in run.results["A"]["message"]


def test_min_weight_bounds_what_may_be_sold_for_cash() -> None:
    """Cash must be $31,000; from 24.5 to 20 % of each name only $18,000 may be sold."""
    book = HandBook().account("A", lots=at_target()).flow("A", -30_000.0)
    for name in ("AAA", "BBB", "CCC", "DDD"):
        book.restrict("A", "min_weight", name, value=0.2)
    run = book.run()
    assert run.code() == "CASH_UNREACHABLE"
    assert "sellable 17,996.40" in run.results["A"]["message"]


def test_outflow_raises_cash_and_inflow_is_not_spent() -> None:
    book = HandBook()
    book.account("OUT", lots=at_target()).flow("OUT", -5_000.0).flow("OUT", -1_000.0)
    book.account("IN", lots=at_target()).flow("IN", 50_000.0)
    book.account("BOTH", lots=at_target()).flow("BOTH", 5_000.0).flow("BOTH", -5_000.0)
    run = book.run()
    assert 7_000 <= float(run.cash("OUT")) < 7_100
    assert set(run.reasons("OUT").values()) == {"CASH"}
    assert run.code("IN") == "IN_BAND"
    assert 6_000 <= float(run.cash("BOTH")) < 6_100


def test_cash_held_for_an_outflow_is_not_invested() -> None:
    run = HandBook().account("A", lots=at_target(), cash=12_000.0, drift_band=1.0).flow("A", -10_000.0).run()
    assert run.trades["A"] == []


def test_negative_cash_is_raised_to_the_floor() -> None:
    lots = at_target(AAA=lot("AAA", 290, 100.0))
    run = HandBook().account("A", lots=lots, cash=-2_500.0).run()
    assert float(run.cash()) >= 1_000.0
    assert "CASH" in run.reasons().values()


def test_locked_lot_is_not_sold_even_where_it_is_the_cheapest() -> None:
    lots = at_target(AAA=[lot("AAA", 200, 100.0, locked=True), lot("AAA", 145, 90.0)], DDD=lot("DDD", 725, 20.0))
    run = HandBook().account("A", lots=lots).run()
    assert set(run.sold_lots()) & {"AAA1", "AAA2"} == {"AAA2"}


def test_fractional_name_trades_fractions_and_others_do_not() -> None:
    book = HandBook()
    book.securities["AAA"]["fractional"] = True
    run = book.account("A", cash=10_000.0).run()
    assert run.shares()["AAA"] == pytest.approx(24.5, abs=0.1)
    assert run.shares()["AAA"] % 1 != 0
    assert all(run.shares()[name] % 1 == 0 for name in ("BBB", "CCC", "DDD"))


def test_fraction_of_a_whole_share_name_is_only_sold_with_all_of_it() -> None:
    lots = at_target(AAA=lot("AAA", 345.75, 100.0), DDD=lot("DDD", 725, 20.0))
    run = HandBook().account("A", lots=lots).run()
    assert run.sold_lots()["AAA1"] % 1 == 0


def test_untradable_name_is_neither_bought_nor_sold() -> None:
    book = HandBook()
    book.securities["AAA"]["tradable"] = False
    book.account("A", lots=OVERWEIGHT).account("B", cash=100_000.0)
    run = book.run()
    assert "AAA" not in {**run.shares("A"), **run.shares("B"), **run.target("B")}
    assert run.shares("A")["DDD"] > 0


def test_untradable_name_to_be_sold_out_is_told() -> None:
    run = HandBook().account("A", lots=[*at_target(), lot("HLT", 10, 5.0)]).restrict("A", "sell_out", "HLT").run()
    assert run.code() == "UNTRADABLE"
    assert run.exceptions()[0]["severity"] == "WARNING"


def test_nothing_that_may_be_traded_is_restricted() -> None:
    lots = [row | {"locked": True} for row in OVERWEIGHT]
    book = HandBook().account("A", lots=lots)
    book.restrict("A", "max_weight", "DDD", value=0.01)
    for name in ("AAA", "BBB", "CCC"):
        book.restrict("A", "max_weight", name, value=0.01)
    assert book.run().code() == "RESTRICTED"


@pytest.mark.parametrize("status", ["deferred", "exempt"])
def test_retirement_account_pays_no_tax_and_harvests_nothing(status: str) -> None:
    gain = at_target(AAA=lot("AAA", 345, 10.0, RECENT), DDD=lot("DDD", 725, 20.0))
    loss = at_target(BBB=[lot("BBB", 390, 20.0, LONG_AGO), lot("BBB", 100, 70.0, RECENT)])
    book = HandBook()
    book.account("GAIN", lots=gain, tax_status=status).account("LOSS", lots=loss, tax_status=status)
    run = book.run()
    assert run.shares("GAIN") == {"AAA": -100, "DDD": 500}
    assert float(run.results["GAIN"]["tax_cost"]) == 0.0
    assert float(run.results["GAIN"]["realised_st"]) == 9_000.0
    assert run.code("LOSS") == "IN_BAND"
