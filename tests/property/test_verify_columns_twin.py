"""What the verifier compiles to read columns, group rows and find keys, against lists."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from engine.prove.verify.columns import NULL, dictionary, scaled
from engine.prove.verify.compiled.lot_search import find_lots, find_unsound
from engine.prove.verify.groups import Groups, find
from engine.prove.verify.names import Names
from tests.reference import naive_verify

KEYS = st.lists(st.integers(0, 9) | st.integers(-(2**40), 2**40), max_size=40)
WORDS = st.lists(st.sampled_from(["a", "b", "", "long name"]) | st.none(), max_size=20)


def ints(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@given(KEYS, st.booleans(), st.data())
def test_groups(key: list[int], rising: bool, data: st.DataObject) -> None:
    key = sorted(key) if rising else key
    keys, first, of_row = naive_verify.groups(key)
    found = Groups(ints(key))
    assert (found.keys.tolist(), found.first.tolist(), found.of_row.tolist()) == (keys, first, of_row)
    assert found.sizes.tolist() == [key.count(one) for one in keys]
    values = data.draw(st.lists(st.integers(-(10**15), 10**15), min_size=len(key), max_size=len(key)))
    assert found.sum(ints(values)).tolist() == naive_verify.sums(key, values)
    holes = np.array([np.nan if value % 3 == 0 else value for value in values], dtype=np.float64)
    np.testing.assert_allclose(
        found.total(holes), naive_verify.sums(key, [value if value % 3 else 0 for value in values]), rtol=1e-12
    )
    odd = [value % 2 == 1 for value in values]
    assert found.any(np.array(odd, dtype=bool)).tolist() == [n > 0 for n in naive_verify.sums(key, odd)]
    even = naive_verify.sums(key, [not one for one in odd])
    assert found.all(np.array(odd, dtype=bool)).tolist() == [n == 0 for n in even]
    assert found.least(ints(values)).tolist() == [
        min(value for one, value in zip(key, values, strict=True) if one == each) for each in keys
    ]


@given(KEYS, KEYS, st.booleans())
def test_find(keys: list[int], wanted: list[int], rising: bool) -> None:
    among = sorted(set(keys))
    wanted = wanted + among if not rising else sorted(wanted + among)
    assert find(ints(among), ints(wanted)).tolist() == naive_verify.find(among, wanted)


PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=25)


@given(PAIRS, PAIRS, st.booleans())
def test_find_lots(lots: list[tuple[int, int]], wanted: list[tuple[int, int]], rising: bool) -> None:
    if rising:
        lots, wanted = sorted(lots), sorted(wanted)
    columns = (ints([pair[place] for pair in pairs]) for pairs in (lots, wanted) for place in (0, 1))
    found, again = find_lots(*columns, 5)
    rows, named_before = naive_verify.find_lots(lots, wanted)
    assert found.tolist() == rows
    assert again.tolist() == named_before


@given(st.lists(st.integers(-(10**20), 10**20) | st.integers(-(10**9), 10**9) | st.none(), max_size=20))
def test_decimals(numbers: list[int | None]) -> None:
    exact = [None if one is None else Decimal(one).scaleb(-6) for one in numbers]
    expected = [NULL if one is None or (told := naive_verify.scaled(one, 6)) is None else told for one in exact]
    column = pa.array([Decimal(1), *exact], pa.decimal128(38, 6))[1:]
    assert scaled(column, 6).tolist() == expected


@given(st.lists(st.floats(), max_size=20), st.sampled_from([2, 6]))
def test_floats(numbers: list[float], decimals: int) -> None:
    expected = [NULL if (told := naive_verify.rounded(one, decimals)) is None else told for one in numbers]
    with np.errstate(over="ignore"):  # NumPy warns of it, compiled code does not
        assert scaled(pa.array(numbers, pa.float64()), decimals).tolist() == expected


@given(WORDS, WORDS, st.booleans(), st.integers(0, 5))
def test_texts(first: list[str | None], then: list[str | None], encoded: bool, cut: int) -> None:
    """Numbers of texts met before stay; a dictionary's words that no row has get none."""
    names = Names()
    names.codes(pa.array(first, pa.string()))
    before = names.texts.to_pylist()
    column = pa.array(then, pa.string())
    column = column.dictionary_encode()[cut:] if encoded else column[cut:]
    then = then[cut:]
    expected, met = naive_verify.codes(then, before)
    found = names.codes(column).tolist()
    assert all(told in (code, -1) for told, code in zip(expected, found, strict=True))
    assert [names.text(code) for code in found] == then
    assert set(names.texts.to_pylist()) == met | {None}
    place, words = dictionary(column)
    assert [None if one < 0 else words[int(one)].as_py() for one in place] == then
    assert set(words.to_pylist()) == {one for one in then if one is not None}


@given(PAIRS, st.booleans(), st.data())
def test_groups_of_pairs(pairs: list[tuple[int, int]], rising: bool, data: st.DataObject) -> None:
    pairs = sorted(pairs) if rising else pairs
    first, second = ([pair[place] for pair in pairs] for place in (0, 1))
    key = [7 * one + two for one, two in pairs]
    found = Groups(ints(first), ints(second), 7)
    assert (found.keys.tolist(), found.first.tolist(), found.of_row.tolist()) == naive_verify.groups(key)
    wanted = data.draw(st.lists(st.sampled_from(range(len(found))), unique=True)) if len(found) else []
    rows = [row for row, group in enumerate(found.of_row.tolist()) if group in wanted]
    assert found.rows_of(ints(wanted)).tolist() == rows
    assert found.of(ints(rows)).tolist() == found.of_row[rows].tolist()


@given(
    st.lists(st.tuples(st.integers(-1, 1), st.sampled_from([0.0, -1.0, 2.0, math.nan]), st.none() | st.integers(8, 11)))
)
def test_unsound_lots(lots: list[tuple[int, float, int | None]]) -> None:
    unsound = np.empty(len(lots), dtype=bool)
    quantity, cost = ints([lot[0] for lot in lots]), np.array([lot[1] for lot in lots], dtype=np.float64)
    find_unsound(quantity, cost, ints([NULL if lot[2] is None else lot[2] for lot in lots]), 10, unsound)
    assert unsound.tolist() == [
        not (quantity > 0 and cost >= 0 and acquired is not None and acquired <= 10)
        for quantity, cost, acquired in lots
    ]


def test_a_dictionary_may_tell_a_text_twice() -> None:
    words = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 1], pa.int32()), pa.array(["b", "b", "a"]))
    names = Names()
    names.codes(words)
    found = names.codes(pa.array(["a", "new", "b"]))
    assert [names.text(code) for code in found] == ["a", "new", "b"]
    assert [names.text(code) for code in names.codes(words)] == ["b", "b", "a", "b"]
    assert names.code("new") == found[1]
