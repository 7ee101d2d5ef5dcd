"""Which lot a sale takes: by name or by method (Reg. §1.1012-1(c)); what a name means once a wash sale split it."""

from dataclasses import replace

import pytest

from tests.support.tax_cases import Case, check

THREE_LOTS = Case(
    name="fifo",
    why="Earliest first: A whole, 5 of B, held for a year and a day.",
    trades="""
        2021-02-01 buy 10 X at 20 lot A
        2022-02-01 buy 10 X at 30 lot B
        2022-08-01 buy 10 X at 25 lot C
        2023-02-02 sell 15 X at 40
    """,
    options={"method": "fifo"},
    realised="""
        2023-02-02 10 X A bought 2021-02-01 400.00 - 200.00 = 200.00 long
        2023-02-02 5 X B bought 2022-02-01 200.00 - 150.00 = 50.00 long
    """,
    lots="""
        5 X B bought 2022-02-01 150.00
        10 X C bought 2022-08-01 250.00
    """,
)
SPLIT_LOT = """
    2023-01-09 buy 60 X at 20 lot A
    2023-06-01 sell 60 X at 15
    2023-06-20 buy 100 X at 16 lot B
"""
SPLIT_LOT_REALISED = "2023-06-01 60 X A bought 2023-01-09 900.00 - 1,200.00 + 300.00 = 0.00 short"

