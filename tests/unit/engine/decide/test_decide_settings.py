"""Every setting that works today, by pairs of accounts that differ in it alone."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.hand_book import AS_OF, LONG_AGO, RECENT, HandBook, Row, Run, at_target, lot

WITH_LOSS: list[Row] = [lot("BBB", 390, 20.0), lot("BBB", 100, 70.0, RECENT)]
"""5 % of BBB with a short-term loss of 40 % of its price, the rest with a gain of 60 %."""
OVERWEIGHT: list[Row] = at_target(
    AAA=lot("AAA", 345, 70.0), BBB=lot("BBB", 490, 10.0), CCC=lot("CCC", 980, 5.0), DDD=lot("DDD", 725, 20.0)
)
"""10 % too much AAA, with a long-term gain of 30 %, and 10 % too little DDD; the others nearly all gain."""


def pair(lots: list[Row], setting: dict[str, object], *, cash: float = 2_000.0, **shared: object) -> Run:
    """Account `A` without the setting and account `B` with it."""
    book = HandBook()
    book.account("A", lots=lots, cash=cash, **shared)  # type: ignore[arg-type]
    book.account("B", lots=lots, cash=cash, **(shared | setting))  # type: ignore[arg-type]
    return book.run()


def test_risk_aversion_trades_tracking_against_tax() -> None:
    run = pair(OVERWEIGHT, {"risk_aversion": 100.0})
    assert run.sold_lots("A")["AAA1"] < run.sold_lots("B")["AAA1"]
    assert run.results["B"]["te_after"] < run.results["A"]["te_after"]


@pytest.mark.parametrize(("target", "shares"), [(0.003, 88), (0.01, 61), (0.02, 25)])
def test_tracking_error_target_is_met_at_the_least_cost(target: float, shares: int) -> None:
    """AAA a % too high and DDD b % too low is a tracking error of √(0.04 (a² + b² + (a − b)²)): cash is spent too."""
    run = pair(OVERWEIGHT, {"tracking_error_target": target, "risk_aversion": 50.0})
    assert run.sold_lots("A")["AAA1"] == 73
    assert run.sold_lots("B")["AAA1"] == pytest.approx(shares, abs=1)
    assert 0.97 * target < run.results["B"]["te_after"] <= target
    assert 0.0 <= run.results["B"]["gap_bp"] < 0.5
    assert run.exceptions("B") == []


def test_tracking_error_target_out_of_reach_is_told() -> None:
    """40 shares may be sold: 6 % too much stays, and spending the cash helps a little."""
    aaa = [lot("AAA", 305, 70.0, locked=True), lot("AAA", 40, 70.0)]
    lots = [row for row in OVERWEIGHT if row["security_id"] != "AAA"]
    run = HandBook().account("A", lots=[*aaa, *lots], tracking_error_target=0.01).run()
    assert run.sold_lots("A")["AAA2"] == 40
    (told,) = run.exceptions("A")
    assert (told["code"], told["severity"]) == ("TRACKING_MISSED", "WARNING")
    assert "error 1.356% after trading; the target is 1.000%" in told["message"]
    assert run.results["A"]["te_after"] == pytest.approx(0.01356, abs=5e-6)


def test_tracking_error_target_does_not_narrow_the_band() -> None:
    lots = at_target(AAA=lot("AAA", 255, 100.0), DDD=lot("DDD", 1175, 20.0))  # 1 % apart: 0.28 % of tracking error
    run = HandBook().account("A", lots=lots, tracking_error_target=0.001, drift_band=0.0101).run()
    assert run.code("A") == "IN_BAND"


def side(run: Run, account: str, buy: bool) -> float:
    """Fraction of $100,000 bought or sold."""
    name = "BUY" if buy else "SELL"
    return sum(float(row["amount"]) for row in run.trades[account] if row["side"] == name) / 100_000.0


@pytest.mark.parametrize("most", [0.01, 0.04])
def test_max_turnover_caps_what_is_bought(most: float) -> None:
    """With no cash to invest; without it 7.3 % is sold, and the cash that lies idle is bought for too."""
    run = pair(OVERWEIGHT, {"max_turnover": most}, cash=1_900.0)
    assert side(run, "A", buy=True) > 0.07
    assert 0.9 * most < side(run, "B", buy=True) <= most
    assert 0.0 <= run.results["B"]["gap_bp"] < 0.5
    assert run.exceptions("B") == []


def test_max_turnover_caps_what_is_sold_where_there_is_cash_to_invest() -> None:
    lots = [row for row in OVERWEIGHT if row["security_id"] != "CCC"]
    run = pair(lots, {"max_turnover": 0.02}, cash=26_500.0)
    assert side(run, "A", buy=False) > 0.05
    assert side(run, "B", buy=False) <= 0.02
    assert side(run, "B", buy=True) > 0.2


def test_max_turnover_leaves_undone_what_is_worth_least() -> None:
    """AAA is 10 % too much and BBB 1 %: the first sales of AAA are worth more than any of BBB."""
    lots = at_target(AAA=lot("AAA", 345, 100.0), BBB=lot("BBB", 510, 50.0), DDD=lot("DDD", 675, 20.0))
    run = HandBook().account("A", lots=lots, max_turnover=0.04, cash=1_900.0).run()
    assert set(run.sold_lots("A")) == {"AAA1"}


def test_max_turnover_gives_way_to_rules_and_is_told() -> None:
    lots = at_target(DDD=[lot("DDD", 225, 20.0), lot("OLD", 1000 / 1.5, 30.0)])
    book = HandBook().account("A", lots=lots, max_turnover=0.05, cash=30_000.0)
    run = book.restrict("A", "sell_out", "OLD").run()
    assert side(run, "A", buy=False) > 0.15
    (told,) = run.exceptions("A")
    assert told["code"] == "TURNOVER_EXCEEDED"
    assert "max_turnover is 5.000%" in told["message"]


def test_tax_sensitivity_zero_is_blind_to_tax_and_reports_it() -> None:
    run = pair(OVERWEIGHT, {"tax_sensitivity": 0.0})
    assert run.sold_lots("A")["AAA1"] == 73
    # Tax-blind, AAA goes back to 24.5 %, and the tax of 23.8 % of $3,000 is reported all the same.
    assert run.sold_lots("B")["AAA1"] == 100
    assert float(run.results["B"]["tax_cost"]) == 714.0


def test_tax_sensitivity_multiplies_what_tax_weighs() -> None:
    run = pair(OVERWEIGHT, {"tax_sensitivity": 2.0})
    # a = (2 × 7.14 + 0.04 + 1.6) / 3.2 = 4.975 instead of 2.744 percent stay: 50.25 shares go instead of 72.56.
    assert run.sold_lots("A")["AAA1"] == 73
    assert run.sold_lots("B")["AAA1"] == pytest.approx(50, abs=1)


@pytest.mark.parametrize(("setting", "acquired"), [("lt_rate", LONG_AGO), ("st_rate", RECENT)])
def test_rate_of_the_lots_term_decides(setting: str, acquired: dt.date) -> None:
    lots = [row | ({"acquired": acquired} if row["security_id"] == "AAA" else {}) for row in OVERWEIGHT]
    run = pair(lots, {setting: 0.0})
    assert run.sold_lots("A")["AAA1"] < 100
    assert run.sold_lots("B")["AAA1"] == 100
    assert float(run.results["B"]["tax_cost"]) == 0.0


@pytest.mark.parametrize(("setting", "acquired"), [("lt_rate", RECENT), ("st_rate", LONG_AGO)])
def test_rate_of_the_other_term_does_not(setting: str, acquired: dt.date) -> None:
    lots = at_target(AAA=lot("AAA", 345, 70.0, acquired), DDD=lot("DDD", 725, 20.0))
    run = pair(lots, {setting: 0.0})
    assert run.sold_lots("A") == run.sold_lots("B")


def test_rates_choose_the_lot() -> None:
    """Where short-term gain is taxed no more than long-term, the lot with less gain goes first."""
    lots = at_target(AAA=[lot("AAA", 200, 70.0), lot("AAA", 145, 80.0, RECENT)], DDD=lot("DDD", 725, 20.0))
    run = pair(lots, {"st_rate": 0.238})
    assert next(iter(run.sold_lots("A"))) == "AAA1"
    assert next(iter(run.sold_lots("B"))) == "AAA2"


def test_harvest_false_leaves_losses_alone() -> None:
    run = pair(at_target(BBB=WITH_LOSS), {"harvest": False})
    assert run.sold_lots("A") == {"BBB2": 100}
    assert run.reasons("A")["BBB"] == "HARVEST"
    assert (run.code("B"), run.trades["B"]) == ("IN_BAND", [])


def test_harvest_false_still_sells_a_loss_lot_first_when_tracking_asks() -> None:
    lots = at_target(BBB=[lot("BBB", 590, 20.0), lot("BBB", 100, 70.0, RECENT)], DDD=lot("DDD", 725, 20.0))
    run = pair(lots, {"harvest": False})
    assert run.sold_lots("B")["BBB2"] == 100
    assert run.reasons("B")["BBB"] == "TRACK"


def test_cash_target_is_what_the_target_leaves() -> None:
    run = pair([], {"cash_target": 0.10, "cash_max": 0.11}, cash=100_000.0)
    assert (float(run.cash("A")), float(run.cash("B"))) == (2_000.0, 10_000.0)
    assert sum(run.target("B").values()) == pytest.approx(90.0)


def test_cash_min_is_a_hard_floor() -> None:
    run = pair(OVERWEIGHT, {"cash_min": 0.02})
    assert 1_000 <= float(run.cash("A")) < 1_100
    assert 2_000 <= float(run.cash("B")) < 2_100


def test_cash_below_the_floor_forces_a_sale() -> None:
    run = pair(at_target(), {"cash_target": 0.05, "cash_min": 0.03, "cash_max": 0.06, "drift_band": 1.0})
    assert run.code("A") == "IN_BAND"
    assert set(run.reasons("B").values()) == {"CASH"}
    assert float(run.cash("B")) >= 3_000.0


def test_cash_max_calls_for_buying() -> None:
    run = pair(at_target(), {"cash_max": 0.30}, cash=12_000.0, drift_band=1.0)
    assert set(run.reasons("A").values()) == {"CASH"}
    assert run.code("B") == "IN_BAND"


def test_cash_max_follows_cash_target() -> None:
    """Null is cash_target + 0.01: 3 % in A and 13 % in B."""
    run = pair(at_target(), {"cash_target": 0.12}, cash=12_000.0, drift_band=1.0)
    assert (run.code("A"), run.code("B")) == (None, "IN_BAND")


def test_drift_band_holds_routine_trades() -> None:
    lots = at_target(AAA=lot("AAA", 265, 100.0), DDD=lot("DDD", 1125, 20.0))
    run = pair(lots, {"drift_band": 0.021})
    assert run.shares("A") == {"AAA": -20, "DDD": 100}
    assert (run.code("B"), run.trades["B"]) == ("IN_BAND", [])


def test_drift_band_is_about_the_widest_gap() -> None:
    lots = at_target(AAA=lot("AAA", 265, 100.0), DDD=lot("DDD", 1125, 20.0))
    run = pair(lots, {"drift_band": 0.0199})
    assert run.shares("A") == run.shares("B")


def test_drift_band_does_not_hold_a_harvest() -> None:
    run = pair(at_target(BBB=WITH_LOSS), {"drift_band": 1.0})
    assert run.shares("A") == run.shares("B")
    assert "HARVEST" in run.reasons("B").values()


def test_min_trade_drops_small_orders() -> None:
    lots = at_target(AAA=lot("AAA", 265, 100.0), BBB=lot("BBB", 480, 50.0), DDD=lot("DDD", 1150, 20.0))
    run = pair(lots, {"min_trade_usd": 1_200.0})
    assert set(run.shares("A")) == {"AAA", "BBB", "DDD"}
    assert set(run.shares("B")) == {"AAA", "DDD"}
    assert all(float(row["amount"]) >= 1_200 for row in run.trades["B"])


def test_min_trade_spares_selling_a_whole_position() -> None:
    lots = [*at_target(), lot("OLD", 10, 30.0)]
    run = HandBook().account("A", lots=lots, min_trade_usd=5_000.0).restrict("A", "sell_out", "OLD").run()
    assert run.shares() == {"OLD": -10}


TINY = {"AAA": 0.49, "BBB": 0.49, "EEE": 0.02}
"""In an account of $100,000 a target of 1.96 % for EEE: 49 shares of $40."""


def tiny(held: list[Row], cash: float, least: float) -> Run:
    """`A` with these lots and no smallest position, `B` with one of `least` dollars."""
    book = HandBook()
    book.models["TINY"] = dict(TINY)
    for name, smallest in (("A", 0.0), ("B", least)):
        book.account(name, lots=held, cash=cash, model="TINY", min_position_usd=smallest)
    return book.run()


@pytest.mark.parametrize(("least", "shares"), [(3_000.0, 75), (5_000.0, None)])
def test_min_position_opens_none_that_is_smaller(least: float, shares: int | None) -> None:
    """At 0.2 × 8 bp a squared percent, 1.04 % too much costs less than 1.96 % too little, and 3.04 % too much more."""
    run = tiny([lot("AAA", 490, 100.0), lot("BBB", 980, 50.0)], 2_000.0, least)
    assert run.shares("A")["EEE"] == 49
    assert run.shares("B").get("EEE") == shares


@pytest.mark.parametrize(("least", "sold"), [(1_950.0, 50), (2_400.0, 40), (3_500.0, 12), (5_000.0, 100)])
def test_min_position_leaves_none_that_is_smaller(least: float, sold: int) -> None:
    """A little more is kept, or else all of it goes."""
    lots = [lot("AAA", 490, 100.0), lot("BBB", 900, 50.0), lot("EEE", 100, 40.0)]
    run = tiny(lots, 2_000.0, least)
    assert run.sold_lots("A")["EEE1"] == 50
    assert run.sold_lots("B")["EEE1"] == sold


def test_min_position_leaves_a_small_one_alone() -> None:
    lots = [lot("AAA", 600, 100.0), lot("BBB", 721, 50.0), lot("EEE", 49, 40.0)]
    run = tiny(lots, 2_000.0, 3_000.0)
    assert set(run.shares("B")) == {"AAA", "BBB"}


def test_min_position_gives_way_to_selling_out() -> None:
    """Five shares are locked; what is free goes, whatever that leaves."""
    lots = [*at_target(), lot("OLD", 100, 30.0), lot("OLD", 5, 30.0, locked=True)]
    run = HandBook().account("A", lots=lots, min_position_usd=1_000.0).restrict("A", "sell_out", "OLD").run()
    assert run.sold_lots("A")["OLD1"] == 100


def test_max_weight_caps_every_name() -> None:
    run = pair([], {"max_weight": 0.20}, cash=100_000.0)
    assert run.shares("A")["AAA"] == 245
    assert {name: run.shares("B")[name] for name in ("AAA", "BBB")} == {"AAA": 200, "BBB": 400}


def test_max_weight_sells_what_is_above_it() -> None:
    run = pair(at_target(), {"max_weight": 0.20})
    assert run.code("A") == "IN_BAND"
    assert run.sold_lots("B")["AAA1"] == 45


@pytest.mark.parametrize(("least", "code"), [(6.0, None), (7.0, "NO_BENEFIT")])
def test_min_benefit_is_the_least_worth_trading_for(least: float, code: str | None) -> None:
    """A gap of 2 % costs 0.8 × (4 + 4) = 6.4 bp and its closing 0.08."""
    lots = at_target(AAA=lot("AAA", 265, 100.0), DDD=lot("DDD", 1125, 20.0))
    run = HandBook().account("A", lots=lots, min_benefit_bp=least).run()
    assert run.code() == code
    assert bool(run.trades["A"]) == (code is None)


def test_ticket_is_a_cost_of_each_order() -> None:
    """$40 are 4 bp an order; the two orders of 6.4 bp are then not worth it."""
    lots = at_target(AAA=lot("AAA", 265, 100.0), DDD=lot("DDD", 1125, 20.0))
    run = pair(lots, {"ticket_usd": 40.0})
    assert run.shares("A") == {"AAA": -20, "DDD": 100}
    assert (run.code("B"), run.trades["B"]) == ("NO_BENEFIT", [])


def test_expense_horizon_counts_the_cost_of_holding() -> None:
    """AAA costs 50 bp a year: 0.5 bp per percent and year against a gap that costs 1.6 bp per percent squared."""
    book = HandBook()
    book.securities["AAA"]["expense_ratio_bps"] = 50.0
    book.account("A", cash=100_000.0, expense_horizon_years=0.0).account("B", cash=100_000.0, expense_horizon_years=5.0)
    run = book.run()
    assert run.shares("A")["AAA"] == 245
    assert run.shares("B")["AAA"] < 240


def sectors(book: HandBook) -> HandBook:
    for name, sector in {"AAA": "TECH", "BBB": "TECH", "CCC": "OIL", "DDD": "FOOD"}.items():
        book.securities[name]["sector"] = sector
    return book


def test_sector_band_pulls_a_sector_back() -> None:
    """TECH is 6 % too high, and its gains cost more to realise than tracking asks; outside the band it costs more."""
    lots = at_target(
        AAA=lot("AAA", 275, 40.0), BBB=lot("BBB", 550, 20.0), CCC=lot("CCC", 980, 5.0), DDD=lot("DDD", 925, 20.0)
    )
    book = sectors(HandBook())
    book.account("A", lots=lots, sector_band=1.0, band_penalty=0.1).account("B", lots=lots, band_penalty=0.1)
    run = book.run()
    tech = {one: 55.0 + sum(run.shares(one).get(n, 0) * p for n, p in (("AAA", 0.1), ("BBB", 0.05))) for one in "AB"}
    assert tech["A"] > 52.1
    assert tech["B"] == pytest.approx(52.0, abs=0.1)


def test_band_penalty_is_the_price_of_the_sector_band() -> None:
    lots = at_target(
        AAA=lot("AAA", 275, 40.0), BBB=lot("BBB", 550, 20.0), CCC=lot("CCC", 980, 5.0), DDD=lot("DDD", 925, 20.0)
    )
    book = sectors(HandBook())
    book.account("A", lots=lots, sector_band=1.0, band_penalty=0.0).account("B", lots=lots, band_penalty=0.0)
    run = book.run()
    assert run.shares("A") == run.shares("B")


def test_policy_and_account_settings_reach_the_decision() -> None:
    book = HandBook(settings={"cash_target": 0.02, "cash_min": 0.01, "harvest": False})
    book.policies = [{"policy_id": "P", "harvest": True}]
    lots = at_target(BBB=WITH_LOSS)
    book.account("FIRM", lots=lots).account("POLICY", lots=lots, policy_id="P")
    book.account("OWN", lots=lots, policy_id="P", harvest=False)
    run = book.run()
    assert [run.code(one) for one in ("FIRM", "POLICY", "OWN")] == ["IN_BAND", None, "IN_BAND"]


def test_price_age_limit_is_the_accounts() -> None:
    book = HandBook()
    book.securities["AAA"]["price_date"] = AS_OF.replace(day=20)
    book.account("A", lots=at_target()).account("B", lots=at_target(), max_price_age_days=10.0)
    run = book.run()
    assert (run.code("A"), run.code("B")) == ("PRICE_STALE", "IN_BAND")
