"""Right runs with wash sales, worked by hand. A1 sells 10 of AAA's lot L2: 1200.10 paid, 1000.00 got, 20.01 a share."""

from __future__ import annotations

import datetime

from tests.support.verify_book import AS_OF, Row
from tests.support.verify_case import Case, Trade


def back(days: int) -> datetime.date:
    return AS_OF - datetime.timedelta(days=days)


def lately(case: Case, account: str, quantity: float, days: int, **more: object) -> Row:
    """A lot of AAA bought some days ago, L9 unless it is named."""
    lot: Row = case.lot("A1", "L1") | {"account_id": account, "lot_id": "L9", "quantity": quantity}
    lot |= {"cost_basis": 50.0, "acquired": back(days)} | more
    case.part["lots"].append(lot)
    return lot


def activity(case: Case, account: str, side: str, quantity: float, days: int, **more: object) -> None:
    """A trade of AAA some days ago."""
    row = {"account_id": account, "trade_date": back(days), "security_id": "AAA", "side": side, "quantity": quantity}
    case.part["activity"].append(row | {"price": 100.0, "realised_gain": None} | more)


def reports(case: Case, usd: str) -> None:
    """What A1's sale of AAA reports as disallowed."""
    case.trade("A1", "AAA").disallowed = usd


def takes_away(case: Case, usd: str, term: str | None = None) -> None:
    """What A1's buy of CCC reports: its loss of TWN was of 5 shares and 40.00, unless a test changes it."""
    case.trade("A1", "CCC").disallowed, case.trade("A1", "CCC").term = usd, term


def recent_loss(case: Case, days: int = 3, **more: object) -> None:
    """A1 sold 5 TWN, which is substantially identical to CCC, for 40.00 less than they cost."""
    case.part["activity"][0] |= {"security_id": "TWN", "trade_date": back(days)} | more


def four_bought_by_the_ira(case: Case) -> None:
    lately(case, "A2", 4, days=30)
    reports(case, "80.04")


def all_bought_by_the_ira(case: Case) -> None:
    lately(case, "A2", 25, days=0)
    reports(case, "200.10")


def two_rows_of_a_lot(case: Case) -> None:
    """The washed shares in a row of their own."""
    lately(case, "A2", 4, days=30)
    case.trade("A1", "AAA").quantity = "4"
    reports(case, "80.04")
    case.plan.append(Trade("A1", "SELL", "AAA", "6", lot="L2"))


def bought_in_activity_and_in_lots(case: Case) -> None:
    """One purchase, told twice."""
    four_bought_by_the_ira(case)
    activity(case, "A2", "BUY", 4, 30)


def bought_in_activity_only(case: Case) -> None:
    activity(case, "A2", "BUY", 4, 3)
    reports(case, "80.04")


def exchanged_in_a_merger(case: Case) -> None:
    """The IRA's four of AAA are four of BBB now, as the lot's name tells: nothing replaces A1's loss."""
    lately(case, "A2", 4, days=10, security_id="BBB")
    activity(case, "A2", "BUY", 4, 10, lot_id="L9")


def used_up_by_an_older_loss(case: Case) -> None:
    """Three of the four replaced shares that A1 sold at a loss 20 days before they were bought."""
    lately(case, "A2", 4, days=30)
    activity(case, "A1", "SELL", 3, 50, realised_gain=-9.0)
    reports(case, "20.01")


def tacked_lot(case: Case) -> None:
    """Four bought lately have replaced a loss, as their holding period says; two of the same purchase have not."""
    lately(case, "A1", 4, days=20, lot_id="L9.1", holding_start=back(300))
    lately(case, "A1", 2, days=20, lot_id="L9.2")
    reports(case, "40.02")


def replacement_sold_on_the_day(case: Case, long: bool = False) -> None:
    """A1 sells also the four shares that replace its loss: their basis and holding period take it up."""
    lately(case, "A1", 4, days=10)
    reports(case, "80.04")
    case.plan.append(Trade("A1", "SELL", "AAA", "4", lot="L9", absorbed="80.04", term="SHORT"))
    if long:
        case.lot("A1", "L2")["acquired"] = back(1000)
        case.plan[-1].term = "LONG"


def less_than_half_a_cent_ends(case: Case) -> None:
    """P loses 1 cent; 0.06 of B take it up, gain 0.9, and lose 0.1. Q, held 1000 days, loses 3 cents; 0.02 of B take
    them up and lose 2.7; these go to 0.02 of C, which gain 4. All that Q's loss came to is long.

    But for half a cent, 0.1 would have gone to the 0.04 of C before.
    """
    case.security("AAA")["fractional"] = True
    case.trade("A1", "AAA").lot = "L1"
    lately(case, "A1", 0.06, days=100, lot_id="P", cost_basis=100.17)
    lately(case, "A1", 0.2, days=10, lot_id="B", cost_basis=99.85)
    lately(case, "A1", 0.02, days=5, lot_id="Q", cost_basis=101.5, holding_start=back(1000))
    lately(case, "A1", 0.04, days=3, lot_id="C", cost_basis=98.0)
    case.plan += [
        Trade("A1", "SELL", "AAA", "0.06", lot="P", disallowed="0.01"),
        Trade("A1", "SELL", "AAA", "0.18", lot="B", absorbed="0.01"),
        Trade("A1", "SELL", "AAA", "0.02", lot="B", absorbed="0.03", disallowed="0.03", term="LONG"),
        Trade("A1", "SELL", "AAA", "0.02", lot="Q", disallowed="0.03"),
        Trade("A1", "SELL", "AAA", "0.02", lot="C"),
        Trade("A1", "SELL", "AAA", "0.02", lot="C", absorbed="0.03", term="LONG"),
    ]


