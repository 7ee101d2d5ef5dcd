"""What wash sales still see of the last 30 days, on books made by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from engine.book.roll import call_roll
from engine.ledger.owners import owners
from engine.ledger.window import AWAY, HELD, SOLD, Recent, recent
from tests.support.hand_book import AS_OF, HandBook, before, lot

SHARE = 1_000_000


def window(book: HandBook) -> Recent:
    firm, part = book.firm(), book.part_tables()
    return recent(firm, part, owners(call_roll(firm, part["accounts"])))


def unused(book: HandBook) -> dict[str, float]:
    """Shares of each lot that could replace a loss."""
    names = [row["lot_id"] for row in book.part["lots"]]
    return dict(zip(names, (window(book).unused / SHARE).tolist(), strict=True))


def away(book: HandBook) -> list[tuple[float, int]]:
    """(shares, place) of purchases that could replace a loss and are not among the lots."""
    bought = window(book).bought
    bought = bought.where(bought.place != HELD)
    return list(zip((bought.quantity / SHARE).tolist(), bought.place.tolist(), strict=True))


def losses(book: HandBook) -> list[tuple[float, int]]:
    """(shares, cents) of each loss not yet replaced."""
    found = window(book).losses
    return list(zip((found.quantity / SHARE).tolist(), found.loss.tolist(), strict=True))


def bought(days: int, quantity: float = 10, **more: Any) -> dict[str, Any]:
    return lot("AAA", quantity, 120.0, before(days), **more)


@pytest.mark.parametrize(("days", "counts"), [(0, 10.0), (30, 10.0), (31, 0.0)])
def test_a_lot_counts_from_30_days_back(days: int, counts: float) -> None:
    assert unused(HandBook().account(lots=[bought(days)])) == {"AAA1": counts}


def test_a_lot_and_its_buy_are_one_purchase() -> None:
    book = HandBook().account(lots=[bought(10)]).traded("A", "BUY", "AAA", 10, before(10), lot_id="AAA1")
    assert unused(book) == {"AAA1": 10.0}
    assert away(book) == []


def test_a_buy_without_a_lot_name_is_the_lot_of_its_day() -> None:
    book = HandBook().account(lots=[bought(10)]).traded("A", "BUY", "AAA", 10, before(10))
    assert unused(book) == {"AAA1": 10.0}
    assert away(book) == []


def test_a_purchase_no_longer_among_the_lots_counts_until_a_sale_names_it() -> None:
    book = HandBook().account(lots=[bought(400)]).traded("A", "BUY", "AAA", 10, before(10), lot_id="AAA2")
    assert away(book) == [(10.0, AWAY)]
    book.traded("A", "SELL", "AAA", 10, before(5), 50.0, lot_id="AAA2")
    assert away(book) == [(10.0, SOLD)]


def test_an_older_loss_has_used_the_purchase_up() -> None:
    """Six shares sold at a loss 40 days ago were replaced by six of the ten bought 20 days ago."""
    book = HandBook().account(lots=[bought(20)]).traded("A", "BUY", "AAA", 10, before(20), lot_id="AAA1")
    book.traded("A", "SELL", "AAA", 6, before(40), -60.0)
    assert unused(book) == {"AAA1": 4.0}
    assert losses(book) == []


def test_a_loss_beyond_30_days_of_the_purchase_uses_nothing() -> None:
    book = HandBook().account(lots=[bought(20)]).traded("A", "SELL", "AAA", 6, before(51), -60.0)
    assert unused(book) == {"AAA1": 10.0}


def test_the_loss_of_a_household_mate_counts_and_a_stranger_s_does_not() -> None:
    book = HandBook().account(lots=[bought(20)], household_id="H").account("B", household_id="H").account("C")
    book.traded("C", "SELL", "AAA", 3, before(40), -60.0)
    assert unused(book) == {"AAA1": 10.0}
    book.traded("B", "SELL", "AAA", 6, before(40), -60.0)
    assert unused(book) == {"AAA1": 4.0}


def test_what_is_left_of_a_loss() -> None:
    """Ten shares lost $100; four were replaced on the day before, for which `activity` tells nothing."""
    book = HandBook().account(lots=[bought(11, 4)]).traded("A", "SELL", "AAA", 10, before(10), -60.0)
    assert losses(book) == [(6.0, 6000)]
    assert unused(book) == {"AAA1": 0.0}


def test_what_is_left_of_a_loss_of_which_the_disallowed_part_is_told() -> None:
    """The gain of -60 is after 40 disallowed; then four more shares were bought: six less four are left."""
    book = HandBook().account(lots=[bought(11, 4, lot_id="X"), bought(5, 4, lot_id="Y")])
    book.traded("A", "SELL", "AAA", 10, before(10), -60.0, wash_disallowed=40.0)
    assert losses(book) == [(2.0, 2000)]
    book = HandBook().account(lots=[bought(11, 4, lot_id="X"), bought(5, 4, lot_id="Y")])
    book.traded("A", "SELL", "AAA", 10, before(10), -60.0)
    assert losses(book) == [(2.0, 2000)]


def test_a_sale_of_which_nothing_is_told_is_a_loss_of_unknown_size() -> None:
    book = HandBook().account(lots=[bought(400)]).traded("A", "SELL", "AAA", 10, before(10))
    assert losses(book) == [(10.0, -1)]


def test_no_loss_is_open_after_30_days_or_in_a_retirement_account() -> None:
    book = HandBook().account(lots=[bought(400)]).traded("A", "SELL", "AAA", 10, before(31), -10.0)
    assert losses(book) == []
    book = HandBook().account(tax_status="deferred").traded("A", "SELL", "AAA", 10, before(3), -10.0)
    assert losses(book) == []


def test_tacked_lots_have_replaced_a_loss_already() -> None:
    book = HandBook().account(lots=[bought(20, holding_start=before(300))])
    assert unused(book) == {"AAA1": 0.0}


def test_the_pieces_of_a_split_lot_are_one_purchase() -> None:
    """AAA9.1 replaced six shares; AAA9.2 is what can replace more."""
    washed = bought(20, 6, lot_id="AAA9.1", holding_start=before(50))
    book = HandBook().account(lots=[washed, bought(20, 4, lot_id="AAA9.2")])
    book.traded("A", "BUY", "AAA", 10, before(20), lot_id="AAA9")
    book.traded("A", "SELL", "AAA", 6, before(40), -60.0)
    assert unused(book) == {"AAA9.1": 0.0, "AAA9.2": 4.0}


def test_rows_of_one_sale_keep_what_each_had_left() -> None:
    """Nine shares sold at once: eight were replaced on the day, the one that had taken up another loss was not."""
    book = HandBook().account(lots=[bought(7, 4, holding_start=before(23)), bought(7, 4, holding_start=before(23))])
    for name in ("AAA1", "AAA2"):
        book.traded("A", "BUY", "AAA", 4, before(7), lot_id=name)
    book.traded("A", "BUY", "AAA", 9, before(23), lot_id="X")
    one_sale = {"lot_id": "X", "wash_disallowed": 0.0}
    book.traded("A", "SELL", "AAA", 1, before(7), -29.06, holding_start=before(53), **one_sale)
    book.traded(
        "A", "SELL", "AAA", 8, before(7), 0.0, holding_start=before(23), **one_sale | {"wash_disallowed": 99.12}
    )
    assert losses(book) == [(1.0, 2906)]


def test_pieces_sold_on_one_day_are_replaced_in_the_order_of_their_names() -> None:
    """Two shares of X.1, then one of X.2; the day's purchase of two replaced those of X.1."""
    book = HandBook().account(lots=[bought(5, 2, holding_start=before(300))])
    book.traded("A", "BUY", "AAA", 2, before(5), lot_id="AAA1")
    book.traded("A", "BUY", "AAA", 3, before(50), lot_id="X")
    book.traded("A", "SELL", "AAA", 1, before(5), -7.0, lot_id="X.2")
    book.traded("A", "SELL", "AAA", 2, before(5), 0.0, lot_id="X.1", wash_disallowed=80.0)
    assert losses(book) == [(1.0, 700)]


