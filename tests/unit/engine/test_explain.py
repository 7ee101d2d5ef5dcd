"""Explanations by hand: accounts of $100,000, λ = 20, every specific variance 0.04, the market's 0.04, spreads 2 bp."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from engine.errors import UsageError
from engine.explain import Explanation, RunRows, explain
from engine.explain.account import Order
from engine.explain.unsold import DEARER, ENOUGH, LOCKED, WAITS
from engine.whatif import Scene
from tests.support.hand_book import RECENT, HandBook, Row, at_target, lot

EARLIER = dt.date(2019, 1, 2)
TWO_LOTS = [lot("AAA", 100, 50.0, EARLIER), lot("AAA", 245, 100.0)]
OVER: list[Row] = at_target(AAA=TWO_LOTS, BBB=lot("BBB", 290, 50.0))
"""Ten per cent too much of AAA and too little of BBB."""


def scene(book: HandBook, account: str = "A") -> Scene:
    return Scene.of(book.firm().header, book.firm_tables(), book.settings, book.part_tables(), account)


def rows_of(book: HandBook, account: str = "A") -> RunRows:
    ran = book.run()
    return RunRows(ran.results[account], ran.trades[account], ran.exceptions(account))


def explained(book: HandBook, account: str = "A", **how: object) -> Explanation:
    return explain(scene(book, account), rows_of(book, account), **how)  # type: ignore[arg-type]


def order(told: Explanation, security: str) -> Order:
    return next(one for one in told.orders if one.security_id == security)


def pulled(one: Order) -> dict[str, float]:
    return {pull.what: pull.bp for pull in one.pulls}


def test_an_order_without_tax_by_hand() -> None:
    """100 AAA sold, 200 BBB bought: 20 x 0.04 x (10² + 10²) = 160 bp of tracking for two spreads of 0.2 bp."""
    told = explained(HandBook().account("A", lots=OVER))
    assert told.same
    assert {one.security_id: (one.side, one.quantity) for one in told.orders} == {
        "AAA": ("SELL", Decimal(100)),
        "BBB": ("BUY", Decimal(200)),
    }
    assert told.worth is not None
    assert told.worth.before_bp == pytest.approx(160.0)
    assert {part.what: (part.before_bp, part.after_bp) for part in told.worth.parts} == {
        "tracking": (pytest.approx(160.0), pytest.approx(0.0)),
        "spread": (0.0, pytest.approx(0.4)),
    }
    assert told.worth.better_usd == pytest.approx(1_596.0)
    # AAA alone ten per cent over: market and specific risk, 20 x (0.04 + 0.04) x 10² = 160 bp.
    assert pulled(order(told, "AAA")) == {"tracking": pytest.approx(160.0), "spread": pytest.approx(-0.2)}
    assert order(told, "AAA").net_usd == pytest.approx(1_598.0)
    assert told.binding == ()


def test_the_shares_bought_first_would_have_been_taxed() -> None:
    """100 shares of 2019 at a cost of $50 gain $5,000, long-term: $1,190. The dearest are those that were sold."""
    told = explained(HandBook().account("A", lots=OVER))
    (line,) = order(told, "AAA").lots
    assert (line.lot_id, line.acquired, line.term) == ("AAA2", dt.date(2020, 1, 2), "LONG")
    assert (line.amount, line.realised_gain, line.tax_added) == (Decimal("10000.00"), Decimal(0), Decimal(0))
    (other,) = order(told, "AAA").other_lots
    assert (other.how, other.lots) == ("the shares bought first", ("AAA1",))
    assert (other.tax_more, other.waiting_more) == (Decimal("1190.00"), Decimal(0))


def test_the_lots_that_were_left_say_why() -> None:
    """100 shares of 2019 would cost $1,190; of those at today's price enough is sold. A recent loss is barred."""
    told = explained(HandBook().account("A", lots=OVER))
    first, rest = order(told, "AAA").kept_lots
    assert (first.lot_id, first.acquired, first.quantity) == ("AAA1", EARLIER, Decimal(100))
    assert (first.gain, first.tax_more, first.why) == (Decimal("5000.00"), Decimal("1190.00"), DEARER)
    assert (rest.lot_id, rest.quantity, rest.gain, rest.why) == ("AAA2", Decimal(145), Decimal(0), ENOUGH)
    assert order(told, "BBB").kept_lots == ()
    locked = [lot("AAA", 100, 50.0, EARLIER) | {"locked": True}, lot("AAA", 245, 100.0)]
    told = explained(HandBook().account("A", lots=at_target(AAA=locked, BBB=lot("BBB", 290, 50.0))))
    assert order(told, "AAA").kept_lots[0].why == LOCKED


