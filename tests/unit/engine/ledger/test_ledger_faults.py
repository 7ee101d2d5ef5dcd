"""What is wrong with a history: refused as a whole, or the household left out with the reason; the others go on."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from engine.errors import InputRefused, UsageError
from engine.ledger.history import Options, ledger
from tests.support.trade_history import ACTIONS, action, buy, kept, sell, table, trade

SOUND = buy("2020-01-02", 5, 10.0, account_id="Z")


@pytest.mark.parametrize(
    ("rows", "code", "field", "told"),
    [
        ([buy("2020-01-02", 0, 10.0)], "QUANTITY_INVALID", "quantity", "row 1: quantity 0 is not above 0"),
        ([buy("2020-01-02", 1e-7, 10.0)], "QUANTITY_INVALID", "quantity", "is not a number of shares"),
        ([buy("2020-01-02", 1, -1.0)], "VALUE_OUT_OF_RANGE", "price", "is not at least 0"),
        ([buy("2020-01-02", 1e8, 1e6)], "VALUE_OUT_OF_RANGE", "price", "is no price of such a trade"),
        ([buy("2020-01-02", 1, float("nan"))], "VALUE_NOT_FINITE", "price", "is not a finite number"),
        ([trade("2020-01-02", "SHORT", 1, 1.0)], "VALUE_UNKNOWN", "side", "SHORT is none of BUY, SELL"),
        ([buy("2020-01-02", 1, 1.0, trade_date=None)], "DATE_INVALID", "trade_date", "is empty"),
        ([buy("2020-01-02", 1, 1.0, security_id=None)], "SECURITY_UNKNOWN", "security_id", "is empty"),
        ([buy("2020-01-02", 1, 1.0, lot_id="K")] * 2, "LOT_DUPLICATE", "lot_id", "was bought before"),
        ([sell("2020-01-02", 1, 1.0)], "OVERSOLD", "quantity", "is more than the account then holds"),
        (
            [buy("2020-01-02", 1, 1.0, lot_id="K"), sell("2020-02-02", 1, 1.0, lot_id="K.1.2")],
            "LOT_UNKNOWN",
            "lot_id",
            "names lot K.1.2, which the account never bought",
        ),
        (
            [buy("2020-01-02", 1, 1.0, lot_id="K"), sell("2020-02-02", 2, 1.0, lot_id="K")],
            "OVERSOLD",
            "quantity",
            "is more than lot K then holds of XYZ",
        ),
        (
            [buy("2020-01-02", 1, 1.0, household_id="H"), buy("2020-01-02", 1, 1.0, household_id="I")],
            "ACCOUNT_INCONSISTENT",
            "household_id",
            "differs from other rows of the account",
        ),
        (
            [buy("2020-01-02", 1, 1.0, tax_status="taxable"), buy("2020-01-02", 1, 1.0, tax_status="exempt")],
            "ACCOUNT_INCONSISTENT",
            "tax_status",
            "differs from other rows of the account",
        ),
    ],
)
def test_a_faulty_account_is_left_out_and_told(rows: list[dict[str, Any]], code: str, field: str, told: str) -> None:
    made = kept(SOUND, *rows)
    assert set(made.exceptions["account_id"].to_pylist()) == {"A"}
    first = made.exceptions.to_pylist()[0]
    assert (first["code"], first["field"], first["stage"]) == (code, f"activity.{field}", "ledger")
    assert told in first["message"]
    assert "row " in first["message"]
    assert made.lots["account_id"].to_pylist() == ["Z"]
    assert made.totals.exceptions == 1
    assert made.totals.trades == 1


def test_a_fault_leaves_the_whole_household_out() -> None:
    wife, husband = {"account_id": "W", "household_id": "H"}, {"account_id": "M", "household_id": "H"}
    for faulty in (buy("2020-01-02", -1, 10.0, **wife), sell("2020-01-02", 1, 10.0, **wife)):
        made = kept(SOUND, faulty, buy("2020-01-02", 5, 10.0, **husband))
        codes = {row["account_id"]: row["code"] for row in made.exceptions.to_pylist()}
        assert codes["M"] == "HOUSEHOLD_FAULTY"
        assert set(codes) == {"W", "M"}
        assert made.lots["account_id"].to_pylist() == ["Z"]
        assert made.totals.exceptions == 2


def test_a_name_that_two_lots_would_have_leaves_the_household_out() -> None:
    made = kept(
        buy("2020-01-02", 40, 10.0, lot_id="A"),
        sell("2020-03-02", 40, 9.0),
        buy("2020-03-20", 100, 8.0, lot_id="K"),
        buy("2020-03-21", 100, 8.0, lot_id="K.1"),
        SOUND,
    )
    (row,) = made.exceptions.to_pylist()
    assert (row["code"], row["value"]) == ("LOT_DUPLICATE", "K.1")
    assert made.realised.num_rows == 0
    assert made.lots["account_id"].to_pylist() == ["Z"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda rows: rows.drop_columns("price"), "the column is missing"),
        (lambda rows: rows.set_column(1, "trade_date", pa.array(["02/03/2018"])), "dates in text are not guessed at"),
        (lambda rows: rows.set_column(0, "account_id", pa.array([None], pa.string())), "account_id is empty"),
        (lambda rows: rows.append_column("price", rows["price"]), "the column is there 2 times"),
    ],
)
def test_a_faulty_file_is_refused(change: Any, told: str) -> None:
    with pytest.raises(InputRefused, match=told) as caught:
        ledger(change(table([SOUND])), file="part-00000.csv")
    assert "part-00000.csv" in caught.value.where
    assert caught.value.remedy


def test_a_security_in_two_wash_groups_refuses_the_file() -> None:
    with pytest.raises(InputRefused, match=r"wash_group .* differs from other rows of the security"):
        kept(buy("2020-01-02", 1, 1.0, wash_group="G"), buy("2020-01-02", 1, 1.0, account_id="B", wash_group="H"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"kind": "SPLIT"}, "ratio is empty; SPLIT, STOCK_DIVIDEND, SPIN_OFF need it"),
        ({"kind": "SPLIT", "ratio": -2.0}, "ratio -2 is not above 0"),
        ({"kind": "SPLIT", "ratio": 1e-7}, "is no ratio"),
        ({"kind": "SYMBOL"}, "new_security_id is empty; SYMBOL, SPIN_OFF need it"),
        ({"kind": "SYMBOL", "new_security_id": "XYZ"}, "is the security itself"),
        ({"kind": "MERGER"}, "a merger gives shares, cash or both"),
        ({"kind": "MERGER", "ratio": 2.0}, "ratio 2 and new_security_id go together"),
        ({"kind": "MERGER", "ratio": 2.0, "new_security_id": "N", "cash": 1.0}, "what a new share is worth"),
        ({"kind": "SPIN_OFF", "ratio": 2.0, "new_security_id": "N"}, "basis_fraction is empty; SPIN_OFF needs it"),
        ({"kind": "BANKRUPTCY"}, "kind BANKRUPTCY is none of"),
    ],
)
def test_a_faulty_corporate_action_refuses_the_file(given: dict[str, Any], told: str) -> None:
    with pytest.raises(InputRefused, match=told):
        ledger(table([SOUND]), table([action("2020-01-02", **given)], ACTIONS))


def test_actions_of_securities_that_nobody_trades_are_ignored() -> None:
    other = action("2020-02-03", "SPLIT", ratio=2.0, security_id="OTHER")
    assert kept(SOUND, actions=[other]).lots.equals(kept(SOUND).lots)


def test_options_are_checked() -> None:
    with pytest.raises(UsageError, match="least_tax needs st_rate"):
        Options(method="least_tax")
    with pytest.raises(UsageError, match="wash_tacking is 'years'"):
        Options(wash_tacking="years")
    with pytest.raises(UsageError, match=r"lt_rate is 1\.5"):
        Options(lt_rate=1.5)


def test_timestamps_are_dates() -> None:
    rows = table([SOUND])
    stamps = rows.set_column(1, "trade_date", pa.array([dt.datetime(2020, 1, 2, 15, 30)]))
    assert ledger(stamps).lots.equals(ledger(rows).lots)
