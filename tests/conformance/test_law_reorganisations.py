"""Mergers, spin-offs and new symbols, on lots and on wash sales that they fall into.

IRC §§354 to 356, 358, 1223(1). §1091(a) counts what was acquired "by purchase or by an exchange on which the entire
amount of gain or loss was recognized by law", so not what a reorganisation gave.
"""

import pytest

from tests.support.tax_cases import Case, check

CASES = [
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
        name="spin-off from a lot that a wash sale split, sold by the lot's name",
        why="""
            B.1 has 60 x 32 + 600 = 2,520, B.2 has 40 x 32 = 1,280; a fifth each goes to 15 and 10 new
            shares: 504 and 256. The sale of 20 names B:SPN: the washed part first, whole, then 5 of the
            other (128). B.1 is held from 10 January + 19 days.
        """,
        trades="""
            2022-01-10 buy 60 PAR at 40 lot A
            2022-06-01 sell 60 PAR at 30
            2022-06-20 buy 100 PAR at 32 lot B
            2023-02-01 sell 20 SPN at 50 lot B:SPN
        """,
        actions="2023-01-16 SPIN_OFF PAR ratio 0.25 to SPN basis 0.2",
        realised="""
            2022-06-01 60 PAR A bought 2022-01-10 1,800.00 - 2,400.00 + 600.00 = 0.00 short
            2023-02-01 15 SPN B.1:SPN bought 2022-06-20 held from 2022-01-29 750.00 - 504.00 = 246.00 long
            2023-02-01 5 SPN B.2:SPN bought 2022-06-20 250.00 - 128.00 = 122.00 short
        """,
        lots="""
            60 PAR B.1 bought 2022-06-20 held from 2022-01-29 2,016.00
            40 PAR B.2 bought 2022-06-20 1,024.00
            5 SPN B.2:SPN bought 2022-06-20 128.00
        """,
    ),
    Case(
        name="a spun-off lot can be sold at a loss and replaced",
        why="""
            25 SPN with a basis of 800 are sold for 500, a loss of 300; 10 bought nine days later take
            120: 210 + 120, held from 10 January 2022 + 9 days.
        """,
        trades="""
            2022-01-10 buy 100 PAR at 40 lot A
            2023-02-01 sell 25 SPN at 20 lot A:SPN
            2023-02-10 buy 10 SPN at 21 lot N
        """,
        actions="2023-01-16 SPIN_OFF PAR ratio 0.25 to SPN basis 0.2",
        realised="""
            2023-02-01 10 SPN A:SPN bought 2022-01-10 200.00 - 320.00 + 120.00 = 0.00 long
            2023-02-01 15 SPN A:SPN bought 2022-01-10 300.00 - 480.00 = -180.00 long
        """,
        lots="""
            100 PAR A bought 2022-01-10 3,200.00
            10 SPN N bought 2023-02-10 held from 2022-01-19 330.00
        """,
    ),
    Case(
        name="return of capital on a lot that a wash sale split",
        why="""
            5 a share lower each part of B: 60 x 32 + 600 - 300 = 2,220 and 40 x 32 - 200 = 1,080.
        """,
        trades="""
            2022-01-10 buy 60 X at 40 lot A
            2022-06-01 sell 60 X at 30
            2022-06-20 buy 100 X at 32 lot B
        """,
        actions="2022-07-18 RETURN_OF_CAPITAL X cash 5",
        realised="2022-06-01 60 X A bought 2022-01-10 1,800.00 - 2,400.00 + 600.00 = 0.00 short",
        lots="""
            60 X B.1 bought 2022-06-20 held from 2022-01-29 2,220.00
            40 X B.2 bought 2022-06-20 1,080.00
        """,
    ),
    Case(
        name="spin-off, the new shares are no purchase",
        why="""
            N is sold at a loss of 100 four days after the spin-off brought 25 shares of the same name,
            out of a lot bought ten days before the sale: they replace nothing. The spun-off lot has a
            fifth of 4,000.
        """,
        trades="""
            2023-01-10 buy 100 PAR at 40 lot A
            2022-01-10 buy 10 SPN at 40 lot N
            2023-01-20 sell 10 SPN at 30 lot N
        """,
        actions="2023-01-16 SPIN_OFF PAR ratio 0.25 to SPN basis 0.2",
        realised="2023-01-20 10 SPN N bought 2022-01-10 300.00 - 400.00 = -100.00 long",
        lots="""
            100 PAR A bought 2023-01-10 3,200.00
            25 SPN A:SPN bought 2023-01-10 800.00
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
def test_reorganisations(case: Case) -> None:
    check(case)
