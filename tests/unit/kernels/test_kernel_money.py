import numpy as np
import pytest

from kernels import money


@pytest.mark.parametrize(
    ("a", "b", "c", "result"),
    [(1, 1, 2, 1), (-1, 1, 2, -1), (1, 1, 3, 0), (2, 1, 3, 1), (-2, 1, 3, -1), (5, 0, 3, 0), (0, 5, 3, 0)],
)
def test_half_goes_away_from_zero(a: int, b: int, c: int, result: int) -> None:
    assert money.mul_div_half_up(a, b, c) == result


def test_product_of_more_than_64_bits() -> None:
    assert money.mul_div_half_up(9 * 10**18, 9 * 10**18, 9 * 10**18) == 9 * 10**18
    assert money.mul_div_half_up(-9 * 10**18, 10**18, 2 * 10**18) == -45 * 10**17
    assert money.mul_div_half_up(2**62 + 1, 2**62, 2**63 - 1) == 2**61 + 1


def test_largest_position() -> None:
    # A thousand million shares at a million dollars, the limit that the book may reach.
    assert money.amount_cents(10**15, 10**12) == 10**17


def test_amount_of_a_fraction() -> None:
    # 0.333333 share at USD 30.15 is USD 10.04998995; 1.5 at 0.01 is a cent and a half.
    assert money.amount_cents(333_333, 30_150_000) == 1005
    assert money.amount_cents(1_500_000, 10_000) == 2


def test_a_lot_sold_in_thirds() -> None:
    first = money.share_of(10_000, 1_000_000, 3_000_000)
    second = money.share_of(10_000 - first, 1_000_000, 2_000_000)
    third = money.share_of(10_000 - first - second, 1_000_000, 1_000_000)
    assert (first, second, third) == (3333, 3334, 3333)


def test_basis_half_below_in_float64_is_a_half() -> None:
    assert 1.005 * 100 < 100.5
    assert money.basis_cents(1.0, 1.005) == 101


def test_columns() -> None:
    values = np.array([0.1, 1.005, 123456.789012])
    micros = np.empty(3, dtype=np.int64)
    cents = np.empty(3, dtype=np.int64)
    money.to_micros(values, micros)
    money.to_cents_each(values, cents)
    assert micros.tolist() == [100_000, 1_005_000, 123_456_789_012]
    assert cents.tolist() == [10, 100, 12_345_679]  # float64's 1.005 lies below
    money.bases_cents(values, np.array([10.0, 1.0, 2.0]), cents)
    assert cents.tolist() == [100, 101, 24_691_358]  # the book's 1.005 is a half


def test_negative_cash() -> None:
    assert money.to_cents(-1234.56) == -123_456
