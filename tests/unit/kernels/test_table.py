"""Tables of arrays, handed over by address: the same in compiled code as in plain Python."""

from typing import NamedTuple

import numpy as np
import pytest
from numba import types

from kernels.jit import F8, F8W, b1, f8, i8, kernel, void
from kernels.table import Table


class Prices(NamedTuple):
    price: np.ndarray
    factor: float


class Book(NamedTuple):
    shares: np.ndarray
    prices: Prices
    value: np.ndarray
    counted: bool


PRICES = Table(Prices, (F8, f8))
BOOK = Table(Book, (F8, PRICES, F8W, b1))


@kernel(f8(PRICES, i8), inner=True)
def _price_of(prices, at):
    return prices.price[at] * prices.factor


@kernel(void(BOOK))
def value_all(book):
    for at in range(len(book.shares)):
        book.value[at] = book.shares[at] * _price_of(book.prices, at) if book.counted else 0.0


@kernel(f8(F8, F8W, i8))
def summed(shares, value, rounds):
    """A table is made anew in each round, in the same place; none may see what another held."""
    total = 0.0
    for each in range(rounds):
        value_all(Book(shares, Prices(shares, float(each)), value, each != 1))
        for one in value:
            total += one
    return total


def book(counted: bool = True) -> Book:
    return Book(np.array([1.0, 2.0, 3.0]), Prices(np.array([10.0, 20.0, 30.0]), 0.5), np.full(3, 7.0), counted)


@pytest.mark.parametrize(("counted", "value"), [(True, [5.0, 20.0, 45.0]), (False, [0.0, 0.0, 0.0])])
def test_a_table_given_by_python_is_read_and_written(counted: bool, value: list[float]) -> None:
    given = book(counted)
    value_all(given)
    assert given.value.tolist() == value


def test_tables_made_in_a_kernel_do_not_outlive_their_round() -> None:
    shares = np.array([1.0, 2.0, 3.0])
    assert summed(shares, np.zeros(3), 4) == 14.0 * (0 + 2 + 3)


@pytest.mark.compiled
def test_what_may_not_be_written_is_refused() -> None:
    given = book()
    given.value.flags.writeable = False
    with pytest.raises(TypeError, match="No matching definition"):
        value_all(given)


@pytest.mark.compiled
def test_a_smaller_tuple_is_refused() -> None:
    with pytest.raises(TypeError, match="No matching definition"):
        value_all(book()[:3])


@pytest.mark.compiled
@pytest.mark.parametrize("returned", [PRICES, types.Tuple((i8, PRICES))])
def test_no_kernel_returns_a_table(returned: types.Type) -> None:
    with pytest.raises(TypeError, match="returns a table"):
        kernel(returned(PRICES))(lambda prices: prices)


@pytest.mark.compiled
def test_a_table_has_only_its_fields() -> None:
    with pytest.raises(Exception, match="Unknown attribute 'cost'"):
        kernel(f8(PRICES))(lambda prices: prices.cost)
