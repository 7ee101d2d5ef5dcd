"""Splits, stock and cash dividends and returns of capital, on lots and on wash sales that they fall into.

IRC §§301(c), 305(a), 307, 1223(4). Split shares stay the purchase they were.
"""

import pytest

from tests.support.tax_cases import Case, check

CASES = [
    Case(
        name="split between the loss and the replacement",
        why="""
            100 old shares are 200 new ones; 100 new ones bought are half of them: half of the loss of
            1,000. B: 2,100 + 500; start 9 January + 19 days.
        """,
        trades="""
            2023-01-09 buy 100 X at 50 lot A
            2023-06-01 sell 100 X at 40
            2023-06-20 buy 100 X at 21 lot B
        """,
        actions="2023-06-10 SPLIT X ratio 2",
        realised="""
            2023-06-01 50 X A bought 2023-01-09 2,000.00 - 2,500.00 + 500.00 = 0.00 short
            2023-06-01 50 X A bought 2023-01-09 2,000.00 - 2,500.00 = -500.00 short
        """,
        lots="100 X B bought 2023-06-20 held from 2023-01-28 2,600.00",
    ),
    Case(
        name="reverse split between the loss and the replacement",
        why="1 for 2: 20 new shares are 40 old ones, 40 x 2 = 80 of the loss of 200. B: 340 + 80.",
        trades="""
            2023-01-09 buy 100 X at 10 lot A
            2023-06-01 sell 100 X at 8
            2023-06-20 buy 20 X at 17 lot B
        """,
        actions="2023-06-10 SPLIT X ratio 0.5",
        realised="""
            2023-06-01 40 X A bought 2023-01-09 320.00 - 400.00 + 80.00 = 0.00 short
            2023-06-01 60 X A bought 2023-01-09 480.00 - 600.00 = -120.00 short
        """,
        lots="20 X B bought 2023-06-20 held from 2023-01-28 420.00",
    ),
    Case(
        name="split after the replacement",
        why="""
            B takes 1,000 before the split: 4,100 + 1,000 = 5,100 on 200 shares after it; half sold:
            2,400 - 2,550.
        """,
        trades="""
            2023-01-09 buy 100 X at 50 lot A
            2023-06-01 sell 100 X at 40
            2023-06-05 buy 100 X at 41 lot B
            2023-07-10 sell 100 X at 24
        """,
        actions="2023-06-10 SPLIT X ratio 2",
        realised="""
            2023-06-01 100 X A bought 2023-01-09 4,000.00 - 5,000.00 + 1,000.00 = 0.00 short
            2023-07-10 100 X B bought 2023-06-05 held from 2023-01-13 2,400.00 - 2,550.00 = -150.00 short
        """,
        lots="100 X B bought 2023-06-05 held from 2023-01-13 2,550.00",
    ),
    Case(
        name="split shares stay the purchase they were",
        why="""
            B's 100 bought on 1 June are 200 on 10 June and replace A's 200: 4,200 + 1,000; start 9
            January less 9 days.
        """,
        trades="""
            2023-01-09 buy 100 X at 50 lot A
            2023-06-01 buy 100 X at 42 lot B
            2023-06-10 sell 200 X at 20 lot A
        """,
        actions="2023-06-05 SPLIT X ratio 2",
        realised="2023-06-10 200 X A bought 2023-01-09 4,000.00 - 5,000.00 + 1,000.00 = 0.00 short",
        lots="200 X B bought 2023-06-01 held from 2022-12-31 5,200.00",
    ),
    Case(
        name="split between two losses and the replacement of both",
        why="""
            40 of A's 100 lost shares were not replaced by B; B's 60 were sold at a loss of 660 in turn.
            After 2 for 1 they count 80 and 120: C's 200 replace both. C.1: 80 x 5 + 200, from 9 January
            + 8 days; C.2: 120 x 5 + 660, from 13 January + 2 days.
        """,
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-06-01 sell 100 X at 15
            2023-06-05 buy 60 X at 16 lot B
            2023-06-07 sell 60 X at 10
            2023-06-09 buy 200 X at 5 lot C
        """,
        actions="2023-06-08 SPLIT X ratio 2",
        realised="""
            2023-06-01 60 X A bought 2023-01-09 900.00 - 1,200.00 + 300.00 = 0.00 short
            2023-06-01 40 X A bought 2023-01-09 600.00 - 800.00 + 200.00 = 0.00 short
            2023-06-07 60 X B bought 2023-06-05 held from 2023-01-13 600.00 - 1,260.00 + 660.00 = 0.00 short
        """,
        lots="""
            80 X C.1 bought 2023-06-09 held from 2023-01-17 600.00
            120 X C.2 bought 2023-06-09 held from 2023-01-15 1,260.00
        """,
    ),
    Case(
        name="split on the day of a sale",
        why="""
            Corporate actions come before the day's trades: 10 for 1, and 100 new shares are sold. 1,100
            - 1,000.
        """,
        trades="""
            2023-01-09 buy 10 X at 100 lot A
            2023-06-01 sell 100 X at 11
        """,
        actions="2023-06-01 SPLIT X ratio 10",
        realised="2023-06-01 100 X A bought 2023-01-09 1,100.00 - 1,000.00 = 100.00 short",
    ),
    Case(
        name="reverse split, the cash for a fraction is a loss, and washed",
        why="""
            1 for 10: 105 shares are 10.5; the half is paid at 80 a share: 40 for a basis of 1,050 x
            0.5/10.5 = 50. Of the share bought 14 days later, half replaces it: 41 + 10, start 10
            January 2022 + 14 days.
        """,
        trades="""
            2022-01-10 buy 105 X at 10 lot A
            2023-06-15 buy 1 X at 82 lot B
        """,
        actions="2023-06-01 SPLIT X ratio 0.1 cash 80",
        realised="2023-06-01 0.5 X A bought 2022-01-10 40.00 - 50.00 + 10.00 = 0.00 long",
        lots="""
            10 X A bought 2022-01-10 1,000.00
            0.5 X B.1 bought 2023-06-15 held from 2022-01-24 51.00
            0.5 X B.2 bought 2023-06-15 41.00
        """,
    ),
    Case(
        name="reverse split, the fraction is one of the position, not of each lot",
        why="""
            A becomes 0.5, B 1.0: together 1.5, so 0.5 is paid, from the earliest lot: all of A. 30 -
            50.
        """,
        trades="""
            2022-01-10 buy 5 X at 10 lot A
            2022-03-01 buy 10 X at 12 lot B
        """,
        actions="2023-06-01 SPLIT X ratio 0.1 cash 60",
        realised="2023-06-01 0.5 X A bought 2022-01-10 30.00 - 50.00 = -20.00 long",
        lots="1 X B bought 2022-03-01 120.00",
    ),
    Case(
        name="reverse split, each account has its own fraction",
        why="""
            5 shares in each of two accounts of the household: each is paid for its half share, 30 - 50
            and 30 - 60.
        """,
        trades="""
            2022-01-10 buy 5 X at 10 lot A
            2022-01-10 buy 5 X at 12 lot A in spouse
        """,
        actions="2023-06-01 SPLIT X ratio 0.1 cash 60",
        realised="""
            2023-06-01 0.5 X A bought 2022-01-10 30.00 - 50.00 = -20.00 long
            2023-06-01 0.5 X A bought 2022-01-10 30.00 - 60.00 = -30.00 long in spouse
        """,
    ),
    Case(
        name="reverse split, three lots make one share",
        why="""
            1 for 3: the position becomes one share, so no fraction is paid, although each lot is a
            third.
        """,
        trades="""
            2022-01-10 buy 1 X at 10 lot A
            2022-01-11 buy 1 X at 11 lot B
            2022-01-12 buy 1 X at 12 lot C
        """,
        actions="2023-06-01 SPLIT X ratio 0.333333333333 cash 30",
        lots="""
            0.333333 X A bought 2022-01-10 10.00
            0.333334 X B bought 2022-01-11 11.00
            0.333333 X C bought 2022-01-12 12.00
        """,
    ),
    Case(
        name="reverse split, four lots make a share and a third",
        why="""
            1 for 3: 1.333333 shares, of which 0.333333 are paid at 30, from the earliest lot: all of A.
        """,
        trades="""
            2022-01-10 buy 1 X at 10 lot A
            2022-01-11 buy 1 X at 11 lot B
            2022-01-12 buy 1 X at 12 lot C
            2022-01-13 buy 1 X at 13 lot D
        """,
        actions="2023-06-01 SPLIT X ratio 0.333333333333 cash 30",
        realised="2023-06-01 0.333333 X A bought 2022-01-10 10.00 - 10.00 = 0.00 long",
        lots="""
            0.333334 X B bought 2022-01-11 11.00
            0.333333 X C bought 2022-01-12 12.00
            0.333333 X D bought 2022-01-13 13.00
        """,
    ),
    Case(
        name="stock dividend, fractions kept",
        why="5 %: 10.5 shares are 11.025, basis and day unchanged.",
        trades="2023-01-09 buy 10.5 X at 20 lot A",
        actions="2023-06-01 STOCK_DIVIDEND X ratio 0.05",
        lots="11.025 X A bought 2023-01-09 210.00",
    ),
    Case(
        name="cash dividend",
        why="Income, not basis: the lots stay as they are.",
        trades="2023-01-09 buy 10 X at 20 lot A",
        actions="2023-06-01 CASH_DIVIDEND X cash 1.50",
        lots="10 X A bought 2023-01-09 200.00",
    ),
    Case(
        name="return of capital, lot by lot",
        why="3 a share: A 1,000 - 300; B has 200 and gets 300, so 100 are gain (§301(c)(3)).",
        trades="""
            2022-01-10 buy 100 X at 10 lot A
            2023-01-09 buy 100 X at 2 lot B
        """,
        actions="2023-06-01 RETURN_OF_CAPITAL X cash 3",
        realised="2023-06-01 0 X B bought 2023-01-09 100.00 - 0.00 = 100.00 short",
        lots="""
            100 X A bought 2022-01-10 700.00
            100 X B bought 2023-01-09 0.00
        """,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_splits(case: Case) -> None:
    check(case)