def test_a_loss_that_was_left_waits() -> None:
    """A short-term loss of a cent a share saves less than what it may be worth later; the dear lot is sold."""
    rows = [lot("AAA", 145, 100.01, RECENT), lot("AAA", 200, 150.0, RECENT)]
    told = explained(HandBook().account("A", lots=at_target(AAA=rows, BBB=lot("BBB", 290, 50.0)), harvest_option=1.0))
    kept = {one.lot_id: one for one in order(told, "AAA").kept_lots}
    assert kept["AAA1"].why == WAITS
    assert kept["AAA1"].waiting >= -kept["AAA1"].tax_more > 0
    assert kept["AAA1"].long_term_from == dt.date(2026, 10, 2)


def test_what_a_dollar_of_tax_counts_as() -> None:
    assert explained(HandBook().account("A", lots=OVER)).tax_counts == 1.0
    careful = explained(HandBook().account("A", lots=at_target(BBB=lot("BBB", 490, 75.0, RECENT)), tax_sensitivity=2.0))
    sold = order(careful, "BBB")
    assert careful.tax_counts == 2.0
    assert pulled(sold)["harvest"] == pytest.approx(-2.0 * float(sold.tax_added) / 10.0)


def test_another_name_instead() -> None:
    """BBB's ten per cent in DDD instead: both ten per cent off, 160 bp; in AAA, which was sold, it may not be."""
    told = explained(HandBook().account("A", lots=OVER))
    swap = order(told, "BBB").substitute
    assert swap is not None
    assert swap.security_id in ("CCC", "DDD")
    assert swap.correlation == pytest.approx({"CCC": 0.04 / (0.08 * 0.09) ** 0.5, "DDD": 0.5}[swap.security_id])
    assert swap.worse_bp == pytest.approx(160.0, abs=20.1)


def test_a_loss_that_turns_long_and_what_it_saves() -> None:
    """490 BBB bought in October at $50.50: $245 of loss, deducted at 40.8 %; long-term a year and a day after."""
    book = HandBook().account("A", lots=at_target(BBB=lot("BBB", 490, 75.0, RECENT)), risk_aversion=1.0)
    told = explained(book)
    sold = order(told, "BBB")
    (line,) = sold.lots
    assert (line.term, line.long_term_from) == ("SHORT", dt.date(2026, 10, 2))
    loss = -line.realised_gain
    deducted = min(loss, Decimal(3000))
    saved = deducted * Decimal("0.408") + (loss - deducted) * Decimal("0.119")  # half of 23.8 % for what is carried
    assert abs(-line.tax_added - saved) <= Decimal("0.01")
    assert line.tax_added == sold.tax_added == told.result["tax_cost"]
    assert pulled(sold)["harvest"] == pytest.approx(float(saved) / 10.0)  # bp of $100,000
    assert "tax" not in pulled(sold)


def test_cash_has_a_price_by_hand() -> None:
    """Two names of 49 %, $4,000 to raise: two per cent of each go, and the next costs

    2 x 20 x (0.04 x 4 + 0.04 x 2) = 9.6 bp a per cent and its spread 0.02: $96.20 for a thousand dollars.
    """
    book = HandBook()
    book.models["TWO"] = {"AAA": 0.5, "DDD": 0.5}
    book.account("A", model="TWO", lots=[lot("AAA", 490, 100.0), lot("DDD", 2_450, 20.0)]).flow("A", -5_000.0)
    told = explained(book)
    (floor,) = told.binding
    assert (floor.rule, floor.unit) == ("cash_min", "$1,000 of cash")
    assert floor.worth_usd == pytest.approx(96.2, abs=0.01)
    assert "$6,000.00" in floor.words
    # Each order raises two per cent at that price; undone alone it tracks nearer, and 9.62 x 2 pull for it.
    for one in told.orders:
        assert pulled(one)["cash"] == pytest.approx(9.62 * float(one.amount) / 1_000.0)
    assert pulled(order(told, "AAA"))["tracking"] < 0.0


