"""What happens on one day: sale and purchase in either order, day trades, several accounts (docs/tax.md)."""

import pytest

from tests.support.tax_cases import Case, check

CASES = [
    Case(
        name="sale and purchase of one day, purchase known to be later",
        why="Day 0 is within the window in either order. B: 1,600 + 500, held from A's day.",
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-06-01 sell 100 X at 15 order 1
            2023-06-01 buy 100 X at 16 lot B order 2
        """,
        realised="2023-06-01 100 X A bought 2023-01-09 1,500.00 - 2,000.00 + 500.00 = 0.00 short",
        lots="100 X B bought 2023-06-01 held from 2023-01-09 2,100.00",
    ),
    Case(
        name="sale and purchase of one day, purchase known to be earlier",
        why="The same the other way round; first in, first out still sells A.",
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-06-01 buy 100 X at 16 lot B order 1
            2023-06-01 sell 100 X at 15 order 2
        """,
        realised="2023-06-01 100 X A bought 2023-01-09 1,500.00 - 2,000.00 + 500.00 = 0.00 short",
        lots="100 X B bought 2023-06-01 held from 2023-01-09 2,100.00",
    ),
    Case(
        name="bought and sold on one day",
        why="""
            The shares sold are the shares bought, and replace nothing (Rev. Rul. 56-602). Buys come
            before sells where no order is given.
        """,
        trades="""
            2023-06-01 buy 100 X at 20 lot A
            2023-06-01 sell 100 X at 18
        """,
        realised="2023-06-01 100 X A bought 2023-06-01 1,800.00 - 2,000.00 = -200.00 short",
    ),
    Case(
        name="bought, sold and bought again on one day",
        why="""
            The second purchase replaces the first: 1,700 + 200. A was held for no days, so B starts on
            its own.
        """,
        trades="""
            2023-06-01 buy 100 X at 20 lot A order 1
            2023-06-01 sell 100 X at 18 order 2
            2023-06-01 buy 100 X at 17 lot B order 3
        """,
        realised="2023-06-01 100 X A bought 2023-06-01 1,800.00 - 2,000.00 + 200.00 = 0.00 short",
        lots="100 X B bought 2023-06-01 1,900.00",
    ),
    Case(
        name="bought after an earlier day's loss, and sold again on the same day",
        why="""
            B replaces A when it is bought: 1,600 + 500, start 9 January + 4 days. Its own sale on that
            day loses 1,400 - 2,100, and nothing replaces it.
        """,
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-06-01 sell 100 X at 15
            2023-06-05 buy 100 X at 16 lot B order 1
            2023-06-05 sell 100 X at 14 order 2
        """,
        realised="""
            2023-06-01 100 X A bought 2023-01-09 1,500.00 - 2,000.00 + 500.00 = 0.00 short
            2023-06-05 100 X B bought 2023-06-05 held from 2023-01-13 1,400.00 - 2,100.00 = -700.00 short
        """,
    ),
    Case(
        name="an earlier day's loss comes before the day's own",
        why="""
            C is sold at a loss of 600 before B is bought on the same day, but A was sold four days
            earlier: B takes A's 500 (Reg. §1.1091-1(b)).
        """,
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-01-10 buy 100 X at 20 lot C
            2023-06-01 sell 100 X at 15 lot A
            2023-06-05 sell 100 X at 14 lot C order 1
            2023-06-05 buy 100 X at 16 lot B order 2
        """,
        realised="""
            2023-06-01 100 X A bought 2023-01-09 1,500.00 - 2,000.00 + 500.00 = 0.00 short
            2023-06-05 100 X C bought 2023-01-10 1,400.00 - 2,000.00 = -600.00 short
        """,
        lots="100 X B bought 2023-06-05 held from 2023-01-13 2,100.00",
    ),
    Case(
        name="everything is sold, the reinvested dividend of last month too",
        why="""
            2 of A's shares are matched with the 2 reinvested 12 days before and sold along: 10 move
            from A to B, 32 + 10; B's own loss of 12 finds nothing. -490 - 12 is all that was lost: -500
            - 2.
        """,
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-05-20 buy 2 X at 16 lot B reinvested
            2023-06-01 sell 102 X at 15
        """,
        realised="""
            2023-06-01 2 X A bought 2023-01-09 30.00 - 40.00 + 10.00 = 0.00 short
            2023-06-01 98 X A bought 2023-01-09 1,470.00 - 1,960.00 = -490.00 short
            2023-06-01 2 X B bought 2023-05-20 held from 2022-12-28 30.00 - 42.00 = -12.00 short
        """,
    ),
    Case(
        name="a loss of a few cents goes from sale to sale, and ends where their gains have used it up",
        why="""
            A loses 2 cents on 0.04 of a share. B and C are sold along, each with 10 cents of gain a
            share: 0.4 of a cent on 0.04. The loss goes to 0.04 of B and leaves 2 - 0.4 = 1.6 cents of
            loss there, so on to 0.04 of C (1.2 left), B (0.8) and C (0.4, which is no cent): five sales
            of 0.04, losses of 2, 2, 1, 1 and 0 cents, none of which may be deducted. The days that A
            was held, 336, go on too, and 3 more each time: 339, 342, 345, 348, so that all is short.
            18 cents are left of 20 gained and 2 lost.
        """,
        trades="""
            2025-03-03 buy 0.04 X for 1.62 lot A
            2026-01-30 buy 1 X at 40.00 lot B
            2026-01-30 buy 1 X at 40.00 lot C in spouse
            2026-02-02 sell 0.04 X at 40.10 lot A
            2026-02-02 sell 1 X at 40.10 lot B
            2026-02-02 sell 1 X at 40.10 lot C in spouse
        """,
        realised="""
            2026-02-02 0.04 X A bought 2025-03-03 1.60 - 1.62 + 0.02 = 0.00 short
            2026-02-02 0.04 X B bought 2026-01-30 held from 2025-02-28 1.60 - 1.62 + 0.02 = 0.00 short
            2026-02-02 0.04 X C bought 2026-01-30 held from 2025-02-25 1.60 - 1.61 + 0.01 = 0.00 short in spouse
            2026-02-02 0.04 X B bought 2026-01-30 held from 2025-02-22 1.61 - 1.62 + 0.01 = 0.00 short
            2026-02-02 0.04 X C bought 2026-01-30 held from 2025-02-19 1.61 - 1.61 = 0.00 short in spouse
            2026-02-02 0.92 X B bought 2026-01-30 36.89 - 36.79 = 0.10 short
            2026-02-02 0.92 X C bought 2026-01-30 36.89 - 36.81 = 0.08 short in spouse
        """,
    ),
    Case(
        name="a loss of less than half a cent has ended, and leaves later shares to another",
        why="""
            A loses 1 cent on 0.06 of a share. B, with 15 cents of gain a share, takes it up: 0.9 of a
            cent on 0.06 leaves 0.1, which is no cent and goes no further. Q loses 3 cents on 0.02, so
            0.02 of B has 3 - 0.3 = 2.7, which goes on to 0.02 of C, where 4 cents of gain end it. B is
            held 336 days more by A, 5 by Q; C the 15 that 0.02 of B is held by now. 7 cents are left
            of 3 and 8 gained, 1 and 3 lost.
        """,
        trades="""
            2025-03-03 buy 0.06 X for 6.01 lot A
            2026-01-23 buy 0.2 X for 19.97 lot B
            2026-01-28 buy 0.02 X for 2.03 lot Q
            2026-01-30 buy 0.04 X for 3.92 lot C
            2026-02-02 sell 0.06 X at 100.00 lot A
            2026-02-02 sell 0.2 X at 100.00 lot B
            2026-02-02 sell 0.02 X at 100.00 lot Q
            2026-02-02 sell 0.04 X at 100.00 lot C
        """,
        realised="""
            2026-02-02 0.06 X A bought 2025-03-03 6.00 - 6.01 + 0.01 = 0.00 short
            2026-02-02 0.06 X B bought 2026-01-23 held from 2025-02-21 6.00 - 6.00 = 0.00 short
            2026-02-02 0.02 X B bought 2026-01-23 held from 2026-01-18 2.00 - 2.03 + 0.03 = 0.00 short
            2026-02-02 0.12 X B bought 2026-01-23 12.00 - 11.98 = 0.02 short
            2026-02-02 0.02 X Q bought 2026-01-28 2.00 - 2.03 + 0.03 = 0.00 short
            2026-02-02 0.02 X C bought 2026-01-30 held from 2026-01-15 2.00 - 1.99 = 0.01 short
            2026-02-02 0.02 X C bought 2026-01-30 2.00 - 1.96 = 0.04 short
        """,
    ),
    Case(
        name="two rows of one day are two purchases",
        why="""
            A and B were bought on one day in two rows: B replaces A's loss of 100, 1,000 + 100; start 1
            June less the 9 days that A was held. Fills of one order are to be given as one row
            (docs/tax.md).
        """,
        trades="""
            2023-06-01 buy 50 X at 20 lot A
            2023-06-01 buy 50 X at 20 lot B
            2023-06-10 sell 50 X at 18
        """,
        realised="2023-06-10 50 X A bought 2023-06-01 900.00 - 1,000.00 + 100.00 = 0.00 short",
        lots="50 X B bought 2023-06-01 held from 2023-05-23 1,100.00",
    ),
    Case(
        name="IRA and own account buy on one day, the order is known",
        why="""
            The own purchase came first and takes the loss: 1,600 + 500, start 9 January + 4 days.
        """,
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-06-01 sell 100 X at 15
            2023-06-05 buy 100 X at 16 lot B order 1
            2023-06-05 buy 100 X at 16 lot R in ira order 2
        """,
        realised="2023-06-01 100 X A bought 2023-01-09 1,500.00 - 2,000.00 + 500.00 = 0.00 short",
        lots="""
            100 X B bought 2023-06-05 held from 2023-01-13 2,100.00
            100 X R bought 2023-06-05 1,600.00 in ira
        """,
    ),
    Case(
        name="IRA and own account buy on one day, the order is not known",
        why="""
            Purchases of a day without an order go by account: `ira` comes before `own`, and the loss is
            gone.
        """,
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-06-01 sell 100 X at 15
            2023-06-05 buy 100 X at 16 lot B
            2023-06-05 buy 100 X at 16 lot R in ira
        """,
        realised="2023-06-01 100 X A bought 2023-01-09 1,500.00 - 2,000.00 + 500.00 = 0.00 short",
        lots="""
            100 X B bought 2023-06-05 1,600.00
            100 X R bought 2023-06-05 1,600.00 in ira
        """,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_one_day(case: Case) -> None:
    check(case)
