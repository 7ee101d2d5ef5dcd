import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.ledger import rows
from kernels import sorting
from tests.reference import naive_sorting

KEYS = st.one_of(*(st.lists(st.integers(0, most), max_size=60) for most in (3, 5_000, 2**40, 2**62 - 1)))


@given(KEYS, st.integers(0, 62), st.integers(0, 62))
def test_sort_by_bits(keys: list[int], low: int, high: int) -> None:
    given, spare = np.array(keys, dtype=np.int64), np.full(len(keys), -1)
    moved = sorting.sort_by_bits(given, low, high, spare, np.empty(sorting.DIGITS, dtype=np.int64))
    assert (spare if moved else given).tolist() == naive_sorting.sort_by_bits(keys, low, high)


@given(st.integers(0, 2**32), st.sampled_from([2, 300, 2**20, 2**40]))
def test_many_rows_are_ordered_as_lexsort_does(seed: int, most: int) -> None:
    random = np.random.default_rng(seed)
    keys = [random.integers(-most, most, rows.FEW + 100), random.integers(0, 3, rows.FEW + 100)]
    assert rows.ordered(*keys).tolist() == np.lexsort(keys[::-1]).tolist()
