"""Harvests that wait, by hand: a name's volatility is √0.08 a year, and 335 days of the year are left."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.hand_book import LONG_AGO, RECENT, HandBook, Run, at_target, lot

SHALLOW = lot("BBB", 490, 52.5, RECENT)
"""A loss of 5 %: 2 % of the position at the short-term rate; the option to wait for a better one is worth 2.9 %."""
DEEP = lot("BBB", 490, 75.0, RECENT)
"""A loss of 50 %: there the option is worth 0.2 %."""
TURNS_MONDAY = dt.date(2025, 1, 31)
"""Long-term from Sunday 2026-02-01, the day after the next."""
GAINS = {"realised_st_ytd": 50_000.0, "realised_lt_ytd": 50_000.0}
"""So that every loss of the run saves the rate of its own term."""


def run_of(held: dict[str, object], **settings: object) -> Run:
    columns = {"harvest_option": 1.0, "min_benefit_bp": 0.01, "risk_aversion": 1.0} | GAINS | settings
    return HandBook().account("A", lots=at_target(BBB=held), **columns).run()  # type: ignore[arg-type]


def harvests(held: dict[str, object], **settings: object) -> bool:
    run = run_of(held, **settings)
    assert set(run.reasons().values()) <= {"HARVEST", "TRACK", "CASH"}
    return "HARVEST" in run.reasons().values()


def test_a_shallow_loss_waits_and_a_deep_one_does_not() -> None:
    assert harvests(SHALLOW, harvest_option=0.0)
    assert not harvests(SHALLOW)
    assert harvests(DEEP)


def test_a_loss_that_is_short_term_for_one_more_day_does_not_wait() -> None:
    assert harvests(SHALLOW | {"acquired": TURNS_MONDAY})
    assert not harvests(SHALLOW | {"acquired": LONG_AGO})


@pytest.mark.parametrize(("weight", "taken"), [(0.0, True), (0.65, True), (0.75, False), (1.0, False), (3.0, False)])
def test_the_weight_scales_what_waiting_is_worth(weight: float, taken: bool) -> None:
    """5 % of loss against `weight` times 7.1 %: 244 days from now the lot turns long-term."""
    assert harvests(SHALLOW, harvest_option=weight) == taken


def test_a_great_weight_keeps_a_deep_loss() -> None:
    assert not harvests(DEEP, harvest_option=200.0)


def test_a_holding_period_moved_by_a_wash_sale_counts() -> None:
    assert harvests(SHALLOW | {"acquired": dt.date(2025, 6, 2), "holding_start": TURNS_MONDAY})


def test_waiting_is_priced_at_what_the_last_loss_would_save() -> None:
    """A carried loss saves 11.9 cents a dollar, and at that waiting counts too: the same losses go."""
    carried = {"realised_st_ytd": 0.0, "realised_lt_ytd": 0.0, "ordinary_offset": 0.0}
    assert harvests(SHALLOW, harvest_option=0.5, **carried)
    assert not harvests(SHALLOW, harvest_option=0.75, **carried)


def test_reported_tax_knows_nothing_of_waiting() -> None:
    run = run_of(DEEP)
    sold = sum(float(row["quantity"]) for row in run.trades["A"] if row["side"] == "SELL")
    assert sold > 0
    assert float(run.results["A"]["tax_cost"]) == pytest.approx(-0.408 * 25.0 * sold, abs=0.01)


def test_without_harvest_no_loss_is_kept_for_a_better_one() -> None:
    """Then a loss is worth nothing, now or later."""
    overweight = at_target(BBB=lot("BBB", 690, 52.5), DDD=lot("DDD", 725, 20.0))
    both = [
        HandBook().account("A", lots=overweight, harvest=False, harvest_option=weight).run().sold_lots()
        for weight in (0.0, 1.0)
    ]
    assert both[0] == both[1] != {}
