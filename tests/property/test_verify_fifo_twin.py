"""First in, first out as the verifier compiles it, against plain Python."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.prove.verify.compiled.arrays import NULL, read_only
from engine.prove.verify.compiled.fifo import Lots, Names, as_chosen, first_in_first_out
from tests.reference.naive_lots import relieve
from tests.reference.naive_money import half_away_from_zero

LONG_UNTIL = 100
LOT = st.tuples(
    st.integers(1, 10**10),  # micro-shares
    st.integers(0, 10**6).map(lambda cents: cents / 100),  # USD a share
    st.integers(0, 5),  # acquired
    st.one_of(st.none(), st.integers(98, 103)),  # holding start
    st.integers(0, 3).map(lambda draw: draw == 0),  # locked
)
NAME = st.tuples(st.lists(LOT, max_size=6), st.integers(1, 10**9), st.fractions(0, 1), st.integers(0, 3))


def table(lots: list) -> Lots:
    columns = ([lot[place] for lot in lots] for place in range(5))
    quantity, cost, acquired, start, locked = columns
    start = [NULL if one is None else one for one in start]
    return Lots(
        *read_only(
            np.array(quantity, dtype=np.int64),
            np.array(cost, dtype=np.float64),
            np.array(acquired, dtype=np.int64),
            np.array(start, dtype=np.int64),
            np.array(locked, dtype=np.bool_),
        )
    )


def cents(quantity: int, cost: float) -> int:
    return half_away_from_zero(Fraction(quantity, 10**6) * Fraction(round(cost * 100)))


def expected(lots: list, sold: int, price: int) -> tuple[list[int], int]:
    """Cents of either term, and how many lots are cut."""
    pieces, left = relieve([(lot[0], cents(lot[0], lot[1])) for lot in lots], sold, price)
    found, cut = [0, 0], 0
    for lot, piece in zip(lots, pieces, strict=True):
        found[lot[3] is not None and lot[3] <= LONG_UNTIL] += piece.proceeds - piece.cost
        cut += 0 < piece.quantity < lot[0]
    assert left == 0
    return found, cut


@given(st.lists(NAME, max_size=4))
def test_first_in_first_out(names: list) -> None:
    """Names whose lots lie in the table as they come, each in up to two runs; a cent for a lot that is cut."""
    lots, first, last, name, sold, prices = [], [], [], [], [], []
    for number, (mine, price, part, split) in enumerate(names):
        for run in (mine[:split], mine[split:]):
            first.append(len(lots))
            lots += run
            last.append(len(lots))
            name.append(number)
        sold.append(int(part * sum(lot[0] for lot in mine if not lot[4])))
        prices.append(price)
    short, long = np.full((2, len(names)), np.nan)
    columns = read_only(*(np.array(one, dtype=np.int64) for one in (sold, prices, first, last, name)))
    first_in_first_out(table(lots), Names(*columns), LONG_UNTIL, np.empty(len(lots), dtype=np.int64), short, long)
    for number, (mine, price, _, _) in enumerate(names):
        free = sorted((lot for lot in mine if not lot[4]), key=lambda lot: lot[2])
        found, cut = expected(free, sold[number], price)
        assert abs(short[number] - found[0]) <= cut
        assert abs(long[number] - found[1]) <= cut


@given(st.lists(st.tuples(LOT, st.integers(1, 10**9), st.fractions(0, 1)), max_size=6))
def test_as_chosen(sales: list) -> None:
    lots, prices = [lot for lot, _, _ in sales], [price for _, price, _ in sales]
    sold = [int(part * lot[0]) for lot, _, part in sales]
    short, long = np.full((2, len(sales)), np.nan)
    columns = read_only(*(np.array(one, dtype=np.int64) for one in (range(len(sales)), sold, prices)))
    as_chosen(table(lots), *columns, LONG_UNTIL, short, long)
    for row, lot in enumerate(lots):
        found, cut = expected([lot], sold[row], prices[row])
        assert [round(short[row]), round(long[row])] == found or cut
        assert max(abs(short[row] - found[0]), abs(long[row] - found[1])) <= cut
