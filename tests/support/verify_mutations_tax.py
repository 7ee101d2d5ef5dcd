"""Single faults of tax, targets and risk put into a right run; see `verify_mutations`."""

from __future__ import annotations

import datetime
from decimal import Decimal

from tests.support.verify_book import AS_OF, Tables, day
from tests.support.verify_case import Case
from tests.support.verify_mutations import MUTATIONS, breaks, of

# Tax.


@breaks("basis_of_sale")
def basis_two_cents_off(case: Case) -> None:
    row = case.trade_row(case.trade("A1", "AAA"))
    shift_basis(case, "AAA", row["cost_basis"] + Decimal("0.02"))


@breaks("basis_of_sale")
def whole_lot_a_cent_off(case: Case) -> None:
    row = case.trade_row(case.trade("A1", "DDD"))
    shift_basis(case, "DDD", row["cost_basis"] - Decimal("0.01"))


def shift_basis(case: Case, security: str, basis: Decimal) -> None:
    """Another basis for A1's sell, with gain and totals that follow."""
    trade = case.trade("A1", security)
    row = case.trade_row(trade)
    total = "realised_lt" if row["term"] == "LONG" else "realised_st"
    trade.edits |= {"cost_basis": basis, "realised_gain": row["amount"] - basis}

    def change(out: Tables) -> None:
        result = out["results"][of(out, "results", "A1")]
        result[total] += row["cost_basis"] - basis

    case.edit(change)


@breaks("gain_of_sale", "realised_totals")
def gain_off_by_a_cent(case: Case) -> None:
    trade = case.trade("A1", "AAA")
    trade.edits["realised_gain"] = case.trade_row(trade)["realised_gain"] + Decimal("0.01")


@breaks("buy_row")
def buy_with_a_lot(case: Case) -> None:
    case.trade("A1", "CCC").edits["lot_id"] = "L4"


@breaks("buy_row")
def buy_with_a_term(case: Case) -> None:
    case.trade("A1", "CCC").edits["term"] = "LONG"


@breaks("realised_totals")
def realised_off_by_a_cent(case: Case) -> None:
    case.edit_result("A2", realised_lt=Decimal("0.01"))


@breaks("tax_cost", "tax_saved_adds_up")
def tax_two_cents_off(case: Case) -> None:
    def change(out: Tables) -> None:
        out["results"][of(out, "results", "A1")]["tax_cost"] += Decimal("0.02")

    case.edit(change)


@breaks("tax_cost", "tax_saved_adds_up")
def tax_in_an_ira(case: Case) -> None:
    case.edit_result("A2", tax_cost=Decimal("0.01"))


@breaks("gain_budget")
def gain_budget_passed(case: Case) -> None:
    gain_instead_of_loss(case)
    case.settings["gain_budget"] = 300.0


@breaks("tax_budget")
def tax_budget_passed(case: Case) -> None:
    gain_instead_of_loss(case)
    case.settings["tax_budget"] = 60.0


@breaks("gains_preserved")
def gain_before_its_day(case: Case) -> None:
    gain_instead_of_loss(case)
    case.settings["preserve_until"] = AS_OF + datetime.timedelta(days=1)


def gain_instead_of_loss(case: Case) -> None:
    case.trade("A1", "AAA").lot = "L1"


def more(case: Case, account_id: str, **columns: str) -> None:
    """Add so much to columns of an account's result."""

    def change(out: Tables) -> None:
        result = out["results"][of(out, "results", account_id)]
        for name, amount in columns.items():
            result[name] += Decimal(amount)

    case.edit(change)


@breaks("tax_saved_adds_up")
def saved_tax_does_not_add_up(case: Case) -> None:
    more(case, "A1", tax_blind="0.01")


@breaks("tax_saved_adds_up")
def parts_of_saved_tax_do_not_add_up(case: Case) -> None:
    more(case, "A1", harvested="-0.01")


@breaks("tax_saved_adds_up")
def saved_tax_is_not_told(case: Case) -> None:
    case.edit_result("A1", deferred_gains=None)


@breaks("tax_saved_has_a_cause")
def an_ira_defers(case: Case) -> None:
    more(case, "A2", tax_blind="0.01", tax_saved_or_deferred="0.01", deferred_gains="0.01")


@breaks("tax_saved_has_a_cause")
def the_twin_trades_inside_its_band(case: Case) -> None:
    case.account("A2").update(tax_status="taxable", realised_st_ytd=0.0, realised_lt_ytd=0.0, carryforward_lt=0.0)
    more(case, "A2", tax_blind="0.01", tax_saved_or_deferred="0.01", deferred_gains="0.01")


@breaks("tax_saved_has_a_cause")
def harvested_without_a_trade(case: Case) -> None:
    case.account("A2").update(tax_status="taxable", realised_st_ytd=0.0, realised_lt_ytd=0.0, carryforward_lt=0.0)
    case.codes["A2"] = "NO_BENEFIT"
    more(case, "A2", deferred_gains="-0.01", harvested="0.01")


