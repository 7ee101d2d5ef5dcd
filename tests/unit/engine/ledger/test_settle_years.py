"""A year's end between two books: totals closed, losses carried, payments made."""

from __future__ import annotations

import datetime as dt

from tests.support.hand_book import HandBook, lot
from tests.support.settling import buy, sell, settle

LAST = dt.date(2025, 12, 31)
FIRST = dt.date(2026, 1, 2)


def test_a_net_loss_is_deducted_and_the_rest_carried_with_its_character() -> None:
    book = HandBook().account(realised_st_ytd=-4_000.0, realised_lt_ytd=-5_000.0, carryforward_st=500.0)
    after = settle(book, [], until=FIRST, as_of=LAST)
    assert after.year() == (0.0, 0.0)
    assert after.carried() == (1_500.0, 5_000.0)


def test_what_the_last_day_realised_is_in_it() -> None:
    book = HandBook().account(realised_st_ytd=-2_000.0, lots=[lot("AAA", 100, 120.0, dt.date(2025, 6, 2))])
    after = settle(book, [sell("A", "AAA", "AAA1", 100)], until=FIRST, as_of=LAST)
    assert after.carried() == (1_000.0, 0.0)


def test_a_gain_uses_up_what_was_carried() -> None:
    book = HandBook().account(realised_lt_ytd=1_000.0, carryforward_st=1_500.0)
    after = settle(book, [], until=FIRST, as_of=LAST)
    assert (after.year(), after.carried()) == ((0.0, 0.0), (0.0, 0.0))


def test_the_households_deduction_is_shared_by_value() -> None:
    book = HandBook()
    for account, cash in (("A", 75_000.0), ("B", 25_000.0)):
        book.account(account, household_id="H", cash=cash, realised_st_ytd=-5_000.0)
    book.account("I", household_id="H", tax_status="deferred", cash=900_000.0)
    after = settle(book, [], until=FIRST, as_of=LAST)
    assert (after.carried("A"), after.carried("B"), after.carried("I")) == ((2_750.0, 0), (4_250.0, 0), (0, 0))


def test_two_years_deduct_twice() -> None:
    book = HandBook().account(realised_st_ytd=-10_000.0)
    after = settle(book, [], until=dt.date(2027, 1, 4), as_of=LAST)
    assert after.carried() == (4_000.0, 0.0)


def test_a_sale_of_the_new_year_is_of_the_new_year() -> None:
    book = HandBook().account(lots=[lot("AAA", 100, 150.0, dt.date(2025, 6, 2))])
    fill = sell("A", "AAA", "AAA1", 100, trade_date=FIRST)
    after = settle(book, [sell("A", "AAA", "AAA1", 100)], fills=[fill], until=FIRST, as_of=LAST)
    assert (after.year(), after.carried()) == ((-5_000.0, 0.0), (0.0, 0.0))


def test_a_loss_replaced_in_january_is_off_the_old_year() -> None:
    book = HandBook().account(cash=9_000.0, lots=[lot("AAA", 100, 150.0, dt.date(2025, 6, 2))])
    fills = [sell("A", "AAA", "AAA1", 100), buy("A", "AAA", 10, reinvestment=True, trade_date=FIRST)]
    after = settle(book, [sell("A", "AAA", "AAA1", 100)], fills=fills, until=FIRST, as_of=LAST)
    assert after.carried() == (1_500.0, 0.0)
    assert after.lots() == {"B20260102-1": (10, 1_500.0)}


def test_within_a_year_nothing_is_closed() -> None:
    book = HandBook().account(realised_st_ytd=-4_000.0, carryforward_lt=10.0)
    after = settle(book, [])
    assert (after.year(), after.carried()) == ((-4_000.0, 0.0), (0.0, 10.0))


def test_flows_up_to_the_day_are_paid() -> None:
    book = HandBook().account(cash=1_000.0)
    for amount, day in ((-1_500.0, dt.date(2026, 2, 2)), (600.0, dt.date(2026, 2, 1)), (50.0, dt.date(2026, 2, 3))):
        book.flow("A", amount, day)
    after = settle(book, [])
    assert after.cash() == 100.0
    assert [row["amount"] for row in after.tables["flows"].to_pylist()] == [50.0]
    assert (after.settled.totals.flows_in, after.settled.totals.flows_out) == (600_00, 1_500_00)


def test_a_payment_that_cash_does_not_cover_waits() -> None:
    book = HandBook().account(cash=1_000.0).flow("A", -1_000.01).flow("A", -400.0)
    after = settle(book, [])
    assert after.cash() == 600.0
    assert after.troubles == [("A", "FLOW_UNPAID")]
    assert [row["amount"] for row in after.tables["flows"].to_pylist()] == [-1_000.01]
