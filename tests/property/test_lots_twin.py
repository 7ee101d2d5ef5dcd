import datetime
import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import lots
from kernels.positions import WALKED, Walked, walk_lots
from tests.reference import naive_lots

EPOCH = datetime.date(1970, 1, 1)
SOLD = datetime.date(2024, 2, 29)
RATE = st.integers(0, 60).map(lambda percent: Fraction(percent, 100))
NEAR_A_YEAR = st.integers(-4, 4).map(lambda days: datetime.date(2023, 2, 28) + datetime.timedelta(days=days))
ACQUIRED = st.one_of(NEAR_A_YEAR, st.dates(datetime.date(1990, 1, 1), SOLD))
LOT = st.tuples(st.integers(1, 10**11), st.integers(0, 10**9), ACQUIRED, st.integers(0, 2))  # last: the security
ACCOUNT = st.tuples(RATE, RATE, st.booleans(), st.lists(LOT, max_size=6))
PRICE = st.integers(1, 10**6)  # cents


@given(st.lists(ACCOUNT, max_size=4), st.tuples(PRICE, PRICE, PRICE))
def test_tax_of_sale(accounts: list[tuple[Fraction, Fraction, bool, list]], prices: tuple[int, int, int]) -> None:
    flat = [lot for account in accounts for lot in account[3]]
    count = len(flat)
    long_term, gain, tax = np.empty(count, dtype=np.bool_), np.full(count, np.nan), np.full(count, np.nan)
    lots.tax_of_sale(
        np.cumsum([0] + [len(account[3]) for account in accounts]),
        np.array([float(account[0]) for account in accounts]),
        np.array([float(account[1]) for account in accounts]),
        np.array([account[2] for account in accounts], dtype=np.bool_),
        np.array([lot[3] for lot in flat], dtype=np.int32),
        np.array([lot[0] for lot in flat], dtype=np.int64),
        np.array([lot[1] for lot in flat], dtype=np.int64),
        np.array([(lot[2] - EPOCH).days for lot in flat], dtype=np.int32),
        np.array(prices) / 100.0,
        (SOLD - EPOCH).days,
        long_term,
        gain,
        tax,
    )
    at = 0
    for short_rate, long_rate, harvest, of_account in accounts:
        for quantity, basis, acquired, security in of_account:
            shares, price = Fraction(quantity, 10**6), Fraction(prices[security], 100)
            sale = naive_lots.sale_of_lot(
                shares, Fraction(basis, 100), acquired, price, SOLD, short_rate, long_rate, harvest
            )
            assert long_term[at] == sale.long_term
            assert gain[at] == pytest.approx(float(sale.gain), rel=1e-12, abs=1e-12)
            assert tax[at] == pytest.approx(float(sale.tax), rel=1e-12, abs=1e-12)
            at += 1


HOLDING = st.tuples(st.integers(1, 10**12), st.integers(0, 10**11), st.integers(0, 2))  # last: the security
MICRO_PRICE = st.one_of(st.integers(1, 10**11), st.sampled_from([5_000, 15_000, 10**6]))


