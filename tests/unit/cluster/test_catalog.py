from __future__ import annotations

import pytest

from cluster.catalog import make_catalog
from cluster.storage import ObjectInfo
from engine.book.findings import Scope

FIRM = ["securities.parquet", "models/part-00000.parquet", "models/part-00001.parquet"]
PARTS = [f"{table}/part-{number:05d}.parquet" for table in ("accounts", "lots") for number in (0, 1)]


def catalog(*keys: str):
    return make_catalog(ObjectInfo(key, 1) for key in ("book.json", *keys))


def told(found) -> list[tuple[str, str]]:
    assert all(finding.scope is Scope.BOOK for finding in found.findings)
    return [(finding.code, f"{finding.table} {finding.file}: {finding.message}") for finding in found.findings]


def test_single_files_folders_and_parts():
    found = catalog(*FIRM, *PARTS, "lots/_SUCCESS", "notes.parquet", "other/part-00000.parquet")
    assert found.findings == ()
    assert found.firm == {
        "securities": ("securities.parquet",),
        "models": ("models/part-00000.parquet", "models/part-00001.parquet"),
    }
    assert found.parts[1] == {"accounts": "accounts/part-00001.parquet", "lots": "lots/part-00001.parquet"}
    assert list(found.parts) == [0, 1]


def test_account_tables_may_be_one_file_each():
    found = catalog("accounts.parquet", "lots.parquet")
    assert found.findings == ()
    assert found.parts == {0: {"accounts": "accounts.parquet", "lots": "lots.parquet"}}


def test_missing_account_tables():
    assert told(catalog("securities.parquet")) == [
        ("TABLE_MISSING", "accounts : the book has no table accounts"),
        ("TABLE_MISSING", "lots : the book has no table lots"),
    ]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ([*PARTS[:-1]], "lots : accounts also has part 1"),
        ([*PARTS, "flows/part-00007.parquet"], "accounts has no part 7"),
        ([*PARTS, "lots/data.parquet"], "lots/data.parquet: the file is in the table's folder"),
        ([*PARTS, "lots.parquet"], "lots.parquet: there is also a folder lots/"),
        ([*PARTS, "lots/part-1.parquet"], "part number 1 is also in"),
    ],
)
def test_parts_that_do_not_match(keys, message):
    faults = told(catalog(*keys))
    assert {code for code, _ in faults} == {"PARTS_MISMATCH"}
    assert any(message in text for _, text in faults)
