"""What-if of many accounts: each is told what it is told alone, and the figures of all add up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from engine.book.validation import build_reference
from engine.whatif import Change, Chosen, PartRefused, PartScene, Scene, ask, cost, decide, furthest, side
from engine.whatif.many import TOLD
from engine.whatif.tracking import of_accounts, read_targets, tracking_errors
from tests.support.hand_book import AS_OF, BASE, HandBook, at_target, lot

SCREEN = Change(restrictions=({"kind": "screen", "screen_id": "OIL"},))
POLICIES = [{"policy_id": "P", "risk_aversion": 5.0}, {"policy_id": "Q", "risk_aversion": 50.0}]
OLD = [lot("OLD", 600, 10.0)]


def book() -> HandBook:
    """B has the screen already; C cannot be decided; D and E are a household, one in each policy."""
    made = HandBook(policies=POLICIES)
    made.account("A", policy_id="P", lots=[*at_target(), *OLD])
    made.account("B", policy_id="P", lots=at_target()).restrict("B", "screen", screen_id="OIL")
    made.account("C", policy_id="P", lots=at_target()).restrict("C", "sell_out", "AAA").restrict(
        "C", "never_sell", "AAA"
    )
    made.account("D", policy_id="P", household_id="H", lots=at_target(CCC=lot("CCC", 980, 40.0)))
    made.account("E", policy_id="Q", household_id="H", lots=at_target(CCC=None), cash=26_500.0, tax_status="deferred")
    return made.account("F", lots=at_target())


def scene(made: HandBook) -> PartScene:
    reference = build_reference(AS_OF, made.firm_tables(), made.settings)
    return PartScene(made.firm(), reference, made.part_tables(), frozenset(), {})


def asked(made: HandBook, change: Change = SCREEN, chosen: Chosen | None = None) -> pa.Table:
    part = scene(made)
    return ask(part, (chosen or Chosen()).ids(part.tables["accounts"]), change)


def alone(made: HandBook, account: str, change: Change) -> list[dict[str, Any]]:
    of = Scene.of(made.firm().header, made.firm_tables(), made.settings, made.part_tables(), account)
    return [decide(one).result for one in (of, change.applied(of))]


CHANGES = [
    SCREEN,
    Change({"risk_aversion": 100.0, "harvest": False}),
    Change(model="NEST"),
    Change({"gain_budget": 100.0}, "NEST", SCREEN.restrictions),
]


@pytest.mark.parametrize("change", CHANGES)
def test_each_is_told_what_it_is_told_alone(change: Change) -> None:
    made = book()
    rows = asked(made, change, Chosen("P")).to_pylist()
    assert [row["account_id"] for row in rows] == ["A", "B", "C", "D"]
    for row in rows:
        today, changed = alone(made, row["account_id"], change)
        assert {name: row[f"today_{name}"] for name in TOLD} == {name: today[name] for name in TOLD}
        assert {name: row[f"changed_{name}"] for name in TOLD} == {name: changed[name] for name in TOLD}


def test_as_they_stand_they_are_what_a_run_does() -> None:
    made = book()
    ran = made.run()
    for row in asked(made, Change()).to_pylist():
        trades = [one for one in ran.tables["trades"].to_pylist() if one["account_id"] == row["account_id"]]
        assert {name: row[f"today_{name}"] for name in TOLD} == {
            name: ran.results[row["account_id"]][name] for name in TOLD
        }
        for orders, usd, of in (("today_buys", "today_bought", "BUY"), ("today_sells", "today_sold", "SELL")):
            mine = [one for one in trades if one["side"] == of]
            assert row[orders] == len({one["security_id"] for one in mine})
            assert row[usd] == sum((one["amount"] for one in mine), Decimal("0.00"))


def test_a_household_is_changed_at_once_and_by_policy_only_the_chosen() -> None:
    """E buys what D harvests unless both are kept from it: then E's column shows the household's change."""
    made = book()
    everyone = {row["account_id"]: row for row in asked(made).to_pylist()}
    both = book().restrict("D", "screen", screen_id="OIL").restrict("E", "screen", screen_id="OIL").run()
    for account in ("D", "E"):
        assert everyone[account]["changed_target_id"] == both.results[account]["target_id"]
        assert everyone[account]["changed_tax_cost"] == both.results[account]["tax_cost"]
    assert "E" not in {row["account_id"] for row in asked(made, SCREEN, Chosen("P")).to_pylist()}


def test_others_of_the_household_decide_with_it_though_not_chosen() -> None:
    """E lacks the CCC that D harvests: in its household it buys none, without D it does and tracks nearer."""
    chosen = asked(book(), Change({"harvest": False}), Chosen("Q")).to_pylist()
    assert [row["account_id"] for row in chosen] == ["E"]
    today, changed = alone(book(), "E", Change({"harvest": False}))
    assert {name: chosen[0][f"today_{name}"] for name in TOLD} == {name: today[name] for name in TOLD}
    assert {name: chosen[0][f"changed_{name}"] for name in TOLD} == {name: changed[name] for name in TOLD}
    without = HandBook(policies=POLICIES)
    without.account("E", policy_id="Q", lots=at_target(CCC=None), cash=26_500.0, tax_status="deferred")
    assert asked(without, Change(), Chosen("Q")).to_pylist()[0]["today_te_after"] < chosen[0]["today_te_after"]


def test_tracking_error_is_that_of_results_to_the_same_target() -> None:
    part = scene(made := book())
    decided = made.run()
    results, ids = decided.tables["results"], part.tables["accounts"]["account_id"].combine_chunks()
    aims = of_accounts(read_targets(part.firm, decided.tables["targets"]), results["target_id"])
    value = np.array([float(one or "nan") for one in results["value"].to_pylist()])
    found = tracking_errors(part.firm, part.tables["lots"], decided.tables["trades"], ids, value, aims)
    told = np.array([np.nan if one is None else one for one in results["te_after"].to_pylist()])
    assert np.isnan(found).tolist() == np.isnan(told).tolist() == [False, False, True, False, False, False]
    np.testing.assert_allclose(found, told, atol=1e-12)


def test_a_screen_costs_those_who_do_not_have_it() -> None:
    """Of five who would get it C is an exception either way. Without CCC its weight is in SUB: 24.5 % of two names."""
    rows = asked(book(), Change({"tax_sensitivity": 0.0}, None, SCREEN.restrictions))
    assert rows["had"].to_pylist() == [False] * 6
    rows = asked(book())
    assert rows["had"].to_pylist() == [False, True, False, False, False, False]
    price = cost(rows)
    assert (price.accounts, price.decided, price.had, price.lost, price.won) == (5, 4, 1, 0, 0)
    assert price.retargeted == 4
    one = {row["account_id"]: row for row in rows.to_pylist()}
    assert one["B"]["te_more"] == pytest.approx(0.0, abs=1e-12)
    moved = sorted(one[name]["te_more"] for name in "ADEF")
    assert price.te_more == pytest.approx(sum(moved) / 4) == price.te_more_retargeted
    assert price.te_more_median == pytest.approx((moved[1] + moved[2]) / 2)
    assert price.te_more_most == moved[-1] > 0.0
    assert price.te_with is not None
    assert price.te_today is not None
    assert price.te_with - price.te_today == pytest.approx(price.te_more)
    assert price.tax_more == sum(one[name]["tax_more"] for name in "ADEF")
    assert price.tax_with - price.tax_today == price.tax_more
    assert price.tax_today == sum(one[name]["today_tax_cost"] for name in "ADEF")


def test_tracking_error_with_the_screen_is_to_the_target_without_it() -> None:
    """MKT has variance 0.04, OIL 0.01, each name 0.04 of its own; the target is 24.5 % of each of four names."""
    made = HandBook().account("E", lots=at_target(CCC=None), cash=26_500.0, tax_status="deferred", risk_aversion=500.0)
    of = Scene.of(made.firm().header, made.firm_tables(), made.settings, made.part_tables(), "E")
    usd = {"AAA": 24_500.0, "BBB": 24_500.0, "CCC": 0.0, "DDD": 24_500.0}
    for name, bought in decide(SCREEN.applied(of)).traded("amount").items():
        usd[name] = usd.get(name, 0.0) + bought
    gap = {name: held / 100_000.0 - 0.245 * (name in BASE) for name, held in usd.items()}
    oil = gap["CCC"] + gap["SUB"]
    variance = 0.04 * sum(gap.values()) ** 2 + 0.01 * oil**2 + 0.04 * sum(one**2 for one in gap.values())
    row = asked(made).to_pylist()[0]
    assert usd["CCC"] == 0.0 < usd["SUB"]
    assert row["changed_te_today"] == pytest.approx(variance**0.5, rel=1e-9)
    assert row["te_more"] == pytest.approx(variance**0.5 - row["today_te_after"], rel=1e-9)


def test_figures_add_up() -> None:
    rows = asked(book())
    for name in ("today", "changed"):
        told = side(rows, name)
        assert told.statuses["EXCEPTION"] == 1
        assert sum(told.statuses.values()) == 6
        assert told.codes == {"RESTRICTIONS_CONFLICT": 1}
        for one in ("tax_cost", "bought", "harvested"):
            assert told.sums[one] == sum(value for value in rows[f"{name}_{one}"].to_pylist() if value is not None)
        errors = [value for value in rows[f"{name}_te_after"].to_pylist() if value is not None]
        assert told.means["te_after"] == pytest.approx(sum(errors) / len(errors))


def test_who_becomes_an_exception_is_told_first() -> None:
    """AAA may not be sold but would have to be: at most 1 % of it is allowed."""
    made = book().restrict("F", "never_sell", "AAA")
    rows = asked(made, Change(restrictions=({"kind": "sell_out", "security_id": "AAA"},)))
    assert cost(rows).lost == 1
    assert cost(rows).won == 0
    most = furthest(rows, 2)
    assert most[0]["account_id"] == "F"
    assert len(most) == 2
    assert len(furthest(rows, 0)) == 0
    back = asked(made, Change({"drift_band": 0.1}))
    assert cost(back).lost == 0


def test_nobody_differs_where_the_change_is_none() -> None:
    rows = asked(book(), Change({"risk_aversion": 20.0}), Chosen("NOBODY"))
    assert rows.num_rows == 0
    price = cost(rows)
    assert (price.accounts, price.te_more, price.tax_more) == (0, None, Decimal(0))
    assert furthest(rows, 5) == []
    same = asked(HandBook().account("A", lots=at_target(), drift_band=0.2), Change({"drift_band": 0.2}))
    assert same["had"].to_pylist() == [True]
    assert cost(same).accounts == 0


def test_rows_that_refuse_the_book_are_raised() -> None:
    part = scene(book())
    accounts = part.tables["accounts"]
    at = accounts.schema.get_field_index("account_id")
    ids = pa.array(["A", None, *accounts["account_id"].to_pylist()[2:]])
    broken = PartScene(
        part.firm,
        part.reference,
        {**part.tables, "accounts": accounts.set_column(at, "account_id", ids)},
        frozenset(),
        {},
    )
    with pytest.raises(PartRefused):
        ask(broken, Chosen().ids(broken.tables["accounts"]), SCREEN)
