"""The points on which statute, regulations and rulings are silent: each policy both ways (docs/tax.md).

Each pair replays the same trades; the figures of both are worked out. What is lost in all never depends on the policy.
"""

from dataclasses import replace

import pytest

from tests.support.tax_cases import Case, check

TACKING = Case(
    name="wash_tacking = days",
    why="""
        §1223(3) includes 'the period for which the taxpayer held' the shares sold: A was held for 8 days,
        so B, bought on 2 February, is held from 25 January 2013, and long-term from 26 January 2014.
    """,
    trades="""
        2013-01-12 buy 10 X at 100 lot A
        2013-01-20 sell 10 X at 95
        2013-02-02 buy 10 X at 96 lot B
        2014-01-25 sell 5 X at 110
        2014-01-26 sell 5 X at 110
    """,
    realised="""
        2013-01-20 10 X A bought 2013-01-12 950.00 - 1,000.00 + 50.00 = 0.00 short
        2014-01-25 5 X B bought 2013-02-02 held from 2013-01-25 550.00 - 505.00 = 45.00 short
        2014-01-26 5 X B bought 2013-02-02 held from 2013-01-25 550.00 - 505.00 = 45.00 long
    """,
)
TACKING_BY_DATE = replace(
    TACKING,
    name="wash_tacking = date",
    why="B is held as if from A's own day, 12 January 2013: both sales are long-term.",
    options={"wash_tacking": "date"},
    realised="""
        2013-01-20 10 X A bought 2013-01-12 950.00 - 1,000.00 + 50.00 = 0.00 short
        2014-01-25 5 X B bought 2013-02-02 held from 2013-01-12 550.00 - 505.00 = 45.00 long
        2014-01-26 5 X B bought 2013-02-02 held from 2013-01-12 550.00 - 505.00 = 45.00 long
    """,
)
TACKING_BY_DATE_EARLIER = Case(
    name="wash_tacking = date, the replacement is the older lot",
    why="B was held from 3 January already, before the loss lot's 18 January: its own day stays.",
    trades="""
        2011-01-03 buy 10 X at 100 lot B
        2011-01-18 buy 10 X at 110 lot A
        2011-01-31 sell 10 X at 105 lot A
    """,
    options={"wash_tacking": "date"},
    realised="2011-01-31 10 X A bought 2011-01-18 1,050.00 - 1,100.00 + 50.00 = 0.00 short",
    lots="10 X B bought 2011-01-03 1,050.00",
)

BEFORE_LOT = Case(
    name="wash_before_lot = count",
    why="""
        B, bought on 3 January, before the loss lot A of 18 January, lies within 30 days of the sale: it
        replaces. B: 1,000 + 50; 3 January less the 13 days that A was held.
    """,
    trades="""
        2011-01-03 buy 10 X at 100 lot B
        2011-01-18 buy 10 X at 110 lot A
        2011-01-31 sell 10 X at 105 lot A
    """,
    realised="2011-01-31 10 X A bought 2011-01-18 1,050.00 - 1,100.00 + 50.00 = 0.00 short",
    lots="10 X B bought 2011-01-03 held from 2010-12-21 1,050.00",
)
BEFORE_LOT_IGNORED = replace(
    BEFORE_LOT,
    name="wash_before_lot = ignore",
    why="Shares that were there before the loss lot cannot replace it.",
    options={"wash_before_lot": "ignore"},
    realised="2011-01-31 10 X A bought 2011-01-18 1,050.00 - 1,100.00 = -50.00 short",
    lots="10 X B bought 2011-01-03 1,000.00",
)
BEFORE_LOT_SAME_DAY = Case(
    name="wash_before_lot = ignore, bought on the loss lot's own day",
    why="""
        Only days before the loss lot's are ignored: another purchase of the same day still replaces. 5 x 10
        = 50; A was held for 13 days.
    """,
    trades="""
        2011-01-18 buy 10 X at 110 lot A
        2011-01-18 buy 10 X at 108 lot B
        2011-01-31 sell 10 X at 105 lot A
    """,
    options={"wash_before_lot": "ignore"},
    realised="2011-01-31 10 X A bought 2011-01-18 1,050.00 - 1,100.00 + 50.00 = 0.00 short",
    lots="10 X B bought 2011-01-18 held from 2011-01-05 1,130.00",
)

