"""The twin's own ledger over two years, by hand; what it tells adds up; and what is reversed, to the cent."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pytest

from engine.book.firm import Firm
from engine.book.header import Header
from engine.book.validation import build_reference, check_part
from engine.ledger.settle import Settled, Settlement, settle_part
from engine.ledger.settle.actions import passed_actions
from engine.prove.reversals import Reversed, reversals
from engine.prove.twin_ledger import Carried, carry_twins
from tests.support.hand_book import PRICES, HandBook, Row, at_target, lot
from tests.support.settling import buy, sell, trades_table

EPOCH = dt.date(1970, 1, 1)
LAST, FIRST, NEXT = dt.date(2025, 12, 31), dt.date(2026, 1, 2), dt.date(2026, 1, 5)
OLD = dt.date(2020, 1, 2)
OVER: list[Row] = at_target(AAA=lot("AAA", 345, 60.0, OLD), BBB=lot("BBB", 290, 50.0, OLD))
"""Ten per cent too much of AAA, at 60 of 100, and too little of BBB."""


@dataclass
class Days:
    """A part settled day by day beside its twins."""

    book: HandBook
    tables: dict[str, pa.Table] = field(init=False)
    kept: dict[str, pa.Table] | None = None

    def __post_init__(self) -> None:
        self.tables = self.book.part_tables()

    def firm(self, day: dt.date) -> Firm:
        for security in self.book.securities.values():
            security["price_date"] = day
        made = self.book.firm()
        return replace(made, header=Header(schema=1, as_of=day, currency="USD", name="by-hand"))

    def settle(self, day: dt.date, until: dt.date, *trades: Row, **prices: float) -> tuple[Settled, Carried]:
        firm = self.firm(day)
        reference = build_reference(day, self.book.firm_tables(), self.book.settings)
        number = (until - EPOCH).days
        passed = passed_actions(None, firm.market.ids, firm.market.wash_group, firm.header.as_of_days, number, "")
        findings = check_part(reference, self.tables, frozenset(), {})
        settlement = Settlement(firm, number, passed)
        settled = settle_part(settlement, self.tables, trades_table(list(trades)), findings)
        for name, price in prices.items():
            self.book.securities[name]["price"] = price
        carried = carry_twins(settlement, self.firm(until), reference, self.tables, findings, settled, self.kept)
        self.tables, self.kept = settled.tables, carried.tables
        return settled, carried

    def years(self, account: str = "A") -> dict[int, tuple[float, ...]]:
        """By year: tax, the twin's tax, tax if what is held were sold, and of what the twin holds."""
        assert self.kept is not None
        names = ("tax", "tax_blind", "held_tax", "held_tax_blind")
        return {
            row["year"]: tuple(float(row[name]) for name in names)
            for row in self.kept["twin_years"].to_pylist()
            if row["account_id"] == account
        }

    def shares(self, account: str = "A") -> dict[str, float]:
        assert self.kept is not None
        found: dict[str, float] = {}
        for row in self.kept["twin_lots"].to_pylist():
            if row["account_id"] == account:
                found[row["security_id"]] = found.get(row["security_id"], 0.0) + float(row["quantity"])
        return found


def test_two_years_by_hand() -> None:
    """The twin sells 100 AAA in 2025: $4,000 long-term at 23.8 %, $952. We sell them in 2026: all of it is reversed."""
    days = Days(HandBook().account(lots=OVER))
    days.settle(LAST, FIRST)
    assert days.shares() == {"AAA": 245.0, "BBB": 490.0, "CCC": 980.0, "DDD": 1225.0} | {
        name: count for name, count in days.shares().items() if name in ("CCC", "DDD")
    }
    assert days.years()[2025][:2] == (0.0, 952.0)
    assert days.years()[2026] == (0.0, 0.0, 3284.4, 2332.4)
    days.settle(FIRST, NEXT, sell("A", "AAA", "AAA1", 100), buy("A", "BBB", 200))
    assert days.years()[2025][:2] == (0.0, 952.0)
    assert days.years()[2026] == (952.0, 0.0, 2332.4, 2332.4)
    less = [round(100 * (blind - tax)) for tax, blind, *_ in days.years().values()]
    assert reversals(less) == (Reversed(95_200, 0, 95_200, 0), Reversed(0, 95_200, 0, 0))


