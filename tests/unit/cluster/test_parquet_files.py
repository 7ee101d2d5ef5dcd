"""A run's tables as files: any reader gets back what was written."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cluster.storage import tables
from cluster.storage.tables import parse_table, run_table_bytes
from engine.book.schema import OUTPUT_TABLES
from engine.errors import InputRefused

LONG = "a text that is longer than what statistics show " * 3
SHAPES = [
    (name, rows, distinct, nulls)
    for name in ("trades", "results")
    for rows in (1, 2, 7, 8, 700, 5_000)
    for distinct in (1, 2, 40, 10**5)
    for nulls in (0.0, 0.3, 1.0)
]


def column(random: np.random.Generator, dtype: pa.DataType, rows: int, distinct: int, nulls: float) -> pa.Array:
    """Random values of a type."""
    number = random.integers(0, distinct, rows)
    if pa.types.is_string(dtype):
        values = [f"t{one}" if one % 3 else f"{LONG}{one}" if distinct < 9 else f"é{one}" for one in number.tolist()]
    elif pa.types.is_decimal(dtype):
        values = [Decimal(one**3 * 123 - 10**9).scaleb(-dtype.scale) for one in number.tolist()]
    else:
        values = (number - distinct // 2).tolist()
    gone = random.random(rows) < nulls
    return pa.array([None if absent else value for value, absent in zip(values, gone, strict=True)], dtype)


def table_of(name: str, rows: int, distinct: int, nulls: float) -> pa.Table:
    """A table of so many different values a column, and such a share of nulls."""
    random = np.random.default_rng(rows + distinct)
    schema = OUTPUT_TABLES[name]
    return pa.table([column(random, field.type, rows, distinct, nulls) for field in schema], schema=schema)


SOME = table_of("trades", 700, 40, 0.3)


@pytest.mark.parametrize(("name", "rows", "distinct", "nulls"), SHAPES)
def test_every_reader_gets_back_what_was_written(
    name: str, rows: int, distinct: int, nulls: float, tmp_path: Path
) -> None:
    table, path = table_of(name, rows, distinct, nulls), tmp_path / "table.parquet"
    path.write_bytes(run_table_bytes(table))
    read = pq.read_table(path, page_checksum_verification=True)
    assert read.schema == table.schema
    read.validate(full=True)
    assert read.equals(table)
    assert duckdb.sql(f"select * from '{path}'").to_arrow_table().cast(table.schema).equals(table)
    pd.testing.assert_frame_equal(pd.read_parquet(path), table.to_pandas())


@pytest.mark.parametrize("name", OUTPUT_TABLES)
def test_a_table_without_rows_keeps_its_columns(name: str, tmp_path: Path) -> None:
    table, path = OUTPUT_TABLES[name].empty_table(), tmp_path / "table.parquet"
    path.write_bytes(run_table_bytes(table))
    assert pq.read_table(path).equals(table)
    assert duckdb.sql(f"select * from '{path}'").to_arrow_table().cast(table.schema).equals(table)
    assert list(pd.read_parquet(path).columns) == table.column_names


def test_floats_come_back_bit_for_bit() -> None:
    for times in (1, 100):
        values = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, 1 / 3, 1e300] * times)
        read = pq.read_table(pa.BufferReader(run_table_bytes(pa.table({"x": values}))))["x"].to_numpy()
        assert read.view(np.int64).tolist() == values.view(np.int64).tolist()


def test_how_rows_were_gathered_does_not_show_in_the_bytes() -> None:
    plain = pa.table({"side": pa.array(["SELL", None, "BUY", "SELL"])})
    same = [
        pa.concat_tables([plain.slice(0, 1), plain.slice(1, 3)]),
        pa.concat_tables([plain, plain]).slice(4, 4),
        plain.replace_schema_metadata({"made": "on another machine"}),
    ]
    assert {run_table_bytes(table) for table in same} == {run_table_bytes(plain)}
    assert run_table_bytes(plain.rename_columns(["other"])) != run_table_bytes(plain)
    assert run_table_bytes(plain.slice(0, 3)) != run_table_bytes(plain)


def test_a_sliced_dictionary_is_read_from_where_it_starts() -> None:
    table = SOME.append_column("word", pa.chunked_array([SOME["side"].combine_chunks().dictionary_encode()]))
    for start in (1, 8, 13):
        read = pq.read_table(pa.BufferReader(run_table_bytes(table.slice(start, 100))))
        assert read["word"].to_pylist() == SOME["side"].to_pylist()[start : start + 100]
        assert read.drop(["word"]).equals(SOME.slice(start, 100))


def test_many_rows_are_several_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROWS_PER_GROUP", 300)
    data = run_table_bytes(SOME)
    assert pq.read_metadata(pa.BufferReader(data)).num_row_groups == 3
    assert pq.read_table(pa.BufferReader(data)).equals(SOME)


def test_the_footer_tells_compression_encodings_and_bounds() -> None:
    table = SOME.set_column(1, "account_id", pa.array([f"A{row % 7}" for row in range(700)]).dictionary_encode())
    metadata = pq.read_metadata(pa.BufferReader(run_table_bytes(table)))
    columns = {name: metadata.row_group(0).column(place) for place, name in enumerate(metadata.schema.names)}
    assert {column.compression for column in columns.values()} == {"ZSTD"}
    assert (columns["account_id"].statistics.min, columns["account_id"].statistics.max) == ("A0", "A6")
    assert columns["amount"].statistics is None
    encodings = {name: set(column.encodings) - {"RLE"} for name, column in columns.items()}
    assert encodings["account_id"] == {"RLE_DICTIONARY", "PLAIN"}
    assert encodings["amount"] == {"DELTA_BINARY_PACKED"}


def test_a_reader_may_leave_row_groups_out_by_their_bounds(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    path.write_bytes(run_table_bytes(SOME))
    for name in ("side", "amount"):
        value = SOME[name].drop_null()[0]
        wanted = SOME.filter(pa.compute.equal(SOME[name], value))
        assert pq.read_table(path, filters=[(name, "=", value.as_py())]).equals(wanted)
        assert duckdb.sql(f"select count(*) from '{path}' where {name} = '{value}'").fetchall() == [(wanted.num_rows,)]


def test_a_bit_flipped_in_a_page_is_noticed() -> None:
    data = bytearray(run_table_bytes(SOME))
    data[len(data) // 3] ^= 0x10
    with pytest.raises(InputRefused, match="not a sound Parquet file"):
        parse_table(bytes(data), "here")
