"""The page of a run by hand: four accounts of $100,000, $50,000, $25,000 and an exception, every sum worked out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from engine.book.schema import OUTPUT_TABLES
from engine.report.page import Execution, Figures, Tables, Timing, render, sum_up
from tests.support.pages import check_page

ABOUT = {"book": "by <hand>", "as_of": "2026-01-30", "run_id": "0123456789abcdef", "pointer": ""}
SAMPLE: dict[str, object] = {"accounts": 1, "largest": 0.0}
EXECUTION = Execution("2026-01-30T08:00:00+00:00", "COMPLETE", 2, {"rebalance": 2.0}, 1 << 28, 1 << 29)
Row = dict[str, Any]


def table(name: str, rows: list[Row]) -> pa.Table:
    schema = OUTPUT_TABLES[name]
    return pa.Table.from_pylist([{**dict.fromkeys(schema.names), **row} for row in rows], schema=schema)


def result(account: str, value: str, status: str = "TRADED", code: str | None = None, **more: Any) -> Row:
    money = {name: Decimal("0.00") for name in ("realised_st", "realised_lt", "tax_cost", "cash_before", "cash_after")}
    figures = {"te_before": 0.02, "te_after": 0.01, "drift_before": 0.2, "drift_after": 0.1, "turnover": 0.05}
    return {"account_id": account, "status": status, "code": code, "value": Decimal(value)} | money | figures | more


SAVED = ("tax_blind", "tax_saved_or_deferred", "deferred_gains", "harvested", "saved_by_lot_choice")


def saved(*usd: str) -> Row:
    return dict(zip(SAVED, map(Decimal, usd), strict=True))


RESULTS = [
    result("A", "100000.00", tax_cost=Decimal("-100.01"), realised_st=Decimal("-300.10"), solver="newton", gap_bp=0.02),
    result("B", "50000.00", tax_cost=Decimal("10.00"), realised_lt=Decimal("42.02"), solver="newton", gap_bp=3.0),
    result("C", "25000.00", "NO_TRADE", "IN_BAND", turnover=0.0),
    {"account_id": "D", "status": "EXCEPTION", "code": "PRICE_MISSING"},
]
EXCEPTIONS = [
    {
        "account_id": "D",
        "code": "PRICE_MISSING",
        "severity": "ERROR",
        "message": "no price of <X>. Deliver a price above zero for the security.",
    },
    {"account_id": "B", "code": "LOCKED", "severity": "WARNING", "message": "lots are locked"},
    {"account_id": "A", "code": "WASH_WAIT", "severity": "WARNING", "message": "lots wait"},
    {"account_id": "A", "code": "WASH_WAIT", "severity": "WARNING", "message": "others wait"},
    {"account_id": "C", "code": "LOCKED", "severity": "INFO", "message": "a note"},
]
ORDERS = [
    {"security_id": "X", "side": "BUY", "quantity": 10, "amount": Decimal("1000.10"), "accounts": 2},
    {"security_id": "Y", "side": "SELL", "quantity": 5, "amount": Decimal("2000.20"), "accounts": 1},
]
TRADES = [
    {"account_id": "A", "side": "BUY", "amount": Decimal("1000.10"), "reason": "TRACK"},
    {"account_id": "A", "side": "SELL", "amount": Decimal("1500.20"), "reason": "HARVEST", "realised_gain": -300},
    {"account_id": "B", "side": "SELL", "amount": Decimal("500.00"), "reason": "TRACK", "wash_disallowed": 7},
]


def tables(results: list[Row] = RESULTS, **more: Any) -> Tables:
    trades = [table("trades", TRADES[:2]), table("trades", TRADES[2:])]
    given = {"accounts": None, "worth": None} | more
    return Tables(table("results", results), table("exceptions", EXCEPTIONS), table("orders", ORDERS), trades, **given)


def page(figures: Figures, timings: list[Timing] | None = None) -> str:
    return render(figures, ABOUT, timings or [Timing(3, 0.01, None)], [EXECUTION], SAMPLE)


def test_sums_are_the_tables_to_the_cent() -> None:
    figures = sum_up(tables())
    assert (figures.accounts, figures.value) == (4, Decimal("175000.00"))
    assert (figures.tax_cost, figures.realised_st, figures.realised_lt) == tuple(
        map(Decimal, ("-90.01", "-300.10", "42.02"))
    )
    assert (figures.bought, figures.sold, figures.wash_disallowed) == tuple(map(Decimal, ("1000.10", "2000.20", "7")))
    assert [(one.reason, one.rows, one.bought, one.sold) for one in figures.reasons] == [
        ("HARVEST", 1, Decimal(0), Decimal("1500.20")),
        ("TRACK", 2, Decimal("1000.10"), Decimal("500.00")),
    ]
    shown = check_page(page(figures)).sums
    assert shown["tax_cost"] == Decimal("-90.01")
    assert (shown["bought"], shown["sold"]) == (Decimal("1000.10"), Decimal("2000.20"))
    assert "tax_blind" not in shown


def test_trouble_by_code_with_most_money_first() -> None:
    worth = pa.table({"account_id": ["D"], "usd": pa.array([Decimal("1234.50")], pa.decimal128(38, 2))})
    figures = sum_up(tables(worth=worth))
    (error,) = figures.errors
    assert (error.code, error.accounts, error.usd) == ("PRICE_MISSING", 1, Decimal("1234.50"))
    sums = check_page(page(figures)).sums
    assert (sums["held"], sums["value"]) == (Decimal("176234.50"), Decimal("175000.00"))
    assert "held" not in check_page(page(sum_up(tables()))).sums
    assert error.what_to_do == "Deliver a price above zero for the security."
    assert [(one.code, one.accounts, one.usd) for one in figures.warnings] == [
        ("WASH_WAIT", 1, Decimal("100000.00")),  # two warnings of one account
        ("LOCKED", 1, Decimal("50000.00")),
    ]
    assert figures.notes == 1
    text = check_page(page(figures)).text
    assert (
        text.index("PRICE_MISSING") < text.index("WASH_WAIT") < text.index("LOCKED") < text.index("Taxes saved")
        if ("Taxes saved" in text)
        else True
    )
    assert "no price of <X>." in text
    assert text.count("Deliver a price above zero") == 1
    assert "1,234.50" in text
    assert sum_up(tables()).errors[0].usd is None


def test_an_account_with_no_value_anywhere_shows_a_dash() -> None:
    assert "\u2013" in check_page(page(sum_up(tables()))).text


def test_taxes_saved_and_the_share_beyond_the_fee() -> None:
    """A saves $120 against a fee of $100, but $70 of it is put off; B $10, $6 of it kept, against $2.50.

    C is a retirement account and D tells nothing.
    """
    rows = [
        RESULTS[0] | saved("19.99", "120.00", "70.00", "30.00", "20.00"),
        RESULTS[1] | saved("20.00", "10.00", "4.00", "5.00", "1.00"),
        RESULTS[2] | saved("0.00", "0.00", "0.00", "0.00", "0.00"),
        RESULTS[3],
    ]
    accounts = pa.table(
        {
            "account_id": ["A", "B", "C", "D"],
            "tax_status": ["taxable", "taxable", "deferred", "taxable"],
            "fee_bps": [10.0, 0.5, 10.0, 10.0],
            "saved_ytd": [Decimal("7.01"), None, Decimal("-0.01"), Decimal("1.00")],
            "fees_ytd": [Decimal("4.00"), None, None, None],
            "saved_since_inception": [Decimal("70.10"), None, None, None],
            "fees_since_inception": [Decimal("40.00"), None, None, Decimal("2.00")],
        }
    )
    figures = sum_up(tables(rows, accounts=accounts))
    assert figures.saved is not None
    assert (figures.saved.accounts, figures.saved.with_fee, figures.saved.beyond_fee) == (3, 2, 2)
    assert figures.saved.kept_beyond_fee == 1
    assert figures.saved.fees == Decimal("102.50")
    taken = check_page(page(figures))
    wanted = ("39.99", "130.00", "74.00", "35.00", "21.00")
    assert {name: taken.sums[name] for name in SAVED} == dict(zip(SAVED, map(Decimal, wanted), strict=True))
    parts = ("deferred_gains", "harvested", "saved_by_lot_choice")
    assert sum(taken.sums[name] for name in parts) == taken.sums["tax_saved_or_deferred"]
    text = " ".join(taken.text.split())
    assert "Of the 2 taxable accounts that pay a fee, 50.0 % (1) save more" in text
    assert "with what is put off, 100.0 % (2)" in text
    assert "$56.00 saved by today's trades" in text
    assert "$74.00 put off" in text
    whole = {
        name: taken.sums[name] for name in ("saved_before_1", "saved_in_all_1", "fees_1", "saved_before_2", "fees_2")
    }
    assert list(whole.values()) == [Decimal(one) for one in ("8.00", "64.00", "4.00", "70.10", "42.00")]
    assert "below nought: first in, first out" not in text
    lost = [RESULTS[0] | saved("19.99", "120.00", "130.00", "-30.00", "20.00"), *rows[1:]]
    assert "below nought: first in, first out" in check_page(page(sum_up(tables(lost)))).text
    without = sum_up(tables(rows))
    assert without.saved is not None
    assert without.saved.beyond_fee is None
    assert "taxable accounts that pay a fee" not in check_page(page(without)).text


def test_pictures_say_what_they_show_and_are_the_same_again() -> None:
    timings = [Timing(10, 0.05, 1000.0 + second) for second in range(20)]
    figures = sum_up(tables())
    first = page(figures, timings)
    taken = check_page(first)
    assert len(taken.labels) == 7
    assert any("accounts by what solved them: dual Newton 100 %" in label for label in taken.labels)
    assert any("median 2.00 % before the trades, 1.00 % after them" in label for label in taken.labels)
    assert any("Accounts finished a second" in label and "10 in the mean" in label for label in taken.labels)
    assert page(figures, timings) == first
    assert "throughput" not in page(figures)


def told(text: str, first: str) -> str:
    """The figures of a row of a table, one after the other."""
    return "".join(text[text.index(first) + len(first) :].split("\n", 1)[0].split())


def test_times_of_the_sample_are_told_one_by_one_and_without_it_by_part() -> None:
    figures, name = sum_up(tables()), "time to decide an account, ms"
    sampled = [Timing(100, 0.5, None, (0.001, 0.003)), Timing(100, 0.7, None, (0.002,))]
    text = check_page(page(figures, sampled)).text
    assert told(text, name) == "3accounts2.002.002.802.983.00"
    assert "drawn by the run's name" in text
    text = check_page(page(figures, [Timing(100, 0.5, None), Timing(100, 0.7, None)])).text
    assert told(text, name) == "2parts6.006.006.806.987.00"
    assert "drawn by the run's name" not in text


def test_gaps_solvers_and_throughput_stand_in_tables_too() -> None:
    timings = [Timing(30, 0.05, 1000.0 + 3.0 * part) for part in range(5)]
    text = check_page(page(sum_up(tables()), timings)).text
    assert told(text, "gap, bp of value") == "2accounts1.511.512.702.973.00"
    assert told(text, "dual Newton") == "2100.00%"
    assert told(text, "0.0 to 6.0") == "5"  # the part finished at 6 seconds counts from there on
    assert told(text, "6.0 to 12.0") == "15"
    assert told(text, "in the mean") == "10"


def test_nothing_decided_is_still_a_page() -> None:
    empty = Tables(table("results", RESULTS[3:]), table("exceptions", EXCEPTIONS[:1]), table("orders", []), [])
    taken = check_page(page(sum_up(empty), [Timing(1, 0.0, None)]))
    assert taken.labels == []
    assert "No account was decided" in taken.text


def test_what_is_written_by_others_is_escaped() -> None:
    assert "by <hand>" in check_page(page(sum_up(tables()))).text


@pytest.mark.parametrize("most", [3e-6, 0.004, 0.07, 5.0, 1234.0])
def test_steps_are_round_and_hold_nearly_all(most: float) -> None:
    from engine.report.page.pictures import BINS, _edges

    edges = _edges(np.linspace(0.0, most, 1001))
    assert 3 <= len(edges) <= BINS + 1
    assert edges[-1] >= 0.95 * most * (1.0 - 1e-6) > edges[-2]
    step = edges[1] / 10.0 ** np.floor(np.log10(edges[1]))
    assert min(abs(step - one) for one in (1.0, 2.0, 2.5, 5.0, 10.0)) < 1e-9


def test_those_traded_are_told_apart_of_those_left_alone() -> None:
    text = " ".join(check_page(page(sum_up(tables()))).text.split())
    assert "3 accounts decided, percent" in text
    assert "2 accounts traded, percent" in text
    assert "accounts traded" not in check_page(page(sum_up(tables(RESULTS[2:])))).text
