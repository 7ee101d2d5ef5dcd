"""Wash sales priced share for share: what is replaced brings nothing, what is beyond brings all it would."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.hand_book import RECENT, HandBook, Row, Run, at_target, before, lot

WITH_LOSS: list[Row] = at_target(BBB=[lot("BBB", 390, 20.0), lot("BBB", 100, 70.0, RECENT)])
"""At its target; 100 shares of BBB could lose $20 each."""
LACKS_B: list[Row] = at_target(BBB=lot("BBB", 290, 50.0))
"""With $12,000 cash, BBB is what it wants to buy: 200 shares."""


def harvester(**columns: Any) -> HandBook:
    return HandBook().account("LOSS", lots=WITH_LOSS, household_id="H", **columns)


def buyer(**columns: Any) -> HandBook:
    return HandBook().account("BUYS", lots=LACKS_B, cash=12_000.0, household_id="H", **columns)


def row(run: Run, account: str, security: str = "BBB") -> Row:
    """The account's only row of a name."""
    (found,) = (one for one in run.trades[account] if one["security_id"] == security)
    return found


@pytest.mark.parametrize(("days", "disallowed"), [(0, 60), (30, 60), (31, 0)])
def test_only_what_was_bought_lately_is_disallowed(days: int, disallowed: int) -> None:
    """Three of the 100 shares are replaced, by a spouse's purchase: 97 losses count."""
    book = harvester().account("SPOUSE", lots=at_target(), household_id="H")
    run = book.traded("SPOUSE", "BUY", "BBB", 3, before(days)).run()
    sold = row(run, "LOSS")
    assert (sold["lot_id"], sold["wash_disallowed"]) == ("BBB2", disallowed)
    assert sold["realised_gain"] == sold["amount"] - sold["cost_basis"] + disallowed
    realised = run.results["LOSS"]["realised_st"] + run.results["LOSS"]["realised_lt"]
    assert realised == sold["realised_gain"]


def test_a_retirement_account_s_purchase_counts_and_the_loss_is_gone() -> None:
    book = harvester().account("IRA", lots=at_target(), household_id="H", tax_status="exempt")
    run = book.traded("IRA", "BUY", "BBB", 3, before(10)).run()
    assert row(run, "LOSS")["wash_disallowed"] == 60


def test_nothing_is_harvested_where_all_of_it_is_replaced() -> None:
    book = harvester().account("SPOUSE", lots=at_target(), household_id="H")
    run = book.traded("SPOUSE", "BUY", "BBB", 100, before(10)).run()
    assert run.trades["LOSS"] == []


def test_more_is_replaced_than_the_rest_is_worth() -> None:
    """99 of 100 shares are replaced: one loss of $20 is not worth leaving the target by 100 shares."""
    book = harvester().account("SPOUSE", lots=at_target(), household_id="H")
    run = book.traded("SPOUSE", "BUY", "BBB", 99, before(10)).run()
    assert run.trades["LOSS"] == []


def test_an_older_loss_has_used_the_purchase_up() -> None:
    book = harvester().account("SPOUSE", lots=at_target(), household_id="H")
    book.traded("SPOUSE", "BUY", "BBB", 100, before(20)).traded("SPOUSE", "SELL", "BBB", 97, before(40), -97.0)
    assert row(book.run(), "LOSS")["wash_disallowed"] == 60


def test_the_account_s_own_purchase_counts_and_its_own_shares_do_not() -> None:
    lots = at_target(BBB=[lot("BBB", 380, 20.0), lot("BBB", 100, 70.0, RECENT), lot("BBB", 10, 55.0, before(9))])
    run = HandBook().account("LOSS", lots=lots).run()
    sold = {one["lot_id"]: one for one in run.trades["LOSS"] if one["side"] == "SELL"}
    assert sold["BBB2"]["wash_disallowed"] == 10 * 20
    assert "BBB3" not in sold or sold["BBB3"]["cost_basis"] > sold["BBB3"]["quantity"] * 55