def test_what_is_owed_of_a_loss_is_what_the_law_lets_deduct_in_the_year() -> None:
    """A loss of $9,800 short-term saves 40.8 % of $3,000 in 2025 and of $3,000 in 2026; the rest is carried on."""
    held = at_target(AAA=lot("AAA", 245, 140.0, dt.date(2025, 6, 2)))
    days = Days(HandBook().account(lots=held))
    days.settle(LAST, FIRST, sell("A", "AAA", "AAA1", 245))
    days.settle(FIRST, dt.date(2027, 1, 4))
    assert days.years()[2025][:2] == (-1224.0, 0.0)
    assert days.years()[2026][:2] == (-1224.0, 0.0)
    assert days.years()[2027][0] == -1224.0
    # What the twin still holds is the loss itself: it has nothing to take it off but the ordinary offset.
    assert days.years()[2027][3] == -1224.0


def test_wash_sales_of_the_twin_are_its_own() -> None:
    """The twin buys AAA back the day after it is sold for the target's sake; its own loss is disallowed by then."""
    made = HandBook().account(lots=at_target(AAA=lot("AAA", 345, 120.0, OLD), BBB=lot("BBB", 290, 50.0, OLD)))
    days = Days(made)
    days.settle(LAST, FIRST, AAA=40.0)
    days.settle(FIRST, NEXT)
    bought = [row for row in days.kept["twin_activity"].to_pylist() if row["side"] == "BUY"]  # type: ignore[index]
    assert "AAA" in {row["security_id"] for row in bought}
    # 100 sold at a loss of 20 each, deducted in 2025; as many were bought back: the loss is taken back in 2026.
    assert sum(float(row["quantity"]) for row in bought if row["security_id"] == "AAA") >= 100.0
    assert days.years()[2025][1] == -816.0
    (row,) = days.kept["twin_accounts"].to_pylist()  # type: ignore[index]
    assert (float(row["realised_lt_ytd"] or 0), days.years()[2026][1]) == (2_000.0, 476.0)


def test_the_twin_pays_what_the_account_pays_and_sells_for_it_the_next_day() -> None:
    made = HandBook().account(lots=at_target())
    made.flow("A", -30_000.0, FIRST)
    days = Days(made)
    settled, _ = days.settle(LAST, FIRST, sell("A", "AAA", "AAA1", 245), sell("A", "BBB", "BBB1", 245))
    assert settled.tables["flows"].num_rows == 0
    (row,) = days.kept["twin_accounts"].to_pylist()  # type: ignore[index]
    sold = sum(24_500.0 - count * PRICES[name] for name, count in days.shares().items())
    assert float(row["cash"]) == pytest.approx(2_000.0 - 30_000.0 + sold, abs=0.01)


def test_an_account_that_was_changed_by_hand_has_a_twin_anew() -> None:
    days = Days(HandBook().account(lots=OVER))
    days.settle(LAST, FIRST)
    rows = days.tables["accounts"].to_pylist()
    days.tables["accounts"] = pa.Table.from_pylist([row | {"cash": 5_000.0} for row in rows])
    _, carried = days.settle(FIRST, NEXT)
    assert [(one.account, one.code.name) for one in carried.troubles] == [("A", "TWIN_ANEW")]
    assert set(days.years()) == {2026}


def test_a_retirement_account_owes_nothing_and_has_no_row() -> None:
    days = Days(HandBook().account(lots=OVER, tax_status="deferred"))
    days.settle(LAST, FIRST)
    assert days.years() == {}


def test_an_account_with_a_fault_waits() -> None:
    days = Days(HandBook().account(lots=OVER).account("B", lots=OVER, model="NOWHERE"))
    days.settle(LAST, FIRST)
    assert days.shares("B")["AAA"] == 345.0
    assert days.years("A")[2025][1] == 952.0


@pytest.mark.parametrize(
    ("less", "wanted"),
    [
        ([], []),
        ([100, -30, -50, 20, -60], [(100, 0, 100, 0), (0, 30, 0, 0), (0, 50, 0, 0), (20, 0, 20, 0), (-20, 40, 0, -20)]),
        ([-10, 30], [(-10, 0, -10, 0), (20, -10, 0, 20)]),
    ],
)
def test_reversals_by_hand(less: list[int], wanted: list[tuple[int, ...]]) -> None:
    assert reversals(less) == tuple(Reversed(*one) for one in wanted)


@pytest.mark.parametrize("seed", range(50))
def test_what_was_put_off_is_reversed_or_open_to_the_cent(seed: int) -> None:
    draw = random.Random(seed)
    less = [draw.randint(-1_000_00, 1_000_00) for _ in range(draw.randint(1, 30))]
    found = reversals(less)
    assert all(one.put_off == one.later + one.open for one in found)
    assert sum(one.reverses for one in found) == sum(one.later for one in found)
    assert sum(one.open for one in found) == sum(less)
    assert all(one.put_off - one.reverses == of for one, of in zip(found, less, strict=True))
    signs = {one.open > 0 for one in found if one.open}
    assert len(signs) <= 1
