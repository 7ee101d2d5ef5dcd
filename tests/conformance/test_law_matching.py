"""Which shares replace which, share for share: parts, several, chains, cents, fractions (Reg. §1.1091-1(b) to (e))."""

import pytest

from tests.support.tax_cases import Case, check

CASES = [
    Case(
        name="chain of three replacements",
        why="""
            A's loss 4,500 - 5,000 = -500 to B: 4,400 + 500 = 4,900, start 3 January moved by 9 days.
            B's loss 4,300 - 4,900 = -600 to C: 4,200 + 600 = 4,800, moved by 14 more. C's loss 4,100 -
            4,800 = -700 to D, bought on day 30: 4,000 + 700 = 4,700, moved by 30 more: 25 February
            2023. D is sold on 26 February 2024, its first long-term day, two months before its own
            anniversary. In all: -500 - 100 - 100 + 0 = -700.
        """,
        trades="""
            2023-01-03 buy 100 X at 50 lot A
            2023-02-01 sell 100 X at 45
            2023-02-10 buy 100 X at 44 lot B
            2023-03-01 sell 100 X at 43
            2023-03-15 buy 100 X at 42 lot C
            2023-04-03 sell 100 X at 41
            2023-05-03 buy 100 X at 40 lot D
            2024-02-26 sell 100 X at 40
        """,
        realised="""
            2023-02-01 100 X A bought 2023-01-03 4,500.00 - 5,000.00 + 500.00 = 0.00 short
            2023-03-01 100 X B bought 2023-02-10 held from 2023-01-12 4,300.00 - 4,900.00 + 600.00 = 0.00 short
            2023-04-03 100 X C bought 2023-03-15 held from 2023-01-26 4,100.00 - 4,800.00 + 700.00 = 0.00 short
            2024-02-26 100 X D bought 2023-05-03 held from 2023-02-25 4,000.00 - 4,700.00 = -700.00 long
        """,
    ),
    Case(
        name="chain that ends a day too late",
        why="""
            The same, but D is bought on day 31 after C's sale: C's loss of 700 is allowed, D keeps its
            cost and its day.
        """,
        trades="""
            2023-01-03 buy 100 X at 50 lot A
            2023-02-01 sell 100 X at 45
            2023-02-10 buy 100 X at 44 lot B
            2023-03-01 sell 100 X at 43
            2023-03-15 buy 100 X at 42 lot C
            2023-04-03 sell 100 X at 41
            2023-05-04 buy 100 X at 40 lot D
        """,
        realised="""
            2023-02-01 100 X A bought 2023-01-03 4,500.00 - 5,000.00 + 500.00 = 0.00 short
            2023-03-01 100 X B bought 2023-02-10 held from 2023-01-12 4,300.00 - 4,900.00 + 600.00 = 0.00 short
            2023-04-03 100 X C bought 2023-03-15 held from 2023-01-26 4,100.00 - 4,800.00 = -700.00 short
        """,
        lots="100 X D bought 2023-05-04 4,000.00",
    ),
    Case(
        name="chain of a part: the washed half of the replacement is sold and replaced again",
        why="""
            A: 50 x (15 - 20) = -250 to B.1: 50 x 16 + 250 = 1,050. Lot B named: B.1 goes first, 50 x 14
            = 700, loss 350, of which C's 20 shares take 2/5 = 140: 20 x 15 + 140 = 440. Start: 9
            January + 19 days (1 to 20 June) = 28 January, + 10 days (10 to 20 July) = 7 February.
        """,
        trades="""
            2023-01-09 buy 50 X at 20 lot A
            2023-06-01 sell 50 X at 15
            2023-06-20 buy 100 X at 16 lot B
            2023-07-10 sell 50 X at 14 lot B
            2023-07-20 buy 20 X at 15 lot C
        """,
        realised="""
            2023-06-01 50 X A bought 2023-01-09 750.00 - 1,000.00 + 250.00 = 0.00 short
            2023-07-10 20 X B.1 bought 2023-06-20 held from 2023-01-28 280.00 - 420.00 + 140.00 = 0.00 short
            2023-07-10 30 X B.1 bought 2023-06-20 held from 2023-01-28 420.00 - 630.00 = -210.00 short
        """,
        lots="""
            50 X B.2 bought 2023-06-20 800.00
            20 X C bought 2023-07-20 held from 2023-02-07 440.00
        """,
    ),
    Case(
        name="two losses, one smaller replacement",
        why="""
            C's 80 shares: 50 for A, sold first (250), 30 of 50 for B (350 x 30/50 = 210). C.1: 800 +
            250; C.2: 480 + 210. Starts: A's 9 January + 19 days, B's 6 February + 12 days.
        """,
        trades="""
            2023-01-09 buy 50 X at 20 lot A
            2023-02-06 buy 50 X at 22 lot B
            2023-06-01 sell 50 X at 15 lot A
            2023-06-08 sell 50 X at 15 lot B
            2023-06-20 buy 80 X at 16 lot C
        """,
        realised="""
            2023-06-01 50 X A bought 2023-01-09 750.00 - 1,000.00 + 250.00 = 0.00 short
            2023-06-08 30 X B bought 2023-02-06 450.00 - 660.00 + 210.00 = 0.00 short
            2023-06-08 20 X B bought 2023-02-06 300.00 - 440.00 = -140.00 short
        """,
        lots="""
            50 X C.1 bought 2023-06-20 held from 2023-01-28 1,050.00
            30 X C.2 bought 2023-06-20 held from 2023-02-18 690.00
        """,
    ),
    Case(
        name="two losses, one larger replacement, split twice",
        why="C's 100 shares: 50 for A, 30 for B (30 x 7 = 210), 20 for nothing: C.1, C.2.1, C.2.2.",
        trades="""
            2023-01-09 buy 50 X at 20 lot A
            2023-02-06 buy 30 X at 22 lot B
            2023-06-01 sell 50 X at 15 lot A
            2023-06-08 sell 30 X at 15 lot B
            2023-06-20 buy 100 X at 16 lot C
        """,
        realised="""
            2023-06-01 50 X A bought 2023-01-09 750.00 - 1,000.00 + 250.00 = 0.00 short
            2023-06-08 30 X B bought 2023-02-06 450.00 - 660.00 + 210.00 = 0.00 short
        """,
        lots="""
            50 X C.1 bought 2023-06-20 held from 2023-01-28 1,050.00
            30 X C.2.1 bought 2023-06-20 held from 2023-02-18 690.00
            20 X C.2.2 bought 2023-06-20 320.00
        """,
    ),
    Case(
        name="one loss, three replacements after it",
        why="""
            500 on 100 shares: 150 to B, 150 to C, 200 to 40 of D's 60. Starts: 9 January + 4, 6 and 8
            days.
        """,
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-06-01 sell 100 X at 15
            2023-06-05 buy 30 X at 16 lot B
            2023-06-07 buy 30 X at 16 lot C
            2023-06-09 buy 60 X at 16 lot D
        """,
        realised="""
            2023-06-01 30 X A bought 2023-01-09 450.00 - 600.00 + 150.00 = 0.00 short
            2023-06-01 30 X A bought 2023-01-09 450.00 - 600.00 + 150.00 = 0.00 short
            2023-06-01 40 X A bought 2023-01-09 600.00 - 800.00 + 200.00 = 0.00 short
        """,
        lots="""
            30 X B bought 2023-06-05 held from 2023-01-13 630.00
            30 X C bought 2023-06-07 held from 2023-01-15 630.00
            40 X D.1 bought 2023-06-09 held from 2023-01-17 840.00
            20 X D.2 bought 2023-06-09 320.00
        """,
    ),
    Case(
        name="one loss, a replacement before and one after",
        why="""
            50 shares lost 250: B's 30, bought 12 days before, come first (150), then 20 of C (100). B's
            start: 9 January less 12 days.
        """,
        trades="""
            2023-01-09 buy 50 X at 20 lot A
            2023-05-20 buy 30 X at 16 lot B
            2023-06-01 sell 50 X at 15 lot A
            2023-06-20 buy 30 X at 16 lot C
        """,
        realised="""
            2023-06-01 30 X A bought 2023-01-09 450.00 - 600.00 + 150.00 = 0.00 short
            2023-06-01 20 X A bought 2023-01-09 300.00 - 400.00 + 100.00 = 0.00 short
        """,
        lots="""
            30 X B bought 2023-05-20 held from 2022-12-28 630.00
            20 X C.1 bought 2023-06-20 held from 2023-01-28 420.00
            10 X C.2 bought 2023-06-20 160.00
        """,
    ),
    Case(
        name="replacement sold in part before the loss",
        why="""
            Of B's 100, 60 were sold again before the loss and are not held: 40 replace (40 x 5 = 200),
            60 of the loss (300) stay. B's 40 are used whole, so its name stays.
        """,
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-05-20 buy 100 X at 16 lot B
            2023-05-25 sell 60 X at 17 lot B
            2023-06-01 sell 100 X at 15 lot A
        """,
        realised="""
            2023-05-25 60 X B bought 2023-05-20 1,020.00 - 960.00 = 60.00 short
            2023-06-01 40 X A bought 2023-01-09 600.00 - 800.00 + 200.00 = 0.00 short
            2023-06-01 60 X A bought 2023-01-09 900.00 - 1,200.00 = -300.00 short
        """,
        lots="40 X B bought 2023-05-20 held from 2022-12-28 840.00",
    ),
    Case(
        name="replacement sold in part after the loss",
        why="""
            B replaces A whole: 1,600 + 500 = 2,100. 25 of it are sold at 25: 625 - 525 = 100; 75 keep
            1,575.
        """,
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-06-01 sell 100 X at 15
            2023-06-20 buy 100 X at 16 lot B
            2023-08-01 sell 25 X at 25
        """,
        realised="""
            2023-06-01 100 X A bought 2023-01-09 1,500.00 - 2,000.00 + 500.00 = 0.00 short
            2023-08-01 25 X B bought 2023-06-20 held from 2023-01-28 625.00 - 525.00 = 100.00 short
        """,
        lots="75 X B bought 2023-06-20 held from 2023-01-28 1,575.00",
    ),
    Case(
        name="a gain is no wash sale",
        why="§1091(a) is about losses: the gain of 100 counts, and B keeps its cost and its day.",
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-06-01 sell 100 X at 21
            2023-06-05 buy 100 X at 22 lot B
        """,
        realised="2023-06-01 100 X A bought 2023-01-09 2,100.00 - 2,000.00 = 100.00 short",
        lots="100 X B bought 2023-06-05 2,200.00",
    ),
    Case(
        name="neither gain nor loss is no wash sale",
        why="Sold at cost: nothing to disallow, and B keeps its day.",
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-06-01 sell 100 X at 20
            2023-06-05 buy 100 X at 22 lot B
        """,
        realised="2023-06-01 100 X A bought 2023-01-09 2,000.00 - 2,000.00 = 0.00 short",
        lots="100 X B bought 2023-06-05 2,200.00",
    ),
    Case(
        name="a gain and a loss in one sale are kept apart",
        why="""
            One sale of 100 at 15 takes 50 of A (gain 250) and 50 of B (loss 250). C's 50 replace B's
            shares only.
        """,
        trades="""
            2023-01-09 buy 50 X at 10 lot A
            2023-02-06 buy 50 X at 20 lot B
            2023-06-01 sell 100 X at 15
            2023-06-20 buy 50 X at 16 lot C
        """,
        realised="""
            2023-06-01 50 X A bought 2023-01-09 750.00 - 500.00 = 250.00 short
            2023-06-01 50 X B bought 2023-02-06 750.00 - 1,000.00 + 250.00 = 0.00 short
        """,
        lots="50 X C bought 2023-06-20 held from 2023-02-25 1,050.00",
    ),
    Case(
        name="the cents of a third",
        why="""
            3 shares for 100.00, sold for 90.00; 1 replaced: a third of 100.00 is 33.33, of 90.00 is
            30.00, loss 3.33; the other two take the rest, 66.67 and 60.00. B: 31.00 + 3.33. The 10.00
            lost are 3.33 + 6.67.
        """,
        trades="""
            2023-01-09 buy 3 X for 100.00 lot A
            2023-06-01 sell 3 X for 90.00
            2023-06-20 buy 1 X at 31 lot B
        """,
        realised="""
            2023-06-01 1 X A bought 2023-01-09 30.00 - 33.33 + 3.33 = 0.00 short
            2023-06-01 2 X A bought 2023-01-09 60.00 - 66.67 = -6.67 short
        """,
        lots="1 X B bought 2023-06-20 held from 2023-01-28 34.33",
    ),
    Case(
        name="half a cent is rounded away from zero",
        why="""
            2 shares for 0.05, sold for 0.01; 1 replaced: half of 0.05 is 0.025, so 0.03; half of 0.01
            is 0.005, so 0.01; loss 0.02. The rest: 0.02 and 0.00, loss 0.02. B: 1.00 + 0.02.
        """,
        trades="""
            2023-01-09 buy 2 X for 0.05 lot A
            2023-06-01 sell 2 X for 0.01
            2023-06-20 buy 1 X at 1 lot B
        """,
        realised="""
            2023-06-01 1 X A bought 2023-01-09 0.01 - 0.03 + 0.02 = 0.00 short
            2023-06-01 1 X A bought 2023-01-09 0.00 - 0.02 = -0.02 short
        """,
        lots="1 X B bought 2023-06-20 held from 2023-01-28 1.02",
    ),
    Case(
        name="a reinvested dividend buys a fraction of a share",
        why="""
            A reinvestment is a purchase. 50.00 buy 3.141593 shares (x 15.915494 = 50.0000...). Of 10.5
            shares sold for 168.00 with a basis of 210.00, 3.141593 have 62.83 (62.83186) and 50.27
            (50.265488), loss 12.56; 7.358407 take the rest: 147.17 and 117.73. B: 50.00 + 12.56; start
            9 January + 14 days.
        """,
        trades="""
            2023-01-09 buy 10.5 X at 20 lot A
            2023-06-01 sell 10.5 X at 16
            2023-06-15 buy 3.141593 X at 15.915494 lot B reinvested
        """,
        realised="""
            2023-06-01 3.141593 X A bought 2023-01-09 50.27 - 62.83 + 12.56 = 0.00 short
            2023-06-01 7.358407 X A bought 2023-01-09 117.73 - 147.17 = -29.44 short
        """,
        lots="3.141593 X B bought 2023-06-15 held from 2023-01-23 62.56",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_matching(case: Case) -> None:
    check(case)
