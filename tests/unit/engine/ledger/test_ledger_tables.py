"""The ledger's tables: what a small history becomes, to the cent, the day and the name of each lot."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from engine.ledger.history import Ledger, ledger
from engine.ledger.schema import LOTS, REALISED
from tests.support.trade_history import action, buy, kept, sell

PUB_550 = (buy("2020-01-02", 100, 10.0), sell("2020-03-02", 100, 7.5), buy("2020-03-20", 100, 8.0))


def usd(value: float) -> Decimal:
    return Decimal(f"{value:.2f}")


def lots(made: Ledger) -> dict[str, tuple[str, Decimal, Decimal]]:
    """Security, shares and total basis of each lot."""
    return {
        row["lot_id"]: (row["security_id"], row["quantity"], round(row["quantity"] * row["cost_basis"], 2))
        for row in made.lots.to_pylist()
    }


def test_publication_550_row_by_row() -> None:
    made = kept(*PUB_550)
    assert made.realised.schema == REALISED
    assert made.lots.schema == LOTS
    assert made.realised.to_pylist() == [
        {
            "account_id": "A",
            "security_id": "XYZ",
            "lot_id": "L000001",
            "quantity": Decimal(100),
            "acquired": dt.date(2020, 1, 2),
            "holding_start": dt.date(2020, 1, 2),
            "sold": dt.date(2020, 3, 2),
            "proceeds": usd(750),
            "cost_basis": usd(1000),
            "code": "W",
            "adjustment": usd(250),
            "gain": usd(0),
            "term": "SHORT",
            "tax_status": "taxable",
        }
    ]
    assert made.lots.to_pylist() == [
        {
            "account_id": "A",
            "lot_id": "L000002",
            "security_id": "XYZ",
            "quantity": Decimal(100),
            "cost_basis": Decimal("10.5"),
            "acquired": dt.date(2020, 3, 20),
            "holding_start": dt.date(2020, 1, 20),
        }
    ]
    assert made.exceptions.num_rows == 0
    assert (made.totals.accounts, made.totals.trades, made.totals.disallowed, made.totals.gone) == (1, 3, 25_000, 0)


def test_a_holding_period_that_is_not_tacked_is_null() -> None:
    made = kept(buy("2020-01-02", 100, 10.0))
    assert made.lots["holding_start"].null_count == 1


def test_a_partly_washed_lot_has_two_names_and_a_sale_may_use_them() -> None:
    split = (buy("2020-01-02", 40, 10.0), sell("2020-03-02", 40, 9.0), buy("2020-03-20", 100, 8.0, lot_id="K"))
    assert lots(kept(*split)) == {"K.1": ("XYZ", 40, usd(360)), "K.2": ("XYZ", 60, usd(480))}
    assert lots(kept(*split, sell("2021-03-20", 60, 9.0, lot_id="K.2"))) == {"K.1": ("XYZ", 40, usd(360))}
    washed_first = kept(*split, sell("2021-03-20", 50, 9.0, lot_id="K"))
    assert lots(washed_first) == {"K.2": ("XYZ", 50, usd(400))}
    sold = {row["lot_id"]: (row["quantity"], row["term"]) for row in washed_first.realised.to_pylist()}
    assert sold == {"L000001": (40, "SHORT"), "K.2": (10, "SHORT"), "K.1": (40, "LONG")}


def test_made_names_skip_those_that_are_given() -> None:
    rows = [buy(f"2020-01-{day:02}", 1, day) for day in range(1, 6)]
    rows[1]["lot_id"] = "L000001"
    rows[2]["lot_id"] = "L000003"
    assert sorted(lots(kept(*rows))) == ["L000001", "L000002", "L000003", "L000004", "L000005"]
    assert lots(kept(*rows))["L000005"][2] == usd(5)


def test_a_loss_replaced_in_a_retirement_account_is_gone() -> None:
    made = kept(
        buy("2020-01-02", 100, 10.0, household_id="H"),
        sell("2020-03-02", 100, 7.5, household_id="H"),
        buy("2020-03-20", 100, 8.0, household_id="H", account_id="IRA", tax_status="deferred"),
    )
    assert lots(made) == {"L000001": ("XYZ", 100, usd(800))}
    assert made.lots["holding_start"].null_count == 1
    assert (made.totals.disallowed, made.totals.gone, made.totals.households) == (25_000, 25_000, 1)


def test_form_order_is_account_then_short_before_long() -> None:
    made = kept(
        buy("2018-01-02", 10, 10.0, account_id="B"),
        buy("2018-01-02", 10, 10.0),
        buy("2020-01-02", 10, 10.0),
        sell("2020-02-03", 10, 11.0),
        sell("2020-03-03", 10, 11.0),
        sell("2020-03-03", 10, 11.0, account_id="B"),
    )
    rows = [(row["account_id"], row["term"], row["sold"].month) for row in made.realised.to_pylist()]
    assert rows == [("A", "SHORT", 3), ("A", "LONG", 2), ("B", "LONG", 3)]


@pytest.mark.parametrize(
    ("method", "left"), [("fifo", "L000002"), ("lifo", "L000001"), ("hifo", "L000002"), ("least_tax", "L000001")]
)
def test_methods_choose_the_lot(method: str, left: str) -> None:
    """Basis 12, long-term, beside basis 11, short-term, sold at 10: the short-term loss is worth 0.4 a share."""
    rates = {"st_rate": 0.4, "lt_rate": 0.1} if method == "least_tax" else {}
    made = kept(
        buy("2018-01-02", 5, 12.0), buy("2020-01-02", 5, 11.0), sell("2020-06-01", 5, 10.0), method=method, **rates
    )
    assert list(lots(made)) == [left]


def test_splits_dividends_in_stock_and_capital_returned() -> None:
    made = kept(
        buy("2020-01-02", 100, 12.0),
        actions=[
            action("2020-02-03", "SPLIT", ratio=1.5),
            action("2020-03-03", "STOCK_DIVIDEND", ratio=0.1),
            action("2020-04-03", "CASH_DIVIDEND", cash=1.0),
            action("2020-05-04", "RETURN_OF_CAPITAL", cash=2.0),
        ],
    )
    assert lots(made) == {"L000001": ("XYZ", 165, usd(870))}


def test_a_return_of_capital_beyond_basis_is_a_gain_without_shares() -> None:
    made = kept(buy("2020-01-02", 100, 2.0), actions=[action("2021-05-04", "RETURN_OF_CAPITAL", cash=3.0)])
    (row,) = made.realised.to_pylist()
    assert (row["quantity"], row["gain"], row["term"]) == (0, usd(100), "LONG")
    assert lots(made) == {"L000001": ("XYZ", 100, usd(0))}


def test_a_spun_off_lot_has_a_name_and_can_be_sold_by_it() -> None:
    spin = action("2020-06-01", "SPIN_OFF", ratio=0.5, new_security_id="NEW:CO", basis_fraction=0.25)
    bought = buy("2020-01-02", 100, 10.0, lot_id="K")
    assert lots(kept(bought, actions=[spin])) == {
        "K": ("XYZ", 100, usd(750)),
        "K:NEW:CO": ("NEW:CO", 50, usd(250)),
    }
    made = kept(bought, sell("2021-06-01", 50, 6.0, security_id="NEW:CO", lot_id="K:NEW:CO"), actions=[spin])
    assert list(lots(made)) == ["K"]
    assert made.realised["lot_id"].to_pylist() == ["K:NEW:CO"]
    assert made.realised["acquired"].to_pylist() == [dt.date(2020, 1, 2)]


TWICE = [
    action("2020-06-01", "SPIN_OFF", ratio=0.5, new_security_id="NEW:CO", basis_fraction=0.25),
    action("2020-09-01", "SPIN_OFF", ratio=0.25, new_security_id="NEW:CO", basis_fraction=0.2),
]
"""100 shares of 1000.00 leave 750.00 to them and 250.00 to 50 new ones, then 600.00 and 150.00 to 25."""


def test_a_second_spin_off_into_the_same_security_numbers_its_lots() -> None:
    bought = buy("2020-01-02", 100, 10.0, lot_id="K")
    assert lots(kept(bought, actions=TWICE)) == {
        "K": ("XYZ", 100, usd(600)),
        "K:NEW:CO": ("NEW:CO", 50, usd(250)),
        "K:2:NEW:CO": ("NEW:CO", 25, usd(150)),
    }


def test_a_lot_of_a_second_spin_off_can_be_sold_by_its_name() -> None:
    bought = buy("2020-01-02", 100, 10.0, lot_id="K")
    sold = sell("2021-06-01", 25, 6.0, security_id="NEW:CO", lot_id="K:2:NEW:CO")
    made = kept(bought, sold, actions=TWICE)
    assert list(lots(made)) == ["K:NEW:CO", "K"]
    assert made.realised.select(["lot_id", "cost_basis"]).to_pylist() == [
        {"lot_id": "K:2:NEW:CO", "cost_basis": usd(150)}
    ]
    more = kept(bought, sold | {"quantity": 26.0}, actions=TWICE)
    assert more.exceptions["code"].to_pylist() == ["OVERSOLD"]
    unknown = kept(bought, sold | {"lot_id": "J:2:NEW:CO"}, actions=TWICE)
    assert unknown.exceptions["code"].to_pylist() == ["LOT_UNKNOWN"]


def test_pieces_of_a_washed_lot_are_spun_off_twice_under_names_of_their_own() -> None:
    """K takes up a loss with 40 of its shares."""
    trades = [
        buy("2019-01-02", 40, 30.0, lot_id="OLD"),
        buy("2020-01-02", 100, 10.0, lot_id="K"),
        sell("2020-01-10", 40, 10.0, lot_id="OLD"),
    ]
    made = kept(*trades, actions=TWICE)
    assert [name for name in lots(made) if ":" in name] == ["K.1:NEW:CO", "K.2:NEW:CO", "K.1:2:NEW:CO", "K.2:2:NEW:CO"]
    sold = sell("2021-06-01", 10, 6.0, security_id="NEW:CO", lot_id="K.1:2:NEW:CO")
    (row,) = (row for row in kept(*trades, sold, actions=TWICE).realised.to_pylist() if row["security_id"] == "NEW:CO")
    assert (row["lot_id"], row["quantity"]) == ("K.1:2:NEW:CO", 10)


def test_mergers_for_shares_cash_and_both() -> None:
    bought = buy("2020-01-02", 100, 10.0)
    for_shares = action("2020-06-01", "MERGER", ratio=0.5, new_security_id="ACQ")
    assert lots(kept(bought, actions=[for_shares])) == {"L000001": ("ACQ", 50, usd(1000))}
    cash = kept(bought, actions=[action("2020-06-01", "MERGER", cash=12.0)])
    assert cash.lots.num_rows == 0
    assert cash.realised["gain"].to_pylist() == [usd(200)]
    both = kept(
        bought, actions=[action("2020-06-01", "MERGER", ratio=0.5, new_security_id="ACQ", cash=3.0, price=16.0)]
    )
    assert both.realised["gain"].to_pylist() == [usd(100)]
    assert lots(both) == {"L000001": ("ACQ", 50, usd(800))}


def test_a_new_symbol_is_the_same_security_to_a_wash_sale() -> None:
    renamed = action("2020-03-10", "SYMBOL", new_security_id="NEW")
    made = kept(*PUB_550[:2], buy("2020-03-20", 100, 8.0, security_id="NEW"), actions=[renamed])
    assert lots(made) == {"L000002": ("NEW", 100, usd(1050))}


def test_securities_of_a_wash_group_replace_each_other() -> None:
    group = {"wash_group": "S&P 500"}
    rows = [buy("2020-01-02", 1, 10.0, **group), sell("2020-03-02", 1, 7.0)]
    other = buy("2020-03-20", 1, 8.0, security_id="OTHER")
    assert kept(*rows, other).totals.disallowed == 0
    assert kept(*rows, other | group).totals.disallowed == 300


def test_an_empty_history_is_an_empty_ledger() -> None:
    made = kept()
    assert (made.realised.num_rows, made.lots.num_rows, made.exceptions.num_rows) == (0, 0, 0)
    assert made.realised.schema == REALISED


def test_dictionary_and_decimal_columns_are_read_alike() -> None:
    rows = pa.Table.from_pylist(list(PUB_550))
    other = rows.set_column(0, "account_id", rows["account_id"].dictionary_encode())
    place = rows.column_names.index("price")
    other = other.set_column(place, "price", rows["price"].cast(pa.decimal128(20, 8)))
    assert ledger(rows).realised.equals(ledger(other).realised)
