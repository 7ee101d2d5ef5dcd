"""Fills become lots, cash, activity and the year's totals: small cases with literal numbers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from engine.errors import InputRefused
from tests.support.hand_book import AS_OF, HandBook, Row, before, lot
from tests.support.settling import MONDAY, buy, sell, settle


def two_lots() -> HandBook:
    return HandBook().account(cash=5_000.0, lots=[lot("AAA", 100, 80.0), lot("BBB", 60, 70.0, before(100))])


def test_every_trade_fills_at_its_price() -> None:
    after = settle(two_lots(), [sell("A", "AAA", "AAA1", 40), sell("A", "BBB", "BBB1", 60), buy("A", "CCC", 200)])
    assert after.lots() == {"AAA1": (60, 4800.0), "B20260130-1": (200, 5000.0)}
    assert after.cash() == 5_000 + 4_000 + 3_000 - 5_000
    assert after.year() == (-1200.0, 800.0)
    opened = after.lot("B20260130-1")
    assert (opened["acquired"], opened["holding_start"], opened["security_id"]) == (AS_OF, None, "CCC")
    totals = after.settled.totals
    assert (totals.fills, totals.rejected, totals.lots_opened, totals.lots_closed) == (3, 0, 1, 1)
    assert (totals.realised_st, totals.realised_lt, totals.disallowed) == (-1200_00, 800_00, 0)
    assert after.troubles == []


def test_activity_says_what_each_trade_did() -> None:
    after = settle(two_lots(), [sell("A", "AAA", "AAA1", 40), buy("A", "CCC", 200)])
    bought, sold = after.activity()
    assert (bought["side"], bought["lot_id"], bought["realised_gain"]) == ("BUY", "B20260130-1", None)
    assert (sold["side"], sold["lot_id"], sold["quantity"]) == ("SELL", "AAA1", 40)
    assert (sold["realised_gain"], sold["wash_disallowed"], sold["term"]) == (Decimal("800.00"), 0, "LONG")
    assert (sold["trade_date"], sold["holding_start"]) == (AS_OF, dt.date(2020, 1, 2))


def test_a_partial_fill_and_a_rejected_one() -> None:
    trades = [sell("A", "AAA", "AAA1", 40), buy("A", "CCC", 200), buy("A", "DDD", 10)]
    after = settle(two_lots(), trades, fills=[sell("A", "AAA", "AAA1", 15, 101.5), buy("A", "CCC", 200, 24.99)])
    assert after.lots("A", "AAA") == {"AAA1": (85, 6800.0)}
    assert after.lots("A", "CCC") == {"B20260130-1": (200, 4998.0)}
    assert after.cash() == 5_000 + 1_522.50 - 4_998
    assert after.year() == (0.0, 322.5)
    totals = after.settled.totals
    assert (totals.fills, totals.rejected, totals.partial) == (2, 1, 1)


def test_a_fill_without_a_lot_takes_the_runs_lots_in_its_order() -> None:
    book = HandBook().account(lots=[lot("AAA", 10, 80.0), lot("AAA", 10, 90.0), lot("AAA", 10, 95.0)])
    trades = [sell("A", "AAA", "AAA3", 10), sell("A", "AAA", "AAA1", 10)]
    after = settle(book, trades, fills=[sell("A", "AAA", None, 13)])
    assert after.lots() == {"AAA1": (7, 560.0), "AAA2": (10, 900.0)}


@pytest.mark.parametrize(
    "fill", [sell("A", "AAA", "AAA1", 41), sell("A", "AAA", "AAA2", 1), sell("A", "CCC", None, 1), buy("A", "AAA", 1)]
)
def test_what_no_trade_asked_for_is_refused_with_its_row(fill: Row) -> None:
    trades = [sell("A", "AAA", "AAA1", 40), sell("A", "BBB", "BBB1", 1)]
    with pytest.raises(InputRefused, match=r"row 1\b.*more than the run's trades ask for, by 1 shares") as refused:
        settle(two_lots(), trades, fills=[sell("A", "BBB", "BBB1", 1), fill])
    assert refused.value.where == "fills.csv"


def test_a_fill_of_another_time_is_refused() -> None:
    late = sell("A", "AAA", "AAA1", 40, trade_date=MONDAY + dt.timedelta(days=1))
    with pytest.raises(InputRefused, match="is not from 2026-01-30 to 2026-02-02"):
        settle(two_lots(), [sell("A", "AAA", "AAA1", 40)], fills=[late])


def test_a_reinvested_dividend_needs_no_trade() -> None:
    fill = buy("A", "AAA", 0.5, reinvestment=True, trade_date=MONDAY)
    after = settle(two_lots(), [], fills=[fill])
    assert after.lots("A", "AAA") == {"AAA1": (100, 8000.0), "B20260202-1": (0.5, 50.0)}
    assert after.activity()[0]["reinvestment"] is True
    assert after.cash() == 4_950


def test_new_lots_are_numbered_after_those_that_the_account_has() -> None:
    book = HandBook().account(lots=[lot("AAA", 5, 80.0, AS_OF, lot_id="B20260130-2")])
    book.traded("A", "BUY", "BBB", 1, AS_OF, lot_id="B20260130-7").traded("A", "SELL", "BBB", 1, AS_OF, 0.0)
    after = settle(book, [buy("A", "CCC", 1), buy("A", "DDD", 1)])
    assert sorted(after.lots()) == ["B20260130-2", "B20260130-8", "B20260130-9"]


def test_overspent_fills_are_booked_and_told() -> None:
    after = settle(two_lots(), [buy("A", "CCC", 200)], fills=[buy("A", "CCC", 200, 30.0)])
    assert after.cash() == -1_000
    assert after.troubles == [("A", "CASH_OVERDRAWN")]


def test_columns_that_nobody_asked_about_are_kept() -> None:
    book = two_lots()
    book.part["lots"][0]["locked"] = True
    book.part["accounts"][0]["fee_bps"] = 12.5
    after = settle(book, [sell("A", "BBB", "BBB1", 1)])
    assert after.lot("AAA1")["locked"] is True
    assert after.accounts["A"]["fee_bps"] == 12.5
    assert after.tables["lots"].schema.field("quantity").type == "double"


def test_an_account_whose_lots_are_faulty_is_left_as_it_was() -> None:
    book = two_lots().account("BAD", cash=7.0, lots=[lot("AAA", 5, 80.0), lot("ZZZ", 1, 1.0)])
    book.flow("BAD", 100.0)
    after = settle(book, [sell("A", "AAA", "AAA1", 1)])
    assert after.lots("BAD") == {"AAA1": (5, 400.0), "ZZZ1": (1, 1.0)}
    assert after.cash("BAD") == 7.0
    assert after.tables["flows"].num_rows == 1
    assert after.troubles == [("BAD", "SECURITY_UNKNOWN")]


def test_old_activity_goes_unless_it_is_of_the_year() -> None:
    book = two_lots()
    for day in (dt.date(2025, 11, 1), dt.date(2025, 11, 2), dt.date(2026, 1, 5)):
        book.traded("A", "BUY", "AAA", 1, day)
    after = settle(book, [])
    assert [row["trade_date"] for row in after.activity()] == [dt.date(2025, 11, 2), dt.date(2026, 1, 5)]


def test_fills_without_a_sequence_come_last_on_their_day() -> None:
    """Both sales lose, and the four shares bought replace those of the sale that has a sequence, though its lot is
    the later one."""
    old = [lot("AAA", 4, 120.0, before(400)), lot("AAA", 4, 130.0, before(300))]
    trades = [sell("A", "AAA", "AAA1", 4), sell("A", "AAA", "AAA2", 4), buy("A", "AAA", 4)]
    fills = [sell("A", "AAA", "AAA1", 4), sell("A", "AAA", "AAA2", 4, sequence=3), buy("A", "AAA", 4)]
    rows = settle(HandBook().account(lots=old), trades, fills=fills).activity()
    told = [(row["side"], row["lot_id"], row["sequence"], row["wash_disallowed"]) for row in rows]
    assert told == [
        ("SELL", "AAA2", 3, 120),
        ("BUY", "B20260130-1", None, None),
        ("SELL", "AAA1", None, 0),
    ]