@pytest.mark.parametrize("moved", [0.0005])
def test_a_cap_is_worth_the_slope_of_the_objective(moved: float) -> None:
    def with_cap(cap: float) -> HandBook:
        book = HandBook()
        for columns in book.securities.values():
            columns["fractional"] = True
        return book.account("A", lots=at_target(), max_weight=cap)

    told, roomier = explained(with_cap(0.20)), explained(with_cap(0.20 + moved))
    assert told.worth is not None
    assert roomier.worth is not None
    # The cap holds all four names: each percent more of the cap is a percent more of each of them.
    caps = [one.worth_usd for one in told.binding if one.rule == "max_weight"]
    slope = (told.worth.after_bp - roomier.worth.after_bp) * 10.0 / (100.0 * moved)
    assert sum(caps) == pytest.approx(slope, rel=0.02)


def test_a_sell_out_is_a_restriction_and_a_transition_is_not() -> None:
    legacy = [*at_target(DDD=lot("DDD", 1_000, 20.0)), lot("OLD", 150, 10.0)]
    out = explained(HandBook().account("A", lots=legacy).restrict("A", "sell_out", "OLD"))
    assert order(out, "OLD").reasons == ("SELL_OUT",)
    assert order(out, "OLD").asked
    assert order(out, "OLD").asked_by == "sell_out: it is to be sold"
    assert {one.rule for one in out.binding} >= {"sell_out"} or "restriction" not in pulled(order(out, "OLD"))
    assert order(out, "OLD").substitute is None
    plan = explained(HandBook().account("A", lots=legacy, transition_until=dt.date(2026, 12, 31), risk_aversion=0.2))
    assert order(plan, "OLD").reasons == ("TRANSITION",)
    assert pulled(order(plan, "OLD"))["transition"] > 0.0
    assert {one.rule for one in plan.binding} == {"transition_until"}


def test_a_gain_budget_has_a_price() -> None:
    """OLD gains two thirds; sold freely it would gain more than $2,000. The price is the slope of the objective."""
    lots = [*at_target(DDD=lot("DDD", 250, 20.0)), lot("OLD", 500, 10.0)]
    told = explained(HandBook().account("A", lots=lots, gain_budget=2_000.0))
    (budget,) = [one for one in told.binding if one.rule == "gain_budget"]
    assert budget.unit == "$1,000 of net gain"
    assert "$2,000.00" in budget.words
    more = explained(HandBook().account("A", lots=lots, gain_budget=2_100.0))
    assert told.worth is not None
    assert more.worth is not None
    slope = (told.worth.after_bp - more.worth.after_bp) * 10.0 / 0.1
    assert budget.worth_usd == pytest.approx(slope, rel=0.15)


def test_a_forced_loss_pulls_and_gives_way_where_there_is_not_enough() -> None:
    """BBB loses $4,900 if all 490 are sold; a blind account takes none of it freely."""
    lots = at_target(BBB=lot("BBB", 490, 60.0, RECENT))
    met = explained(HandBook().account("A", lots=lots, forced_loss=1_000.0, tax_sensitivity=0.0))
    (rule,) = [one for one in met.binding if one.rule == "forced_loss"]
    assert rule.worth_usd is not None
    assert "$1,000.00" in rule.words
    assert pulled(order(met, "BBB"))["budget"] > 0.0
    assert order(met, "BBB").net_bp > 0.0
    short = explained(HandBook().account("A", lots=lots, forced_loss=9_000.0, tax_sensitivity=0.0))
    (rule,) = [one for one in short.binding if one.rule == "forced_loss"]
    assert rule.worth_usd is None
    assert "cannot be kept" in rule.words
    assert "budget" not in pulled(order(short, "BBB"))
    assert order(short, "BBB").asked_by == "forced_loss: a loss that was asked for"
    assert not order(met, "BBB").asked
    assert all(one.worth_usd is None or one.worth_usd < 1e5 for one in short.binding)


