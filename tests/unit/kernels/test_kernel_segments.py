import numpy as np

from kernels import segments


def test_accounts_without_lots_have_empty_segments() -> None:
    offsets = np.empty(5, dtype=np.int64)
    segments.offsets_from_sorted(np.array([1, 1, 3], dtype=np.int32), offsets)
    assert offsets.tolist() == [0, 0, 2, 2, 3]


def test_sums_of_accounts_and_securities() -> None:
    account = np.array([0, 0, 0, 2], dtype=np.int32)
    security = np.array([4, 4, 7, 7], dtype=np.int32)
    offsets = np.empty(5, dtype=np.int64)
    runs = segments.pair_offsets(account, security, offsets)
    assert offsets[: runs + 1].tolist() == [0, 2, 3, 4]
    shares = np.empty(runs, dtype=np.int64)
    segments.segment_sum(np.array([10, 20, 5, 1]), offsets[: runs + 1], shares)
    assert shares.tolist() == [30, 5, 1]


def test_nothing() -> None:
    offsets = np.full(1, -1, dtype=np.int64)
    none = np.empty(0, dtype=np.int32)
    assert segments.pair_offsets(none, none, offsets) == 0
    assert offsets.tolist() == [0]
    segments.segment_sum(np.empty(0), offsets, np.empty(0))