SAME_DAY = Case(
    name="wash_same_day = count",
    why="""
        A day trader buys, sells at a loss of 200, buys again and sells on the same day. The second purchase
        takes the loss although it is gone by the evening: 1,700 + 200 = 1,900, its proceeds; nothing is
        left to report.
    """,
    trades="""
        2023-06-01 buy 100 X at 20 lot A order 1
        2023-06-01 sell 100 X at 18 order 2
        2023-06-01 buy 100 X at 17 lot B order 3
        2023-06-01 sell 100 X at 19 order 4
    """,
    realised="""
        2023-06-01 100 X A bought 2023-06-01 1,800.00 - 2,000.00 + 200.00 = 0.00 short
        2023-06-01 100 X B bought 2023-06-01 1,900.00 - 1,900.00 = 0.00 short
    """,
)
SAME_DAY_IGNORED = replace(
    SAME_DAY,
    name="wash_same_day = ignore",
    why="What is gone on the day of the loss replaces nothing: -200 and +200.",
    options={"wash_same_day": "ignore"},
    realised="""
        2023-06-01 100 X A bought 2023-06-01 1,800.00 - 2,000.00 = -200.00 short
        2023-06-01 100 X B bought 2023-06-01 1,900.00 - 1,700.00 = 200.00 short
    """,
)
ALL_SOLD = Case(
    name="wash_same_day = count, everything sold on one day",
    why="""
        A (loss 200) is matched first, with B: B's basis is 1,900 + 200, its loss 1,800 - 2,100 = -300. A's
        own shares were replaced and replace nothing, so B's loss stays: -300, all that was lost. A was held
        for 9 days: B from 27 May.
    """,
    trades="""
        2023-06-01 buy 100 X at 20 lot A
        2023-06-05 buy 100 X at 19 lot B
        2023-06-10 sell 200 X at 18
    """,
    realised="""
        2023-06-10 100 X A bought 2023-06-01 1,800.00 - 2,000.00 + 200.00 = 0.00 short
        2023-06-10 100 X B bought 2023-06-05 held from 2023-05-27 1,800.00 - 2,100.00 = -300.00 short
    """,
)
ALL_SOLD_IGNORED = replace(
    ALL_SOLD,
    name="wash_same_day = ignore, everything sold on one day",
    why="Nothing is held after the day, nothing replaces: -200 and -100.",
    options={"wash_same_day": "ignore"},
    realised="""
        2023-06-10 100 X A bought 2023-06-01 1,800.00 - 2,000.00 = -200.00 short
        2023-06-10 100 X B bought 2023-06-05 1,800.00 - 1,900.00 = -100.00 short
    """,
)
GAIN_TURNED = Case(
    name="wash_same_day = count, a gain turns into a loss that is washed in turn",
    why="""
        B, sold on the day of A's loss of 800 with a gain of 100, takes that loss: 4,000 + 800, and loses
        700 itself, from 20 December (1 June less A's 163 days). C, bought 25 days later, takes those 700:
        4,300 + 700; start 20 December + 25.
    """,
    trades="""
        2023-01-03 buy 100 X at 50 lot A
        2023-06-01 buy 100 X at 40 lot B
        2023-06-15 sell 100 X at 42 lot A
        2023-06-15 sell 100 X at 41 lot B
        2023-07-10 buy 100 X at 43 lot C
    """,
    realised="""
        2023-06-15 100 X A bought 2023-01-03 4,200.00 - 5,000.00 + 800.00 = 0.00 short
        2023-06-15 100 X B bought 2023-06-01 held from 2022-12-20 4,100.00 - 4,800.00 + 700.00 = 0.00 short
    """,
    lots="100 X C bought 2023-07-10 held from 2023-01-14 5,000.00",
)
GAIN_KEPT = replace(
    GAIN_TURNED,
    name="wash_same_day = ignore, the gain stays and the later purchase takes the loss",
    why="B gains 100. C, bought 25 days after A's sale, takes A's 800: 4,300 + 800; start 3 January + 25.",
    options={"wash_same_day": "ignore"},
    realised="""
        2023-06-15 100 X A bought 2023-01-03 4,200.00 - 5,000.00 + 800.00 = 0.00 short
        2023-06-15 100 X B bought 2023-06-01 4,100.00 - 4,000.00 = 100.00 short
    """,
    lots="100 X C bought 2023-07-10 held from 2023-01-28 5,100.00",
)

