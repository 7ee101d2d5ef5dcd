"""A prospect's positions against a model: what a run would do with an account that brought them, and what stays."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from engine.book.schema import TAX_STATUSES
from engine.errors import InputRefused
from engine.report.client import About
from engine.whatif import Change, Scene, Terms, Year, decide, kept, plan, prospect_scene, refuse_faults
from engine.whatif.proposal import Proposal, proposal, proposal_page
from engine.whatif.prospect import ACCOUNT, AIMED
from tests.support.hand_book import LONG_AGO, HandBook, Row, at_target, lot
from tests.support.pages import Taken, check_page

LEGACY: list[Row] = [
    *at_target(
        AAA=lot("AAA", 200, 100.0), BBB=lot("BBB", 400, 50.0), CCC=lot("CCC", 800, 25.0), DDD=lot("DDD", 1_000, 20.0)
    ),
    lot("OLD", 600, 10.0),
]


def positions(rows: list[Row] | None = None, cash: float | None = 2_000.0) -> pa.Table:
    table = pa.Table.from_pylist(LEGACY if rows is None else rows)
    told = [cash, *[None] * (table.num_rows - 1)]
    return table.append_column("cash", pa.array(told, pa.float64()))


def scene(table: pa.Table, terms: Terms | None = None, change: Change | None = None) -> Scene:
    book = HandBook(policies=[{"policy_id": "P", "risk_aversion": 1.0}])
    made = prospect_scene(
        book.firm().header, book.firm_tables(), book.settings, table, terms or Terms("BASE", "P"), "held.csv"
    )
    return (change or Change()).applied(made)


def test_it_is_what_a_run_does_with_such_an_account() -> None:
    outcome = decide(scene(positions()))
    book = HandBook(policies=[{"policy_id": "P", "risk_aversion": 1.0}])
    ran = book.account(ACCOUNT, policy_id="P", lots=LEGACY).run()
    assert outcome.result | {"run_id": ""} == ran.results[ACCOUNT] | {"run_id": ""}
    assert outcome.traded("quantity") == ran.shares(ACCOUNT)
    taxes = [decide(scene(positions(), Terms("BASE", None, status))).result["tax_cost"] for status in TAX_STATUSES]
    assert taxes[0] > taxes[1] == taxes[2] == 0


def test_what_stays_says_why() -> None:
    """A never-sell keeps OLD by rule; minding risk little, its tax does; much, or untaxed, it is sold."""
    of = scene(positions(), change=Change(restrictions=({"kind": "never_sell", "security_id": "OLD"},)))
    names = {one.security_id: one for one in kept(of, decide(of))}
    assert "never_sell" in names["OLD"].why
    assert names["OLD"].stays_usd == pytest.approx(18_000.0)
    assert names["OLD"].stays_gain == pytest.approx(12_000.0)
    assert names["AAA"].why == AIMED
    assert names["AAA"].target == pytest.approx(0.245)
    of = scene(positions())
    held = {one.security_id: one for one in kept(of, decide(of))}["OLD"]
    assert held.sold < held.brought == Decimal(600)
    assert "worse by $" in held.why
    assert float(held.why.partition("$")[2].partition(":")[0].replace(",", "")) > 0.0
    of = scene(positions(), Terms("BASE", "P", "exempt"), Change({"risk_aversion": 100.0}))
    gone = {one.security_id: one for one in kept(of, decide(of))}["OLD"]
    assert (gone.sold, gone.stays_usd, gone.stays_gain, gone.why) == (Decimal(600), 0.0, 0.0, "")


def test_what_cannot_be_traded_stays() -> None:
    of = scene(positions([*LEGACY, lot("HLT", 100, 5.0)]))
    why = {one.security_id: one for one in kept(of, decide(of))}["HLT"].why
    assert "trad" in why


def test_lots_of_a_name_are_told_together_by_what_is_left_of_each() -> None:
    """The dear lot goes first; the gain that stays is the cheap lot's."""
    rows = [*at_target(), lot("OLD", 300, 10.0), lot("OLD", 300, 29.9)]
    of = scene(positions(rows), change=Change({"risk_aversion": 4.0}))
    outcome = decide(of)
    names = {one.security_id: one for one in kept(of, outcome)}
    sold = {row["lot_id"]: row["quantity"] for row in outcome.trades.to_pylist() if row["security_id"] == "OLD"}
    left = [300.0 - float(sold.get(f"row {number}", 0)) for number in (4, 5)]
    assert names["OLD"].brought == Decimal(600)
    assert names["OLD"].sold == sum(sold.values(), Decimal(0)) > 0
    assert names["OLD"].stays_gain == pytest.approx(left[0] * 20.0 + left[1] * 0.1)
    assert names["OLD"].stays_usd == pytest.approx(30.0 * sum(left))