@breaks("saved_by_lot_choice")
def lot_choice_against_another_lot(case: Case) -> None:
    """As if L2 had come before L1: the lot that was sold is then the first."""
    choice = case.result("A1", [case.trade_row(trade) for trade in case.plan if trade.account == "A1"])
    saved = choice["saved_by_lot_choice"]
    assert saved > 10
    more(case, "A1", saved_by_lot_choice=str(-saved), deferred_gains=str(saved))


@breaks("saved_by_lot_choice")
def lot_choice_off_by_cents(case: Case) -> None:
    more(case, "A1", saved_by_lot_choice="0.03", harvested="-0.03")


# Transitions.


@breaks("transition_reason")
def transition_of_a_name_in_the_target(case: Case) -> None:
    case.settings["transition_until"] = AS_OF
    case.trade("A1", "AAA").reason = "TRANSITION"


@breaks("transition_reason")
def transition_without_a_date(case: Case) -> None:
    case.trade("A1", "DDD").reason = "TRANSITION"


@breaks("transition_share")
def legacy_stays_in_its_last_year(case: Case) -> None:
    case.settings["transition_until"] = AS_OF
    with_legacy(case)


@breaks("transition_share")
def too_little_legacy_moves(case: Case) -> None:
    """A third of $400 is due, and of an order of $50 or a share."""
    case.settings["transition_until"] = AS_OF.replace(year=AS_OF.year + 2)
    with_legacy(case)


def with_legacy(case: Case) -> None:
    """Forty shares of a name in no target, with $10 of gain each."""
    case.part["lots"].append(case.lot("A1", "L4") | {"lot_id": "L9", "security_id": "TWN"} | LEGACY)


LEGACY = {"quantity": 40.0, "cost_basis": 11.0, "acquired": day("2015-01-05")}


# Targets and risk.


@breaks("target_known", "target_is_model", "tracking_error", "drift")
def target_of_no_rows(case: Case) -> None:
    case.edit_result("A2", target_id="none")


@breaks("target_row_once", "target_sum", "target_is_model", "tracking_error", "drift")
def target_row_twice(case: Case) -> None:
    case.edit(lambda out: out["targets"].append(dict(out["targets"][0])))


@breaks("target_row_once")
def negative_target(case: Case) -> None:
    case.targets["own"] |= {"CCC": 0.6 * 0.98, "FRA": -0.1 * 0.98}


@breaks("target_sum", "target_is_model")
def target_forgets_cash(case: Case) -> None:
    case.targets["model"] = {name: weight / 0.98 for name, weight in case.targets["model"].items()}


@breaks("target_permitted")
def target_names_a_barred_name(case: Case) -> None:
    case.targets["own"] = {"AAA": 0.1, "BBB": 0.5, "CCC": 0.38}


@breaks("target_tradable")
def target_names_an_untradable(case: Case) -> None:
    case.firm["substitutes"].append({"security_id": "CCC", "substitute_id": "UNT", "rank": 2})
    case.targets["own"] = {"UNT": 0.1, "BBB": 0.5, "CCC": 0.38}


@breaks("target_is_model")
def target_is_another_model(case: Case) -> None:
    case.target_of["A2"] = "own"


@breaks("target_of_model_names")
def target_names_a_stranger(case: Case) -> None:
    case.targets["own"] = {"TWN": 0.1, "BBB": 0.5, "CCC": 0.38}


@breaks("tracking_error")
def tracking_error_off_by_a_hundredth_bp(case: Case) -> None:
    case.edit_result("A2", te_after=case.tracking("A2", after=True) + 1e-6)


@breaks("drift")
def drift_without_cash(case: Case) -> None:
    gaps = case.gaps("A1", after=False)
    case.edit_result("A1", drift_before=sum(abs(gap) for gap in gaps.values()) / 2)


@breaks("tracking_error_target")
def tracking_error_over_its_target(case: Case) -> None:
    case.settings["tracking_error_target"] = 1e-4


@breaks("active_exposure")
def too_much_of_a_factor(case: Case) -> None:
    case.restrict("A1", "factor_max", factor="size", value=-0.5)


@breaks("closer_or_for_a_reason")
def tracks_away(case: Case) -> None:
    case.security("UNT")["tradable"] = True
    case.trade("A1", "CCC").quantity, case.trade("A1", "CCC").security = "75", "UNT"


def term(name: str, acquired: str, as_sold: str, holding_start: str | None = None) -> None:
    """A sale on the edge of long-term, with the wrong word for it."""

    def mutation(case: Case) -> None:
        lot = case.lot("A4", "L1")
        lot |= {"acquired": day(acquired), "holding_start": day(holding_start) if holding_start else None}
        row = case.trade_row(case.trade("A4", "DDD"))
        assert row["term"] != as_sold
        case.trade("A4", "DDD").edits["term"] = as_sold
        gains = {"SHORT": Decimal(0), "LONG": Decimal(0), as_sold: row["realised_gain"]}
        case.edit_result("A4", realised_st=gains["SHORT"], realised_lt=gains["LONG"])

    MUTATIONS[name] = (mutation, frozenset({"term_by_law"}))


term("anniversary_is_still_short", "2017-02-07", "LONG")
term("day_after_the_anniversary_is_long", "2017-02-06", "SHORT")
term("tacked_holding_period", "2017-12-01", "SHORT", holding_start="2017-02-06")