def test_a_small_loss_is_bought_back_and_reported() -> None:
    """Five shares lost $25 twelve days ago: $10 of tax is less than what 200 missing shares of BBB cost in tracking."""
    book = buyer().account("SOLD", lots=at_target(), household_id="H")
    run = book.traded("SOLD", "SELL", "BBB", 5, before(12), -25.0).run()
    bought = row(run, "BUYS")
    assert bought["side"] == "BUY"
    assert bought["quantity"] > 100
    assert (bought["wash_disallowed"], bought["realised_gain"], bought["term"]) == (25, 25, "SHORT")
    assert bought["cost_basis"] == bought["amount"]
    assert run.results["BUYS"]["realised_st"] == 25
    assert run.results["BUYS"]["tax_cost"] == Decimal("10.20")


def test_the_term_of_what_is_taken_away_is_the_sale_s() -> None:
    book = buyer().account("SOLD", lots=at_target(), household_id="H")
    book.traded("SOLD", "SELL", "BBB", 5, before(12), -25.0, holding_start=before(500))
    run = book.run()
    assert row(run, "BUYS")["term"] == "LONG"
    assert run.results["BUYS"]["tax_cost"] == Decimal("5.95")


def test_a_large_loss_is_not_bought_back() -> None:
    """200 shares lost $20,000: buying as many would cost $8,160 of tax."""
    book = buyer().account("SOLD", lots=at_target(), household_id="H")
    run = book.traded("SOLD", "SELL", "BBB", 200, before(12), -20_000.0).run()
    assert run.shares("BUYS").get("BBB", 0) <= 0


@pytest.mark.parametrize("loss", [-25.0, None])
@pytest.mark.parametrize(
    ("status", "settings"), [("exempt", {}), ("deferred", {}), ("taxable", {"wash_policy": "forbid"})]
)
def test_what_is_never_bought_back(status: str, settings: dict[str, Any], loss: float | None) -> None:
    """In a retirement account the loss would be gone for good; `forbid` means it."""
    book = buyer(tax_status=status, **settings).account("SOLD", lots=at_target(), household_id="H")
    run = book.traded("SOLD", "SELL", "BBB", 5, before(12), loss).run()
    assert run.shares("BUYS").get("BBB", 0) <= 0


def test_a_loss_of_unknown_size_is_not_bought_back() -> None:
    book = buyer().account("SOLD", lots=at_target(), household_id="H")
    run = book.traded("SOLD", "SELL", "BBB", 5, before(12)).run()
    assert run.shares("BUYS").get("BBB", 0) <= 0


def test_what_was_replaced_already_is_bought_freely() -> None:
    book = buyer().account("SOLD", lots=at_target(), household_id="H")
    book.traded("SOLD", "SELL", "BBB", 5, before(12), -5000.0).traded("SOLD", "BUY", "BBB", 5, before(2))
    run = book.run()
    assert row(run, "BUYS")["wash_disallowed"] == 0


def test_a_sell_out_is_priced_and_not_kept_back() -> None:
    lots = [*at_target(), lot("OLD", 40, 20.0), lot("OLD", 60, 40.0)]
    book = HandBook().account("A", lots=lots, household_id="H").restrict("A", "sell_out", "OLD")
    run = book.account("B", lots=[*at_target(), lot("OLD", 2, 30.0, before(12))], household_id="H").run()
    sold = {one["lot_id"]: one for one in run.trades["A"] if one["security_id"] == "OLD"}
    assert {name: float(one["quantity"]) for name, one in sold.items()} == {"OLD1": 40, "OLD2": 60}
    assert sold["OLD2"]["wash_disallowed"] == 20
    assert sold["OLD1"]["wash_disallowed"] == 0


@pytest.mark.parametrize(("flag", "disallowed"), [("count", 60), ("ignore", 0)])
def test_shares_bought_before_the_lot(flag: str, disallowed: int) -> None:
    """The spouse bought three shares a day before the loss lot."""
    lots = at_target(BBB=[lot("BBB", 390, 20.0), lot("BBB", 100, 70.0, before(20))])
    book = HandBook().account("LOSS", lots=lots, household_id="H", wash_before_lot=flag)
    book.account("SPOUSE", lots=at_target(), household_id="H")
    run = book.traded("SPOUSE", "BUY", "BBB", 3, before(21)).run()
    assert row(run, "LOSS")["wash_disallowed"] == disallowed