@given(st.lists(st.lists(HOLDING, max_size=6), max_size=4), st.tuples(MICRO_PRICE, MICRO_PRICE, MICRO_PRICE))
def test_values(accounts: list[list[tuple[int, int, int]]], prices: tuple[int, int, int]) -> None:
    flat = [lot for account in accounts for lot in account]
    quantity = np.array([lot[0] for lot in flat], dtype=np.int64)
    basis = np.array([lot[1] for lot in flat], dtype=np.int64)
    security, price = np.array([lot[2] for lot in flat], dtype=np.int32), np.array(prices, dtype=np.int64)
    cents, dollars = np.full(len(accounts), -1, dtype=np.int64), np.full(len(accounts), np.nan)
    offsets = np.cumsum([0] + [len(account) for account in accounts])
    lots.market_values(offsets, security, quantity, price, cents, dollars)
    for number, account in enumerate(accounts):
        whole, exact = naive_lots.market_value([(lot[0], prices[lot[2]]) for lot in account])
        assert cents[number] == whole
        assert dollars[number] == pytest.approx(float(exact), rel=1e-15)
    locked = quantity % 2 == 1
    walked = Walked._make(
        np.full(len(flat) + len(accounts) + 1, -9, kind.dtype.name) for kind in WALKED.fields.values()
    )
    count = walk_lots(offsets, security, quantity, basis, locked, price, walked)
    gains = [naive_lots.unrealised_gain(lot[0], lot[1], prices[lot[2]]) for lot in flat]
    assert walked.unrealised[: len(flat)].tolist() == gains
    assert walked.cents[: len(accounts)].tolist() == cents.tolist()
    assert walked.dollars[: len(accounts)].tolist() == dollars.tolist()
    runs = [list(run) for account in accounts for _, run in itertools.groupby(account, key=lambda lot: lot[2])]
    of_account = [
        0,
        *itertools.accumulate(len(list(itertools.groupby(one, key=lambda lot: lot[2]))) for one in accounts),
    ]
    assert walked.of_account[: len(accounts) + 1].tolist() == of_account
    assert count == len(runs)
    assert walked.offsets[: count + 1].tolist() == [0, *itertools.accumulate(map(len, runs))]
    assert walked.security[:count].tolist() == [run[0][2] for run in runs]
    assert walked.quantity[:count].tolist() == [sum(lot[0] for lot in run) for run in runs]
    assert walked.locked[:count].tolist() == [sum(lot[0] for lot in run if lot[0] % 2 == 1) for run in runs]
    edges = offsets.tolist()
    lost = [sum(-min(gain, 0) for gain in gains[one:other]) for one, other in itertools.pairwise(edges)]
    assert walked.lost[: len(accounts)].tolist() == lost


@given(st.lists(st.lists(st.integers(-3, 3).map(float), max_size=40), max_size=6))
def test_order_of_sale(taxes: list[list[float]]) -> None:
    flat = np.array([tax for of_name in taxes for tax in of_name], dtype=np.float64)
    order = np.full(len(flat), -1, dtype=np.int64)
    lots.order_of_sale(np.cumsum([0] + [len(of_name) for of_name in taxes]), flat, order)
    assert order.tolist() == naive_lots.order_of_sale(taxes)


HELD = st.lists(st.tuples(st.integers(1, 10**12), st.integers(0, 10**11)), min_size=1, max_size=8)


@given(HELD, st.integers(1, 10**10), st.lists(st.integers(0, 10**12), min_size=1, max_size=6), st.randoms())
def test_relief_over_several_orders(held: list[tuple[int, int]], price: int, orders: list[int], random) -> None:
    numbers = random.sample(range(len(held)), len(held))
    quantity = np.array([lot[0] for lot in held])
    basis = np.array([lot[1] for lot in held])
    taken = np.zeros(len(held), dtype=np.int64)
    for sold in [*orders, int(quantity.sum())]:  # the last one asks for at least all that is left
        numbers = [lot for lot in numbers if quantity[lot] > 0]
        expected, uncovered = naive_lots.relieve([(int(quantity[k]), int(basis[k])) for k in numbers], sold, price)
        pieces = [np.full(len(numbers), -1, dtype=np.int64) for _ in range(3)]
        left = lots.relieve(
            np.array(numbers, dtype=np.int64),
            quantity[numbers],
            quantity,
            basis,
            np.int64(sold),
            np.int64(price),
            *pieces,
        )
        assert list(zip(*(column.tolist() for column in pieces), strict=True)) == [tuple(piece) for piece in expected]
        assert left == uncovered == sold - pieces[0].sum()
        quantity[numbers] -= pieces[0]
        basis[numbers] -= pieces[2]
        taken[numbers] += pieces[2]
    assert not quantity.any()
    assert not basis.any()
    assert taken.tolist() == [lot[1] for lot in held]
