"""The replay equals its twin, share by share, to the cent and the day."""

from __future__ import annotations

from random import Random

import numba
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.naive_ledger import replay
from tests.support.histories import draw_history
from tests.support.replayed import replay_histories
from tests.support.twin_check import agree, check, drawn, told

HISTORIES = 500 if numba.config.DISABLE_JIT else 2000
DEEP = 100_000
BLOCK = 5_000


def test_replay_equals_its_twin() -> None:
    washes, chains = check(range(HISTORIES))
    assert washes >= HISTORIES / 2
    assert chains >= HISTORIES / 10


@pytest.mark.deep
@pytest.mark.parametrize("first", range(0, DEEP, BLOCK))
def test_replay_equals_its_twin_deep(first: int) -> None:
    seeds = range(1_000_000 + first, 1_000_000 + first + BLOCK)
    washes, chains = check(seeds)
    assert washes >= BLOCK / 2
    assert chains >= BLOCK / 10


@given(st.randoms(use_true_random=False), st.booleans())
def test_replay_equals_its_twin_on_what_hypothesis_draws(random: Random, actions: bool) -> None:
    history, household = draw_history(random, actions=actions)
    outcome = replay_histories([history])[0]
    assert agree(household, outcome), told(history)


def test_histories_have_twelve_trades_and_every_kind_of_event() -> None:
    kinds = set()
    for history, household in drawn(range(200)):
        kinds |= {event.kind for event in history.events}
        assert sum(event.kind in ("BUY", "SELL") for event in history.events) >= 12
        assert replay(history).result() == household.result()
    actions = {"SPLIT", "RETURN_OF_CAPITAL", "SYMBOL", "MERGER", "SPIN_OFF"}
    assert kinds == {"OPEN", "LOSS", "BUY", "SELL"} | actions
