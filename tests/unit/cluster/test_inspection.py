from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pytest

from cluster.inspection import Names, hash_name, inspect_part, misplaced_accounts, reconcile
from cluster.storage import open_storage
from cluster.storage.tables import table_bytes
from tests.support.tiny_book import part_tables, write_tiny_book


def names(number: int, accounts: dict[str, str], others: tuple[str, ...] = ()) -> Names:
    def hashes(values):
        return np.array([hash_name(value) for value in values], dtype=np.uint64)

    return Names(number, hashes(accounts), hashes(accounts.values()), hashes(others))


def misplaced(*parts: Names) -> set[int]:
    return set(reconcile(*parts)[0].misplaced)


def test_a_whole_book_has_nothing_misplaced():
    assert misplaced(names(0, {"a": "h", "b": "h"}, ("a",)), names(1, {"c": "c"}, ("c",))) == set()
    assert misplaced() == set()


@pytest.mark.parametrize(
    ("parts", "wrong"),
    [
        ((names(0, {"a": "a"}), names(1, {"a": "a", "b": "b"})), {"a"}),
        ((names(0, {"a": "h", "b": "b"}), names(1, {"c": "h"})), {"a", "c"}),
        ((names(0, {"a": "a"}, ("b",)), names(1, {"b": "b"}, ("b",))), {"b"}),
        ((names(0, {"a": "a"}, ("nobody",)),), set()),
        ((names(0, {"a": "c"}), names(1, {"c": "c"})), {"a", "c"}),
    ],
    ids=["account twice", "household split", "rows elsewhere", "rows of nobody", "household named as an account"],
)
def test_what_is_not_whole(parts, wrong):
    assert misplaced(*parts) == {hash_name(name) for name in wrong}


def test_hashes_become_names_again_on_the_worker():
    tables = [pa.table({"account_id": ["a", "b", None, "a"]}), pa.table({"account_id": ["c"]})]
    assert misplaced_accounts(tables, frozenset({hash_name("a"), hash_name("c"), 5})) == {"a", "c"}
    assert misplaced_accounts(tables, frozenset()) == frozenset()


def test_a_part_is_inspected(tmp_path):
    book = open_storage(write_tiny_book(str(tmp_path)))
    keys = {table: f"{table}/part-00002.parquet" for table in ("accounts", "lots")}
    found, hashed = inspect_part(book, 2, keys)
    assert found.findings == ()
    assert [(file.table, file.rows) for file in found.files] == [("accounts", 3), ("lots", 3)]
    for file in found.files:
        data = (tmp_path / file.key).read_bytes()
        assert (file.sha256, file.bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert hashed.households.tolist() == [hash_name("H2"), hash_name("H2"), hash_name("A22")]
    assert hashed.others.tolist() == []


def test_rows_of_accounts_that_a_part_has_not_are_told(tmp_path):
    book = open_storage(write_tiny_book(str(tmp_path)))
    _, hashed = inspect_part(book, 2, {"accounts": "accounts/part-00002.parquet", "lots": "lots/part-00001.parquet"})
    lots = part_tables(1)["lots"]["account_id"].to_pylist()
    assert hashed.others.tolist() == sorted(hash_name(name) for name in set(lots))


def test_unreadable_files_and_wrong_columns_are_findings(tmp_path):
    book = open_storage(str(tmp_path))
    book.write("accounts.parquet", b"PAR1 and no more")
    book.write("lots.parquet", table_bytes(part_tables(0)["lots"].drop_columns("account_id")))
    found, hashed = inspect_part(book, 0, {"accounts": "accounts.parquet", "lots": "lots.parquet"})
    assert {finding.code for finding in found.findings} == {"FILE_UNREADABLE", "COLUMN_MISSING"}
    assert len(hashed.accounts) == len(hashed.others) == 0
