"""Terms of many pieces at once, against the rule for one."""

from __future__ import annotations

import numpy as np
import pytest

from engine.ledger.terms import are_long_term
from kernels.dates import is_long_term


@pytest.mark.parametrize("days", [1, 30, 5_000])
def test_terms_are_those_of_each_piece(days: int) -> None:
    """On one day, in one month, and over years; each near a year after the holding began."""
    random = np.random.default_rng(days)
    sold = random.integers(15_000, 15_000 + days, 600).astype(np.int32)
    start = (sold - random.integers(360, 372, 600)).astype(np.int32)
    expected = [is_long_term(int(one), int(other)) for one, other in zip(start, sold, strict=True)]
    assert are_long_term(start, sold).tolist() == expected


def test_nothing_has_no_terms() -> None:
    none = np.empty(0, dtype=np.int32)
    assert len(are_long_term(none, none)) == 0
