import datetime

import numpy as np
import pytest

from kernels import lots

EPOCH = datetime.date(1970, 1, 1)


def day(text: str) -> int:
    return (datetime.date.fromisoformat(text) - EPOCH).days


def test_tax_of_two_accounts() -> None:
    # Sold on 2024-03-01 at USD 10: a short gain, a long gain, a loss; then the same loss where none is harvested.
    offsets = np.array([0, 3, 3, 4])
    quantity = np.full(4, 100_000_000)  # proceeds USD 1,000
    basis = np.array([60_000, 60_000, 125_000, 125_000])
    bought = np.array([day("2023-03-01"), day("2023-02-28"), day("2024-02-01"), day("2024-02-01")], dtype=np.int32)
    long_term, gain, tax = np.empty(4, dtype=np.bool_), np.empty(4), np.empty(4)
    lots.tax_of_sale(
        offsets,
        np.array([0.4, 0.9, 0.4]),
        np.array([0.2, 0.9, 0.2]),
        np.array([True, True, False]),
        np.array([1, 1, 1, 1], dtype=np.int32),
        quantity,
        basis,
        bought,
        np.array([99.0, 10.0]),
        day("2024-03-01"),
        long_term,
        gain,
        tax,
    )
    assert long_term.tolist() == [False, True, False, False]
    assert gain == pytest.approx([0.4, 0.4, -0.25, -0.25])
    assert tax == pytest.approx([0.16, 0.08, -0.1, 0.0])


def test_highest_basis_is_not_sold_first() -> None:
    # The lot of highest basis is short-term: its gain is the smaller, its tax per dollar the larger.
    order = np.empty(2, dtype=np.int64)
    lots.order_of_sale(np.array([0, 2]), np.array([0.4 * 0.3, 0.2 * 0.5]), order)
    assert order.tolist() == [1, 0]


def test_equal_lots_are_sold_in_their_order() -> None:
    order = np.empty(7, dtype=np.int64)
    lots.order_of_sale(np.array([0, 4, 4, 7]), np.array([0.1, 0.0, 0.1, 0.0, 5.0, -1.0, 5.0]), order)
    assert order.tolist() == [1, 3, 0, 2, 5, 4, 6]


def relieve(numbers: list[int], quantity: list[int], basis: list[int], sold: int) -> tuple[list[list[int]], int]:
    """At USD 2.50 a share."""
    out = [np.full(len(numbers), -1, dtype=np.int64) for _ in range(3)]
    left = lots.relieve(
        np.array(numbers), np.array(quantity)[numbers], np.array(quantity), np.array(basis), sold, 2_500_000, *out
    )
    return [column.tolist() for column in out], left


def test_lots_are_sold_in_the_order_given() -> None:
    (piece, proceeds, cost), left = relieve([2, 0, 1], [3_000_000, 5_000_000, 2_000_000], [700, 900, 101], 4_000_000)
    assert piece == [2_000_000, 2_000_000, 0]
    assert proceeds == [500, 500, 0]
    assert cost == [101, 467, 0]
    assert left == 0


def test_what_no_lot_covers_is_returned() -> None:
    (piece, _, cost), left = relieve([0], [3_000_000], [700], 4_500_000)
    assert (piece, cost, left) == ([3_000_000], [700], 1_500_000)


def test_nothing_sold_and_no_lots() -> None:
    assert relieve([0], [3_000_000], [700], 0) == ([[0], [0], [0]], 0)
    out = np.empty(0, dtype=np.int64)
    none = np.empty(0, dtype=np.int64)
    assert lots.relieve(none, none, none, none, 5, 1, out, out, out) == 5
