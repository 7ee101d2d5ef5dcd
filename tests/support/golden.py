"""The golden book: accounts made by hand, one lesson each, with the trades that they must get and why.

Prices and risk are in `hand_book`. Amounts in the comments are percent of a value of $100,000 (1 % = $1,000) and costs
are bp per percent traded. With active weights x (percent), λ = 20 and the variances 0.04 (market), 0.04 (specific) and
0.01 (oil), the objective is

    0.8 (Σx)² + 0.8 Σx² + 0.2 (CCC + SUB)² + 0.02 per percent traded + tax + 1 per percent of cash above 3 %

Short-term gains are taxed at 40.8 %, long-term at 23.8 %. Cash must not fall below 1 %, after spreads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.hand_book import RECENT, HandBook, Row, at_target, before, day, lot

Trade = tuple[str, str, str | None, str, str, str, str, str | None, str]


@dataclass(frozen=True)
class Expected:
    """What an account must get. `trades`: side, security, lot, shares, amount, basis, gain, term, reason."""

    code: str | None
    cash_after: str | None
    tax_cost: str | None
    trades: tuple[Trade, ...] = ()


def buy(security: str, shares: str, amount: str, reason: str = "TRACK") -> Trade:
    return ("BUY", security, None, shares, amount, amount, "0.00", None, reason)


def sell(security: str, lot_id: str, shares: str, amount: str, basis: str, gain: str, term: str, reason: str) -> Trade:
    return ("SELL", security, lot_id, shares, amount, basis, gain, term, reason)


EXPECTED: dict[str, Expected] = {}
BOOK = HandBook()

# What most accounts share: names that one would not sell, for more than half of their price is gain.
DEAR: dict[str, Any] = {"BBB": lot("BBB", 490, 10.0), "CCC": lot("CCC", 980, 5.0)}
# AAA is 10 % too much, DDD 10 % too little. Of AAA, 200 shares have a long-term gain of 30 %: 7.14 bp; 145 have a
# short-term gain of 20 %: 8.16 bp. Highest basis first would sell the latter.
TWO_LOTS = [lot("AAA", 200, 70.0), lot("AAA", 145, 80.0, RECENT)]
SHORT_OF_D = lot("DDD", 725, 20.0)
# 100 shares of BBB, 5 %, with a short-term loss of 40 % of their price: worth 16.32 bp less 0.02 for the spread.
WITH_LOSS: list[Row] = [lot("BBB", 390, 20.0), lot("BBB", 100, 70.0, RECENT)]

# All cash. 98 % goes into the model, 24.5 % a name; whole shares come out even and cash is at its target. Cash was
# above its cap of 3 %, so cash is the reason.
BOOK.account("CASH", cash=100_000.0)
EXPECTED["CASH"] = Expected(
    None,
    "2000.00",
    "0.00",
    (
        buy("AAA", "245", "24500.00", "CASH"),
        buy("BBB", "490", "24500.00", "CASH"),
        buy("CCC", "980", "24500.00", "CASH"),
        buy("DDD", "1225", "24500.00", "CASH"),
    ),
)

# All cash in a model of which BASE is a sleeve of 60 %: 0.6 × 24.5 = 14.7 % of each of its names, and 39.2 % EEE.
BOOK.account("NESTED", cash=100_000.0, model="NEST")
EXPECTED["NESTED"] = Expected(
    None,
    "2000.00",
    "0.00",
    (
        buy("AAA", "147", "14700.00", "CASH"),
        buy("BBB", "294", "14700.00", "CASH"),
        buy("CCC", "588", "14700.00", "CASH"),
        buy("DDD", "735", "14700.00", "CASH"),
        buy("EEE", "980", "39200.00", "CASH"),
    ),
)

# AAA is at 24.5 + a, DDD at 24.5 − b. Everything above the cash floor buys DDD, so b = a − 1 (cash goes from 2 to 1 %).
# 0.8 (a² + b² + 1) falls by 0.8 (2a + 2b) = 3.2a − 1.6 for each percent of AAA sold, until that is what it costs:
# 7.14 + 2 × 0.02. So a = 2.74 and 7.26 % are sold: 73 shares, all from the long-term lot. $2,000 + $7,300 − $1,000 less
# $3.12 of spreads buys 414 DDD. Tax: 23.8 % of $2,190.
BOOK.account("OVERWEIGHT", lots=at_target(AAA=TWO_LOTS, DDD=SHORT_OF_D, **DEAR))
EXPECTED["OVERWEIGHT"] = Expected(
    None,
    "1020.00",
    "521.22",
    (
        sell("AAA", "AAA1", "73", "7300.00", "5110.00", "2190.00", "LONG", "TRACK"),
        buy("DDD", "414", "8280.00"),
    ),
)

# The same with the long-term lot locked: the short-term lot is sold, at 8.16 bp, and so a little less of it:
# a = (8.16 + 0.04 + 1.6) / 3.2 = 3.06, 6.94 % are sold. Tax: 40.8 % of $1,400.
LOCKED = [lot("AAA", 200, 70.0, locked=True), lot("AAA", 145, 80.0, RECENT)]
BOOK.account("LOCKED", lots=at_target(AAA=LOCKED, DDD=SHORT_OF_D, **DEAR))
EXPECTED["LOCKED"] = Expected(
    None,
    "1020.00",
    "571.20",
    (
        sell("AAA", "AAA2", "70", "7000.00", "5600.00", "1400.00", "SHORT", "TRACK"),
        buy("DDD", "399", "7980.00"),
    ),
)

# The same where AAA is never sold. Only the cash above the floor can buy DDD: 50 shares would cost $1,000.20 with their
# spread and leave less than $1,000.
BOOK.account("KEEPS", lots=at_target(AAA=TWO_LOTS, DDD=SHORT_OF_D, **DEAR)).restrict("KEEPS", "never_sell", "AAA")
EXPECTED["KEEPS"] = Expected(None, "1020.00", "0.00", (buy("DDD", "49", "980.00"),))

# The same in a retirement account: no tax, so the gap is closed entirely.
BOOK.account("IRA", lots=at_target(AAA=TWO_LOTS, DDD=SHORT_OF_D, **DEAR), tax_status="deferred")
EXPECTED["IRA"] = Expected(
    None,
    "2000.00",
    "0.00",
    (
        sell("AAA", "AAA1", "100", "10000.00", "7000.00", "3000.00", "LONG", "TRACK"),
        buy("DDD", "500", "10000.00"),
    ),
)

# At its target, with a loss. Without 5 % BBB, a percent less of it costs at most 1.6 × (5 + 1) = 9.6 bp of tracking,
# and the loss is worth 16.30: all of it is taken. Of the 5 %, 4 % are spent again, no more than brings cash to its cap
# of 3 %: AAA and DDD take a = 4 / 2.8 = 1.43 % each, the oil CCC 0.8 a = 1.14 %: 14.3, 71.4 and 45.7 shares.
# The tax is that of a loss of $2,000 within the $3,000 that other income absorbs: −40.8 %.
HARVEST = (
    sell("BBB", "BBB2", "100", "5000.00", "7000.00", "-2000.00", "SHORT", "HARVEST"),
    buy("AAA", "14", "1400.00"),
    buy("CCC", "46", "1150.00"),
    buy("DDD", "72", "1440.00"),
)
BOOK.account("HARVEST", lots=at_target(BBB=WITH_LOSS))
EXPECTED["HARVEST"] = Expected(None, "3010.00", "-816.00", HARVEST)

# A long-term loss of 1 % on 5 %: 0.238 − 0.02 bp a percent. Selling x gains 0.218x − 0.8 × (4/3) x² at best, 0.01 bp at
# x = 0.1 %: less than min_benefit_bp = 0.5.
BOOK.account("TINY", lots=at_target(BBB=[lot("BBB", 390, 20.0), lot("BBB", 100, 50.5)]))
EXPECTED["TINY"] = Expected("NO_BENEFIT", "2000.00", "0.00")

# The loss of HARVEST again, but the household's IRA bought BBB 20 days ago: the sale would be a wash sale, and the loss
# gone for good. The account waits; nothing else is to be done.
BOOK.account("WAITS", lots=at_target(BBB=WITH_LOSS), household_id="W")
BOOK.account("BOUGHT", lots=at_target(BBB=lot("BBB", 490, 50.0, before(20))), household_id="W", tax_status="exempt")
EXPECTED["WAITS"] = Expected("IN_BAND", "2000.00", "0.00")
EXPECTED["BOUGHT"] = Expected("IN_BAND", "2000.00", "0.00")

# A household: its IRA stands first in the file and is decided last. H-TAXABLE harvests BBB; neither the spouse's
# account nor the IRA buys BBB. They lack 24.5 % of it, and make up for the market by a more of AAA and DDD and 0.8a of
# CCC: 1.6a = 1.6 (24.5 − 2.8a) + 1 for the cash above its cap − 0.02, so a = 6.609: 31.109 % AAA and DDD, 29.787 % CCC,
# or 311.1, 1,555.4 and 1,191.5 shares.
BOOK.account("H-IRA", cash=100_000.0, tax_status="deferred", household_id="H")
BOOK.account("H-TAXABLE", lots=at_target(BBB=WITH_LOSS), household_id="H")
BOOK.account("H-SPOUSE", cash=100_000.0, household_id="H")
# The $3,000 of other income that a loss absorbs are the household's, $1,500 for each of two taxable accounts of one
# value. So 75 shares, 3.75 %, are worth 40.8 % of 0.4 a percent, and what is beyond them, carried forward, 11.9 %:
# 4.76 bp. The market's gap u is 3.75 - 2.8u + 0.035 = 0.996; u - 0.0125 of AAA and DDD and 0.8u - 0.01 of CCC are
# bought: 9.8, 49.2 and 31.5 shares. A further percent of BBB would cost 1.6 × 3.75 + 1.6u = 7.6 bp of tracking.
EXPECTED["H-TAXABLE"] = Expected(
    None,
    "2995.00",
    "-612.00",
    (
        sell("BBB", "BBB2", "75", "3750.00", "5250.00", "-1500.00", "SHORT", "HARVEST"),
        buy("AAA", "10", "1000.00"),
        buy("CCC", "31", "775.00"),
        buy("DDD", "49", "980.00"),
    ),
)
EXPECTED["H-SPOUSE"] = EXPECTED["H-IRA"] = Expected(
    None,
    "8000.00",
    "0.00",
    (
        buy("AAA", "311", "31100.00", "CASH"),
        buy("CCC", "1192", "29800.00", "CASH"),
        buy("DDD", "1555", "31100.00", "CASH"),
    ),
)

# OLD is to go, all 100 shares. Bought at one price on two days: on 30 January 2025, so that today is the anniversary
# and the gain still short-term; and a day earlier, so that it is long-term and comes first. The $3,000 buy the 30 AAA
# that are missing. Tax: 23.8 % of $120 + 40.8 % of $180.
OLD = [lot("OLD", 60, 27.0, day("2025-01-30")), lot("OLD", 40, 27.0, day("2025-01-29"))]
BOOK.account("SELLS-OUT", lots=[*at_target(AAA=lot("AAA", 215, 100.0)), *OLD]).restrict("SELLS-OUT", "sell_out", "OLD")
EXPECTED["SELLS-OUT"] = Expected(
    None,
    "2000.00",
    "102.00",
    (
        sell("OLD", "OLD2", "40", "1200.00", "1080.00", "120.00", "LONG", "SELL_OUT"),
        sell("OLD", "OLD1", "60", "1800.00", "1620.00", "180.00", "SHORT", "SELL_OUT"),
        buy("AAA", "30", "3000.00"),
    ),
)

# DDD, which has no substitute, is never bought. Its 24.5 % go to AAA and BBB (a each) and the oil CCC (c), so that
# 2a + c = 24.5 and 0.8 a = 0.8 c + 0.2 c: a = 8.75, c = 7. Targets 33.25, 33.25, 31.5 %. AAA comes as near with 332 as
# with 333 shares; 332, and one CCC more than its target to make up for it, pay less spread.
BOOK.account("NEVER-BUYS", cash=100_000.0).restrict("NEVER-BUYS", "never_buy", "DDD")
EXPECTED["NEVER-BUYS"] = Expected(
    None,
    "2025.00",
    "0.00",
    (
        buy("AAA", "332", "33200.00", "CASH"),
        buy("BBB", "665", "33250.00", "CASH"),
        buy("CCC", "1261", "31525.00", "CASH"),
    ),
)

# The screen OIL takes out CCC, for which SUB, an oil too, may stand in. With d more of each other name and
# SUB = 24.5 − 3d: 0.8 (3d² + SUB² + 24.5²) + 0.2 (3d)² is least at 4.8 d − 4.8 (24.5 − 3d) + 3.6 d = 0, d = 5.1579:
# 29.66 % of each and 9.03 % SUB. Its specific risk is its own, so it takes only a part of CCC's place.
BOOK.account("SCREENS", cash=100_000.0).restrict("SCREENS", "screen", screen_id="OIL")
EXPECTED["SCREENS"] = Expected(
    None,
    "1985.00",
    "0.00",
    (
        buy("AAA", "297", "29700.00", "CASH"),
        buy("BBB", "593", "29650.00", "CASH"),
        buy("DDD", "1482", "29640.00", "CASH"),
        buy("SUB", "361", "9025.00", "CASH"),
    ),
)

# $5,000 are to be paid out: cash must be $1,000 + $5,000, and $2,000 is there. The other names are nearly all gain
# (23 bp); selling 4 % of AAA, which has none, costs 0.8 (2 × 4 + 2 × 4) = 12.8 at the last percent. 40 shares would
# leave $5,999.20 after the spread, so 41 are sold.
NEARLY_ALL_GAIN: dict[str, Any] = {
    "BBB": lot("BBB", 490, 1.0),
    "CCC": lot("CCC", 980, 1.0),
    "DDD": lot("DDD", 1225, 1.0),
}
BOOK.account("PAYS", lots=at_target(**NEARLY_ALL_GAIN)).flow("PAYS", -5_000.0)
EXPECTED["PAYS"] = Expected(
    None, "6100.00", "0.00", (sell("AAA", "AAA1", "41", "4100.00", "4100.00", "0.00", "LONG", "CASH"),)
)

# At its target: nothing to do.
BOOK.account("IN-BAND", lots=at_target())
EXPECTED["IN-BAND"] = Expected("IN_BAND", "2000.00", "0.00")

# 2 % too much AAA, 2 % too little DDD: outside the band. But no order may be below 4.5 %, and going from +2 to −2.5
# would be worse.
GAP = at_target(AAA=lot("AAA", 265, 100.0), DDD=lot("DDD", 1125, 20.0))
BOOK.account("MIN-TRADE", lots=GAP, min_trade_usd=4_500.0)
EXPECTED["MIN-TRADE"] = Expected("MIN_TRADE", "2000.00", "0.00")

# Every lot is locked, and $5,000 are to be paid out.
BOOK.account("FROZEN", lots=[{**row, "locked": True} for row in at_target()]).flow("FROZEN", -5_000.0)
EXPECTED["FROZEN"] = Expected("CASH_UNREACHABLE", None, None)

# AAA must go and must stay.
BOOK.account("TORN", lots=at_target()).restrict("TORN", "sell_out", "AAA").restrict("TORN", "never_sell", "AAA")
EXPECTED["TORN"] = Expected("RESTRICTIONS_CONFLICT", None, None)