def gain_turned_loss() -> HandBook:
    """Five days ago A sold four shares of X, at $40 more than they cost, then four of Y at $80 less.

    Y's loss went to X, the earliest bought within 30 days. X then lost $40, which went to P. Q had to replace nothing.
    """
    book = HandBook().account("A", household_id="H", lots=[bought(8, 4, lot_id="P", holding_start=before(23))])
    book.account("I", household_id="H", tax_status="deferred", lots=[bought(7, 4, lot_id="Q")])
    for account, name, days in (("A", "X", 20), ("A", "P", 8), ("I", "Q", 7)):
        book.traded(account, "BUY", "AAA", 4, before(days), lot_id=name, sequence=1)
    sold: dict[str, Any] = {"date": before(5), "gain": 0.0, "holding_start": before(215)}
    book.traded("A", "SELL", "AAA", 4, **sold, lot_id="X", sequence=1, wash_disallowed=40.0)
    book.traded("A", "SELL", "AAA", 4, **sold, lot_id="Y", sequence=2, wash_disallowed=80.0)
    return book


def test_a_gain_that_took_up_a_loss_is_a_loss_from_then_on() -> None:
    assert unused(gain_turned_loss()) == {"P": 0.0, "Q": 4.0}
    assert losses(gain_turned_loss()) == []


