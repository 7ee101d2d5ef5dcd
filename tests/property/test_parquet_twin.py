import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels import parquet
from tests.reference import naive_parquet

RUNS = st.lists(st.tuples(st.integers(0, 2**31 - 1), st.integers(1, 20)), max_size=20)
DIGITS = st.integers(-(10**18), 10**18)
NEAR = st.integers(-3, 300)
START = 3


def room(size: int) -> np.ndarray:
    """Bytes to write into, from `START` on, and one more, which stays what it is."""
    return np.full(START + size + 1, 0xAB, dtype=np.uint8)


def written(out: np.ndarray, end: int) -> bytes:
    assert (out[:START] == 0xAB).all()
    assert out[-1] == 0xAB
    return out[START:end].tobytes()


@given(RUNS, st.integers(1, 31))
def test_codes(runs: list[tuple[int, int]], width: int) -> None:
    codes = [code % 2**width for code, times in runs for _ in range(times)]
    out = room(parquet.code_bytes(len(codes), width))
    end = parquet.put_codes(np.array(codes, dtype=np.int32), width, out, START)
    assert naive_parquet.codes(written(out, end), len(codes), width) == codes


@given(st.one_of(*(st.lists(one, min_size=1, max_size=300) for one in (DIGITS, NEAR, st.one_of(NEAR, DIGITS)))))
def test_deltas(values: list[int]) -> None:
    out = room(parquet.delta_bytes(len(values)))
    end = parquet.put_deltas(np.array(values, dtype=np.int64), out, START)
    assert naive_parquet.deltas(written(out, end)) == values


@given(st.lists(st.text(max_size=5), min_size=1, max_size=8), st.data())
def test_texts(texts: list[str], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1, max_size=20))
    words = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, words)]).astype(np.int32)
    joined, places = np.frombuffer(b"".join(words), dtype=np.uint8), np.array(chosen, dtype=np.int32)
    wanted = [words[place] for place in chosen]
    out = room(sum(len(word) + 4 for word in wanted))
    end = parquet.put_texts(offsets, joined, places, out, START)
    assert naive_parquet.texts(written(out, end)) == wanted
    ends = np.empty(2, dtype=np.int32)
    parquet.ends_of_texts(offsets, joined, places, ends)
    assert [words[end] for end in ends] == [min(wanted), max(wanted)]


@given(st.lists(st.one_of(st.none(), st.integers(0, 9)), max_size=40))
def test_texts_are_numbered_as_they_first_appear(codes: list[int | None]) -> None:
    known = [code for code in codes if code is not None]
    valid = np.packbits([code is not None for code in codes], bitorder="little") if None in codes else np.empty(0)
    number, first, found = np.empty(10, np.int32), np.empty(10, np.int32), np.empty(len(codes), np.int32)
    given = np.array([-7 if code is None else code for code in codes], dtype=np.int32)
    used = parquet.number_texts(given, valid.astype(np.uint8), number, first, found)
    assert (first[:used].tolist(), found[: len(known)].tolist()) == naive_parquet.numbered(known)
    distinct = list(dict.fromkeys(known))
    assert number.tolist() == [distinct.index(code) if code in distinct else -1 for code in range(10)]


@given(st.lists(st.one_of(NEAR, DIGITS), max_size=100), st.integers(0, 60))
def test_values_are_numbered_as_they_first_appear(values: list[int], most: int) -> None:
    table, distinct = np.empty(1 << (2 * most + 1).bit_length(), np.int32), np.empty(most, np.int64)
    found = np.empty(len(values), np.int32)
    used = parquet.number_values(np.array(values, dtype=np.int64), table, distinct, found)
    wanted = naive_parquet.numbered(values)
    assert (distinct[:used].tolist(), found.tolist()) == wanted if used >= 0 else len(wanted[0]) > most


def test_values_that_hardly_repeat_are_given_up_early() -> None:
    rows = 4 * parquet.FEW
    table, distinct, found = np.empty(1 << 14, np.int32), np.empty(rows, np.int64), np.empty(rows, np.int32)
    assert parquet.number_values(np.arange(rows), table, distinct, found) == -1
    assert parquet.number_values(np.arange(rows) // 4, table, distinct, found) == rows // 4


@given(st.sampled_from([0, 2]), *(st.integers(0, 2**31 - 1) for _ in range(3)), st.integers(-(2**31), 2**31 - 1))
def test_page_headers(kind: int, size: int, packed: int, count: int, checksum: int) -> None:
    out = room(61)
    end = parquet.put_page_header(kind, size, packed, checksum, count, 8, out[START:])
    told = {1: count, 2: 8} | ({3: 3, 4: 3} if kind == 0 else {})
    wanted = {1: kind, 2: size, 3: packed, 4: checksum, 5 if kind == 0 else 7: told}
    assert naive_parquet.header(written(out, START + end)) == wanted


@given(
    *(st.integers(0, 2**40) for _ in range(5)), st.integers(-1, 2**40), st.binary(max_size=80), st.binary(max_size=80)
)
def test_columns_of_the_footer(
    count: int, size: int, packed: int, data: int, nulls: int, words: int, low: bytes, high: bytes
) -> None:
    head, out = bytes([0x15, 2, 0x35, 12]), room(400)
    ends = (np.frombuffer(end, dtype=np.uint8) for end in (head, low, high))
    at = parquet.put_chunk(next(ends), count, size, packed, data, words, nulls, *ends, out[START:])
    statistics = {3: nulls} | ({5: high, 6: low} if high else {})
    meta = {1: 1, 4: 6, 5: count, 6: size, 7: packed, 9: data, 12: statistics} | ({11: words} if words >= 0 else {})
    assert naive_parquet.header(written(out, START + at)) == {2: 0, 3: meta}