def same_day_ignored(case: Case) -> None:
    """The four are sold on the day, and the policy says that such shares replace nothing."""
    lately(case, "A1", 4, days=10)
    case.account("A1")["wash_same_day"] = "ignore"
    case.plan.append(Trade("A1", "SELL", "AAA", "4", lot="L9"))


def before_lot_ignored(case: Case) -> None:
    """Bought before the lot that is sold at a loss."""
    case.lot("A1", "L2")["acquired"] = back(5)
    lately(case, "A2", 4, days=6)
    case.account("A1")["wash_before_lot"] = "ignore"


def sold_earlier_counted(case: Case) -> None:
    """Bought nine days ago and sold again five days ago."""
    activity(case, "A2", "BUY", 4, 9, lot_id="L8")
    activity(case, "A2", "SELL", 4, 5, lot_id="L8", realised_gain=1.0)
    case.account("A1")["wash_sold_earlier"] = "count"
    reports(case, "80.04")


def twin_bought_by_the_same_account(case: Case) -> None:
    case.security("AAA")["wash_group"] = "CARE"
    reports(case, "200.10")


def recent_loss_bought_back(case: Case) -> None:
    recent_loss(case, 30)
    takes_away(case, "40")


def recent_long_loss_bought_back(case: Case) -> None:
    recent_loss(case, 30, holding_start=back(1000))
    takes_away(case, "40", "LONG")


def recent_loss_partly_replaced(case: Case) -> None:
    """Two of the five were bought back by the spouse's account; three losses of 8.00 each are left."""
    recent_loss(case, 9)
    bought = {"account_id": "A2", "trade_date": back(4), "security_id": "CCC", "side": "BUY", "quantity": 2.0}
    case.part["activity"].append(bought | {"price": 20.0, "realised_gain": None})
    takes_away(case, "24")


def recent_loss_partly_disallowed(case: Case) -> None:
    """Its gain of -40.00 is after 10.00 disallowed on one share; four are left, and all bought back."""
    recent_loss(case, 9, wash_disallowed=10.0)
    bought = {"account_id": "A2", "trade_date": back(12), "security_id": "CCC", "side": "BUY", "quantity": 1.0}
    case.part["activity"].append(bought | {"price": 20.0, "realised_gain": None})
    takes_away(case, "40")


def fewer_bought_than_lost(case: Case) -> None:
    recent_loss(case, 9, quantity=200.0)
    takes_away(case, "30")


def losses_of_both_terms_bought_back(case: Case) -> None:
    """One purchase, two rows: 5 shares replace 40.00 of short-term loss, 4 others 7.00 of long-term loss."""
    recent_loss(case, 9)
    sold = case.part["activity"][0] | {"trade_date": back(2), "quantity": 4.0, "realised_gain": -7.0}
    case.part["activity"].append(sold | {"holding_start": back(1000)})
    case.trade("A1", "CCC").quantity = "146"
    takes_away(case, "40")
    case.plan.append(Trade("A1", "BUY", "CCC", "4", disallowed="7", term="LONG"))


def the_loss_with_a_sequence_is_replaced_first(case: Case) -> None:
    """Of the day's losses 7.00 on four shares has a sequence: the spouse's four replace it, and 40.00 is left."""
    recent_loss(case, 9, sequence=None, lot_id="K1")
    first = {"lot_id": "K2", "quantity": 4.0, "realised_gain": -7.0, "sequence": 7}
    case.part["activity"].append(case.part["activity"][0] | first)
    bought = {"account_id": "A2", "trade_date": back(4), "security_id": "CCC", "side": "BUY", "quantity": 4.0}
    case.part["activity"].append(bought | {"price": 20.0, "realised_gain": None})
    takes_away(case, "40")


RIGHT = [
    four_bought_by_the_ira,
    all_bought_by_the_ira,
    two_rows_of_a_lot,
    bought_in_activity_and_in_lots,
    bought_in_activity_only,
    exchanged_in_a_merger,
    used_up_by_an_older_loss,
    tacked_lot,
    replacement_sold_on_the_day,
    less_than_half_a_cent_ends,
    same_day_ignored,
    before_lot_ignored,
    sold_earlier_counted,
    twin_bought_by_the_same_account,
    recent_loss_bought_back,
    recent_long_loss_bought_back,
    recent_loss_partly_replaced,
    recent_loss_partly_disallowed,
    fewer_bought_than_lost,
    losses_of_both_terms_bought_back,
    the_loss_with_a_sequence_is_replaced_first,
]
