"""Columns against the contract."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from engine.book.schema import BOOK_TABLES, FIRM_TABLES, PART_TABLES
from engine.book.validation import check_schema

REQUIRED = [(table.name, column.name) for table in BOOK_TABLES.values() for column in table.columns if column.required]


def schemas(book: Any) -> dict[str, pa.Schema]:
    return {name: table.schema for name, table in book.arrow(FIRM_TABLES + PART_TABLES).items()}


def replaced(schema: pa.Schema, column: str, dtype: pa.DataType) -> pa.Schema:
    return schema.set(schema.get_field_index(column), pa.field(column, dtype))


def test_valid_schemas_have_no_finding(book: Any) -> None:
    assert [check_schema(name, schema, "f") for name, schema in schemas(book).items()] == [[]] * len(BOOK_TABLES)


@pytest.mark.parametrize(("table", "column"), REQUIRED)
def test_missing_column(book: Any, table: str, column: str) -> None:
    schema = schemas(book)[table]
    schema = schema.remove(schema.get_field_index(column))
    (finding,) = check_schema(table, schema, "lots/part-00001.parquet")
    assert (finding.scope.name, finding.code, finding.table, finding.column) == (
        "BOOK",
        "COLUMN_MISSING",
        table,
        column,
    )
    assert finding.file == "lots/part-00001.parquet"


def test_optional_columns_may_be_missing(book: Any) -> None:
    required = [field for field in schemas(book)["accounts"] if BOOK_TABLES["accounts"].by_name[field.name].required]
    assert check_schema("accounts", pa.schema(required), "f") == []


@pytest.mark.parametrize(
    ("table", "column", "dtype"),
    [
        ("lots", "acquired", pa.string()),
        ("lots", "acquired", pa.int32()),
        ("lots", "holding_start", pa.dictionary(pa.int32(), pa.string())),
        ("lots", "quantity", pa.string()),
        ("lots", "locked", pa.int8()),
        ("lots", "account_id", pa.int64()),
        ("activity", "sequence", pa.float64()),
        ("accounts", "cash", pa.bool_()),
        ("securities", "price", pa.list_(pa.float64())),
        ("policies", "preserve_until", pa.large_string()),
    ],
)
def test_wrong_type(book: Any, table: str, column: str, dtype: pa.DataType) -> None:
    (finding,) = check_schema(table, replaced(schemas(book)[table], column, dtype), "f")
    assert (finding.scope.name, finding.code, finding.table, finding.column) == ("BOOK", "COLUMN_TYPE", table, column)
    assert str(dtype) in finding.message


def test_text_dates_come_with_a_way_out(book: Any) -> None:
    (finding,) = check_schema("lots", replaced(schemas(book)["lots"], "acquired", pa.string()), "f")
    assert "CAST(acquired AS DATE)" in finding.remedy


@pytest.mark.parametrize(
    ("column", "dtype"),
    [
        ("quantity", pa.decimal128(38, 6)),
        ("quantity", pa.int64()),
        ("quantity", pa.float32()),
        ("acquired", pa.timestamp("ns", "UTC")),
        ("acquired", pa.date64()),
        ("account_id", pa.dictionary(pa.int32(), pa.string())),
        ("account_id", pa.large_string()),
        ("holding_start", pa.null()),
    ],
)
def test_types_that_fit(book: Any, column: str, dtype: pa.DataType) -> None:
    assert check_schema("lots", replaced(schemas(book)["lots"], column, dtype), "f") == []


def test_unknown_column_is_ignored(book: Any) -> None:
    assert check_schema("lots", schemas(book)["lots"].append(pa.field("memo", pa.binary())), "f") == []


def test_column_twice(book: Any) -> None:
    schema = schemas(book)["lots"].append(pa.field("quantity", pa.float64()))
    (finding,) = check_schema("lots", schema, "f")
    assert (finding.code, finding.column) == ("COLUMN_TYPE", "quantity")
    assert "2 times" in finding.message


def test_all_faults_of_a_schema_are_told(book: Any) -> None:
    schema = replaced(schemas(book)["lots"], "acquired", pa.string())
    schema = schema.remove(schema.get_field_index("quantity"))
    assert [finding.column for finding in check_schema("lots", schema, "f")] == ["quantity", "acquired"]