def test_a_loss_that_took_up_another_was_a_loss_before() -> None:
    """Y's two shares are replaced by two of X, which A sold on the same day for less than it had paid, with four more.

    P's four replace those two first, then two of the four: $20 of their $40 stay open.
    """
    book = HandBook().account(lots=[bought(8, 4, lot_id="P", holding_start=before(20))])
    book.traded("A", "BUY", "AAA", 6, before(20), lot_id="X", price=60.0)
    book.traded("A", "BUY", "AAA", 4, before(8), lot_id="P", price=55.0)
    at: dict[str, Any] = {"date": before(5), "price": 50.0}
    book.traded("A", "SELL", "AAA", 2, **at, gain=0.0, lot_id="X", wash_disallowed=100.0, holding_start=before(215))
    book.traded("A", "SELL", "AAA", 4, **at, gain=-20.0, lot_id="X", wash_disallowed=20.0, holding_start=before(20))
    book.traded("A", "SELL", "AAA", 2, **at, gain=0.0, lot_id="Y", wash_disallowed=80.0, holding_start=before(200))
    assert losses(book) == [(2.0, 20_00)]


def test_purchases_of_a_day_come_by_account_whichever_table_tells_them() -> None:
    """A's is told by its lot, B's by a BUY: A's replaces the older loss."""
    book = HandBook().account("A", household_id="H", lots=[bought(400, 4, lot_id="L0"), bought(13, 4, lot_id="L2")])
    book.account("B", household_id="H", lots=[bought(13, 4, lot_id="L1")])
    book.traded("B", "BUY", "AAA", 4, before(13), lot_id="L1")
    book.traded("B", "SELL", "AAA", 4, before(20), -40.0, lot_id="X")
    assert unused(book) == {"L0": 0.0, "L2": 0.0, "L1": 4.0}


def test_a_loss_told_as_allowed_met_no_purchase() -> None:
    """The IRA's four were bought before the sale; a loss of 70 days ago, which is not told, had used them."""
    book = HandBook().account("A", household_id="H")
    book.account("I", household_id="H", tax_status="deferred", lots=[bought(50, 4)])
    book.traded("I", "BUY", "AAA", 4, before(50), lot_id="AAA1")
    book.traded("A", "SELL", "AAA", 4, before(25), -80.0, lot_id="X", wash_disallowed=0.0)
    assert losses(book) == [(4.0, 80_00)]
    book.traded("A", "BUY", "AAA", 3, before(20), lot_id="Z")
    assert losses(book) == [(1.0, 20_00)]


def test_a_loss_told_as_disallowed_in_all_is_not_open() -> None:
    """What replaced it is not told."""
    book = HandBook().account().traded("A", "SELL", "AAA", 4, before(25), 0.0, lot_id="X", wash_disallowed=80.0)
    assert losses(book) == []


