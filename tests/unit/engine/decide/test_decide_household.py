"""Households: taxable accounts first, and no purchase of one takes away the loss of another (IRC §1091).

What `forbid` bars outright; `test_decide_washes.py` has what is priced.
"""

from __future__ import annotations

import pytest

from tests.support.hand_book import LONG_AGO, RECENT, SETTINGS, HandBook, Row, at_target, before, lot

WITH_LOSS: list[Row] = at_target(BBB=[lot("BBB", 390, 20.0), lot("BBB", 100, 70.0, RECENT)])
"""At its target, with a loss in BBB worth taking."""
LACKS_B: list[Row] = at_target(BBB=lot("BBB", 290, 50.0))
"""With $12,000 cash, BBB is what it wants to buy."""


FORBID = {**SETTINGS, "wash_policy": "forbid"}


def harvests(book: HandBook, account: str = "LOSS") -> bool:
    return "BBB2" in book.run().sold_lots(account)


def test_loss_is_taken_where_nothing_forbids() -> None:
    assert harvests(HandBook().account("LOSS", lots=WITH_LOSS))


@pytest.mark.parametrize("status", ["taxable", "deferred", "exempt"])
def test_no_account_of_the_household_buys_what_one_harvests(status: str) -> None:
    book = HandBook().account("LOSS", lots=WITH_LOSS, household_id="H")
    book.account("BUYS", lots=LACKS_B, cash=12_000.0, household_id="H", tax_status=status)
    book.account("STRANGER", lots=LACKS_B, cash=12_000.0, tax_status=status)
    run = book.run()
    # Two taxable accounts of one value share the deductible $3,000; a loss of more than $1,500 is worth too little.
    assert run.sold_lots("LOSS") == {"BBB2": 75 if status == "taxable" else 100}
    assert run.shares("BUYS").get("BBB", 0) <= 0
    assert run.shares("STRANGER")["BBB"] > 0


@pytest.mark.parametrize("status", ["deferred", "exempt"])
def test_retirement_accounts_are_decided_last_wherever_they_stand(status: str) -> None:
    book = HandBook().account("IRA", lots=LACKS_B, cash=12_000.0, household_id="H", tax_status=status)
    book.account("LOSS", lots=WITH_LOSS, household_id="H")
    run = book.run()
    assert run.sold_lots("LOSS") == {"BBB2": 100}
    assert run.shares("IRA").get("BBB", 0) <= 0
    assert list(run.results) == ["IRA", "LOSS"]


def test_no_loss_is_taken_in_what_an_earlier_account_bought_in_the_run() -> None:
    """BUYS comes first, because it has more to harvest (in OLD)."""
    old = lot("OLD", 100, 200.0)
    book = HandBook().account("LOSS", lots=WITH_LOSS, household_id="H")
    book.account("BUYS", lots=[*LACKS_B, old], cash=12_000.0, household_id="H")
    run = book.run()
    assert run.shares("BUYS")["BBB"] > 0
    assert (run.code("LOSS"), run.trades["LOSS"]) == ("IN_BAND", [])


@pytest.mark.parametrize(("days", "taken"), [(0, False), (1, False), (30, False), (31, True)])
@pytest.mark.parametrize("status", ["taxable", "exempt"])
def test_purchase_by_activity_washes_for_thirty_days(days: int, taken: bool, status: str) -> None:
    book = HandBook(settings=dict(FORBID)).account("LOSS", lots=WITH_LOSS, household_id="H")
    book.account("OTHER", lots=at_target(), household_id="H", tax_status=status)
    book.traded("OTHER", "BUY", "BBB", 1, before(days))
    assert harvests(book) is taken


@pytest.mark.parametrize(("days", "taken"), [(30, False), (31, True)])
def test_purchase_by_lot_washes_for_thirty_days(days: int, taken: bool) -> None:
    book = HandBook(settings=dict(FORBID)).account("LOSS", lots=WITH_LOSS, household_id="H")
    book.account("OTHER", lots=at_target(BBB=lot("BBB", 490, 50.0, before(days))), household_id="H")
    assert harvests(book) is taken


@pytest.mark.parametrize(("days", "taken"), [(30, False), (31, True)])
def test_the_accounts_own_purchase_counts(days: int, taken: bool) -> None:
    lots = at_target(BBB=[lot("BBB", 380, 20.0), lot("BBB", 100, 70.0, RECENT), lot("BBB", 10, 50.0, before(days))])
    assert harvests(HandBook(settings=dict(FORBID)).account("LOSS", lots=lots)) is taken


def test_a_purchase_of_another_household_does_not_count() -> None:
    book = HandBook().account("LOSS", lots=WITH_LOSS).account("OTHER", lots=at_target())
    assert harvests(book.traded("OTHER", "BUY", "BBB", 1, before(1)))


def test_a_lot_does_not_replace_itself() -> None:
    """Bought 10 days ago and fallen: its own purchase, in lots and in activity, washes nothing."""
    lots = at_target(BBB=[lot("BBB", 390, 20.0), lot("BBB", 100, 70.0, before(10))])
    book = HandBook(settings=dict(FORBID)).account("LOSS", lots=lots).traded("LOSS", "BUY", "BBB", 100, before(10))
    assert harvests(book)


def test_a_purchase_of_another_day_than_the_lots_counts() -> None:
    """Ten shares bought five days ago are in no lot of that day; the lot of ten days ago does not account for them."""
    lots = at_target(BBB=[lot("BBB", 390, 20.0), lot("BBB", 100, 70.0, before(10))])
    book = HandBook(settings=dict(FORBID)).account("LOSS", lots=lots).traded("LOSS", "BUY", "BBB", 10, before(5))
    assert not harvests(book)


