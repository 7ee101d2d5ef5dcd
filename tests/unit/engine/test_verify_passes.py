"""What looks like a fault and is none: the verifier lets it pass."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest

from tests.support.verify_book import AS_OF
from tests.support.verify_case import Case, Trade
from tests.support.verify_mutations import wait_for_wash_sale
from tests.support.verify_washes import RIGHT, activity, replacement_sold_on_the_day

Change = Callable[[Case], object]


def own_recent_lot_sold_in_part(case: Case) -> None:
    """A lot's own shares do not replace themselves, nor does its own purchase in activity."""
    bought = AS_OF - datetime.timedelta(days=10)
    case.lot("A1", "L2")["acquired"] = bought
    activity(case, "A1", "BUY", 30, 10)


def piece_of_a_lot_beside_its_other_piece(case: Case) -> None:
    bought = AS_OF - datetime.timedelta(days=10)
    case.lot("A1", "L2")["acquired"] = bought
    case.part["lots"].append(case.lot("A1", "L2") | {"lot_id": "L2.2"})
    case.lot("A1", "L2")["lot_id"] = "L2.1"
    case.trade("A1", "AAA").lot = "L2.1"


def purchase_a_day_too_old(case: Case) -> None:
    case.lot("A1", "L1")["acquired"] = AS_OF - datetime.timedelta(days=31)


def recent_purchase_sold_again(case: Case) -> None:
    activity(case, "A2", "BUY", 5, 9, lot_id="L8")
    activity(case, "A2", "SELL", 5, 5, lot_id="L8", realised_gain=-3.0)


def recent_loss_of_an_ira(case: Case) -> None:
    case.part["activity"][0] |= {"account_id": "A2", "security_id": "TWN", "trade_date": AS_OF}


def all_that_is_free_is_sold_out(case: Case) -> None:
    case.part["lots"].append(case.lot("A4", "L1") | {"lot_id": "L9", "quantity": 2.5, "locked": True})


def sell_out_waits_for_a_wash_sale(case: Case) -> None:
    wait_for_wash_sale(case)


def whole_fractional_position_sold_out(case: Case) -> None:
    case.part["lots"].append(case.lot("A4", "L1") | {"lot_id": "L9", "quantity": 2.75})
    case.plan.append(Trade("A4", "SELL", "DDD", "2.75", lot="L9", reason="SELL_OUT"))


def loss_that_two_roundings_made_two_cents_larger(case: Case) -> None:
    replacement_sold_on_the_day(case)
    case.plan[-1].absorbed = "80.06"


def small_order_for_cash(case: Case) -> None:
    case.plan.append(Trade("A1", "SELL", "BBB", "1", lot="L3", reason="CASH"))


def below_the_floor_and_only_selling(case: Case) -> None:
    case.part["flows"].append({"account_id": "A1", "amount": -9000.0})
    case.plan = [trade for trade in case.plan if (trade.account, trade.side) != ("A1", "BUY")]
    for trade in case.plan:
        trade.reason = "CASH" if trade.account == "A1" else trade.reason


def gain_over_budget_for_a_sell_out(case: Case) -> None:
    case.settings["gain_budget"] = 0.0
    case.trade("A1", "AAA").lot, case.trade("A1", "AAA").reason = "L1", "SELL_OUT"


def weight_exactly_at_the_cap(case: Case) -> None:
    case.account("A1")["max_weight"] = 3210 / float(case.value("A1"))


def lot_sold_in_two_rows(case: Case) -> None:
    case.plan.append(Trade("A1", "SELL", "AAA", "20", lot="L2"))


CHANGES: list[Change] = [
    *RIGHT,
    own_recent_lot_sold_in_part,
    piece_of_a_lot_beside_its_other_piece,
    purchase_a_day_too_old,
    recent_purchase_sold_again,
    recent_loss_of_an_ira,
    all_that_is_free_is_sold_out,
    sell_out_waits_for_a_wash_sale,
    whole_fractional_position_sold_out,
    small_order_for_cash,
    loss_that_two_roundings_made_two_cents_larger,
    below_the_floor_and_only_selling,
    gain_over_budget_for_a_sell_out,
    weight_exactly_at_the_cap,
    lot_sold_in_two_rows,
]


@pytest.mark.parametrize("change", CHANGES)
def test_it_passes(change: Change) -> None:
    case = Case()
    change(case)
    found = case.violations()
    assert found == [], "\n".join(map(str, found))
