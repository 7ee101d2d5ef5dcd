"""Form 8949 of a wash sale that straddles the year's end, and what is left out of it.

Instructions for Form 8949, column (f), code W: "You have a nondeductible loss from a wash sale", which is entered "as a
positive number in column (g)". Nothing in an IRA is reported there.
"""

from decimal import Decimal
from typing import Any

from engine.ledger.history import form_8949
from tests.support.tax_cases import Case, check, replay

CASE = Case(
    name="December loss, January purchase, an IRA beside it",
    why="""
        500 of December's loss are disallowed; 16 x 100 + 500 is January's basis, from 10 January 2022 + 30
        days. Sold in 2024 for 1,700, it loses 400, long-term. The spouse sells 10 Y with a gain of 50; the
        IRA's sale of 10 Z is no row of the form.
    """,
    trades="""
        2022-01-10 buy 100 X at 20 lot A
        2023-01-09 buy 10 Y at 20 lot S in spouse
        2023-01-09 buy 10 Z at 20 lot R in ira
        2023-12-15 sell 100 X at 15
        2023-12-15 sell 10 Y at 25 in spouse
        2023-12-15 sell 10 Z at 25 in ira
        2024-01-14 buy 100 X at 16 lot B
        2024-05-01 sell 100 X at 17
    """,
    realised="""
        2023-12-15 100 X A bought 2022-01-10 1,500.00 - 2,000.00 + 500.00 = 0.00 long
        2023-12-15 10 Y S bought 2023-01-09 250.00 - 200.00 = 50.00 short in spouse
        2023-12-15 10 Z R bought 2023-01-09 250.00 - 200.00 = 50.00 short in ira
        2024-05-01 100 X B bought 2024-01-14 held from 2022-02-09 1,700.00 - 2,100.00 = -400.00 long
    """,
)


def rows(year: int) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in form_8949(replay(CASE).realised, year).to_pylist()]


def money(*dollars: int) -> tuple[Decimal, ...]:
    return tuple(Decimal(amount) for amount in dollars)


def test_the_case_itself() -> None:
    check(CASE)


def test_year_of_the_loss() -> None:
    proceeds, basis, disallowed, gain = money(1500, 2000, 500, 0)
    washed = ("own", "II", "100 sh. X", "01/10/2022", "12/15/2023", proceeds, basis, "W", disallowed, gain)
    proceeds, basis, disallowed, gain = money(250, 200, 0, 50)
    spouse = ("spouse", "I", "10 sh. Y", "01/09/2023", "12/15/2023", proceeds, basis, "", disallowed, gain)
    assert rows(2023) == [washed, spouse]


def test_year_of_the_replacement_sold() -> None:
    proceeds, basis, disallowed, gain = money(1700, 2100, 0, -400)
    assert rows(2024) == [("own", "II", "100 sh. X", "01/14/2024", "05/01/2024", proceeds, basis, "", disallowed, gain)]