SOLD_EARLIER = Case(
    name="wash_sold_earlier = ignore",
    why="""
        B was bought within the 30 days but sold again ten days before the loss: it cannot replace what is
        sold later.
    """,
    trades="""
        2023-01-03 buy 100 X at 50 lot A
        2023-06-01 buy 100 X at 40 lot B
        2023-06-05 sell 100 X at 44 lot B
        2023-06-15 sell 100 X at 42 lot A
    """,
    realised="""
        2023-06-05 100 X B bought 2023-06-01 4,400.00 - 4,000.00 = 400.00 short
        2023-06-15 100 X A bought 2023-01-03 4,200.00 - 5,000.00 = -800.00 short
    """,
)
SOLD_EARLIER_COUNTED = replace(
    SOLD_EARLIER,
    name="wash_sold_earlier = count",
    why="""
        The words of §1091(a) ask only for an acquisition within the window: B takes A's 800, 4,000 + 800,
        and its gain of 400 becomes a loss of 400. -400 in all, either way.
    """,
    options={"wash_sold_earlier": "count"},
    realised="""
        2023-06-05 100 X B bought 2023-06-01 held from 2022-12-20 4,400.00 - 4,800.00 = -400.00 short
        2023-06-15 100 X A bought 2023-01-03 4,200.00 - 5,000.00 + 800.00 = 0.00 short
    """,
)
SOLD_BETWEEN = Case(
    name="wash_sold_earlier = count, the new loss is replaced by shares sold after it",
    why="""
        B's sale of 5 June turns into a loss of 400. C, bought on 3 June and sold on 10 June, was held then:
        it takes the 400, 4,100 + 400 = 4,500, its proceeds. Start of C: B's 20 December moved by the two
        days from 5 June back to 3 June. Nothing was lost in all: -800 + 400 + 400.
    """,
    trades="""
        2023-01-03 buy 100 X at 50 lot A
        2023-06-01 buy 100 X at 40 lot B
        2023-06-03 buy 100 X at 41 lot C
        2023-06-05 sell 100 X at 44 lot B
        2023-06-10 sell 100 X at 45 lot C
        2023-06-15 sell 100 X at 42 lot A
    """,
    options={"wash_sold_earlier": "count"},
    realised="""
        2023-06-05 100 X B bought 2023-06-01 held from 2022-12-20 4,400.00 - 4,800.00 + 400.00 = 0.00 short
        2023-06-10 100 X C bought 2023-06-03 held from 2022-12-18 4,500.00 - 4,500.00 = 0.00 short
        2023-06-15 100 X A bought 2023-01-03 4,200.00 - 5,000.00 + 800.00 = 0.00 short
    """,
)

REACHING_BACK = Case(
    name="wash_sold_earlier = count, the new loss reaches back 30 days from its own sale",
    why="""
        B's sale of 5 June becomes a loss of 400 on 15 June. C was bought 26 days before B's sale, though 36
        before A's: it takes the 400, 4,100 + 400, from B's 20 December less 26 days.
    """,
    trades="""
        2023-01-03 buy 100 X at 50 lot A
        2023-05-10 buy 100 X at 41 lot C
        2023-06-01 buy 100 X at 40 lot B
        2023-06-05 sell 100 X at 44 lot B
        2023-06-15 sell 100 X at 42 lot A
    """,
    options={"wash_sold_earlier": "count"},
    realised="""
        2023-06-05 100 X B bought 2023-06-01 held from 2022-12-20 4,400.00 - 4,800.00 + 400.00 = 0.00 short
        2023-06-15 100 X A bought 2023-01-03 4,200.00 - 5,000.00 + 800.00 = 0.00 short
    """,
    lots="100 X C bought 2023-05-10 held from 2022-11-24 4,500.00",
)

CASES = [
    TACKING,
    TACKING_BY_DATE,
    TACKING_BY_DATE_EARLIER,
    BEFORE_LOT,
    BEFORE_LOT_IGNORED,
    BEFORE_LOT_SAME_DAY,
    SAME_DAY,
    SAME_DAY_IGNORED,
    ALL_SOLD,
    ALL_SOLD_IGNORED,
    GAIN_TURNED,
    GAIN_KEPT,
    SOLD_EARLIER,
    SOLD_EARLIER_COUNTED,
    SOLD_BETWEEN,
    REACHING_BACK,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_unsettled(case: Case) -> None:
    check(case)
