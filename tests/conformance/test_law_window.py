"""The 61 days of IRC §1091(a): day 30 in, day 31 out, on both sides, over leap days, month ends and year ends.

One history each: lot A, 100 shares at 20.00 on 10 January 2022, is sold at 15.00, a loss of 500.00; lot B, 100 shares
at 16.00, is bought before or after. Where B replaces A, its basis is 1,600.00 + 500.00, and its holding period starts
on 10 January 2022 moved by the days from sale to purchase: as many days as A was held are added to B's own.
"""

import pytest

from tests.support.tax_cases import Case, check

WINDOW = [
    # why                                                   A sold        B bought      B held from, where it replaces A
    ("30 days before", "2023-06-15", "2023-05-16", "2021-12-11"),
    ("31 days before", "2023-06-15", "2023-05-15", None),
    ("30 days after", "2023-06-15", "2023-07-15", "2022-02-09"),
    ("31 days after", "2023-06-15", "2023-07-16", None),
    ("on the day of the sale", "2023-06-15", "2023-06-15", "2022-01-10"),
    ("30 days after is 29 February in a leap year", "2024-01-30", "2024-02-29", "2022-02-09"),
    ("31 days after is 1 March in a leap year", "2024-01-30", "2024-03-01", None),
    ("30 days after is 1 March in a common year", "2023-01-30", "2023-03-01", "2022-02-09"),
    ("31 days after is 2 March in a common year", "2023-01-30", "2023-03-02", None),
    ("30 days before is 29 February in a leap year", "2024-03-30", "2024-02-29", "2021-12-11"),
    ("31 days before is 28 February in a leap year", "2024-03-30", "2024-02-28", None),
    ("30 days before is 28 February in a common year", "2023-03-30", "2023-02-28", "2021-12-11"),
    ("31 days before is 27 February in a common year", "2023-03-30", "2023-02-27", None),
    ("sold on 29 February, bought 30 days before", "2024-02-29", "2024-01-30", "2021-12-11"),
    ("sold on 29 February, bought 31 days before", "2024-02-29", "2024-01-29", None),
    ("sold on 29 February, bought 30 days after", "2024-02-29", "2024-03-30", "2022-02-09"),
    ("sold on 29 February, bought 31 days after", "2024-02-29", "2024-03-31", None),
    ("a December loss, bought 30 days after, in January", "2023-12-15", "2024-01-14", "2022-02-09"),
    ("a December loss, bought 31 days after, in January", "2023-12-15", "2024-01-15", None),
    ("a loss on 31 December, bought 30 days after", "2023-12-31", "2024-01-30", "2022-02-09"),
    ("a loss on 31 December, bought 31 days after", "2023-12-31", "2024-01-31", None),
]


@pytest.mark.parametrize(("why", "sold", "bought", "held_from"), WINDOW, ids=[row[0] for row in WINDOW])
def test_window(why: str, sold: str, bought: str, held_from: str | None) -> None:
    washed = f"{sold} 100 X A bought 2022-01-10 1,500.00 - 2,000.00 + 500.00 = 0.00 long"
    allowed = f"{sold} 100 X A bought 2022-01-10 1,500.00 - 2,000.00 = -500.00 long"
    case = Case(
        name=why,
        why=why,
        trades=f"""
            2022-01-10 buy 100 X at 20 lot A
            {sold} sell 100 X at 15 lot A
            {bought} buy 100 X at 16 lot B
        """,
        realised=washed if held_from else allowed,
        lots=f"100 X B bought {bought} held from {held_from} 2,100.00"
        if held_from
        else f"100 X B bought {bought} 1,600.00",
    )
    check(case)


def test_a_december_loss_comes_back_when_the_january_shares_are_sold() -> None:
    check(
        Case(
            name="December loss, January purchase, sold in the next year",
            why="""
                Nothing is deducted in 2023. B, basis 1,600 + 500, held from 9 February 2022, is
                sold at 17 in 2024: 1,700 - 2,100. In all: 1,500 + 1,700 - 2,000 - 1,600 = -400.
            """,
            trades="""
                2022-01-10 buy 100 X at 20 lot A
                2023-12-15 sell 100 X at 15
                2024-01-14 buy 100 X at 16 lot B
                2024-05-01 sell 100 X at 17
            """,
            realised="""
                2023-12-15 100 X A bought 2022-01-10 1,500.00 - 2,000.00 + 500.00 = 0.00 long
                2024-05-01 100 X B bought 2024-01-14 held from 2022-02-09 1,700.00 - 2,100.00 = -400.00 long
            """,
        )
    )
