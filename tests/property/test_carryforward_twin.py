"""The carryforward kernel against the worksheet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kernels.carryforward import carried
from tests.reference.naive_carryforward import carryover_worksheet

CENTS = st.one_of(st.integers(-500_000, 500_000), st.sampled_from([0, 300_000, -300_000, -300_001, 10**15, -(10**15)]))


@given(CENTS, CENTS, st.sampled_from([0, 1, 100_000, 300_000]))
def test_it_is_the_worksheet(short: int, long: int, limit: int) -> None:
    assert carried(short, long, limit) == carryover_worksheet(short, long, limit)


@given(CENTS, CENTS, st.sampled_from([0, 1, 100_000, 300_000]))
def test_nothing_is_lost_but_what_was_deducted(short: int, long: int, limit: int) -> None:
    out = carried(short, long, limit)
    loss = max(-short - long, 0)
    assert min(out) >= 0
    assert sum(out) == loss - min(loss, limit)
