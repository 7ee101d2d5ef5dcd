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


@given(OWNED, st.booleans())
def test_keys_that_ascend(pairs: list[tuple[int, int]], ordered: bool) -> None:
    pairs = sorted(pairs, key=lambda pair: pair[1]) if ordered else pairs
    owner, key = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = segments.ascends(
        np.array(owner, dtype=np.int32), np.array(key, dtype=np.int32), np.empty(5, dtype=np.int32)
    )
    assert found == naive_segments.ascends(owner, key)
    assert found or not ordered


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
