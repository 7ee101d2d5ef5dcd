"""The golden book, every row of it: trades, terms, taxes and reasons that a person worked out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.golden import BOOK, EXPECTED, Trade
from tests.support.hand_book import Row, Run


@pytest.fixture(scope="module")
def run() -> Run:
    """The book validated, decided, and found free of violations by the verifier."""
    return BOOK.run()


def test_every_account_is_expected_and_answered(run: Run) -> None:
    assert set(run.results) == set(EXPECTED)


@pytest.mark.parametrize("account", EXPECTED)
def test_account_gets_the_trades_worked_out_by_hand(run: Run, account: str) -> None:
    expected = EXPECTED[account]
    assert [_trade(row) for row in run.trades[account]] == [_exact(trade) for trade in expected.trades]


@pytest.mark.parametrize("account", EXPECTED)
def test_account_gets_the_result_worked_out_by_hand(run: Run, account: str) -> None:
    expected, result = EXPECTED[account], run.results[account]
    assert result["code"] == expected.code
    assert result["cash_after"] == _money(expected.cash_after)
    assert result["tax_cost"] == _money(expected.tax_cost)


@pytest.mark.parametrize("account", [name for name, expected in EXPECTED.items() if expected.code is None])
def test_no_better_trades_exist_beyond_a_few_bp(run: Run, account: str) -> None:
    """The proven gap; PAYS has the most, for the bound does not know of the spread that the cash must cover."""
    gap = run.results[account]["gap_bp"]
    assert -1e-6 <= gap <= 1.5


def test_exceptions_name_the_numbers(run: Run) -> None:
    assert {row["account_id"] for row in run.tables["exceptions"].to_pylist()} == {"FROZEN", "TORN"}
    (frozen,) = run.exceptions("FROZEN")
    assert (frozen["field"], frozen["value"], frozen["limit"]) == ("cash", "2000.00", "6000.00")
    assert "cash needed 6,000.00; cash held 2,000.00; sellable 0.00; 4 lots may not be sold" in frozen["message"]
    (torn,) = run.exceptions("TORN")
    assert "sell_out and never_sell both name AAA" in torn["message"]


def test_totals_are_the_sums_of_the_rows(run: Run) -> None:
    rows = [row for trades in run.trades.values() for row in trades]
    assert run.totals["trades"] == len(rows)
    assert run.totals["buys_cents"] == 100 * sum(row["amount"] for row in rows if row["side"] == "BUY")
    assert run.totals["sells_cents"] == 100 * sum(row["amount"] for row in rows if row["side"] == "SELL")
    assert (run.totals["exceptions"], run.totals["code_IN_BAND"]) == (2, 3)
    assert run.totals["tax_cost_cents"] == 100 * sum(
        Decimal(expected.tax_cost) for expected in EXPECTED.values() if expected.tax_cost
    )


def _trade(row: Row) -> tuple[object, ...]:
    return (
        row["side"],
        row["security_id"],
        row["lot_id"],
        row["quantity"],
        row["amount"],
        row["cost_basis"],
        row["realised_gain"],
        row["term"],
        row["reason"],
    )


def _exact(trade: Trade) -> tuple[object, ...]:
    return (*trade[:3], *(Decimal(number) for number in trade[3:7]), *trade[7:])


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
