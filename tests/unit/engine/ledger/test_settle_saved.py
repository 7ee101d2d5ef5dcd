"""What runs saved of tax, and fees, carried from book to book."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.hand_book import AS_OF, HandBook, Row, lot
from tests.support.settling import After, sell, settle

NAMES = ("saved_ytd", "saved_since_inception", "fees_ytd", "fees_since_inception")


def told(account: str = "A", harvested: float = 800.0, lots: float = 16.0, value: float = 100_000.0) -> Row:
    """A row of results; what is deferred is not added up."""
    return {
        "account_id": account,
        "value": value,
        "harvested": harvested,
        "saved_by_lot_choice": lots,
        "deferred_gains": 5_000.0,
    }


def carried(after: After, account: str = "A") -> tuple[float, ...]:
    return tuple(float(after.accounts[account].get(name) or 0) for name in NAMES)


def test_the_first_run_adds_the_columns() -> None:
    """100,000 at 73 bp for three days: 730 × 3 / 365."""
    after = settle(HandBook().account(fee_bps=73.0), [], results=[told()])
    assert carried(after) == (816.0, 816.0, 6.0, 6.0)


def test_it_is_added_to_what_was_there() -> None:
    book = HandBook().account(saved_ytd=100.0, saved_since_inception=1_000.0, fees_since_inception=50.0, fee_bps=73.0)
    assert carried(settle(book, [], results=[told()])) == (916.0, 1_816.0, 6.0, 56.0)


def test_without_a_run_nothing_is_told() -> None:
    after = settle(HandBook().account(fee_bps=73.0), [])
    assert not set(NAMES) & set(after.tables["accounts"].column_names)


def test_a_new_year_begins_at_nothing() -> None:
    """The run of 31 December is of the old year; of two days of fees one is of the new one, counted from 1 January."""
    book = HandBook().account(saved_ytd=100.0, saved_since_inception=1_000.0, fees_ytd=80.0, fee_bps=73.0)
    after = settle(book, [], results=[told()], as_of=dt.date(2025, 12, 31), until=dt.date(2026, 1, 2))
    assert carried(after) == (0.0, 1_816.0, 2.0, 4.0)


@pytest.mark.parametrize(("shares", "price", "part"), [(100, 90.0, 1.0), (40, 120.0, 0.4), (1, 100.0, 0.01)])
def test_what_was_not_sold_was_not_saved(shares: float, price: float, part: float) -> None:
    """By shares at the run's prices, whatever was paid for them."""
    book = HandBook().account(lots=[lot("AAA", 100, 120.0)])
    fills = [sell("A", "AAA", "AAA1", shares, price)]
    after = settle(book, [sell("A", "AAA", "AAA1", 100, amount=10_000.0)], fills=fills, results=[told()])
    assert carried(after)[:2] == pytest.approx((816.0 * part, 816.0 * part))


def test_an_exception_saves_nothing() -> None:
    book = HandBook().account(saved_ytd=100.0, fee_bps=73.0)
    blank = dict.fromkeys(told()) | {"account_id": "A"}
    assert carried(settle(book, [], results=[blank])) == (100.0, 0.0, 0.0, 0.0)


def test_an_account_left_as_it_was_keeps_every_value() -> None:
    book = HandBook().account("A", saved_ytd=100.0, fee_bps=73.0, lots=[lot("AAA", 10, 10.0)]).account("B", cash=1.0)
    after = settle(book, [sell("A", "AAA", "AAA1", 11)], results=[told("A"), told("B")])
    assert carried(after) == (100.0, 0.0, 0.0, 0.0)
    assert carried(after, "B")[:2] == (816.0, 816.0)


def test_a_run_of_a_real_day() -> None:
    made = HandBook().account(lots=[lot("BBB", 500, 70.0, dt.date(2025, 10, 1)), lot("AAA", 500, 100.0)], fee_bps=25.0)
    run = made.run()
    row = run.results["A"]
    after = settle(made, run.tables["trades"].to_pylist(), results=[row], as_of=AS_OF)
    assert row["harvested"] + row["saved_by_lot_choice"] != 0
    assert carried(after)[0] == pytest.approx(float(row["harvested"] + row["saved_by_lot_choice"]))
