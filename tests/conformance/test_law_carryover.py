"""Capital losses carried to the next year: the example of Publication 550, and cases at the edges of its worksheet."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.carryforward import carried, carried_each

LIMIT = 300_000


def test_publication_550_bob_and_gloria() -> None:
    """Pub. 550, "Capital loss carryover", Example: Bob and Gloria sold securities at a capital loss of $7,000.

    They deduct $3,000; the unused part of the loss, $4,000, can be carried over.
    """
    assert sum(carried(-700_000, 0, LIMIT)) == 400_000
    assert sum(carried(0, -700_000, LIMIT)) == 400_000


def test_publication_550_all_deducted() -> None:
    """The same example: had their loss been $2,000, the deduction would have been $2,000 with no carryover."""
    assert carried(-200_000, 0, LIMIT) == (0, 0)


@pytest.mark.parametrize(
    ("short", "long", "limit", "expected"),
    [
        (100_000, 200_000, LIMIT, (0, 0)),
        (-500_000, 500_000, LIMIT, (0, 0)),
        (-300_000, 0, LIMIT, (0, 0)),
        (-300_001, 0, LIMIT, (1, 0)),
        (0, -300_001, LIMIT, (0, 1)),
        (-100_000, -500_000, LIMIT, (0, 300_000)),  # the deduction takes short-term loss first
        (-400_000, -500_000, LIMIT, (100_000, 500_000)),
        (-900_000, 200_000, LIMIT, (400_000, 0)),  # long-term gain absorbs short-term loss before the deduction
        (200_000, -900_000, LIMIT, (0, 400_000)),
        (-400_000, -500_000, 0, (400_000, 500_000)),
        (-100_000, -100_000, 150_000, (0, 50_000)),  # a share of the household's limit
    ],
)
def test_edges_of_the_worksheet(short: int, long: int, limit: int, expected: tuple[int, int]) -> None:
    assert carried(short, long, limit) == expected


def test_many_accounts_at_once() -> None:
    short, long = np.array([-900_000, 5], dtype=np.int64), np.array([200_000, 5], dtype=np.int64)
    out = np.empty(2, dtype=np.int64), np.empty(2, dtype=np.int64)
    carried_each(short, long, np.full(2, LIMIT, dtype=np.int64), *out)
    assert [column.tolist() for column in out] == [[400_000, 0], [0, 0]]
