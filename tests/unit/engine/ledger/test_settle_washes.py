"""Wash sales as they enter the next day's book: basis, holding period, names of lots, the year's totals."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.hand_book import AS_OF, LONG_AGO, HandBook, before, lot
from tests.support.settling import MONDAY, After, buy, sell, settle


def test_shares_bought_lately_take_up_the_loss_and_the_lot_is_split() -> None:
    """100 shares lose $5 each; 30 of the 50 bought ten days ago replace 30 of the 30 sold."""
    book = HandBook().account(lots=[lot("AAA", 100, 105.0), lot("AAA", 50, 90.0, before(10))])
    after = settle(book, [sell("A", "AAA", "AAA1", 30)])
    assert after.lots() == {"AAA1": (70, 7350.0), "AAA2.1": (30, 2850.0), "AAA2.2": (20, 1800.0)}
    held = (AS_OF - LONG_AGO).days
    assert after.lot("AAA2.1")["holding_start"] == before(10) - dt.timedelta(days=held)
    assert after.lot("AAA2.2")["holding_start"] is None
    assert after.year() == (0.0, 0.0)
    sold = after.activity()[0]
    assert (sold["realised_gain"], sold["wash_disallowed"]) == (0, 150)


def test_a_buy_takes_back_a_loss_of_an_earlier_day() -> None:
    book = HandBook().account(cash=9_000.0, realised_st_ytd=-500.0)
    book.traded("A", "SELL", "AAA", 40, before(20), -400.0, lot_id="X", holding_start=before(200))
    after = settle(book, [buy("A", "AAA", 10)])
    assert after.lots() == {"B20260130-1": (10, 1100.0)}
    assert after.lot("B20260130-1")["holding_start"] == AS_OF - dt.timedelta(days=180)
    assert after.year() == (-400.0, 0.0)
    bought = after.activity()[-1]
    assert (bought["realised_gain"], bought["wash_disallowed"], bought["term"]) == (100, 100, "SHORT")
    assert (after.settled.totals.restored, after.settled.totals.realised_st) == (100_00, 100_00)


def test_the_spouses_buy_counts_in_the_spouses_totals() -> None:
    book = HandBook().account("A", household_id="H").account("B", household_id="H", cash=9_000.0)
    book.traded("A", "SELL", "AAA", 40, before(20), -400.0, lot_id="X", holding_start=LONG_AGO)
    after = settle(book, [buy("B", "AAA", 10)])
    assert after.lots("B") == {"B20260130-1": (10, 1100.0)}
    assert (after.year("A"), after.year("B")) == ((0.0, 0.0), (0.0, 100.0))


def test_an_ira_takes_the_loss_away_for_good() -> None:
    """Rev. Rul. 2008-5: no basis anywhere; the loss comes off the totals of the account that took it."""
    book = HandBook().account("A", household_id="H", realised_st_ytd=-400.0)
    book.account("B", household_id="H", tax_status="deferred", cash=9_000.0)
    book.traded("A", "SELL", "AAA", 40, before(20), -400.0, lot_id="X", holding_start=before(200))
    after = settle(book, [], fills=[buy("B", "AAA", 10, reinvestment=True)])
    assert after.lots("B") == {"B20260130-1": (10, 1000.0)}
    assert (after.year("A"), after.year("B")) == ((-300.0, 0.0), (0.0, 0.0))


def test_part_of_a_new_lot_is_washed() -> None:
    book = HandBook().account(cash=9_000.0)
    book.traded("A", "SELL", "AAA", 4, before(20), -40.0, lot_id="X", holding_start=before(200))
    after = settle(book, [buy("A", "AAA", 10)])
    assert after.lots() == {"B20260130-1.1": (4, 440.0), "B20260130-1.2": (6, 600.0)}
    assert after.activity()[-1]["lot_id"] == "B20260130-1"


def used_before() -> HandBook:
    """60 of the 100 shares bought ten days ago have replaced a loss of 15 days ago in an IRA: nothing tells on them."""
    book = HandBook().account("A", household_id="H", lots=[lot("AAA", 100, 105.0)])
    book.account("B", household_id="H", tax_status="deferred", lots=[lot("AAA", 100, 90.0, before(10))])
    return book.traded("A", "SELL", "AAA", 60, before(15), -60.0, lot_id="X", holding_start=LONG_AGO)


def test_shares_used_before_and_the_rest_stay_one_lot() -> None:
    after = settle(used_before(), [sell("A", "AAA", "AAA1", 10)])
    assert after.lots("B") == {"AAA1.1": (10, 900.0), "AAA1.2": (90, 8100.0)}
    assert after.year("A") == (0.0, 0.0)


def test_all_that_was_left_of_a_lot_is_washed() -> None:
    after = settle(used_before(), [sell("A", "AAA", "AAA1", 40)])
    assert after.lots("B") == {"AAA1.1": (40, 3600.0), "AAA1.2": (60, 5400.0)}
    assert after.year("A") == (0.0, 0.0)


def test_what_was_used_before_replaces_nothing_again() -> None:
    after = settle(used_before(), [sell("A", "AAA", "AAA1", 100)])
    assert after.year("A") == (0.0, -300.0)


@pytest.fixture
def chained() -> After:
    """A loss replaced on Monday by a reinvestment, one trading day after the sale."""
    book = HandBook().account(cash=500.0, lots=[lot("AAA", 100, 105.0)])
    fills = [sell("A", "AAA", "AAA1", 100), buy("A", "AAA", 2, reinvestment=True, trade_date=MONDAY)]
    return settle(book, [sell("A", "AAA", "AAA1", 100)], fills=fills)


def test_a_reinvestment_after_the_sale_washes_its_shares(chained: After) -> None:
    assert chained.lots() == {"B20260202-1": (2, 210.0)}
    assert chained.year() == (0.0, -490.0)
    assert [row["side"] for row in chained.activity()] == ["SELL", "BUY"]
    sold = [row for row in chained.activity() if row["side"] == "SELL"]
    assert sum(row["wash_disallowed"] for row in sold) == 10
