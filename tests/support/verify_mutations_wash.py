"""Single faults of wash sales put into a right run; see `verify_mutations` and, for the right runs, `verify_washes`."""

from __future__ import annotations

from decimal import Decimal

from tests.support.verify_book import Tables
from tests.support.verify_case import Case, Trade
from tests.support.verify_mutations import breaks, of
from tests.support.verify_mutations_tax import MUTATIONS as MUTATIONS
from tests.support.verify_washes import (
    activity,
    all_bought_by_the_ira,
    back,
    bought_in_activity_and_in_lots,
    four_bought_by_the_ira,
    lately,
    less_than_half_a_cent_ends,
    recent_long_loss_bought_back,
    recent_loss,
    recent_loss_bought_back,
    recent_loss_partly_replaced,
    replacement_sold_on_the_day,
    reports,
    same_day_ignored,
    sold_earlier_counted,
    tacked_lot,
    takes_away,
    twin_bought_by_the_same_account,
    used_up_by_an_older_loss,
)

# Amounts.


@breaks("wash_amount", "wash_buy_reported", "buy_row", "realised_totals", "tax_cost")
def negative_disallowance(case: Case) -> None:
    trade = case.trade("A1", "CCC")
    trade.edits |= {"wash_disallowed": Decimal("-1.00"), "realised_gain": Decimal("-1.00"), "term": "SHORT"}


@breaks("wash_amount", "wash_sale_reported")
def more_disallowed_than_lost(case: Case) -> None:
    all_bought_by_the_ira(case)
    reports(case, "200.11")


@breaks("wash_sale_reported")
def part_two_cents_off(case: Case) -> None:
    four_bought_by_the_ira(case)
    reports(case, "80.06")


@breaks("wash_sale_reported")
def whole_a_cent_off(case: Case) -> None:
    all_bought_by_the_ira(case)
    reports(case, "200.09")


@breaks("wash_sale_reported")
def a_cent_disallowed_for_nothing(case: Case) -> None:
    reports(case, "0.01")


@breaks("wash_sale_reported", "wash_buy_reported")
def disallowed_on_the_wrong_side(case: Case) -> None:
    four_bought_by_the_ira(case)
    reports(case, "0")
    takes_away(case, "80.04")


@breaks("wash_sale_reported")
def disallowed_on_another_lot(case: Case) -> None:
    four_bought_by_the_ira(case)
    reports(case, "0")
    case.lot("A1", "L1")["cost_basis"] = 130.0
    case.plan.append(Trade("A1", "SELL", "AAA", "4", lot="L1", disallowed="80.04"))


# Sales.


@breaks("wash_sale_reported")
def loss_beside_a_recent_lot(case: Case) -> None:
    case.lot("A1", "L1")["acquired"] = back(30)


@breaks("wash_sale_reported")
def loss_beside_the_ira_s_recent_lot(case: Case) -> None:
    case.lot("A2", "L1")["acquired"] = back(0)


@breaks("wash_sale_reported")
def loss_beside_a_purchase_not_yet_in_lots(case: Case) -> None:
    activity(case, "A2", "BUY", 1, 3)


@breaks("wash_sale_reported")
def purchase_of_31_days_counted(case: Case) -> None:
    lately(case, "A2", 4, days=31)
    reports(case, "80.04")


@breaks("wash_sale_reported")
def purchase_of_the_ira_ignored(case: Case) -> None:
    four_bought_by_the_ira(case)
    lately(case, "A1", 3, days=2)


@breaks("wash_sale_reported")
def purchase_told_twice_counted_twice(case: Case) -> None:
    bought_in_activity_and_in_lots(case)
    reports(case, "160.08")


@breaks("wash_sale_reported")
def own_shares_counted(case: Case) -> None:
    case.lot("A1", "L2")["acquired"] = back(10)
    reports(case, "200.10")


@breaks("wash_sale_reported")
def purchase_used_up_counted_again(case: Case) -> None:
    used_up_by_an_older_loss(case)
    reports(case, "80.04")


@breaks("wash_sale_reported")
def tacked_lot_counted_again(case: Case) -> None:
    tacked_lot(case)
    reports(case, "120.06")


