from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cluster.storage import Storage, open_storage
from cluster.storage.tables import open_parquet, parse_table, read_columns, read_table, table_bytes
from engine.errors import InputRefused, ObjectMissing
from tests.support.text_types import TEXT_TYPES

KEY = "lots/part-00000.parquet"
LOTS = pa.table(
    {
        "account_id": ["A1", "A1", "A2", None],
        "quantity": pa.array([Decimal("1.500000"), Decimal("2"), None, Decimal("3")], pa.decimal128(18, 6)),
        "cost_basis": [10.25, float("nan"), None, -0.0],
        "acquired": [dt.date(2017, 2, 28), dt.date(2018, 1, 2), None, dt.date(1969, 12, 31)],
        "locked": [True, False, None, True],
    }
)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(str(tmp_path))


def test_a_table_comes_back_as_it_was(storage: Storage) -> None:
    storage.write(KEY, table_bytes(LOTS))
    back = read_table(storage, KEY)
    assert back.schema == LOTS.schema
    assert back.drop(["cost_basis"]).equals(LOTS.drop(["cost_basis"]))
    assert repr(back["cost_basis"].to_pylist()) == repr(LOTS["cost_basis"].to_pylist())


def test_columns_come_in_the_order_asked_and_only_those_that_exist(storage: Storage) -> None:
    storage.write(KEY, table_bytes(LOTS))
    assert read_table(storage, KEY, ["locked", "unknown", "account_id"]).equals(LOTS.select(["locked", "account_id"]))
    assert parse_table(storage.read(KEY), KEY, ["locked"]).equals(LOTS.select(["locked"]))
    assert read_table(storage, KEY, ["unknown"]).num_columns == 0


@pytest.mark.parametrize("dtype", TEXT_TYPES, ids=str)
def test_text_comes_back_as_plain_strings(dtype: pa.DataType) -> None:
    """Also text in row groups of which each has a dictionary of its own."""
    sink = pa.BufferOutputStream()
    pq.write_table(LOTS.set_column(0, "account_id", LOTS["account_id"].cast(dtype)), sink, row_group_size=2)
    data = bytes(sink.getvalue())
    assert pq.read_schema(pa.BufferReader(data)).field("account_id").type == dtype
    assert parse_table(data, KEY).schema == LOTS.schema
    assert parse_table(data, KEY, ["account_id"])["account_id"].to_pylist() == LOTS["account_id"].to_pylist()


@pytest.mark.parametrize("dtype", [pa.string(), *TEXT_TYPES], ids=str)
def test_text_may_come_as_the_file_holds_it(dtype: pa.DataType) -> None:
    """As dictionaries where the file has them, in every row group its own; everything else as without."""
    sink = pa.BufferOutputStream()
    table = LOTS.append_column("lot_id", pa.array(["L1", "L2", "L1", "L3"]))
    pq.write_table(
        table.set_column(0, "account_id", table["account_id"].cast(dtype)), sink, 2, use_dictionary=["account_id"]
    )
    read = parse_table(bytes(sink.getvalue()), KEY, dictionaries=True)
    assert pa.types.is_dictionary(read["account_id"].type)
    assert not pa.types.is_dictionary(read["lot_id"].type) or pa.types.is_dictionary(dtype)
    assert read["account_id"].to_pylist() == LOTS["account_id"].to_pylist()
    assert read["lot_id"].to_pylist() == table["lot_id"].to_pylist()
    assert read.select(["acquired", "locked"]).equals(LOTS.select(["acquired", "locked"]))


def test_the_footer_tells_rows_and_statistics() -> None:
    metadata = open_parquet(table_bytes(LOTS), KEY).metadata
    assert metadata.num_rows == 4
    assert metadata.schema.to_arrow_schema() == LOTS.schema
    column = metadata.row_group(0).column(0)
    assert (column.compression, column.statistics.min, column.statistics.max) == ("ZSTD", "A1", "A2")
    assert "RLE_DICTIONARY" in column.encodings
    assert "RLE_DICTIONARY" not in metadata.row_group(0).column(1).encodings  # a decimal


def test_the_bytes_depend_on_the_content_alone() -> None:
    same = [
        pa.concat_tables([LOTS.slice(0, 1), LOTS.slice(1, 3)]),
        pa.concat_tables([LOTS, LOTS]).slice(4, 4),
        LOTS.set_column(0, "account_id", LOTS["account_id"].dictionary_encode()),
        LOTS.set_column(
            0, "account_id", pa.DictionaryArray.from_arrays(pa.array([2, 2, 0, None]), ["A2", "never used", "A1"])
        ),
        LOTS.replace_schema_metadata({"made": "on another machine"}),
    ]
    assert {table_bytes(table) for table in same} == {table_bytes(LOTS)}


