"""Sorting by packed keys is `np.lexsort`, whatever the keys' ranges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ledger.rows import grouped, ordered

SMALL = st.integers(-3, 3)
SENTINELS = st.sampled_from([-(1 << 24), -1, 0, 1, 2**31 - 1])
ANY = st.integers(-(2**63), 2**63 - 1)
KEYS = st.lists(st.tuples(SMALL, SENTINELS, ANY, SMALL, SENTINELS, SENTINELS), max_size=50)


@given(KEYS, st.permutations(range(6)))
def test_ordered_is_lexsort(rows: list[tuple[int, ...]], which: list[int]) -> None:
    keys = [np.array([row[k] for row in rows], dtype=np.int64) for k in which]
    assert ordered(*keys).tolist() == np.lexsort(keys[::-1]).tolist()


@given(st.lists(st.tuples(SMALL, SENTINELS, st.booleans()), max_size=50))
def test_groups_are_numbered_in_the_order_of_their_keys(rows: list[tuple[int, int, bool]]) -> None:
    keys = [np.array([row[k] for row in rows], dtype=dtype) for k, dtype in enumerate((np.int64, np.int32, np.bool_))]
    number, first = grouped(*keys)
    distinct = sorted(set(rows))
    assert [distinct[k] for k in number] == rows
    assert first.tolist() == [rows.index(row) for row in distinct]


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_sort(count: int) -> None:
    key = np.zeros(count, dtype=np.int32)
    assert ordered(key, key).tolist() == list(range(count))
