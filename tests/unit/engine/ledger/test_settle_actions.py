"""Corporate actions between two books, each worked by hand (docs/settle.md)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from engine.errors import InputRefused
from tests.support.hand_book import AS_OF, HandBook, Row, before, lot
from tests.support.settling import MONDAY, buy, sell, settle


def action(kind: str, security: str = "AAA", date: dt.date = MONDAY, **more: Any) -> Row:
    return {"date": date, "security_id": security, "kind": kind, **more}


def hundred(**more: Any) -> HandBook:
    return HandBook().account(cash=0.0, lots=[lot("AAA", 100, 80.0, **more)])


def test_a_split_spreads_the_basis() -> None:
    book = hundred().traded("A", "BUY", "AAA", 10, before(5))
    after = settle(book, [], actions=[action("SPLIT", ratio=2.0)])
    assert after.lots() == {"AAA1": (200, 8000.0)}
    assert after.cash() == 0.0
    row = after.activity()[0]
    assert (row["quantity"], row["price"]) == (20, 50)


def test_a_reverse_split_pays_the_fraction_in_cash() -> None:
    """100 shares 1 for 8: 12 new, half a share at $700 a share is $350 for a basis of 8000 x 0.5 / 12.5 = 320."""
    after = settle(hundred(), [], actions=[action("SPLIT", ratio=0.125, cash=700.0)])
    assert after.lots() == {"AAA1": (12, 7680.0)}
    assert after.cash() == 350.0
    assert after.year() == (0.0, 30.0)
    row = after.activity()[0]
    assert (row["side"], row["quantity"], row["price"], row["trade_date"]) == ("SELL", 0.5, 700, MONDAY)


def elsewhere(quantity: float) -> HandBook:
    """100 shares among the lots, and some bought five days ago that no lot shows."""
    return hundred().traded("A", "BUY", "AAA", quantity, before(5), lot_id="Z")


def test_no_fraction_of_shares_elsewhere_is_paid() -> None:
    """As without the 10.5 bought five days ago: with them 110.5 / 8 would have left 0.8125 of a share."""
    after = settle(elsewhere(10.5), [], actions=[action("SPLIT", ratio=0.125, cash=700.0)])
    assert (after.lots(), after.cash(), after.year()) == ({"AAA1": (12, 7680.0)}, 350.0, (0.0, 30.0))
    spin = action("SPIN_OFF", new_security_id="BBB", ratio=0.333333333333, basis_fraction=0.25, cash=60.0)
    after = settle(elsewhere(10.5), [], actions=[spin])
    assert (after.lots()["AAA1:BBB"], after.cash()) == ((33, 1980.0), 20.0)


def test_shares_elsewhere_are_split_with_the_others() -> None:
    """Eight bought elsewhere are one after 1 for 8: it replaces one of the two that lose $140 each."""
    sale = sell("A", "AAA", "AAA1", 2, 500.0, trade_date=MONDAY)
    split = action("SPLIT", ratio=0.125, cash=700.0)
    after = settle(elsewhere(8), [sell("A", "AAA", "AAA1", 2)], fills=[sale], actions=[split])
    assert sum(row["wash_disallowed"] or 0 for row in after.activity()) == 140


def test_an_open_loss_is_split_though_its_account_holds_none() -> None:
    """$400 lost on 40 shares are $5 on each of 80: the spouse's ten new ones take $50."""
    book = HandBook().account("A", household_id="H").account("B", household_id="H", cash=9_000.0)
    book.traded("A", "SELL", "AAA", 40, before(20), -400.0, lot_id="X")
    fill = buy("B", "AAA", 10, 50.0, trade_date=MONDAY)
    after = settle(book, [buy("B", "AAA", 10)], fills=[fill], actions=[action("SPLIT", ratio=2.0)])
    assert after.lots("B") == {"B20260202-1": (10, 550.0)}


def test_a_stock_dividend_adds_shares() -> None:
    after = settle(hundred(), [], actions=[action("STOCK_DIVIDEND", ratio=0.05)])
    assert after.lots() == {"AAA1": (105, 8000.0)}


