"""Splits, dividends, mergers, spin-offs and renamings on lots, and on wash sales that they fall into.

IRC §§301(c), 305(a), 307, 354 to 356, 358, 1223(1) and (4); §1091(a) counts what was acquired "by purchase or by an
exchange on which the entire amount of gain or loss was recognized by law", so not what a reorganisation gave.
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
    Case(
        name="merger for stock",
        why="""
            1 new for 2 old: basis 3,000 and 2 May 2022 go on (§§354, 358, 1223(1)); long-term from 3
            May 2023.
        """,
        trades="""
            2022-05-02 buy 100 OLD at 30 lot A
            2023-05-02 sell 20 NEW at 70
            2023-05-03 sell 30 NEW at 70
        """,
        actions="2023-02-01 MERGER OLD ratio 0.5 to NEW",
        realised="""
            2023-05-02 20 NEW A bought 2022-05-02 1,400.00 - 1,200.00 = 200.00 short
            2023-05-03 30 NEW A bought 2022-05-02 2,100.00 - 1,800.00 = 300.00 long
        """,
    ),
    Case(
        name="merger for stock, the new shares are no purchase",
        why="""
            N is sold at a loss of 500 nine days after the merger brought 50 shares of the same name,
            themselves bought 12 days before it: they replace nothing (§1091(a)).
        """,
        trades="""
            2022-03-01 buy 50 NEW at 80 lot N
            2023-01-20 buy 100 OLD at 30 lot A
            2023-02-10 sell 50 NEW at 70 lot N
        """,
        actions="2023-02-01 MERGER OLD ratio 0.5 to NEW",
        realised="2023-02-10 50 NEW N bought 2022-03-01 3,500.00 - 4,000.00 = -500.00 short",
        lots="50 NEW A bought 2023-01-20 3,000.00",
    ),
    Case(
        name="merger for cash",
        why="A sale of all at 25 a share: A -500, B + 200.",
        trades="""
            2022-01-10 buy 100 OLD at 30 lot A
            2022-05-02 buy 40 OLD at 20 lot B
        """,
        actions="2023-02-01 MERGER OLD cash 25",
        realised="""
            2023-02-01 100 OLD A bought 2022-01-10 2,500.00 - 3,000.00 = -500.00 long
            2023-02-01 40 OLD B bought 2022-05-02 1,000.00 - 800.00 = 200.00 short
        """,
    ),
    Case(
        name="merger for stock and cash",
        why="""
            An old share gives half a new one, worth 80, and 10 in cash: 5,000 for 100, of which 1,000
            cash. A gains 2,000, recognised up to the cash: basis 3,000 - 1,000 + 1,000. B gains 500:
            basis 4,500 - 1,000 + 500. C would lose 1,000, not recognised (§356(c)): basis 6,000 -
            1,000.
        """,
        trades="""
            2022-01-10 buy 100 OLD at 30 lot A
            2022-03-01 buy 100 OLD at 45 lot B
            2022-05-02 buy 100 OLD at 60 lot C
        """,
        actions="2023-02-01 MERGER OLD ratio 0.5 cash 10 price 80 to NEW",
        realised="""
            2023-02-01 0 OLD A bought 2022-01-10 1,000.00 - 0.00 = 1,000.00 long
            2023-02-01 0 OLD B bought 2022-03-01 1,000.00 - 500.00 = 500.00 short
            2023-02-01 0 OLD C bought 2022-05-02 1,000.00 - 1,000.00 = 0.00 short
        """,
        lots="""
            50 NEW A bought 2022-01-10 3,000.00
            50 NEW B bought 2022-03-01 4,000.00
            50 NEW C bought 2022-05-02 5,000.00
        """,
    ),
    Case(
        name="spin-off with cash for a fraction",
        why="""
            1 new for 4 old, a fifth of the basis: 4,400 x 0.2 = 880 to 27.5 shares; the half is paid at
            30: 15 for 880 x 0.5/27.5 = 16. Day and holding period go on (§§355, 358(c), 1223(1)).
        """,
        trades="2022-01-10 buy 110 PAR at 40 lot A",
        actions="2023-01-16 SPIN_OFF PAR ratio 0.25 cash 30 to SPN basis 0.2",
        realised="2023-01-16 0.5 SPN A:SPN bought 2022-01-10 15.00 - 16.00 = -1.00 long",
        lots="""
            110 PAR A bought 2022-01-10 3,520.00
            27 SPN A:SPN bought 2022-01-10 864.00
        """,
    ),
    Case(
        name="spin-off, the new shares are no purchase",
        why="""
            N is sold at a loss of 100 after the spin-off brought 25 shares of the same name: they
            replace nothing. The spun-off lot has a fifth of 4,000.
        """,
        trades="""
            2022-01-10 buy 100 PAR at 40 lot A
            2022-01-10 buy 10 SPN at 40 lot N
            2023-01-20 sell 10 SPN at 30 lot N
        """,
        actions="2023-01-16 SPIN_OFF PAR ratio 0.25 to SPN basis 0.2",
        realised="2023-01-20 10 SPN N bought 2022-01-10 300.00 - 400.00 = -100.00 long",
        lots="""
            100 PAR A bought 2022-01-10 3,200.00
            25 SPN A:SPN bought 2022-01-10 800.00
        """,
    ),
    Case(
        name="a new symbol",
        why="The same lots under another name.",
        trades="""
            2022-01-10 buy 100 OLD at 40 lot A
            2023-06-01 sell 40 NEW at 50
        """,
        actions="2023-01-16 SYMBOL OLD to NEW",
        realised="2023-06-01 40 NEW A bought 2022-01-10 2,000.00 - 1,600.00 = 400.00 long",
        lots="60 NEW A bought 2022-01-10 2,400.00",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_corporate_actions(case: Case) -> None:
    check(case)
