import decimal
from fractions import Fraction

import duckdb
import numpy as np
from hypothesis import assume, example, given
from hypothesis import strategies as st

from kernels import money
from tests.reference import naive_money

LARGEST = 2**63 - 1
MAGNITUDE = st.one_of(st.integers(0, LARGEST), st.integers(0, 10**6), st.integers(LARGEST - 10, LARGEST))
int64 = np.int64  # without JIT, NumPy scalars report an overflow where Python's integers would just grow
QUANTITY = st.integers(0, 10**15)  # up to 1e9 shares
PRICE = st.integers(0, 10**12)  # up to USD 1,000,000


@given(MAGNITUDE, MAGNITUDE, MAGNITUDE.filter(bool), st.booleans())
@example(LARGEST, LARGEST, LARGEST, False)
@example(LARGEST, LARGEST - 1, LARGEST, True)
@example(LARGEST - 1, LARGEST - 1, LARGEST, False)
@example(2**62, 3, 2**63 - 2, False)
@example(1, 1, 2, True)
def test_mul_div_is_exact(a: int, b: int, c: int, negative: bool) -> None:
    expected = naive_money.mul_div_half_up(a, b, c)
    assume(expected <= LARGEST)
    found = money.mul_div_half_up(int64(-a if negative else a), int64(b), int64(c))
    assert found == (-expected if negative else expected)


@given(MAGNITUDE, st.integers(1, LARGEST), st.data())
def test_mul_div_of_large_factors(a: int, c: int, data: st.DataObject) -> None:
    b = data.draw(st.integers(0, c))  # the result is at most a
    found = money.mul_div_half_up(int64(a), int64(b), int64(c))
    assert found == naive_money.mul_div_half_up(a, b, c)


@given(st.integers(0, 10**17), st.lists(st.integers(1, 10**15), min_size=1, max_size=12), st.booleans())
def test_shares_of_what_is_left_end_at_the_total(total: int, parts: list[int], loss: bool) -> None:
    total = -total if loss else total
    cents, whole, taken = total, sum(parts), 0
    for part in parts:
        share = int(money.share_of(int64(cents), int64(part), int64(whole)))
        assert share == naive_money.mul_div_half_up(cents, part, whole)
        assert abs(share) <= abs(cents)
        cents, whole, taken = cents - share, whole - part, taken + share
    assert (cents, whole, taken) == (0, 0, total)


@given(QUANTITY, PRICE)
@example(10**15, 10**12)
@example(10**15 - 1, 10**12 - 1)
@example(500_000, 10_000)  # half a cent
def test_amount_is_exact(quantity: int, price: int) -> None:
    assert money.amount_cents(int64(quantity), int64(price)) == naive_money.amount_cents(quantity, price)


@given(st.integers(0, LARGEST), st.integers(0, 9 * 10**16 - 1))
@example(10**6 - 1, 9 * 10**16 - 1)
@example(LARGEST, 10**10)
def test_amount_at_its_limits(quantity: int, price: int) -> None:
    expected = naive_money.amount_cents(quantity, price)
    assume(expected <= LARGEST)
    found = np.empty(1, dtype=np.int64)
    money.amounts_cents(np.array([quantity]), np.array([price]), found)
    assert found[0] == expected


@given(st.decimals(0, 10**9, places=6))
def test_micro_of_six_decimals_is_exact(value: decimal.Decimal) -> None:
    assert money.to_micro(float(value)) == naive_money.scaled(str(value), 10**6)


@given(st.lists(st.decimals(-(10**6), 10**6, places=8)))
def test_units_are_the_nearest(values: list[decimal.Decimal]) -> None:
    assume(all(abs(Fraction(value) * 10**6 % 1 - Fraction(1, 2)) > Fraction(1, 10**3) for value in values))
    found = np.full(len(values) + 3, -1, dtype=np.int64)
    money.units_each(np.array([*map(float, values), np.nan, np.inf, -np.inf]), 1e6, found)
    assert found.tolist() == [*(naive_money.scaled(str(value), 10**6) for value in values), 0, 0, 0]


def test_half_a_unit_is_rounded_up() -> None:
    found = np.empty(4, dtype=np.int64)
    money.units_each(np.array([1.005, -1.005, 2.5e-2, -2.5e-2]), 100.0, found)
    assert found.tolist() == [101, -100, 3, -2]


@given(st.decimals(-(10**13), 10**13, places=2))
def test_cents_of_two_decimals_are_exact(value: decimal.Decimal) -> None:
    assert money.to_cents(float(value)) == naive_money.scaled(str(value), 100)


@given(st.decimals(0, 10**5, places=6), st.decimals(0, 10**4, places=12))
def test_basis_is_the_nearest_cent_of_the_decimals(quantity: decimal.Decimal, cost: decimal.Decimal) -> None:
    exact = Fraction(quantity) * Fraction(cost) * 100
    assume(exact < 10**9)  # beyond, float64 no longer resolves 1e-6 cent
    assume(abs(exact % 1 - Fraction(1, 2)) > Fraction(2, 10**6))
    assert money.basis_cents(float(quantity), float(cost)) == naive_money.half_away_from_zero(exact)


@given(st.integers(0, 49_999), st.integers(0, 9999))
@example(0, 100)  # 1 × 1.005: float64 makes 100.49999999999999 cents of it
def test_basis_of_half_a_cent_is_rounded_up(half: int, fives: int) -> None:
    quantity, mills = 2 * half + 1, 10 * fives + 5  # an odd number of half cents
    found = money.basis_cents(float(quantity), mills / 1000)
    assert found == naive_money.half_away_from_zero(Fraction(quantity * mills, 10))


def test_basis_agrees_with_sql() -> None:
    random = np.random.default_rng(20180207)
    quantities = np.round(random.lognormal(3, 2, 20_000), random.integers(0, 7))
    costs = np.concatenate([np.round(random.lognormal(4, 1, 10_000), 2), random.lognormal(4, 1, 10_000)])
    found = np.empty(20_000, dtype=np.int64)
    money.bases_cents(quantities, costs, found)
    with duckdb.connect() as database:
        database.register("lots", {"row": np.arange(20_000), "quantity": quantities, "cost_basis": costs})
        rows = database.execute(
            "SELECT CAST(floor(quantity * cost_basis * 100 + 0.5 + 1e-6) AS BIGINT) AS cents FROM lots ORDER BY row"
        ).fetchnumpy()
    assert found.tolist() == rows["cents"].tolist()