def test_a_cash_dividend_is_paid_on_what_is_held_before_the_days_trades() -> None:
    fills = [sell("A", "AAA", "AAA1", 40), sell("A", "AAA", "AAA1", 10, trade_date=MONDAY)]
    trades = [sell("A", "AAA", "AAA1", 50)]
    after = settle(hundred(), trades, fills=fills, actions=[action("CASH_DIVIDEND", cash=0.505)])
    assert after.settled.totals.dividends == 30_30
    assert after.cash() == 5_000 + 30.30


@pytest.mark.parametrize(("first", "paid"), [("SPLIT", 200.0), ("CASH_DIVIDEND", 100.0)])
def test_a_days_actions_come_in_their_sequence(first: str, paid: float) -> None:
    split, dividend = action("SPLIT", ratio=2.0, sequence=2), action("CASH_DIVIDEND", cash=1.0, sequence=2)
    (split if first == "SPLIT" else dividend)["sequence"] = 1
    after = settle(hundred(), [], actions=[dividend, split])
    assert after.cash() == paid


def test_a_dividend_is_reinvested_by_a_fill() -> None:
    fill = buy("A", "AAA", 0.5, reinvestment=True, trade_date=MONDAY)
    after = settle(hundred(), [], fills=[fill], actions=[action("CASH_DIVIDEND", cash=0.5)])
    assert after.lots() == {"AAA1": (100, 8000.0), "B20260202-1": (0.5, 50.0)}
    assert after.cash() == 0.0


def test_a_return_of_capital_lowers_the_basis_and_beyond_it_is_gain() -> None:
    """$90 a share on a basis of $80: no basis is left, and $10 a share is gain (IRC §301(c)(2), (3))."""
    after = settle(hundred(), [], actions=[action("RETURN_OF_CAPITAL", cash=90.0)])
    assert after.lots() == {"AAA1": (100, 0.0)}
    assert after.cash() == 9_000.0
    assert after.year() == (0.0, 1_000.0)
    assert after.settled.totals.capital_returned == 8_000_00
    partly = settle(hundred(), [], actions=[action("RETURN_OF_CAPITAL", cash=30.0)])
    assert (partly.lots(), partly.cash(), partly.year()) == ({"AAA1": (100, 5000.0)}, 3_000.0, (0.0, 0.0))


def test_a_change_of_symbol_renames_lots_trades_and_restrictions() -> None:
    book = hundred().traded("A", "SELL", "AAA", 4, before(20), -40.0, lot_id="X").restrict("A", "never_buy", "AAA")
    after = settle(book, [], actions=[action("SYMBOL", new_security_id="OLD")])
    assert after.lots("A", "OLD") == {"AAA1": (100, 8000.0)}
    assert after.activity()[0]["security_id"] == "OLD"
    assert after.tables["restrictions"].to_pylist()[0]["security_id"] == "OLD"


def test_a_merger_for_stock_keeps_basis_and_holding_period() -> None:
    start = dt.date(2019, 1, 1)
    book = hundred(holding_start=start)
    after = settle(book, [], actions=[action("MERGER", new_security_id="BBB", ratio=1.5)])
    assert after.lots("A", "BBB") == {"AAA1": (150, 8000.0)}
    assert after.lot("AAA1")["holding_start"] == start
    assert after.year() == (0.0, 0.0)


def test_a_merger_for_cash_is_a_sale() -> None:
    after = settle(hundred(), [], actions=[action("MERGER", cash=95.0)])
    assert (after.lots(), after.cash(), after.year()) == ({}, 9_500.0, (0.0, 1_500.0))
    assert after.activity()[0]["lot_id"] == "AAA1"


def test_a_merger_for_both_recognises_gain_up_to_the_cash() -> None:
    """One BBB at $50 and $40 for each share of $80 basis: worth 90, gain 10 (IRC §356(a)); basis 80 - 40 + 10."""
    after = settle(hundred(), [], actions=[action("MERGER", new_security_id="BBB", ratio=1.0, cash=40.0, price=50.0)])
    assert after.lots("A", "BBB") == {"AAA1": (100, 5000.0)}
    assert (after.cash(), after.year()) == (4_000.0, (0.0, 1_000.0))


