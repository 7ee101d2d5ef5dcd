"""The netting schedule inside the decision: what the year holds so far decides which losses and which lots are sold."""

from __future__ import annotations

import pytest

from tests.support.hand_book import LONG_AGO, RECENT, HandBook, Row, Run, at_target, lot

# Selling s per cent of BBB, the others bought in proportion, costs about 1.6 s + 1.6 bp a per cent in tracking: 8 bp
# pay for 4 per cent, less than one of these lots. SHORT loses 20 %, LONG 30 % of today's price.
SHORT = lot("BBB", 100, 60.0, RECENT, lot_id="SHORT")
LONG = lot("BBB", 100, 65.0, LONG_AGO, lot_id="LONG")
TWO_LOSSES: list[Row] = at_target(BBB=[lot("BBB", 290, 20.0), SHORT, LONG])
BOTH_GAINS = {"realised_st_ytd": 10_000.0, "realised_lt_ytd": 10_000.0}


def run(lots: list[Row], **columns: object) -> Run:
    return HandBook().account("A", lots=lots, **columns).run()  # type: ignore[arg-type]


def test_short_term_loss_goes_first_where_each_term_has_its_own_gain() -> None:
    """Worth 0.408 × 20 = 8.16 bp against short-term gain, and the larger long-term loss 0.238 × 30 = 7.14."""
    assert set(run(TWO_LOSSES, **BOTH_GAINS).sold_lots()) == {"SHORT"}


@pytest.mark.parametrize("year", [{"realised_st_ytd": 10_000.0}, {}])
def test_larger_long_term_loss_goes_first_where_it_offsets_the_same_income(year: dict[str, float]) -> None:
    """Against short-term gain alone, or ordinary income, a long-term loss saves 40.8 % too."""
    assert set(run(TWO_LOSSES, **year).sold_lots()) == {"LONG"}


def test_a_lot_is_sold_in_pieces_around_another_where_the_schedule_bends() -> None:
    """8 % of BBB must go. $1,000 of short-term gain is offset by 5 % of SHORT; after that LONG is worth more.

    Bought long ago, SHORT's second half would save 0.238 × 20 = 4.76 bp a per cent and LONG saves 7.14.
    """
    lots = at_target(BBB=[lot("BBB", 190, 20.0), lot("BBB", 200, 60.0, RECENT, lot_id="SHORT"), LONG])
    book = HandBook().account("A", lots=lots, realised_st_ytd=1_000.0, realised_lt_ytd=10_000.0)
    sold = book.restrict("A", "max_weight", "BBB", value=0.165).run().sold_lots()
    assert sold == {"SHORT": 100, "LONG": 60}


def test_harvest_stops_where_losses_are_only_carried() -> None:
    """A loss of 40 % on 10 %: $3,000 of it is deductible, 7.5 %. Beyond, 4.76 bp do not pay 1.6 × 7.5 + 1.6 bp."""
    lots = at_target(BBB=[lot("BBB", 290, 20.0), lot("BBB", 200, 70.0, RECENT)])
    stops, goes_on = run(lots), run(lots, ordinary_offset=6_000.0)
    assert stops.sold_lots() == {"BBB2": 150}
    assert float(stops.results["A"]["tax_cost"]) == -1_224.0
    assert 150 < goes_on.sold_lots()["BBB2"] < 200


def test_no_offset_and_worthless_carryforward_leave_losses_alone() -> None:
    lots = at_target(BBB=[lot("BBB", 290, 20.0), lot("BBB", 200, 70.0, RECENT)])
    held = run(lots, ordinary_offset=0.0, loss_value=0.0)
    assert (held.code(), held.trades["A"]) == ("IN_BAND", [])


def test_carryforward_makes_gains_free() -> None:
    """10 % too much AAA, with a long-term gain of 30 %: with losses carried that are worth nothing, all of it goes."""
    lots = at_target(
        AAA=lot("AAA", 345, 70.0), BBB=lot("BBB", 490, 10.0), CCC=lot("CCC", 980, 5.0), DDD=lot("DDD", 725, 20.0)
    )
    taxed = run(lots)
    free = run(lots, carryforward_lt=50_000.0, loss_value=0.0, ordinary_offset=0.0)
    assert taxed.sold_lots()["AAA1"] < 75
    assert free.sold_lots()["AAA1"] == 100
    assert float(free.results["A"]["tax_cost"]) == 0.0


def test_harvest_false_counts_no_loss_but_reports_it() -> None:
    """AAA has 10 % too much, half of it a loss: sold for tracking, its loss makes room for no gain in the objective."""
    lots = at_target(AAA=[lot("AAA", 295, 70.0), lot("AAA", 50, 130.0)], DDD=lot("DDD", 725, 20.0))
    with_loss, without = run(lots), run(lots, harvest=False)
    assert without.sold_lots()["AAA2"] == 50
    assert without.results["A"]["realised_lt"] < 0 or without.sold_lots().get("AAA1", 0) > 0
    assert without.results["A"]["objective_bp"] > with_loss.results["A"]["objective_bp"]


@pytest.mark.parametrize("status", ["deferred", "exempt"])
def test_retirement_accounts_have_no_schedule(status: str) -> None:
    lots = at_target(AAA=lot("AAA", 345, 70.0), DDD=lot("DDD", 725, 20.0))
    assert run(lots, tax_status=status, realised_st_ytd=9_000.0).sold_lots()["AAA1"] == 100


@pytest.mark.parametrize("rates", [(0.2, 0.4), (0.3, 0.3), (0.0, 0.0), (0.4, 0.0), (0.0, 0.4)])
@pytest.mark.parametrize("worth", [0.0, 0.5, 1.0])
def test_any_rates_are_decided_and_proven(rates: tuple[float, float], worth: float) -> None:
    lots = at_target(AAA=lot("AAA", 345, 70.0), BBB=[lot("BBB", 290, 20.0), SHORT, LONG], DDD=lot("DDD", 725, 20.0))
    for year in ({}, BOTH_GAINS, {"carryforward_st": 5_000.0}):
        result = run(lots, st_rate=rates[0], lt_rate=rates[1], loss_value=worth, **year).results["A"]
        assert result["status"] == "TRADED"
        assert -1e-6 <= result["gap_bp"] <= 5.0