@pytest.mark.parametrize(("days", "bought"), [(1, False), (30, False), (31, True)])
@pytest.mark.parametrize("gain", [-5.0, None])
def test_nothing_is_bought_for_thirty_days_after_a_loss(days: int, bought: bool, gain: float | None) -> None:
    """A sale whose gain is not told counts as a loss."""
    book = HandBook().account("SOLD", lots=at_target(), household_id="H")
    book.account("BUYS", lots=LACKS_B, cash=12_000.0, household_id="H", tax_status="exempt")
    run = book.traded("SOLD", "SELL", "BBB", 5, before(days), gain).run()
    assert (run.shares("BUYS").get("BBB", 0) > 0) is bought


def test_a_sale_at_a_gain_or_in_an_ira_bars_nobody() -> None:
    book = HandBook().account("SOLD", lots=at_target(), household_id="H")
    book.account("IRA", lots=at_target(), household_id="H", tax_status="deferred")
    book.account("BUYS", lots=LACKS_B, cash=12_000.0, household_id="H")
    book.traded("SOLD", "SELL", "BBB", 5, before(3), 0.0).traded("IRA", "SELL", "BBB", 5, before(3), -50.0)
    assert book.run().shares("BUYS")["BBB"] > 0


def test_sell_out_keeps_the_lots_whose_loss_would_be_washed() -> None:
    lots = [*at_target(), lot("OLD", 40, 20.0), lot("OLD", 60, 40.0, LONG_AGO)]
    book = HandBook(settings=dict(FORBID)).account("A", lots=lots, household_id="H").restrict("A", "sell_out", "OLD")
    book.account("B", lots=[*at_target(), lot("OLD", 2, 30.0, before(12))], household_id="H")
    run = book.run()
    assert {name: sold for name, sold in run.sold_lots("A").items() if name.startswith("OLD")} == {"OLD1": 40}
    (warning,) = run.exceptions("A")
    assert (warning["code"], warning["severity"]) == ("WASH_WAIT", "WARNING")
    assert "leaves 60 shares in 1 lots" in warning["message"]


# GOA and GOB are one security to §1091.


def twins() -> HandBook:
    book = HandBook()
    book.models["BASE"] = {"AAA": 0.5, "GOA": 0.25, "GOB": 0.25}
    return book


def twin_lots(**changes: list[Row]) -> list[Row]:
    lots = {
        "AAA": [lot("AAA", 490, 100.0)],
        "GOA": [lot("GOA", 122.5, 200.0)],
        "GOB": [lot("GOB", 122.5, 200.0)],
    } | changes
    return [row for rows in lots.values() for row in rows]


FALLEN = {"GOA": [lot("GOA", 102.5, 100.0), lot("GOA", 20, 300.0)]}


def test_twin_is_not_bought_in_the_account_that_harvests() -> None:
    run = twins().account("A", lots=twin_lots(**FALLEN)).run()
    assert run.sold_lots() == {"GOA2": 20}
    assert set(run.shares()) == {"GOA", "AAA"}


def test_twin_is_not_bought_in_the_household() -> None:
    book = twins().account("LOSS", lots=twin_lots(**FALLEN), household_id="H")
    book.account("BUYS", cash=100_000.0, household_id="H").account("STRANGER", cash=100_000.0)
    run = book.run()
    assert run.sold_lots("LOSS") == {"GOA2": 15}  # $100 of loss each, of which $1,500 are deductible here
    assert set(run.shares("BUYS")) == {"AAA"}
    assert set(run.shares("STRANGER")) == {"AAA", "GOA", "GOB"}


@pytest.mark.parametrize(("days", "taken"), [(30, False), (31, True)])
def test_purchase_of_the_twin_washes(days: int, taken: bool) -> None:
    book = twins()
    book.settings = dict(FORBID)
    book.account("LOSS", lots=twin_lots(**FALLEN), household_id="H")
    book.account("IRA", lots=twin_lots(), household_id="H", tax_status="exempt")
    book.traded("IRA", "BUY", "GOB", 1, before(days))
    assert ("GOA2" in book.run().sold_lots("LOSS")) is taken


def test_twins_small_loss_is_kept_and_the_other_bought() -> None:
    """GOB is 10 % too little. The loss in GOA is worth less than the spread, so the group is on the buying side."""
    lots = twin_lots(AAA=[lot("AAA", 590, 100.0)], GOA=[lot("GOA", 122, 200.01)], GOB=[lot("GOB", 73, 200.0)])
    run = twins().account("A", lots=lots).run()
    assert run.shares()["GOB"] > 0
    assert "GOA1" not in run.sold_lots()


def test_twins_small_loss_does_not_stop_a_sell_out() -> None:
    lots = twin_lots(GOA=[lot("GOA", 230, 200.0)], GOB=[lot("GOB", 15, 200.01)])
    book = twins()
    book.models["BASE"] = {"AAA": 0.5, "GOA": 0.5}
    run = book.account("A", lots=lots).restrict("A", "sell_out", "GOB").run()
    assert run.sold_lots()["GOB1"] == 15
    assert run.shares().get("GOA", 0) <= 0


def test_twins_do_not_bind_a_retirement_account() -> None:
    lots = twin_lots(GOA=[lot("GOA", 222, 300.0)], GOB=[lot("GOB", 23, 200.0)])
    run = twins().account("A", lots=lots, tax_status="deferred").run()
    assert run.shares()["GOA"] < 0 < run.shares()["GOB"]