def test_turnover_has_a_price_by_hand() -> None:
    """Five per cent of BBB may be bought; AAA sells x = 7.49 %: 1.6 (15 - 2x) = 0.02.

    The next percent of BBB saves 1.6 x - 0.02 - 0.02 = 11.94 bp, $119 in $100,000.
    """
    told = explained(HandBook().account("A", lots=OVER, max_turnover=0.05))
    (rule,) = [one for one in told.binding if one.rule == "max_turnover"]
    assert rule.unit == "1 % of value traded"
    assert rule.worth_usd == pytest.approx(119.4, rel=0.05)


def test_a_name_that_was_not_traded() -> None:
    told = explained(HandBook().account("A", lots=OVER).restrict("A", "never_sell", "AAA"), security="AAA")
    assert told.orders == ()
    assert told.untraded is not None
    assert (told.untraded.held, told.untraded.target) == (pytest.approx(34.5), pytest.approx(24.5))
    assert told.untraded.rule == "never_sell: it may never be sold"
    (rule,) = [one for one in told.binding if one.rule == "never_sell"]
    assert rule.words.startswith("AAA may not be less than 34.50 %")
    assert rule.worth_usd > 100.0
    told = explained(HandBook().account("A", lots=OVER), security="DDD")
    assert told.untraded is not None
    assert (told.untraded.held, told.untraded.target) == (pytest.approx(24.5), pytest.approx(24.5))
    assert told.untraded.worse_usd == pytest.approx(0.0)
    with pytest.raises(UsageError, match="no security NONE"):
        explained(HandBook().account("A", lots=OVER), security="NONE")


def test_an_account_left_alone_says_what_its_best_trades_were_worth() -> None:
    told = explained(HandBook().account("A", lots=OVER, min_benefit_bp=500.0))
    assert told.result["code"] == "NO_BENEFIT"
    assert told.same
    assert told.worth is not None
    assert (told.worth.better_bp, told.worth.least_bp) == (pytest.approx(159.6), 500.0)
    assert told.orders == ()
    calm = explained(HandBook().account("A", lots=at_target()))
    assert (calm.result["code"], calm.same, calm.worth) == ("IN_BAND", True, None)


def test_an_exception_gives_its_message_and_no_reasons() -> None:
    book = HandBook().account("A", lots=OVER).restrict("A", "sell_out", "AAA").restrict("A", "never_sell", "AAA")
    told = explained(book)
    assert told.exceptions[0]["code"] == "RESTRICTIONS_CONFLICT"
    assert told.what_to_do.startswith("Lift one of the restrictions")
    assert (told.orders, told.worth) == ((), None)


def test_the_household_decides_before_it() -> None:
    """B is decided after A's loss: it does not buy BBB back."""
    book = HandBook()
    book.account("A", household_id="H", lots=at_target(BBB=lot("BBB", 490, 75.0, RECENT)), risk_aversion=1.0)
    book.account("B", household_id="H", lots=at_target(BBB=None), cash=26_500.0, tax_status="deferred")
    told = explained(book, "B")
    assert told.same
    assert "BBB" not in {one.security_id for one in told.orders}
    assert any(one.rule == "wash_policy" and "BBB" in one.words for one in told.binding)


def test_other_trades_than_the_runs_are_told_and_not_explained() -> None:
    book = HandBook().account("A", lots=OVER)
    rows = rows_of(book)
    changed = [{**rows.trades[0], "quantity": rows.trades[0]["quantity"] - 1}, *rows.trades[1:]]
    told = explain(scene(book), replace(rows, trades=changed))
    assert not told.same
    assert "AAA" in told.differs
    assert (told.orders, told.worth, told.binding) == ((), None, ())


def test_clarabel_finds_the_same() -> None:
    told = explained(HandBook().account("A", lots=OVER), reference=True)
    assert told.reference is not None
    assert told.reference.reference_bp == pytest.approx(0.4, abs=0.01)
    assert abs(told.reference.difference_bp) < 1e-3