def test_a_sale_of_the_rest_leaves_the_washed_piece() -> None:
    """The IRA's purchase of ten replaced six; it sold the four that had replaced nothing, and nothing is left."""
    ira = [lot("AAA", 6, 120.0, before(20), lot_id="L.1")]
    book = HandBook().account(household_id="H").account("I", lots=ira, household_id="H", tax_status="deferred")
    book.traded("I", "BUY", "AAA", 10, before(20), lot_id="L")
    book.traded("A", "SELL", "AAA", 6, before(40), -60.0)
    book.traded("I", "SELL", "AAA", 4, before(10), 5.0, lot_id="L.2")
    assert unused(book) == {"L.1": 0.0}


def test_a_purchase_exchanged_in_a_merger_counts_once() -> None:
    """Ten GOA became five EEE, under the lot's name. A lot of GOA still there is no such lot."""
    became = [lot("EEE", 5, 400.0, before(10), lot_id="M.1"), lot("EEE", 5, 400.0, before(10), lot_id="N")]
    book = HandBook().account(lots=became)
    book.traded("A", "BUY", "GOA", 10, before(10), lot_id="M").traded("A", "BUY", "GOA", 4, before(10), lot_id="O")
    book.traded("A", "BUY", "GOA", 4, before(9), lot_id="N")
    assert unused(book) == {"M.1": 5.0, "N": 5.0}
    assert away(book) == [(4.0, AWAY), (4.0, AWAY)]
    book.traded("A", "BUY", "EEE", 5, before(10), lot_id="M")
    assert away(book) == [(10.0, AWAY), (4.0, AWAY), (4.0, AWAY)]


def test_what_a_spin_off_gave_is_no_purchase() -> None:
    book = HandBook().account(lots=[bought(10), lot("BBB", 5, 20.0, before(10), lot_id="AAA1:BBB")])
    assert unused(book) == {"AAA1": 10.0, "AAA1:BBB": 0.0}


def test_trades_after_as_of_are_not_seen() -> None:
    book = HandBook().account(lots=[bought(400)]).traded("A", "SELL", "AAA", 10, AS_OF + dt.timedelta(days=1), -10.0)
    assert losses(book) == []


def test_twins_are_one_name() -> None:
    """GOA and GOB are substantially identical: a loss in one is replaced by the other."""
    book = HandBook().account(lots=[lot("GOB", 10, 210.0, before(5), lot_id="G")])
    book.traded("A", "SELL", "GOA", 6, before(9), -60.0)
    assert unused(book) == {"G": 4.0}


def test_trades_without_a_sequence_come_last_on_their_day() -> None:
    """Four shares bought later replace the loss that has a sequence; as in the ledger, one without comes after it."""
    book = HandBook().account(lots=[bought(400)])
    book.traded("A", "SELL", "AAA", 5, before(9), -40.0, lot_id="K1", holding_start=before(900))
    book.traded("A", "SELL", "AAA", 4, before(9), -7.0, lot_id="K2", sequence=1)
    assert losses(book) == [(4.0, 7_00), (5.0, 40_00)]
    book.traded("A", "BUY", "AAA", 4, before(5), lot_id="K3", sequence=1)
    assert losses(book) == [(5.0, 40_00)]


def test_what_is_sold_on_the_day_of_its_purchase_was_bought_by_then() -> None:
    """The sale has a sequence and its purchase none; two of the five shares are left."""
    book = HandBook().account(lots=[bought(10, 2.0)])
    book.traded("A", "BUY", "AAA", 5, before(10), lot_id="AAA1")
    book.traded("A", "SELL", "AAA", 3, before(10), -6.0, lot_id="AAA1", sequence=4)
    assert unused(book) == {"AAA1": 2.0}
    assert losses(book) == [(3.0, 6_00)]


def test_purchases_of_a_day_are_ordered_by_account_whether_lots_or_trades_tell_them() -> None:
    """The spouse's purchase is in `activity` as well, and that of the account with the first name is used up first."""
    book = HandBook().account(lots=[bought(400), bought(10, 4)], household_id="H")
    book.account("B", lots=[bought(10, 4, lot_id="BBB1")], household_id="H")
    book.traded("B", "BUY", "AAA", 4, before(10), lot_id="BBB1").traded("B", "SELL", "AAA", 4, before(20), -8.0)
    assert unused(book) == {"AAA1": 0.0, "AAA2": 0.0, "BBB1": 4.0}