CASES = [
    THREE_LOTS,
    replace(
        THREE_LOTS,
        name="lifo",
        why="Latest first: C whole, 5 of B.",
        options={"method": "lifo"},
        realised="""
            2023-02-02 10 X C bought 2022-08-01 400.00 - 250.00 = 150.00 short
            2023-02-02 5 X B bought 2022-02-01 200.00 - 150.00 = 50.00 long
        """,
        lots="""
            10 X A bought 2021-02-01 200.00
            5 X B bought 2022-02-01 150.00
        """,
    ),
    replace(
        THREE_LOTS,
        name="hifo",
        why="Highest basis a share first: B (30) whole, 5 of C (25).",
        options={"method": "hifo"},
        realised="""
            2023-02-02 10 X B bought 2022-02-01 400.00 - 300.00 = 100.00 long
            2023-02-02 5 X C bought 2022-08-01 200.00 - 125.00 = 75.00 short
        """,
        lots="""
            10 X A bought 2021-02-01 200.00
            5 X C bought 2022-08-01 125.00
        """,
    ),
    replace(
        THREE_LOTS,
        name="least tax, gains",
        why="""
            Tax a share at 40.8 % and 23.8 %: A 20 x 0.238 = 4.76, B 10 x 0.238 = 2.38, C 15 x 0.408 =
            6.12. B, then A.
        """,
        options={"method": "least_tax", "st_rate": 0.408, "lt_rate": 0.238},
        realised="""
            2023-02-02 10 X B bought 2022-02-01 400.00 - 300.00 = 100.00 long
            2023-02-02 5 X A bought 2021-02-01 200.00 - 100.00 = 100.00 long
        """,
        lots="""
            5 X A bought 2021-02-01 100.00
            10 X C bought 2022-08-01 250.00
        """,
    ),
    Case(
        name="least tax, losses",
        why="""
            A short-term loss of 8 saves 3.264 a share, a long-term loss of 10 saves 2.38: the smaller
            loss goes first.
        """,
        trades="""
            2021-02-01 buy 10 X at 30 lot A
            2022-10-03 buy 10 X at 28 lot B
            2023-06-01 sell 15 X at 20
        """,
        options={"method": "least_tax", "st_rate": 0.408, "lt_rate": 0.238},
        realised="""
            2023-06-01 10 X B bought 2022-10-03 200.00 - 280.00 = -80.00 short
            2023-06-01 5 X A bought 2021-02-01 100.00 - 150.00 = -50.00 long
        """,
        lots="5 X A bought 2021-02-01 150.00",
    ),
    Case(
        name="hifo goes by adjusted basis",
        why="""
            B cost 16 and C 18, but B took A's loss of 5 a share: 21 comes before 18. C was bought 92
            days before the sale.
        """,
        trades="""
            2023-01-09 buy 100 X at 20 lot A
            2023-06-01 sell 100 X at 15
            2023-06-20 buy 100 X at 16 lot B
            2023-08-01 buy 100 X at 18 lot C
            2023-11-01 sell 100 X at 19
        """,
        options={"method": "hifo"},
        realised="""
            2023-06-01 100 X A bought 2023-01-09 1,500.00 - 2,000.00 + 500.00 = 0.00 short
            2023-11-01 100 X B bought 2023-06-20 held from 2023-01-28 1,900.00 - 2,100.00 = -200.00 short
        """,
        lots="100 X C bought 2023-08-01 1,800.00",
    ),
    Case(
        name="first in is by day of purchase, not by tacked holding period",
        why="""
            C, bought on 5 June, starts on 13 January; B, bought on 20 June, on the older 10 January
            2022 + 19 days. First in is C: 50 x 16 + 250.
        """,
        trades="""
            2022-01-10 buy 50 X at 20 lot OLD
            2023-01-09 buy 50 X at 20 lot A
            2023-06-01 sell 50 X at 15 lot A order 1
            2023-06-01 sell 50 X at 15 lot OLD order 2
            2023-06-05 buy 50 X at 16 lot C
            2023-06-20 buy 50 X at 16 lot B
            2023-08-01 sell 50 X at 18
        """,
        realised="""
            2023-06-01 50 X A bought 2023-01-09 750.00 - 1,000.00 + 250.00 = 0.00 short
            2023-06-01 50 X OLD bought 2022-01-10 750.00 - 1,000.00 + 250.00 = 0.00 long
            2023-08-01 50 X C bought 2023-06-05 held from 2023-01-13 900.00 - 1,050.00 = -150.00 short
        """,
        lots="50 X B bought 2023-06-20 held from 2022-01-29 1,050.00",
    ),
    Case(
        name="a lot's name takes its washed part first",
        why="B.1: 60 x 16 + 300 = 1,260, B.2: 40 x 16 = 640. 80 of B: B.1 whole, 20 of B.2 (320).",
        trades=f"{SPLIT_LOT} 2023-09-01 sell 80 X at 30 lot B",
        realised=f"""
            {SPLIT_LOT_REALISED}
            2023-09-01 60 X B.1 bought 2023-06-20 held from 2023-01-28 1,800.00 - 1,260.00 = 540.00 short
            2023-09-01 20 X B.2 bought 2023-06-20 600.00 - 320.00 = 280.00 short
        """,
        lots="20 X B.2 bought 2023-06-20 320.00",
    ),
    Case(
        name="a piece's name takes that piece",
        why="B.2 is named: B.1 stays whole.",
        trades=f"{SPLIT_LOT} 2023-09-01 sell 30 X at 30 lot B.2",
        realised=f"""
            {SPLIT_LOT_REALISED}
            2023-09-01 30 X B.2 bought 2023-06-20 900.00 - 480.00 = 420.00 short
        """,
        lots="""
            60 X B.1 bought 2023-06-20 held from 2023-01-28 1,260.00
            10 X B.2 bought 2023-06-20 160.00
        """,
    ),
    Case(
        name="the name of a piece that was split again",
        why="""
            Losses on A (50, start + 19 days) and on C (30 x 7 = 210, start + 12 days) take B.1 and
            B.2.1. 40 of B.2: B.2.1 whole (480 + 210), then 10 of B.2.2.
        """,
        trades="""
            2023-01-09 buy 50 X at 20 lot A
            2023-02-06 buy 30 X at 22 lot C
            2023-06-01 sell 50 X at 15 lot A
            2023-06-08 sell 30 X at 15 lot C
            2023-06-20 buy 100 X at 16 lot B
            2023-09-01 sell 40 X at 30 lot B.2
        """,
        realised="""
            2023-06-01 50 X A bought 2023-01-09 750.00 - 1,000.00 + 250.00 = 0.00 short
            2023-06-08 30 X C bought 2023-02-06 450.00 - 660.00 + 210.00 = 0.00 short
            2023-09-01 30 X B.2.1 bought 2023-06-20 held from 2023-02-18 900.00 - 690.00 = 210.00 short
            2023-09-01 10 X B.2.2 bought 2023-06-20 300.00 - 160.00 = 140.00 short
        """,
        lots="""
            50 X B.1 bought 2023-06-20 held from 2023-01-28 1,050.00
            10 X B.2.2 bought 2023-06-20 160.00
        """,
    ),
    Case(
        name="lots that nobody named",
        why="Numbered in order of trade within each account, whatever the security.",
        trades="""
            2023-01-09 buy 10 X at 20
            2023-01-10 buy 10 Y at 20
            2023-01-11 buy 10 X at 21
            2023-01-10 buy 10 X at 22 in spouse
        """,
        lots="""
            10 X L000001 bought 2023-01-09 200.00
            10 Y L000002 bought 2023-01-10 200.00
            10 X L000003 bought 2023-01-11 210.00
            10 X L000001 bought 2023-01-10 220.00 in spouse
        """,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_relief(case: Case) -> None:
    check(case)
