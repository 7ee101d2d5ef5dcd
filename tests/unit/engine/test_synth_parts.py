"""Parts: how a book is cut, and that each is a pure function of seed and number."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.book.schema import PART_TABLES
from engine.book.synth import Wish, make_book
from engine.book.synth.population import DEFAULT_MIX, KINDS, check_mix, plan_parts
from tests.support.books import planned_book, small_market

DEFAULT = check_mix(DEFAULT_MIX)


@pytest.mark.parametrize(
    ("accounts", "parts"), [(1, 1), (255, 1), (256, 4), (1023, 4), (1024, 16), (10_000, 16), (100_000, 89)]
)
def test_number_of_parts_of_the_default_mix(accounts: int, parts: int) -> None:
    assert len(plan_parts(accounts, DEFAULT)) == parts


def test_direct_indexes_are_cut_by_lots_and_funds_by_accounts() -> None:
    assert len(plan_parts(50_000, check_mix({"direct": 1}))) == 260
    assert len(plan_parts(50_000, check_mix({"etf": 1}))) == 25


@settings(deadline=None)
@given(
    st.integers(1, 60_000),
    st.lists(st.floats(0, 1), min_size=5, max_size=5).filter(lambda shares: sum(shares) > 0.01),
)
def test_every_account_falls_to_one_part(accounts: int, weights: list[float]) -> None:
    parts = plan_parts(accounts, check_mix(dict(zip(KINDS, weights, strict=True))))
    at = 0
    for number, part in enumerate(parts):
        assert (part.number, part.first) == (number, at)
        assert sum(part.kinds) == part.count
        assert min(part.kinds) >= 0
        at += part.count
    assert at == accounts
    assert len(parts) == 1 or min(part.count for part in parts) >= 64
    assert len(parts) >= (16 if accounts >= 1024 else 4 if accounts >= 256 else 1)


def test_parts_do_not_depend_on_each_other_or_on_order() -> None:
    forwards = planned_book(300, seed=5)
    backwards = make_book(forwards.wish, small_market(5), statistical=4)
    last_first = {part.number: backwards.make(part).tables for part in reversed(backwards.parts)}
    for part in forwards.parts:
        made = forwards.make(part).tables
        assert set(made) == set(PART_TABLES)
        for name, table in made.items():
            assert table.equals(last_first[part.number][name])


def test_seeds_differ() -> None:
    market = small_market(5)
    one, other = (make_book(Wish(30, seed, models=5), market, statistical=2) for seed in (1, 2))
    assert not one.make(one.parts[0]).tables["lots"].equals(other.make(other.parts[0]).tables["lots"])


def test_households_are_whole_within_a_part_and_of_one_to_four() -> None:
    book = planned_book(600, seed=3, models=12)
    seen: set[str] = set()
    sizes: set[int] = set()
    for part in book.parts:
        accounts = book.make(part).tables["accounts"].to_pandas()
        household = accounts.household_id.astype(object).fillna(accounts.account_id.astype(object))
        assert not seen & set(household)
        seen |= set(household)
        sizes |= set(household.value_counts())
        for name, table in book.make(part).tables.items():
            assert set(table["account_id"].to_pylist()) <= set(accounts.account_id), name
    assert sizes == {1, 2, 3, 4}


def test_parts_cost_about_the_same() -> None:
    book = planned_book(600, seed=3, models=12)
    lots = [book.make(part).tables["lots"].num_rows for part in book.parts]
    assert max(lots) < 1.5 * min(lots)
