import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import segments
from tests.reference import naive_segments

WIDTHS = pytest.mark.parametrize("dtype", [np.int32, np.int64])


@WIDTHS
@given(st.integers(0, 12), st.data())
def test_offsets(dtype: type, n: int, data: st.DataObject) -> None:
    ids = sorted(data.draw(st.lists(st.integers(0, n - 1), max_size=40))) if n else []
    found = np.full(n + 1, -1, dtype=np.int64)
    segments.offsets_from_sorted(np.array(ids, dtype=dtype), found)
    assert found.tolist() == naive_segments.offsets_from_sorted(ids, n)


@given(st.lists(st.integers(-1, 5), max_size=12), st.integers(0, 5))
def test_last_offset_tells_whether_ids_are_sorted_and_in_range(ids: list[int], n: int) -> None:
    found = np.empty(n + 1, dtype=np.int64)
    segments.offsets_from_sorted(np.array(ids, dtype=np.int64), found)
    assert (found[n] == len(ids)) == (ids == sorted(ids) and all(0 <= owner < n for owner in ids))


@WIDTHS
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=40))
def test_pair_offsets(dtype: type, pairs: list[tuple[int, int]]) -> None:
    first, second = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = np.full(len(pairs) + 1, -1, dtype=np.int64)
    runs = segments.pair_offsets(np.array(first, dtype=dtype), np.array(second, dtype=dtype), found)
    assert found[: runs + 1].tolist() == naive_segments.pair_offsets(first, second)


@given(st.lists(st.integers(-(10**15), 10**15), max_size=40), st.data())
def test_sums(values: list[int], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=10)))
    offsets = [0, *cuts, len(values)]
    cents = np.full(len(offsets) - 1, -1, dtype=np.int64)
    segments.segment_sum(np.array(values, dtype=np.int64), np.array(offsets), cents)
    assert cents.tolist() == naive_segments.segment_sum(values, offsets)
    # The same order of additions: the same float64, to the bit.
    reals = [value / 7 for value in values]
    sums = np.full(len(offsets) - 1, np.nan)
    segments.segment_sum(np.array(reals, dtype=np.float64), np.array(offsets), sums)
    expected = [0.0] * len(sums)
    for owner in range(len(sums)):
        for value in reals[offsets[owner] : offsets[owner + 1]]:
            expected[owner] += value
    assert sums.tolist() == expected


OWNED = st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 3)), max_size=40)


@given(OWNED, st.randoms())
def test_rows_by_owner(pairs: list[tuple[int, int]], random) -> None:
    owner, rows = [pair[0] for pair in pairs], random.sample(range(len(pairs)), random.randint(0, len(pairs)))
    offsets, order = np.full(6, -1, dtype=np.int64), np.full(len(rows), -1, dtype=np.int64)
    segments.group_rows(np.array(owner, dtype=np.int32), np.array(rows, dtype=np.int64), offsets, order)
    assert (offsets.tolist(), order[: offsets[-1]].tolist()) == naive_segments.group_rows(owner, rows, 5)


RUNS = st.lists(st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 30)), max_size=60).map(sorted), max_size=4)
"""Pairs of which many ascend."""


@given(OWNED | RUNS.map(lambda runs: [pair for run in runs for pair in run]), st.booleans(), st.randoms())
def test_rows_by_two_keys(pairs: list[tuple[int, int]], every: bool, random) -> None:
    owner, key = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    rows = list(range(len(pairs))) if every else random.sample(range(len(pairs)), random.randint(0, len(pairs)))
    given_rows = None if every else np.array(rows, dtype=np.int64)
    found = segments.rows_by_two(np.array(owner, dtype=np.int32), np.array(key, dtype=np.int32), 5, given_rows)
    by_key = sorted(rows, key=key.__getitem__)
    assert (found[0].tolist(), found[1].tolist()) == naive_segments.group_rows(owner, by_key, 5)


@given(st.lists(st.lists(st.integers(-1, 6), max_size=40), max_size=4))
def test_runs_merged(keys: list[list[int]]) -> None:
    flat = [key for of_owner in keys for key in of_owner]
    offsets, rows = [0, *itertools.accumulate(len(of_owner) for of_owner in keys)], np.arange(len(flat))
    given_keys, ends = np.array(flat, dtype=np.int32), np.array(offsets, dtype=np.int64)
    falls = sum(one > other for of_owner in keys for one, other in itertools.pairwise(of_owner))
    assert segments.count_falls(ends, given_keys, rows) == falls
    segments.merge_runs(ends, given_keys, rows, np.empty(len(flat), dtype=np.int64))
    assert rows.tolist() == [
        row for first, last in itertools.pairwise(offsets) for row in sorted(range(first, last), key=flat.__getitem__)
    ]


@given(OWNED)
def test_repeats(pairs: list[tuple[int, int]]) -> None:
    pairs = sorted(pairs, key=lambda pair: pair[0])
    owner, key = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = np.ones(len(pairs), dtype=np.bool_)
    segments.mark_repeats(
        np.array(owner, dtype=np.int32), np.array(key, dtype=np.int32), np.empty(4, dtype=np.int32), found
    )
    assert found.tolist() == naive_segments.mark_repeats(owner, key)


@given(st.lists(st.integers(0, 5), max_size=20))
def test_numbers_by_first_row(key: list[int]) -> None:
    found = np.full(len(key), -1, dtype=np.int64)
    segments.number_by_first(np.array(key, dtype=np.int32), np.full(6, -1, dtype=np.int64), found)
    assert found.tolist() == naive_segments.number_by_first(key)
