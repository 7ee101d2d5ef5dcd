"""Whose purchases count: taxpayer, spouse, retirement accounts; other households; substantially identical names.

IRC §1091(a); IRS Publication 550, Wash Sales (spouse); Rev. Rul. 2008-5 (IRA and Roth IRA).
"""

import pytest

from tests.support.tax_cases import Case, check

CASES = [
    Case(
        name="the spouse's earlier purchase",
        why="""
            B was bought 12 days before the sale and is the spouse's: 1,600 + 500 there; start 9 January
            less 12 days.
        """,
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-05-20 buy 100 X at 16 lot B in spouse
            2023-06-01 sell 100 X at 15
        """,
        realised="2023-06-01 100 X A bought 2023-01-09 1,500.00 - 2,000.00 + 500.00 = 0.00 short",
        lots="100 X B bought 2023-05-20 held from 2022-12-28 2,100.00 in spouse",
    ),
    Case(
        name="the spouse's loss, the taxpayer's purchase",
        why="The household is one taxpayer in both directions; both call their lot L1.",
        trades="""
            2023-01-09 buy 100 X at 20 lot L1 in spouse
            2023-06-01 sell 100 X at 15 in spouse
            2023-06-20 buy 100 X at 16 lot L1
        """,
        realised="2023-06-01 100 X L1 bought 2023-01-09 1,500.00 - 2,000.00 + 500.00 = 0.00 short in spouse",
        lots="100 X L1 bought 2023-06-20 held from 2023-01-28 2,100.00",
    ),
    Case(
        name="another household's purchase",
        why="A stranger buys what the taxpayer sold: no wash sale.",
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-06-01 sell 100 X at 15
            2023-06-20 buy 100 X at 16 lot B in stranger
        """,
        realised="2023-06-01 100 X A bought 2023-01-09 1,500.00 - 2,000.00 = -500.00 short",
        lots="100 X B bought 2023-06-20 1,600.00 in stranger",
    ),
    Case(
        name="a part replaced in the IRA",
        why="""
            40 x 5 = 200 are gone for good, 300 allowed; the IRA's lot keeps cost and day, and is used
            whole.
        """,
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-06-01 sell 100 X at 15
            2023-06-20 buy 40 X at 16 lot B in ira
        """,
        realised="""
            2023-06-01 40 X A bought 2023-01-09 600.00 - 800.00 + 200.00 = 0.00 short
            2023-06-01 60 X A bought 2023-01-09 900.00 - 1,200.00 = -300.00 short
        """,
        lots="40 X B bought 2023-06-20 640.00 in ira",
    ),
    Case(
        name="the IRA buys more than was sold",
        why="""
            60 of its 100 shares are used up: the lot is split there too, so that they are not used
            again.
        """,
        trades="""
            2023-01-09 buy 60 X at 20 lot A
            2023-06-01 sell 60 X at 15
            2023-06-20 buy 100 X at 16 lot B in ira
        """,
        realised="2023-06-01 60 X A bought 2023-01-09 900.00 - 1,200.00 + 300.00 = 0.00 short",
        lots="""
            60 X B.1 bought 2023-06-20 960.00 in ira
            40 X B.2 bought 2023-06-20 640.00 in ira
        """,
    ),
    Case(
        name="the IRA's shares are used up by the first loss",
        why="The IRA's 50 shares take the loss of A; B's loss finds nothing left and is allowed.",
        trades="""
            2023-01-09 buy 50 X at 20 lot A
            2023-02-06 buy 50 X at 20 lot B
            2023-06-01 sell 50 X at 15 lot A
            2023-06-05 buy 50 X at 16 lot R in ira
            2023-06-10 sell 50 X at 15 lot B
        """,
        realised="""
            2023-06-01 50 X A bought 2023-01-09 750.00 - 1,000.00 + 250.00 = 0.00 short
            2023-06-10 50 X B bought 2023-02-06 750.00 - 1,000.00 = -250.00 short
        """,
        lots="50 X R bought 2023-06-05 800.00 in ira",
    ),
    Case(
        name="IRA and own account both buy: the order of acquisition decides",
        why="""
            The IRA bought first, 40 shares: 200 gone. The other 60 go to the own lot: 960 + 300. Start
            9 January + 6.
        """,
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-06-01 sell 100 X at 15
            2023-06-05 buy 40 X at 16 lot R in ira
            2023-06-07 buy 100 X at 16 lot B
        """,
        realised="""
            2023-06-01 40 X A bought 2023-01-09 600.00 - 800.00 + 200.00 = 0.00 short
            2023-06-01 60 X A bought 2023-01-09 900.00 - 1,200.00 + 300.00 = 0.00 short
        """,
        lots="""
            40 X R bought 2023-06-05 640.00 in ira
            60 X B.1 bought 2023-06-07 held from 2023-01-15 1,260.00
            40 X B.2 bought 2023-06-07 640.00
        """,
    ),
    Case(
        name="own account buys first, then the IRA",
        why="""
            The other order, and nothing is lost: the own 100 shares replace all of A; the IRA's replace
            nothing.
        """,
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-06-01 sell 100 X at 15
            2023-06-05 buy 100 X at 16 lot B
            2023-06-07 buy 40 X at 16 lot R in ira
        """,
        realised="2023-06-01 100 X A bought 2023-01-09 1,500.00 - 2,000.00 + 500.00 = 0.00 short",
        lots="""
            100 X B bought 2023-06-05 held from 2023-01-13 2,100.00
            40 X R bought 2023-06-07 640.00 in ira
        """,
    ),
    Case(
        name="a loss inside the IRA is no deduction to disallow",
        why="""
            The IRA sells at a loss and the taxpayer buys: nothing was to be deducted, so nothing is
            disallowed, and the purchase keeps its cost. The row is listed all the same.
        """,
        trades="""
            2023-01-09 buy 100 X at 20 lot R in ira
            2023-06-01 sell 100 X at 15 in ira
            2023-06-20 buy 100 X at 16 lot B
        """,
        realised="2023-06-01 100 X R bought 2023-01-09 1,500.00 - 2,000.00 = -500.00 short in ira",
        lots="100 X B bought 2023-06-20 1,600.00",
    ),
    Case(
        name="the IRA's reinvested dividend",
        why="Two shares bought by a reinvested dividend in the IRA take 2 x 5 = 10 of the loss for good.",
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-05-20 buy 2 X at 16 lot R in ira reinvested
            2023-06-01 sell 100 X at 15
        """,
        realised="""
            2023-06-01 2 X A bought 2023-01-09 30.00 - 40.00 + 10.00 = 0.00 short
            2023-06-01 98 X A bought 2023-01-09 1,470.00 - 1,960.00 = -490.00 short
        """,
        lots="2 X R bought 2023-05-20 32.00 in ira",
    ),
    Case(
        name="substantially identical names",
        why="""
            Two funds that the household treats as one (wash_group): the purchase of the second replaces
            the first. 50 shares at 400 sold at 380 lose 1,000; 50 of the other for 19,500.
        """,
        trades="""
            2023-01-09 buy 50 FUND1 at 400 lot A
            2023-06-01 sell 50 FUND1 at 380
            2023-06-05 buy 50 FUND2 at 390 lot B
        """,
        groups={"FUND1": "INDEX", "FUND2": "INDEX"},
        realised="2023-06-01 50 FUND1 A bought 2023-01-09 19,000.00 - 20,000.00 + 1,000.00 = 0.00 short",
        lots="50 FUND2 B bought 2023-06-05 held from 2023-01-13 20,500.00",
    ),
    Case(
        name="names that are not substantially identical",
        why="The same trades without a common wash group.",
        trades="""
            2023-01-09 buy 50 FUND1 at 400 lot A
            2023-06-01 sell 50 FUND1 at 380
            2023-06-05 buy 50 FUND2 at 390 lot B
        """,
        realised="2023-06-01 50 FUND1 A bought 2023-01-09 19,000.00 - 20,000.00 = -1,000.00 short",
        lots="50 FUND2 B bought 2023-06-05 19,500.00",
    ),
    Case(
        name="a new symbol between sale and purchase",
        why="""
            The company of OLD is renamed NEW: one security, so NEW bought after the renaming replaces
            OLD sold before it.
        """,
        trades="""
            2023-01-09 buy 100 OLD at 20 lot A
            2023-06-01 sell 100 OLD at 15
            2023-06-20 buy 100 NEW at 16 lot B
        """,
        actions="2023-06-10 SYMBOL OLD to NEW",
        realised="2023-06-01 100 OLD A bought 2023-01-09 1,500.00 - 2,000.00 + 500.00 = 0.00 short",
        lots="100 NEW B bought 2023-06-20 held from 2023-01-28 2,100.00",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_household(case: Case) -> None:
    check(case)