def test_the_bytes_differ_where_the_content_does() -> None:
    other = LOTS.set_column(0, "account_id", pa.array(["A1", "A1", "A2", "A2"]))
    assert table_bytes(other) != table_bytes(LOTS)
    assert table_bytes(LOTS.rename_columns(["a", "b", "c", "d", "e"])) != table_bytes(LOTS)


def test_many_chunks_and_row_groups_make_no_difference() -> None:
    rows = (1 << 20) + 1000
    table = pa.table({"n": pa.array(range(rows), pa.int32()), "t": pa.array(["ab", "c"] * (rows // 2))})
    pieces = pa.concat_tables([table.slice(start, 99_991) for start in range(0, rows, 99_991)])
    data = table_bytes(pieces)
    assert data == table_bytes(table)
    assert pq.read_metadata(pa.BufferReader(data)).num_row_groups == 2


def test_a_table_without_rows_keeps_its_columns(storage: Storage) -> None:
    storage.write(KEY, table_bytes(LOTS.slice(0, 0)))
    assert read_table(storage, KEY).schema == LOTS.schema


def test_other_readers_open_it(storage: Storage, tmp_path: Path) -> None:
    storage.write(KEY, table_bytes(LOTS))
    path = tmp_path / KEY
    assert duckdb.sql(f"select count(*), sum(quantity) from '{path}'").fetchall() == [(4, Decimal("6.500000"))]
    assert list(pq.read_table(path).to_pandas().columns) == LOTS.column_names


def broken_files() -> dict[str, bytes]:
    sound = table_bytes(pa.table({"account_id": [f"A{n}" for n in range(1000)], "cash": [n / 7 for n in range(1000)]}))
    page = bytearray(sound)
    page[len(sound) // 2] ^= 0x10
    footer_bytes = int.from_bytes(sound[-8:-4], "little")
    return {
        "empty": b"",
        "text": b"account_id,cash\nA1,100\n",
        "cut": sound[: len(sound) // 2],
        "without its start": sound[100:],
        "a bit flipped in a page": bytes(page),
        "a footer of zeros": sound[: -8 - footer_bytes] + bytes(footer_bytes) + sound[-8:],
        "a footer longer than the file": sound[:-8] + (1 << 30).to_bytes(4, "little") + b"PAR1",
    }


@pytest.mark.parametrize("what", broken_files())
def test_a_broken_file_is_refused_by_name(storage: Storage, what: str) -> None:
    data = broken_files()[what]
    storage.write(KEY, data)
    for read in (
        lambda: read_table(storage, KEY),
        lambda: read_table(storage, KEY, ["account_id", "cash"]),
        lambda: parse_table(data, f"{storage.uri}/{KEY}"),
    ):
        with pytest.raises(InputRefused, match="not a sound Parquet file") as caught:
            read()
        assert caught.value.where == f"{storage.uri}/{KEY}"
        assert caught.value.remedy


@pytest.mark.parametrize("what", ["empty", "text", "cut", "a footer of zeros"])
def test_a_broken_footer_is_refused_by_name(what: str) -> None:
    with pytest.raises(InputRefused, match="not a sound Parquet file"):
        open_parquet(broken_files()[what], KEY)


def test_a_broken_page_of_an_open_file_is_refused_by_name() -> None:
    file = open_parquet(broken_files()["a bit flipped in a page"], KEY)
    with pytest.raises(InputRefused, match="not a sound Parquet file"):
        read_columns(file, KEY, ["account_id", "cash"])


def test_columns_of_an_open_file() -> None:
    file = open_parquet(table_bytes(LOTS), KEY, ["account_id", "household_id"])
    read = read_columns(file, KEY, ["account_id", "household_id", "locked"])
    assert pa.types.is_dictionary(read["account_id"].type)
    assert read["account_id"].to_pylist() == LOTS["account_id"].to_pylist()
    assert read.drop(["account_id"]).equals(LOTS.select(["locked"]))


def test_a_column_delivered_twice_is_refused(storage: Storage, tmp_path: Path) -> None:
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["cash", "cash"])
    sink = pa.BufferOutputStream()
    pq.write_table(twice, sink)
    storage.write(KEY, bytes(sink.getvalue()))
    with pytest.raises(InputRefused, match="cash"):
        read_table(storage, KEY, ["cash"])


def test_a_missing_table_is_missing(storage: Storage) -> None:
    with pytest.raises(ObjectMissing):
        read_table(storage, KEY)