def test_the_plan_is_that_of_an_account() -> None:
    until = {"transition_until": dt.date(2028, 3, 31)}
    years = plan(scene(positions(), change=Change(until)))
    ours = [(year.as_of.year, round(year.legacy_gain)) for year in years]
    assert ours == [(2026, 8_000), (2027, 4_000), (2028, 0)]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (lot("NOWHERE", 1, 1.0), ("security_id, row 5", "NOWHERE")),
        (lot("AAA", -5, 1.0), ("quantity, row 5", "above 0")),
        (lot("AAA", 5, -1.0), ("cost_basis, row 5", "at least 0")),
        (lot("AAA", 5, 1.0, dt.date(2030, 1, 1)), ("acquired, row 5", "2030-01-01")),
    ],
)
def test_a_wrong_row_is_named(row: Row, words: tuple[str, ...]) -> None:
    outcome = decide(scene(positions([*LEGACY, row])))
    with pytest.raises(InputRefused) as refused:
        refuse_faults(outcome, "held.csv")
    assert refused.value.where == "held.csv"
    for word in words:
        assert word in refused.value.what


def test_columns_and_cash_are_checked() -> None:
    for table, words in (
        (positions().drop_columns(["acquired"]), "acquired"),
        (positions().set_column(1, "quantity", pa.array(["many"] * 5)), "not a number"),
    ):
        with pytest.raises(InputRefused, match=words):
            scene(table)
    twice = positions().set_column(4, "cash", pa.array([1.0, 2.0, None, None, None]))
    with pytest.raises(InputRefused, match=r"column cash has 2 values, 1\.0, 2\.0"):
        scene(twice)
    none: dict[str, Any] = scene(positions(cash=None)).tables["accounts"].to_pylist()[0]
    assert none["cash"] == 0.0
    assert LONG_AGO in scene(positions()).tables["lots"]["acquired"].to_pylist()


def page_of(of: Scene, years: int | None = None) -> tuple[Proposal, Taken, list[Year]]:
    outcome = decide(of)
    planned = plan(of, years)
    made = proposal(of, outcome, kept(of, outcome), planned)
    page = proposal_page(made, Terms("BASE", "P"), About("by-hand", dt.date(2026, 1, 30), "<held>.csv"))
    return made, check_page(page), planned


def test_the_page_of_a_proposal_sums_to_the_cent() -> None:
    """600 OLD at 30, bought at 10: a third of the gain of 12,000 is taken each year, at 23.8 %."""
    of = scene(positions(), change=Change({"transition_until": dt.date(2028, 3, 31)}))
    result = decide(of).result
    made, page, planned = page_of(of)
    assert page.sums["value"] == result["value"] == Decimal(100_000)
    for name in ("tax_blind", "deferred_gains", "harvested", "saved_by_lot_choice", "tax_cost", "cash_before"):
        assert page.sums[name] == result[name], name
    assert page.sums["realised_st"] + page.sums["realised_lt"] == result["realised_st"] + result["realised_lt"]
    assert page.sums["gain"] == Decimal(12_000)
    assert page.sums["left"] == Decimal(12_000) - page.sums["realised_lt"] - page.sums["realised_st"]
    assert page.sums["legacy"] == made.legacy[1] / Decimal(100) == Decimal(planned[0].legacy)
    assert page.sums["stays"] == sum(one.stays for one in made.brought) / Decimal(100)
    assert page.sums["plan_tax"] == sum(Decimal(str(year.tax)) for year in planned) > 0
    assert page.sums["plan_realised"] == Decimal(12_000)
    assert [one.due for one in made.steps] == [190_400, 95_200, 0]
    assert [one.gain for one in made.steps] == [800_000, 400_000, 0]
    for words in ("<held>.csv", "the model holds it too", "Method and assumptions", "3 January 2028", "1,904.00"):
        assert words in page.text, words


def test_the_page_of_names_sold_whole_and_of_an_untaxed_account() -> None:
    of = scene(positions(), Terms("BASE", "P", "exempt"), Change({"risk_aversion": 100.0}))
    made, page, planned = page_of(of)
    assert planned == []
    assert (made.legacy, made.lt_rate) == ((0, 0), 0.0)
    assert "No date was agreed" in page.text
    assert "tax-exempt" in page.text
    assert "tax_blind" not in page.sums


def test_what_is_beyond_the_largest_names_is_summed(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _, _ = page_of(scene(positions()))
    monkeypatch.setattr("engine.whatif.proposal.SHOWN", 2)
    short, page, _ = page_of(scene(positions()))
    assert len(short.brought) == 3
    assert "3 more" in page.text
    for name in ("value", "gain", "stays", "left"):
        assert sum(getattr(one, name) for one in short.brought) == sum(getattr(one, name) for one in whole.brought)
