"""One account that cannot be decided never stops another."""

from __future__ import annotations

from typing import Any

import pytest

from engine.decide import batch
from engine.decide import rebalance as rebalancing
from engine.decide.account import decide_account
from tests.support.hand_book import HandBook, at_target


def three_accounts() -> HandBook:
    book = HandBook()
    for account in ("A", "B", "C"):
        book.account(account, cash=100_000.0, household_id="H")
    return book


def test_a_fault_of_ours_in_one_account_leaves_the_others_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def book() -> HandBook:
        """B cannot raise the cash that it is to pay, which compiled code leaves to Python to tell."""
        made = HandBook().account("A", cash=100_000.0, household_id="H").account("C", cash=100_000.0, household_id="H")
        return made.account("B", cash=100_000.0, household_id="H").flow("B", -200_000.0)

    whole = book().run()

    def faulty(firm: Any, block: Any, *rest: Any) -> Any:
        if block.ids[rest[-1]].as_py() == "B":
            raise ZeroDivisionError("by nothing")
        return decide_account(firm, block, *rest)

    monkeypatch.setattr(batch, "decide_account", faulty)
    run = book().run()
    assert (run.results["B"]["status"], run.code("B")) == ("EXCEPTION", "INTERNAL_ERROR")
    assert run.trades["B"] == []
    (told,) = run.exceptions("B")
    assert (told["stage"], told["severity"]) == ("decide", "ERROR")
    assert "ZeroDivisionError: by nothing. Report the message" in told["message"]
    assert [run.trades[one] for one in "AC"] == [whole.trades[one] for one in "AC"]
    assert run.totals["exceptions"] == run.totals["code_INTERNAL_ERROR"] == 1


def test_a_fault_of_the_input_is_told_and_the_others_go_on() -> None:
    book = three_accounts()
    book.part["accounts"][1]["model_id"] = "NONE"
    run = book.run()
    assert (run.results["B"]["status"], run.code("B")) == ("EXCEPTION", "MODEL_MISSING")
    assert [run.results[one]["status"] for one in "AC"] == ["TRADED", "TRADED"]
    assert run.exceptions("B")[0]["stage"] == "validate"


def test_cash_that_cannot_be_raised_names_the_numbers() -> None:
    """Cash must be $1,000 and $5,000. Of the AAA only half is free: 122 whole shares of $100 less 2 bp."""
    lots = [row | {"locked": row["security_id"] != "AAA"} for row in at_target()]
    book = HandBook().account("A", lots=lots).flow("A", -30_000.0).account("B", lots=at_target())
    run = book.run()
    assert (run.code("A"), run.code("B")) == ("CASH_UNREACHABLE", "IN_BAND")
    (told,) = run.exceptions("A")
    assert "cash needed 31,000.00; cash held 2,000.00; sellable 24,495.10; 3 lots may not be sold" in told["message"]
    assert (told["field"], told["value"], told["limit"]) == ("cash", "26495.10", "31000.00")


def test_a_clock_times_the_stages() -> None:
    from engine.book.firm import Firm

    book = three_accounts()
    firm: Firm = book.firm()
    ticks = iter(range(100))
    decision = rebalancing.rebalance(firm, book.part_tables(), [], "r1", clock=lambda: float(next(ticks)))
    assert decision.seconds == {"prepare": 1.0, "decide": 1.0, "twin": 1.0, "assemble": 1.0}
    assert rebalancing.rebalance(firm, book.part_tables(), [], "r1").seconds == {}
