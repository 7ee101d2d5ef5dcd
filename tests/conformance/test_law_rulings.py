"""Revenue rulings and a decided case (public domain): the facts as published, the figures worked out beside them."""

import pytest

from tests.support.tax_cases import Case, check

CASES = [
    Case(
        name="Rev. Rul. 56-602, part of a lot sold within 30 days of its purchase",
        why="""
            §1091 does not 'disallow a loss sustained in a bona fide sale of securities made to reduce
            the taxpayer's holdings, even though the sale is made within 30 days after the securities
            were purchased': the shares of the same lot that are kept replace nothing. Figures ours: 40
            x (8 - 10) = -80.
        """,
        trades="""
            2023-03-01 buy 100 X at 10 lot A
            2023-03-21 sell 40 X at 8
        """,
        realised="2023-03-21 40 X A bought 2023-03-01 320.00 - 400.00 = -80.00 short",
        lots="60 X A bought 2023-03-01 600.00",
    ),
    Case(
        name="Rev. Rul. 56-602, all of a lot sold within 30 days of its purchase",
        why="Nothing is left that could replace anything.",
        trades="""
            2023-03-01 buy 100 X at 10 lot A
            2023-03-21 sell 100 X at 8
        """,
        realised="2023-03-21 100 X A bought 2023-03-01 800.00 - 1,000.00 = -200.00 short",
    ),
    Case(
        name="Rev. Rul. 70-231, blocks sold together",
        why="""
            'During 1967, the taxpayer, on each of three occasions, purchased 100 shares of stock in the
            M Corporation. He paid $158 per share for the first block ..., $100 per share for the second
            block, and $95 per share for the third block. On December 22, 1969, the taxpayer sold the
            300 shares of M stock for $125 per share. On January 8, 1970, the taxpayer purchased 250
            shares of identical M stock.' The loss on the first block, $3,300, is disallowed in full and
            does not reduce the gains on the others. Days of 1967 and the price of the 250 (110) ours;
            held for 1,055 days.
        """,
        trades="""
            1967-02-01 buy 100 M at 158 lot FIRST
            1967-06-01 buy 100 M at 100 lot SECOND
            1967-10-02 buy 100 M at 95 lot THIRD
            1969-12-22 sell 300 M at 125
            1970-01-08 buy 250 M at 110 lot NEW
        """,
        realised="""
            1969-12-22 100 M FIRST bought 1967-02-01 12,500.00 - 15,800.00 + 3,300.00 = 0.00 long
            1969-12-22 100 M SECOND bought 1967-06-01 12,500.00 - 10,000.00 = 2,500.00 long
            1969-12-22 100 M THIRD bought 1967-10-02 12,500.00 - 9,500.00 = 3,000.00 long
        """,
        lots="""
            100 M NEW.1 bought 1970-01-08 held from 1967-02-18 14,300.00
            150 M NEW.2 bought 1970-01-08 16,500.00
        """,
    ),
    Case(
        name="Rev. Rul. 2008-5, replaced in an IRA",
        why="""
            'A, an individual, owns 100 shares of X Company stock with a basis of $1,000. On December
            20, 2007, A sells the 100 shares ... for $600'; on December 21 A causes an IRA 'to purchase
            100 shares of X Company stock for its then fair market value'. The loss is disallowed, and
            A's basis in the IRA 'is not increased by virtue of section 1091(d)': $400 is gone. Day of
            purchase and the market value ($600) ours.
        """,
        trades="""
            2006-11-01 buy 100 X for 1,000 lot A
            2007-12-20 sell 100 X for 600
            2007-12-21 buy 100 X for 600 lot B in ira
        """,
        realised="2007-12-20 100 X A bought 2006-11-01 600.00 - 1,000.00 + 400.00 = 0.00 long",
        lots="100 X B bought 2007-12-21 600.00 in ira",
    ),
    Case(
        name="Rev. Rul. 2008-5, replaced in a Roth IRA",
        why="The ruling speaks of 'an individual retirement account ... or a Roth IRA': the same.",
        trades="""
            2006-11-01 buy 100 X for 1,000 lot A
            2007-12-20 sell 100 X for 600
            2007-12-21 buy 100 X for 600 lot B in roth
        """,
        realised="2007-12-20 100 X A bought 2006-11-01 600.00 - 1,000.00 + 400.00 = 0.00 long",
        lots="100 X B bought 2007-12-21 600.00 in roth",
    ),
    Case(
        name="Rev. Rul. 66-97, trade dates",
        why="""
            '... excluding the "trade date" on which the debentures are acquired and including the
            "trade date" on which the debentures are sold.' The anniversary is not yet more than a year;
            the day after is. Figures ours.
        """,
        trades="""
            2021-07-14 buy 2 D at 100 lot A
            2022-07-14 sell 1 D at 101
            2022-07-15 sell 1 D at 101
        """,
        realised="""
            2022-07-14 1 D A bought 2021-07-14 101.00 - 100.00 = 1.00 short
            2022-07-15 1 D A bought 2021-07-14 101.00 - 100.00 = 1.00 long
        """,
    ),
    Case(
        name="Rev. Rul. 70-598, purchase on December 24, 1968",
        why="""
            The ruling: bought on Tuesday, December 24, 1968, paid on December 30, sold on June 25,
            1969: held for more than the six months of its time, from trade date to trade date. With the
            year of today's §1222(3), the first long-term day is December 25, 1969, whatever the days of
            payment. Figures ours.
        """,
        trades="""
            1968-12-24 buy 2 X at 50 lot A
            1969-12-24 sell 1 X at 51
            1969-12-25 sell 1 X at 51
        """,
        realised="""
            1969-12-24 1 X A bought 1968-12-24 51.00 - 50.00 = 1.00 short
            1969-12-25 1 X A bought 1968-12-24 51.00 - 50.00 = 1.00 long
        """,
    ),
    Case(
        name="Fogel v. Commissioner, 203 F.2d 347 (5th Cir. 1953)",
        why="""
            Bought on June 19, 1945, sold on December 19, 1945: 'exactly six months and no longer'. So,
            with a year: June 19, 1946, is short-term. Figures ours.
        """,
        trades="""
            1945-06-19 buy 1 RYE at 100 lot A
            1946-06-19 sell 1 RYE at 120
        """,
        realised="1946-06-19 1 RYE A bought 1945-06-19 120.00 - 100.00 = 20.00 short",
    ),
    Case(
        name="Rev. Rul. 66-7, bought on the last day of February",
        why="""
            What is acquired on the last day of a month is held for more than a number of months only
            from the first day of the month after the last of them, whatever their lengths; here twelve
            (§1222(3)): February 29, 2024, is still short. Figures ours.
        """,
        trades="""
            2023-02-28 buy 2 X at 50 lot A
            2024-02-29 sell 1 X at 51
            2024-03-01 sell 1 X at 51
        """,
        realised="""
            2024-02-29 1 X A bought 2023-02-28 51.00 - 50.00 = 1.00 short
            2024-03-01 1 X A bought 2023-02-28 51.00 - 50.00 = 1.00 long
        """,
    ),
    Case(
        name="Heinz v. Commissioner, 34 B.T.A. 885 (1936), the Cyanamid shares",
        why="""
            300 class A shares of American Cyanamid, statutory cost $24,828.78, sold on October 30,
            1931, for $1,360.50: loss $23,468.28. 278 bought on November 19 for $1,430.35, 'and thereby
            ... precluded the deduction of a proportionate part of the loss'; those sold on November 27
            for $1,136.08. Of 278/300: cost 23,008.00 (.0028), proceeds 1,260.73, loss 21,747.27; of
            22/300: 1,820.78, 99.77, 1,721.01. New basis 1,430.35 + 21,747.27. One day of purchase for
            all 300 ours (the opinion: more than two years before); term as of today's §1223(3), not of
            the Act of 1928. Held for 879 days.
        """,
        trades="""
            1929-06-03 buy 300 ACY for 24,828.78 lot OLD
            1931-10-30 sell 300 ACY for 1,360.50
            1931-11-19 buy 278 ACY for 1,430.35 lot NEW
            1931-11-27 sell 278 ACY for 1,136.08
        """,
        realised="""
            1931-10-30 278 ACY OLD bought 1929-06-03 1,260.73 - 23,008.00 + 21,747.27 = 0.00 long
            1931-10-30 22 ACY OLD bought 1929-06-03 99.77 - 1,820.78 = -1,721.01 long
            1931-11-27 278 ACY NEW bought 1931-11-19 held from 1929-06-23 1,136.08 - 23,177.62 = -22,041.54 long
        """,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rulings(case: Case) -> None:
    check(case)