@pytest.mark.parametrize(("flag", "disallowed"), [("count", 60), ("ignore", 0)])
def test_shares_sold_before_the_loss(flag: str, disallowed: int) -> None:
    book = harvester(wash_sold_earlier=flag).account("SPOUSE", lots=at_target(), household_id="H")
    book.traded("SPOUSE", "BUY", "BBB", 3, before(21), lot_id="X")
    run = book.traded("SPOUSE", "SELL", "BBB", 3, before(4), 1.0, lot_id="X").run()
    assert row(run, "LOSS")["wash_disallowed"] == disallowed


@pytest.mark.parametrize(("flag", "disallowed"), [("count", 60), ("ignore", 0)])
def test_shares_sold_on_the_day_of_the_loss_before_the_run(flag: str, disallowed: int) -> None:
    book = harvester(wash_same_day=flag).account("SPOUSE", lots=at_target(), household_id="H")
    book.traded("SPOUSE", "BUY", "BBB", 3, before(21), lot_id="X")
    run = book.traded("SPOUSE", "SELL", "BBB", 3, before(0), 1.0, lot_id="X").run()
    assert row(run, "LOSS")["wash_disallowed"] == disallowed


@pytest.mark.parametrize(
    ("days", "settings", "sold"),
    [
        (0, {}, False),
        (0, {"wash_same_day": "ignore"}, True),
        (1, {}, True),
        (1, {"wash_sold_earlier": "count"}, False),
    ],
)
def test_shares_sold_again_forbid_the_loss_sale_where_they_count(
    days: int, settings: dict[str, str], sold: bool
) -> None:
    book = harvester(wash_policy="forbid", **settings).account("SPOUSE", lots=at_target(), household_id="H")
    book.traded("SPOUSE", "BUY", "BBB", 3, before(21), lot_id="X")
    run = book.traded("SPOUSE", "SELL", "BBB", 3, before(days), 1.0, lot_id="X").run()
    assert (run.shares("LOSS").get("BBB", 0) < 0) is sold


def test_a_household_mate_s_setting_does_not_make_shares_sold_earlier_count() -> None:
    book = harvester().account("SPOUSE", lots=at_target(), household_id="H", wash_sold_earlier="count")
    book.traded("SPOUSE", "BUY", "BBB", 3, before(21), lot_id="X")
    run = book.traded("SPOUSE", "SELL", "BBB", 3, before(4), 1.0, lot_id="X").run()
    assert row(run, "LOSS")["wash_disallowed"] == 0


def test_a_loss_that_goes_to_and_fro_between_two_accounts_is_told_to_the_cent_of_each_sale() -> None:
    """Each share sold takes up the loss of the one before, and gains 9 cents: the loss goes on, less by these."""
    book = HandBook()
    older = [lot("OLD", 1.368, 44.505), lot("OLD", 0.7416, 41.253), lot("OLD", 1.4233, 40.777)]
    for account, shares, owned in (("A", 40.0, older), ("B", 45.0, [])):
        recent = lot("OLD", shares, 29.912345, before(3), lot_id="NEW")
        book.account(account, household_id="H", lots=[*at_target(), *owned, recent]).restrict(
            account, "sell_out", "OLD"
        )
        book.traded(account, "BUY", "OLD", shares, before(3), lot_id="NEW", price=29.912345)
    run = book.run()
    sold = [trade for account in "AB" for trade in run.trades[account] if trade["security_id"] == "OLD"]
    disallowed = sum(trade["wash_disallowed"] for trade in sold)
    own = sum(trade["wash_disallowed"] for trade in sold if trade["lot_id"] != "NEW")
    assert disallowed > 20 * own  # it came by more than twenty sales


def test_shares_that_lose_less_than_a_cent_are_a_loss_or_none() -> None:
    """0.0291 shares at $30 sold for $0.0003 less than they cost: their amounts to the cent do not say so."""
    lots = [lot("OLD", 0.08, 30.38), lot("OLD", 0.1091, 30.08, before(25)), lot("OLD", 2.0, 30.78, before(7))]
    lots += [lot("OLD", 23.0, 31.06, before(3))]
    book = HandBook().account(lots=[*at_target(), *lots]).restrict("A", "sell_out", "OLD")
    for number, one in enumerate(lots[1:], 2):
        told = {"lot_id": f"OLD{number}", "price": one["cost_basis"]}
        book.traded("A", "BUY", "OLD", one["quantity"], one["acquired"], **told)
    disallowed = [trade["wash_disallowed"] for trade in book.run().trades["A"] if trade["security_id"] == "OLD"]
    assert sum(disallowed) > 0
