"""A part as a block: order of deciding, lots in CSR form, exact money."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from engine.book.accounts import AccountBlock, build_block
from engine.book.roll import call_roll
from tests.support.hand_book import AS_OF, PRICES, HandBook, lot

NAMES = list(PRICES)


def block(book: HandBook, *faulty: str) -> AccountBlock:
    firm, tables = book.firm(), book.part_tables()
    return build_block(firm, tables, frozenset(faulty), call_roll(firm, tables["accounts"]))


def test_households_stand_together_and_taxable_accounts_come_first() -> None:
    book = HandBook().account("IRA", household_id="H", tax_status="deferred").account("ALONE")
    book.account("ROTH", household_id="H", tax_status="exempt").account("LAST", household_id="H").account("B")
    made = block(book)
    assert made.ids.to_pylist() == ["LAST", "IRA", "ROTH", "ALONE", "B"]
    assert made.row.tolist() == [3, 0, 2, 1, 4]
    assert made.taxable.tolist() == [True, False, False, True, True]
    assert len(set(made.household.tolist())) == 3
    assert made.household[0] == made.household[1] == made.household[2]


def test_a_household_named_like_an_account_is_not_that_account() -> None:
    made = block(HandBook().account("X").account("Y", household_id="X"))
    assert made.household[0] != made.household[1]


def test_faulty_accounts_are_left_out_with_their_lots() -> None:
    book = HandBook().account("A", lots=[lot("AAA", 1, 1.0)]).account("BAD", lots=[lot("BBB", 1, 1.0)])
    made = block(book.account("C", lots=[lot("CCC", 1, 1.0)]).restrict("BAD", "never_buy", "AAA"), "BAD")
    assert made.ids.to_pylist() == ["A", "C"]
    assert made.lots.offsets.tolist() == [0, 1, 2]
    assert made.lots.row.tolist() == [0, 2]
    assert made.rules.offsets.tolist() == [0, 0, 0]


def test_lots_are_sorted_by_account_security_and_row() -> None:
    book = HandBook().account("A", lots=[lot("BBB", 1, 1.0), lot("AAA", 2, 1.0), lot("BBB", 3, 1.0)]).account("NONE")
    book.part["lots"].insert(1, {"account_id": "A", "lot_id": "X", **lot("AAA", 9, 1.0)})
    lots = block(book).lots
    assert lots.offsets.tolist() == [0, 4, 4]
    assert [NAMES[s] for s in lots.security] == ["AAA", "AAA", "BBB", "BBB"]
    assert lots.row.tolist() == [1, 2, 0, 3]


@pytest.mark.parametrize(
    ("quantity", "cost", "cents"), [(3, 0.335, 101), (10.5, 25.0, 26_250), (20.25, 28.333333, 57_375), (1, 0.0, 0)]
)
def test_basis_of_a_lot_is_its_total_to_the_cent(quantity: float, cost: float, cents: int) -> None:
    lots = block(HandBook().account("A", lots=[lot("AAA", quantity, cost)])).lots
    assert lots.basis.tolist() == [cents]
    assert lots.quantity.tolist() == [int(quantity * 1_000_000)]


def test_holding_start_defaults_to_acquired() -> None:
    tacked = dt.date(2024, 5, 6)
    rows = [lot("AAA", 1, 1.0), lot("AAA", 1, 1.0, holding_start=tacked), lot("BBB", 1, 1.0, locked=True)]
    lots = block(HandBook().account("A", lots=rows)).lots
    assert lots.holding_start[0] == lots.acquired[0]
    assert lots.holding_start[1] == (tacked - dt.date(1970, 1, 1)).days
    assert lots.locked.tolist() == [False, False, True]


def test_outflows_add_up_and_inflows_do_not_reduce_them() -> None:
    book = HandBook().account("A").account("B")
    for account, amount in (("A", -100.25), ("A", -1.0), ("A", 500.0), ("GONE", -9.0)):
        book.flow(account, amount, AS_OF)
    assert block(book).outflow.tolist() == [10_125, 0]
    assert block(HandBook().account("A")).outflow.tolist() == [0]


def test_money_of_the_year_defaults_to_zero() -> None:
    made = block(HandBook().account("A", realised_st_ytd=-5.5, carryforward_lt=7.0).account("B", cash=-1.5))
    assert made.realised_st.tolist() == [-5.5, 0.0]
    assert made.realised_lt.tolist() == made.carryforward_st.tolist() == [0.0, 0.0]
    assert made.carryforward_lt.tolist() == [7.0, 0.0]
    assert made.cash.tolist() == [200_000, -150]


def test_restrictions_are_grouped_by_account() -> None:
    book = HandBook().account("A").account("B").restrict("B", "screen", screen_id="OIL")
    rules = block(book.restrict("A", "max_weight", "BBB", value=0.1).restrict("B", "never_buy", "GONE")).rules
    assert rules.offsets.tolist() == [0, 1, 3]
    assert rules.security.tolist() == [1, -1, -1]
    assert rules.screen == (None, "OIL", None)
    np.testing.assert_array_equal(rules.value, [0.1, np.nan, np.nan])


def test_a_part_without_accounts_to_decide_is_empty() -> None:
    made = block(HandBook().account("BAD", lots=[lot("AAA", 1, 1.0)]), "BAD")
    assert (len(made), made.lots.offsets.tolist()) == (0, [0])