@breaks("wash_sale_reported", "basis_of_sale")
def same_day_ignored_against_the_policy(case: Case) -> None:
    same_day_ignored(case)
    case.account("A1")["wash_same_day"] = "count"


@breaks("wash_sale_reported")
def sold_earlier_counted_against_the_policy(case: Case) -> None:
    sold_earlier_counted(case)
    case.account("A1")["wash_sold_earlier"] = None


@breaks("basis_of_sale")
def loss_not_added_to_the_basis(case: Case) -> None:
    replacement_sold_on_the_day(case)
    case.plan[-1].absorbed = "0"


@breaks("basis_of_sale")
def loss_added_with_four_cents_too_many(case: Case) -> None:
    """Two may come of rounding basis and proceeds twice, and one of the lot's share."""
    replacement_sold_on_the_day(case)
    case.plan[-1].absorbed = "80.08"


@breaks("term_by_law")
def tacked_too_far(case: Case) -> None:
    replacement_sold_on_the_day(case)
    case.plan[-1].term = "LONG"


@breaks("term_by_law")
def tacked_on_a_share_too_many_where_half_a_cent_ends(case: Case) -> None:
    less_than_half_a_cent_ends(case)
    case.plan[-2].term = "LONG"


# Buys.


@breaks("wash_buy_reported")
def reversal_missing(case: Case) -> None:
    recent_loss(case, 30)


@breaks("wash_buy_reported")
def reversal_two_cents_off(case: Case) -> None:
    recent_loss_bought_back(case)
    takes_away(case, "39.98")


@breaks("wash_buy_reported")
def reversal_of_another_term(case: Case) -> None:
    recent_long_loss_bought_back(case)
    takes_away(case, "40", "SHORT")


@breaks("wash_buy_reported")
def loss_of_31_days_taken_away(case: Case) -> None:
    recent_loss(case, 31)
    takes_away(case, "40")


@breaks("wash_buy_reported")
def loss_replaced_already_taken_away(case: Case) -> None:
    recent_loss_partly_replaced(case)
    takes_away(case, "40")


@breaks("wash_unknown_loss")
def buys_back_a_sell_of_unknown_gain(case: Case) -> None:
    recent_loss(case, 0, security_id="CCC", realised_gain=None)


@breaks("wash_retirement_buy")
def ira_buys_back_a_recent_loss(case: Case) -> None:
    case.account("A2")["cash"] = 4000.0
    case.part["activity"][1]["trade_date"] = back(30)
    case.plan.append(Trade("A2", "BUY", "BBB", "20"))


@breaks("wash_retirement_buy", "wash_amount", "wash_buy_reported")
def ira_reports_that_it_buys_back_a_loss(case: Case) -> None:
    ira_buys_back_a_recent_loss(case)
    case.plan[-1].disallowed = "60"

    def change(out: Tables) -> None:
        out["results"][of(out, "results", "A2")]["tax_cost"] = Decimal("0.00")

    case.edit(change)


# Policy, and the run.


@breaks("wash_forbidden")
def sale_reported_but_forbidden(case: Case) -> None:
    four_bought_by_the_ira(case)
    case.account("A1")["wash_policy"] = "forbid"


@breaks("wash_forbidden")
def buy_reported_but_forbidden(case: Case) -> None:
    recent_loss_bought_back(case)
    case.account("A1")["wash_policy"] = "forbid"


@breaks("wash_forbidden")
def twin_reported_but_forbidden(case: Case) -> None:
    twin_bought_by_the_same_account(case)
    case.settings["wash_policy"] = "forbid"


@breaks("wash_sale_reported")
def twin_of_the_loss_is_bought(case: Case) -> None:
    case.security("AAA")["wash_group"] = "CARE"


@breaks("wash_within_run", "wash_sale_reported")
def ira_buys_what_its_owner_harvests(case: Case) -> None:
    case.plan.append(Trade("A2", "BUY", "AAA", "1"))
    case.account("A2")["cash"] = 4000.0


@breaks("wash_within_run")
def ira_buys_what_its_owner_harvests_and_it_is_reported(case: Case) -> None:
    ira_buys_what_its_owner_harvests(case)
    reports(case, "20.01")