def test_a_spin_off_divides_the_basis() -> None:
    """One BBB for three AAA, a quarter of the basis: 33.333333 BBB, of which the third of a share is paid at $60."""
    spin = action("SPIN_OFF", new_security_id="BBB", ratio=0.333333333333, basis_fraction=0.25, cash=60.0)
    after = settle(hundred(), [], actions=[spin])
    assert after.lots() == {"AAA1": (100, 6000.0), "AAA1:BBB": (33, 1980.0)}
    assert after.lot("AAA1:BBB")["acquired"] == after.lot("AAA1")["acquired"]
    assert (after.cash(), after.year()) == (20.0, (0.0, 0.0))
    assert after.settled.totals.lots_opened == 1


def test_further_spin_offs_into_the_same_security_number_their_lots() -> None:
    """One lot was spun off before, two come now: 8000.00 x 0.25, and of what is left 0.5."""
    spun = lot("BBB", 10, 50.0, before(400), lot_id="AAA1:BBB")
    book = HandBook().account(cash=0.0, lots=[lot("AAA", 100, 80.0), spun])
    twice = [
        action("SPIN_OFF", new_security_id="BBB", ratio=0.5, basis_fraction=0.25, sequence=1),
        action("SPIN_OFF", new_security_id="BBB", ratio=0.2, basis_fraction=0.5, sequence=2),
    ]
    after = settle(book, [], actions=twice)
    assert after.troubles == []
    assert after.lots() == {
        "AAA1": (100, 3000.0),
        "AAA1:BBB": (10, 500.0),
        "AAA1:2:BBB": (50, 2000.0),
        "AAA1:3:BBB": (20, 3000.0),
    }


def test_actions_outside_the_days_are_not_ours() -> None:
    gone = [action("SPLIT", date=AS_OF, ratio=2.0), action("SPLIT", date=MONDAY + dt.timedelta(1), ratio=2.0)]
    assert settle(hundred(), [], actions=gone).lots() == {"AAA1": (100, 8000.0)}


def test_the_runs_trades_come_before_mondays_actions() -> None:
    after = settle(hundred(), [sell("A", "AAA", "AAA1", 50)], actions=[action("SPLIT", ratio=2.0)])
    assert (after.lots(), after.cash()) == ({"AAA1": (100, 4000.0)}, 5_000.0)


def test_a_sale_of_more_than_is_left_leaves_the_account_as_it_was() -> None:
    """After a 1 for 4 on Monday morning the order of Friday, 100 old shares, cannot fill on Monday."""
    book = hundred().account("B", cash=0.0, lots=[lot("AAA", 100, 80.0)])
    late = sell("A", "AAA", "AAA1", 100, trade_date=MONDAY)
    after = settle(
        book,
        [sell("A", "AAA", "AAA1", 100), sell("B", "AAA", "AAA1", 40)],
        fills=[late, sell("B", "AAA", "AAA1", 40)],
        actions=[action("SPLIT", ratio=0.25)],
    )
    assert after.troubles == [("A", "OVERSOLD")]
    assert (after.lots("A"), after.cash("A"), after.activity("A")) == ({"AAA1": (100, 8000.0)}, 0.0, [])
    assert (after.lots("B"), after.cash("B")) == ({"AAA1": (15, 4800.0)}, 4_000.0)


def test_an_action_on_a_security_that_the_book_does_not_have_is_refused() -> None:
    with pytest.raises(InputRefused, match=r"new_security_id NEW is not in securities"):
        settle(hundred(), [], actions=[action("SYMBOL", new_security_id="NEW")])


def test_what_an_action_sold_went_before_the_days_trades() -> None:
    """Half a share is paid in cash before the fills of the day, whose first is number -3."""
    fills = [sell("A", "AAA", "AAA1", 1, trade_date=MONDAY, sequence=-3)]
    split = action("SPLIT", ratio=0.125, cash=700.0)
    after = settle(hundred(), [sell("A", "AAA", "AAA1", 1)], fills=fills, actions=[split])
    assert [(row["quantity"], row["sequence"]) for row in after.activity()] == [(0.5, -4), (1, -3)]
