"""What holds of every replay: shares and cents conserved, no loss twice, rows of a batch in any order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import groupby
from random import Random

import numba
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.naive_history import History
from tests.support.fractional_histories import draw_fractional
from tests.support.ledger_checks import check_identities
from tests.support.replayed import Outcome
from tests.support.twin_check import check_fractions, outcomes

HISTORIES = 500 if numba.config.DISABLE_JIT else 2000
RANDOM = st.randoms(use_true_random=False)


def test_identities_on_fractions_and_odd_cents() -> None:
    assert check_fractions(range(HISTORIES)) >= HISTORIES / 2


@pytest.mark.deep
@pytest.mark.parametrize("first", range(0, 50_000, 5_000))
def test_identities_on_fractions_and_odd_cents_deep(first: int) -> None:
    assert check_fractions(range(1_000_000 + first, 1_005_000 + first)) >= 2_500


def test_rest_of_a_loss_rounded_to_nothing_may_become_a_loss_again() -> None:
    for seed in (1_019_034, 1_048_808):
        check_fractions([seed])


@given(RANDOM, st.booleans(), st.booleans())
def test_identities_on_what_hypothesis_draws(random: Random, named: bool, actions: bool) -> None:
    history = draw_fractional(random, named=named, actions=actions)
    check_identities(history, outcomes([history])[0].pieces)


def test_sales_of_a_batch_in_any_order() -> None:
    """Where sales of one batch name different lots, their order says nothing (Reg. §1.1091-1(b) falls back on it)."""
    shuffled = 0
    for seed in range(0, HISTORIES, 100):
        histories = [draw_fractional(Random(seed), named=True, actions=False) for seed in range(seed, seed + 100)]
        orders = [_shuffled(history, Random(seed)) for history in histories]
        others = [
            replace(history, events=[history.events[number] for number in order])
            for history, order in zip(histories, orders, strict=True)
        ]
        for one, other, order in zip(outcomes(histories), outcomes(others), orders, strict=True):
            assert _by_event(one, sorted(order)) == _by_event(other, order)
            shuffled += order != sorted(order)
    assert shuffled > HISTORIES / 4


def _shuffled(history: History, random: Random) -> list[int]:
    """Numbers of the events, the sales of each batch in another order, but those of one lot in their own."""

    def batch(number: int) -> tuple[object, ...]:
        event = history.events[number]
        return event.day, event.batch, event.kind

    order: list[int] = []
    for _, numbers in groupby(range(len(history.events)), batch):
        sales = list(numbers)
        if history.events[sales[0]].kind == "SELL":
            keys = {lot: random.random() for lot in {history.events[number].lot for number in sales}}
            sales.sort(key=lambda number: keys[history.events[number].lot])
        order += sales
    return order


def _by_event(outcome: Outcome, order: list[int]) -> tuple[Counter, Counter]:
    """The outcome, its events numbered as in the history before it was shuffled."""
    realised = Counter()
    for (event, *middle, source, field), amount in outcome.realised.items():
        was = None if source is None else order[source]
        realised[(order[event], *middle, was, field)] += amount
    held = Counter()
    for (*middle, source, field), amount in outcome.held.items():
        held[(*middle, None if source is None else order[source], field)] += amount
    return realised, held
