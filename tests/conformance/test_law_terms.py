"""Short or long, on the two days that matter, for lots that the ledger sells (IRC §1222(3); Rev. Rul. 66-7, 66-97)."""

import pytest

from tests.support.tax_cases import Case, check

LAST_DAYS = [
    # Bought on the last day of a month: long-term from the first day of the thirteenth succeeding month.
    # bought        last short     first long
    ("2023-01-31", "2024-01-31", "2024-02-01"),
    ("2023-02-28", "2024-02-29", "2024-03-01"),
    ("2023-03-31", "2024-03-31", "2024-04-01"),
    ("2023-04-30", "2024-04-30", "2024-05-01"),
    ("2023-05-31", "2024-05-31", "2024-06-01"),
    ("2023-06-30", "2024-06-30", "2024-07-01"),
    ("2023-07-31", "2024-07-31", "2024-08-01"),
    ("2023-08-31", "2024-08-31", "2024-09-01"),
    ("2023-09-30", "2024-09-30", "2024-10-01"),
    ("2023-10-31", "2024-10-31", "2024-11-01"),
    ("2023-11-30", "2024-11-30", "2024-12-01"),
    ("2023-12-31", "2024-12-31", "2025-01-01"),
]
LEAP_DAYS = [
    ("2024-02-29", "2025-02-28", "2025-03-01"),  # the leap day is a last day of a month
    ("2024-02-28", "2025-02-28", "2025-03-01"),  # not the last day of its month, and the same
    ("2023-03-01", "2024-03-01", "2024-03-02"),  # 366 days later, and still short
    ("2024-03-01", "2025-03-01", "2025-03-02"),
    ("2023-02-27", "2024-02-27", "2024-02-28"),
]


def _two_sales(days: list[tuple[str, str, str]]) -> Case:
    """Two shares of a name a day, bought at 10, sold at 11: one on the last short day and one on the first long day."""
    names = [f"X{number}" for number in range(len(days))]
    table = list(zip(names, days, strict=True))
    return Case(
        name="two sales each",
        why="A gain of 1.00 on each share; only the term differs.",
        trades="\n".join(
            f"{bought} buy 2 {name} at 10 lot {name}\n{short} sell 1 {name} at 11\n{long} sell 1 {name} at 11"
            for name, (bought, short, long) in table
        ),
        realised="\n".join(
            f"{short} 1 {name} {name} bought {bought} 11.00 - 10.00 = 1.00 short\n"
            f"{long} 1 {name} {name} bought {bought} 11.00 - 10.00 = 1.00 long"
            for name, (bought, short, long) in table
        ),
    )


def test_last_day_of_each_month() -> None:
    check(_two_sales(LAST_DAYS))


def test_leap_days() -> None:
    check(_two_sales(LEAP_DAYS))


CASES = [
    Case(
        name="the loss lot's year makes the replacement long-term at once",
        why="""
            A was held for more than a year. B, bought 19 days after A's sale, starts on 10 January 2022
            + 19 days and is long-term the day after its purchase: 1,700 - 2,100.
        """,
        trades="""
            2022-01-10 buy 100 X at 20 lot A
            2023-06-01 sell 100 X at 15
            2023-06-20 buy 100 X at 16 lot B
            2023-06-21 sell 100 X at 17
        """,
        realised="""
            2023-06-01 100 X A bought 2022-01-10 1,500.00 - 2,000.00 + 500.00 = 0.00 long
            2023-06-21 100 X B bought 2023-06-20 held from 2022-01-29 1,700.00 - 2,100.00 = -400.00 long
        """,
    ),
    Case(
        name="one lot, washed and unwashed part have different terms",
        why="""
            B.1 starts on 1 February 2023 (9 January + 23 days), B.2 on its own 24 June: on 2 February
            2024 the first is long-term and the second short-term. B.1: 40 x 16 + 200 = 840.
        """,
        trades="""
            2023-01-09 buy 40 X at 20 lot A
            2023-06-01 sell 40 X at 15
            2023-06-24 buy 100 X at 16 lot B
            2024-02-02 sell 100 X at 30
        """,
        realised="""
            2023-06-01 40 X A bought 2023-01-09 600.00 - 800.00 + 200.00 = 0.00 short
            2024-02-02 40 X B.1 bought 2023-06-24 held from 2023-02-01 1,200.00 - 840.00 = 360.00 long
            2024-02-02 60 X B.2 bought 2023-06-24 1,800.00 - 960.00 = 840.00 short
        """,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_tacked_terms(case: Case) -> None:
    check(case)
