"""What a household bought and sold at a loss in the last 30 days."""

from __future__ import annotations

import numpy as np
import pytest

from engine.book.accounts import build_block
from engine.book.washes import RecentTrades
from tests.support.hand_book import PRICES, HandBook, before, lot

NAMES = list(PRICES)
SHARE = 1_000_000


def recent(book: HandBook, *faulty: str) -> tuple[RecentTrades, np.ndarray, int]:
    """The household's trades, each name's wash group, and the household of account A."""
    firm = book.firm()
    block = build_block(firm, book.part_tables(), frozenset(faulty))
    return block.recent, firm.market.wash_group, int(block.household[block.ids.to_pylist().index("A")])


def bought(book: HandBook, name: str, *faulty: str) -> int:
    trades, group, household = recent(book, *faulty)
    return int(trades.bought_in(household, group[[NAMES.index(name)]])[0])


def sold_at_loss(book: HandBook, name: str) -> bool:
    trades, group, household = recent(book)
    return bool(trades.sold_at_loss(household, group[[NAMES.index(name)]])[0])


@pytest.mark.parametrize(("days", "shares"), [(0, 3), (30, 3), (31, 0)])
def test_window_of_lots_and_of_activity(days: int, shares: int) -> None:
    by_lot = HandBook().account("A", lots=[lot("AAA", 3, 1.0, before(days))])
    assert bought(by_lot, "AAA") == shares * SHARE
    by_activity = HandBook().account("A").traded("A", "BUY", "AAA", 3, before(days))
    assert bought(by_activity, "AAA") == shares * SHARE


def test_a_purchase_in_both_counts_once_and_the_larger_of_them() -> None:
    book = HandBook().account("A", lots=[lot("AAA", 3, 1.0, before(5))]).traded("A", "BUY", "AAA", 5, before(5))
    assert bought(book, "AAA") == 5 * SHARE


def test_purchases_of_two_days_add_up() -> None:
    book = HandBook().account("A", lots=[lot("AAA", 3, 1.0, before(5))]).traded("A", "BUY", "AAA", 2, before(4))
    assert bought(book, "AAA") == 5 * SHARE


def test_accounts_of_the_household_and_names_of_the_group_add_up() -> None:
    book = HandBook().account("A", lots=[lot("GOA", 1, 1.0, before(5))], household_id="H")
    book.account("IRA", lots=[lot("GOB", 2, 1.0, before(5))], household_id="H", tax_status="exempt")
    book.account("OTHER", lots=[lot("GOB", 4, 1.0, before(5))])
    assert bought(book, "GOA") == bought(book, "GOB") == 3 * SHARE


def test_a_faulty_account_of_the_household_still_counts() -> None:
    book = (
        HandBook().account("A", household_id="H").account("BAD", lots=[lot("AAA", 1, 1.0, before(1))], household_id="H")
    )
    assert bought(book, "AAA", "BAD") == SHARE


@pytest.mark.parametrize(
    ("days", "gain", "loss"), [(30, -1.0, True), (31, -1.0, False), (1, None, True), (1, 0.0, False)]
)
def test_losses_of_the_window(days: int, gain: float | None, loss: bool) -> None:
    book = HandBook().account("A").traded("A", "SELL", "AAA", 1, before(days), gain)
    assert sold_at_loss(book, "AAA") is loss
    assert not sold_at_loss(book, "BBB")


def test_a_loss_in_a_retirement_account_is_none() -> None:
    book = HandBook().account("A", household_id="H").account("IRA", household_id="H", tax_status="deferred")
    assert not sold_at_loss(book.traded("IRA", "SELL", "AAA", 1, before(1), -5.0), "AAA")


def test_unknown_names_and_accounts_are_passed_over() -> None:
    book = HandBook().account("A").traded("A", "BUY", "AAA", 1, before(1)).traded("GONE", "SELL", "AAA", 1, before(1))
    book.part["activity"][0]["security_id"] = "ZZZ"
    assert bought(book, "AAA") == 0
    assert not sold_at_loss(book, "AAA")
