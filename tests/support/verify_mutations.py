"""Single faults put into a right run: outcomes, lots, money, mandate. Each names the rules it breaks, its own first."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

from tests.support.verify_book import AS_OF, Tables, day
from tests.support.verify_case import Case, Trade

Mutation = Callable[[Case], object]
MUTATIONS: dict[str, tuple[Mutation, frozenset[str]]] = {}


def breaks(*rules: str) -> Callable[[Mutation], Mutation]:
    def register(mutation: Mutation) -> Mutation:
        MUTATIONS[mutation.__name__] = (mutation, frozenset(rules))
        return mutation

    return register


def of(out: Tables, table: str, account_id: str) -> int:
    return next(i for i, row in enumerate(out[table]) if row["account_id"] == account_id)


# Outcomes.


@breaks("account_once")
def result_missing(case: Case) -> None:
    case.edit(lambda out: out["results"].pop(of(out, "results", "A2")))


@breaks("account_once")
def result_twice(case: Case) -> None:
    case.edit(lambda out: out["results"].append(dict(out["results"][of(out, "results", "A2")])))


@breaks("account_once")
def result_of_a_stranger(case: Case) -> None:
    case.edit(lambda out: out["results"].append(out["results"][of(out, "results", "A6")] | {"account_id": "ZZ"}))
    case.edit(lambda out: out["exceptions"].append({"account_id": "ZZ", "code": "X", "severity": "ERROR"}))


@breaks("words_known")
def unknown_reason(case: Case) -> None:
    case.trade("A1", "CCC").edits["reason"] = "WHIM"


@breaks("words_known")
def unknown_status(case: Case) -> None:
    case.edit_result("A2", status="MAYBE")


@breaks("trades_match_status")
def traded_without_trades(case: Case) -> None:
    case.edit_result("A2", status="TRADED", objective_bp=0.0, gap_bp=0.0, solver="osqp")


@breaks("trades_match_status", "code_given")
def no_trade_with_trades(case: Case) -> None:
    case.edit_result("A1", status="NO_TRADE")


@breaks("trades_match_status", "exception_explained")
def exception_with_trades(case: Case) -> None:
    case.edit_result("A1", status="EXCEPTION", code="NOT_SOLVED")


@breaks("fault_is_exception")
def negative_lot_is_decided(case: Case) -> None:
    case.part["lots"].append(case.lot("A2", "L1") | {"lot_id": "L9", "quantity": 0.0})


@breaks("fault_is_exception")
def lot_in_the_future_is_decided(case: Case) -> None:
    case.lot("A2", "L1")["acquired"] = AS_OF + datetime.timedelta(days=1)


@breaks("fault_is_exception")
def lot_id_twice_is_decided(case: Case) -> None:
    case.lot("A2", "L3")["lot_id"] = "L1"


@breaks("fault_is_exception")
def stale_price_is_decided(case: Case) -> None:
    case.part["lots"].append(case.lot("A2", "L1") | {"lot_id": "L9", "security_id": "UNT"})
    case.security("UNT")["price_date"] = AS_OF - datetime.timedelta(days=8)


@breaks("fault_is_exception")
def unknown_policy_is_decided(case: Case) -> None:
    case.account("A2")["policy_id"] = "Q"
    case.settings["cash_target"] = 0.02


@breaks("fault_is_exception", "target_of_model_names")
def follower_of_a_faulty_sleeve_is_decided(case: Case) -> None:
    case.firm["models"][2]["weight"] = 0.49
    for account_id in ("A1", "A2"):
        case.codes[account_id] = "MODEL_INVALID"
        case.faulty.add(account_id)
    case.plan = [trade for trade in case.plan if trade.account == "A4"]


@breaks("fault_is_exception", "target_of_model_names")
def follower_of_a_cycle_is_decided(case: Case) -> None:
    case.firm["models"] += [
        {"model_id": "C", "security_id": None, "child_model_id": "C", "weight": 0.5},
        {"model_id": "C", "security_id": "AAA", "child_model_id": None, "weight": 0.5},
    ]
    case.account("A2")["model_id"] = "C"


@breaks("fault_is_exception", "target_known")
def follower_of_no_model_is_decided(case: Case) -> None:
    case.account("A4")["model_id"] = None
    case.targets["own"] = {}


@breaks("exception_explained")
def exception_without_an_error(case: Case) -> None:
    case.edit(lambda out: out["exceptions"].pop())


@breaks("exception_explained")
def error_on_a_decided_account(case: Case) -> None:
    case.edit(lambda out: out["exceptions"].append({"account_id": "A1", "code": "X", "severity": "ERROR"}))


@breaks("code_given")
def no_trade_without_a_code(case: Case) -> None:
    case.edit_result("A2", code=None)


@breaks("objective_given")
def traded_without_an_objective(case: Case) -> None:
    case.edit_result("A1", objective_bp=float("nan"))


@breaks("gap_not_negative")
def negative_gap(case: Case) -> None:
    case.edit_result("A1", gap_bp=-0.001)


@breaks("one_run")
def two_runs(case: Case) -> None:
    case.trade("A1", "CCC").edits["run_id"] = "r2"


@breaks("orders_are_trades")
def order_off_by_a_millionth(case: Case) -> None:
    def change(out: Tables) -> None:
        out["orders"][0]["quantity"] += Decimal("0.000001")

    case.edit(change)


@breaks("orders_are_trades")
def order_missing(case: Case) -> None:
    case.edit(lambda out: out["orders"].pop())


@breaks("orders_are_trades")
def order_counts_rows_for_accounts(case: Case) -> None:
    def change(out: Tables) -> None:
        out["orders"][0]["accounts"] += 1

    case.edit(change)


# Lots and shares.


@breaks("sell_names_own_lot", "lots_reconcile")
def sell_from_no_lot(case: Case) -> None:
    case.trade("A1", "AAA").edits["lot_id"] = "L9"


@breaks("sell_names_own_lot", "lots_reconcile", "basis_of_sale", "term_by_law")
def sell_from_another_name(case: Case) -> None:
    case.trade("A1", "AAA").edits["lot_id"] = "L3"


@breaks("sell_within_lot", "lots_reconcile")
def oversold_lot(case: Case) -> None:
    case.trade("A1", "AAA").quantity = "31"


@breaks("locked_lot_kept")
def locked_lot_sold(case: Case) -> None:
    case.lot("A1", "L2")["locked"] = True


@breaks("quantity_positive")
def empty_row(case: Case) -> None:
    case.plan.append(Trade("A1", "SELL", "AAA", "0", lot="L2"))


@breaks("whole_shares")
def half_a_share_bought(case: Case) -> None:
    case.trade("A1", "CCC").quantity = "150.5"


@breaks("whole_shares")
def half_a_share_sold(case: Case) -> None:
    case.trade("A1", "AAA").quantity = "10.000001"


@breaks("one_side_a_name", "wash_sale_reported")
def sold_and_bought(case: Case) -> None:
    case.plan.append(Trade("A1", "BUY", "AAA", "1"))


@breaks("whole_shares")
def free_fraction_sold_beside_a_locked_lot(case: Case) -> None:
    case.plan.append(Trade("A4", "SELL", "DDD", "2.5", lot="L9", reason="SELL_OUT"))
    for lot_id, quantity, locked in (("L8", 1.5, True), ("L9", 2.5, False)):
        case.part["lots"].append(case.lot("A4", "L1") | {"lot_id": lot_id, "quantity": quantity, "locked": locked})


# Money.


@breaks("price_is_market")
def price_off_by_a_millionth(case: Case) -> None:
    case.trade("A1", "AAA").edits["price"] = Decimal("100.000001")


@breaks("amount_to_the_cent")
def amount_truncated(case: Case) -> None:
    row = case.trade_row(case.trade("A4", "FRA"))
    assert row["amount"] == Decimal("825.06"), "81.5 x 10.123457 is 825.0617"
    case.trade("A4", "FRA").quantity = "81.6"  # 826.0741
    case.trade("A4", "FRA").edits |= {"amount": Decimal("826.08"), "cost_basis": Decimal("826.08")}
    case.edit_result("A4", cash_after=case.value("A4") - case.value("A4") + Decimal("463.92"))


@breaks("cash_before")
def cash_from_nowhere(case: Case) -> None:
    case.edit_result("A2", cash_before=Decimal("400.01"))


@breaks("cash_after")
def cash_off_by_a_cent(case: Case) -> None:
    case.edit_result("A2", cash_after=Decimal("400.01"))


@breaks("cash_floor")
def buys_into_the_pending_outflow(case: Case) -> None:
    case.part["flows"].append({"account_id": "A1", "amount": -2600.0})


@breaks("value")
def value_off_by_a_cent(case: Case) -> None:
    case.edit_result("A1", value=case.value("A1") + Decimal("0.01"))


@breaks("turnover")
def turnover_counts_both_sides(case: Case) -> None:
    case.edit_result("A1", turnover=0.2)


@breaks("max_turnover")
def turnover_above_the_limit(case: Case) -> None:
    case.settings["max_turnover"] = 0.01


# Mandate.


@breaks("no_barred_buy", "target_permitted")
def buys_a_never_buy(case: Case) -> None:
    case.restrict("A1", "never_buy", security_id="CCC")


@breaks("no_barred_buy", "target_permitted")
def buys_a_barred_sector(case: Case) -> None:
    case.restrict("A1", "never_buy", sector="HEALTH")


@breaks("no_barred_buy")
def buys_a_screened_name(case: Case) -> None:
    case.firm["screens"].append({"screen_id": "OIL", "security_id": "TWN"})
    case.restrict("A4", "screen", screen_id="OIL")
    case.plan.append(Trade("A4", "BUY", "TWN", "6"))


@breaks("no_barred_sell")
def sells_a_never_sell(case: Case) -> None:
    case.restrict("A1", "never_sell", security_id="AAA")


@breaks("no_untradable_trade")
def trades_an_untradable(case: Case) -> None:
    case.security("DDD")["tradable"] = False


@breaks("no_blind_buy", "no_untradable_trade")
def buys_a_stale_untradable(case: Case) -> None:
    case.security("UNT")["price_date"] = AS_OF - datetime.timedelta(days=8)
    case.plan.append(Trade("A1", "BUY", "UNT", "10"))


@breaks("no_blind_buy", "price_is_market", "drift")
def buys_the_unknown(case: Case) -> None:
    case.plan.append(Trade("A1", "BUY", "NEW", "10"))


@breaks("sell_out_done")
def sells_out_half(case: Case) -> None:
    case.trade("A4", "DDD").quantity = "20"


@breaks("sell_out_done")
def sell_out_waits_without_a_word(case: Case) -> None:
    wait_for_wash_sale(case)
    case.edit(lambda out: out["exceptions"].pop())


@breaks("sell_out_done")
def sell_out_waits_without_a_wash_sale(case: Case) -> None:
    wait_for_wash_sale(case)
    case.part["lots"][-1]["acquired"] = day("2017-11-01")


def wait_for_wash_sale(case: Case) -> None:
    """A4 holds a gain lot of 33 shares, and 7.5 at a loss beside 1.25 bought the other day, also at a loss."""
    lot = case.lot("A4", "L1")
    lot["cost_basis"] = 29.0
    case.part["lots"].append(lot | {"lot_id": "L8", "quantity": 7.5, "cost_basis": 31.0})
    case.part["lots"].append(lot | {"lot_id": "L9", "quantity": 1.25, "cost_basis": 31.0, "acquired": AS_OF})
    case.plan.append(Trade("A4", "SELL", "DDD", "1", lot="L9", reason="SELL_OUT"))
    case.edit(lambda out: out["exceptions"].append({"account_id": "A4", "code": "WASH_WAIT", "severity": "WARNING"}))


@breaks("sell_out_not_shelved")
def sell_out_held_by_the_band(case: Case) -> None:
    case.plan = [trade for trade in case.plan if trade.account != "A4"]
    case.codes["A4"] = "IN_BAND"


@breaks("min_trade")
def small_buy(case: Case) -> None:
    case.plan.append(Trade("A1", "BUY", "FRA", "4"))
    case.part["activity"][0]["realised_gain"] = 1.0


@breaks("min_position")
def small_position_left(case: Case) -> None:
    case.account("A1")["min_position_usd"] = 3300.0


@breaks("max_weight")
def bought_above_the_cap(case: Case) -> None:
    case.account("A1")["max_weight"] = 3210 / 18817.5 - 1e-6


@breaks("max_weight_restriction")
def bought_above_the_own_cap(case: Case) -> None:
    case.restrict("A1", "max_weight", sector="HEALTH", value=0.17)


@breaks("min_weight_restriction")
def sold_below_the_own_floor(case: Case) -> None:
    case.restrict("A1", "min_weight", security_id="AAA", value=0.38)
