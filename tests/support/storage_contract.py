"""What every storage must do, whatever is behind it: each backend's tests inherit these and name a `storage`."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cluster.storage import ObjectInfo, Storage
from cluster.storage.tables import read_table, table_bytes
from engine.errors import ObjectExists, ObjectMissing, UsageError
from tests.support.races import keys_of, race_processes, race_threads

KEY = "lots/part-00001.parquet"
ODD_KEY = "My book + 100%/Zoë?#&=~'()[]{}/v1.json"
MISSING: list[Callable[[Storage], object]] = [
    lambda storage: storage.read(KEY),
    lambda storage: storage.read_range(KEY, 0, 0),
    lambda storage: storage.read_range(KEY, 3, 5),
    lambda storage: storage.size(KEY),
    lambda storage: storage.open_input(KEY),
]


class StorageContract:
    """Inherit it in a class with a fixture `storage` that gives a new, empty storage."""

    @pytest.mark.parametrize("key", ["book.json", KEY, ODD_KEY])
    def test_what_was_written_is_read(self, storage: Storage, key: str) -> None:
        storage.write(key, b"0123456789")
        assert storage.read(key) == b"0123456789"
        assert storage.size(key) == 10
        assert list(storage.list()) == [ObjectInfo(key, 10)]

    def test_a_write_replaces(self, storage: Storage) -> None:
        storage.write(KEY, b"a long first version")
        storage.write(KEY, b"second")
        assert storage.read(KEY) == b"second"

    def test_many_are_written_together(self, storage: Storage) -> None:
        storage.write(KEY, b"a first version")
        storage.write_all({KEY: b"second", ODD_KEY: b"", "lots/part-00002.parquet": b"third"})
        assert {info.key: storage.read(info.key) for info in storage.list()} == {
            KEY: b"second",
            ODD_KEY: b"",
            "lots/part-00002.parquet": b"third",
        }
        storage.write_all({})

    def test_a_file_is_written_as_bytes_are(self, storage: Storage, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.write_bytes(bytes(range(256)) * 10_000)
        storage.write(KEY, b"a first version")
        storage.write_file(KEY, source)
        assert storage.read(KEY) == source.read_bytes()
        assert [info.key for info in storage.list()] == [KEY]

    @pytest.mark.parametrize(
        ("start", "length", "expected"),
        [
            (0, 4, b"0123"),
            (3, 4, b"3456"),
            (8, 10**12, b"89"),
            (10, 1, b""),
            (99, 1, b""),
            (5, 0, b""),
            (0, 10, b"0123456789"),
        ],
    )
    def test_a_range_ends_where_the_object_ends(
        self, storage: Storage, start: int, length: int, expected: bytes
    ) -> None:
        storage.write(KEY, b"0123456789")
        assert storage.read_range(KEY, start, length) == expected

    @pytest.mark.parametrize(("start", "length"), [(-1, 4), (0, -1)])
    def test_a_negative_range_is_a_mistake(self, storage: Storage, start: int, length: int) -> None:
        with pytest.raises(ValueError, match="zero or more"):
            storage.read_range(KEY, start, length)

    def test_an_empty_object_is_an_object(self, storage: Storage) -> None:
        storage.write(KEY, b"")
        assert (storage.read(KEY), storage.read_range(KEY, 0, 5), storage.size(KEY)) == (b"", b"", 0)
        assert storage.exists(KEY)
        with storage.open_input(KEY) as file:
            assert file.read() == b""

    @pytest.mark.parametrize("operation", MISSING)
    def test_a_missing_object_is_named(self, storage: Storage, operation: Callable[[Storage], object]) -> None:
        storage.write("lots/part-00002.parquet", b"another")
        with pytest.raises(ObjectMissing) as caught:
            operation(storage)
        assert caught.value.where == f"{storage.uri}/{KEY}"

    @pytest.mark.parametrize("operation", MISSING)
    def test_a_key_below_an_object_is_missing(self, storage: Storage, operation: Callable[[Storage], object]) -> None:
        storage.write("lots", b"an object where others have a folder")
        with pytest.raises(ObjectMissing):
            operation(storage)
        assert not storage.exists(KEY)
        assert list(storage.list("lots/")) == []
        storage.delete(KEY)
        assert storage.exists("lots")

    def test_a_folder_is_no_object(self, storage: Storage) -> None:
        storage.write(KEY, b"x")
        assert storage.exists(KEY)
        assert not storage.exists("lots")
        for operation in (storage.read, storage.size, storage.open_input):
            with pytest.raises(ObjectMissing):
                operation("lots")
        storage.delete("lots")
        assert storage.exists(KEY)

    def test_a_deleted_object_is_gone(self, storage: Storage) -> None:
        storage.write(KEY, b"x")
        storage.delete(KEY)
        assert not storage.exists(KEY)
        storage.delete(KEY)
        storage.delete("never/there")

    def test_the_list_is_sorted_by_key_and_recursive(self, storage: Storage) -> None:
        keys = ["a/b", "a-b", "a0", "lots.parquet", "lots/part-00010", "lots/part-00002", "lots/x/y", "Z", "é"]
        for key in keys:
            storage.write(key, key.encode())
        assert list(storage.list()) == [ObjectInfo(key, len(key.encode())) for key in sorted(keys)]

    def test_a_prefix_is_text(self, storage: Storage) -> None:
        for key in ("lots.parquet", "lots/a", "lots/b/c", "lot", "x/lots/a"):
            storage.write(key, b"")
        assert [info.key for info in storage.list("lots")] == ["lots.parquet", "lots/a", "lots/b/c"]
        assert [info.key for info in storage.list("lots/")] == ["lots/a", "lots/b/c"]
        assert [info.key for info in storage.list("lots/b")] == ["lots/b/c"]
        assert [info.key for info in storage.list("nowhere/at/all")] == []

    def test_an_empty_storage_lists_nothing(self, storage: Storage) -> None:
        assert list(storage.list()) == []

    @pytest.mark.parametrize("key", ["", "/etc/passwd", "../outside", "a/../../outside", "a//b"])
    def test_a_key_does_not_leave_the_root(self, storage: Storage, key: str) -> None:
        operations: list[Callable[[], object]] = [
            lambda: storage.read(key),
            lambda: storage.read_range(key, 0, 1),
            lambda: storage.size(key),
            lambda: storage.write(key, b""),
            lambda: storage.create(key, b""),
            lambda: storage.exists(key),
            lambda: storage.delete(key),
            lambda: storage.open_input(key),
        ]
        for operation in operations:
            with pytest.raises(UsageError, match="not a key"):
                operation()
        with pytest.raises(UsageError, match="not a key"):
            storage.list("../")

    def test_an_object_is_created_once(self, storage: Storage) -> None:
        storage.create(KEY, b"first")
        with pytest.raises(ObjectExists) as caught:
            storage.create(KEY, b"first")
        assert caught.value.where == f"{storage.uri}/{KEY}"
        storage.write("other", b"written")
        with pytest.raises(ObjectExists):
            storage.create("other", b"created")
        assert (storage.read(KEY), storage.read("other")) == (b"first", b"written")
        assert [info.key for info in storage.list()] == [KEY, "other"]

    def test_a_created_object_can_be_replaced_and_made_again(self, storage: Storage) -> None:
        storage.create(KEY, b"first")
        storage.write(KEY, b"second")
        assert storage.read(KEY) == b"second"
        storage.delete(KEY)
        storage.create(KEY, b"third")
        assert storage.read(KEY) == b"third"

    @pytest.mark.parametrize("race", [race_threads, race_processes])
    def test_of_eight_creators_exactly_one_wins(
        self, storage: Storage, race: Callable[[Storage, int, int], list[list[str]]]
    ) -> None:
        won = race(storage, 8, 6)
        for key in keys_of(6):
            winners = [number for number, keys in enumerate(won) if key in keys]
            assert len(winners) == 1, key
            assert storage.read(key) == b"racer %d" % winners[0]
        assert [info.key for info in storage.list()] == keys_of(6)

    def test_a_file_is_read_from_any_place(self, storage: Storage) -> None:
        data = bytes(range(256)) * 1024
        storage.write(KEY, data)
        with storage.open_input(KEY) as file:
            assert file.seekable()
            assert file.readable()
            assert file.read(10) == data[:10]
            assert file.tell() == 10
            file.seek(100_000)
            assert file.read(200_000) == data[100_000:]
            assert file.read(1) == b""
            file.seek(-3, io.SEEK_END)
            assert file.read() == data[-3:]
            file.seek(1000)
            file.seek(24, io.SEEK_CUR)
            assert file.read(4) == b"\0\1\2\3"
            file.seek(len(data) - 65_540)
            assert file.read(8) == data[-65_540:-65_532]

    def test_parquet_columns(self, storage: Storage) -> None:
        table = pa.table({"account_id": [f"A{n}" for n in range(20_000)], "cash": [n / 7 for n in range(20_000)]})
        storage.write(KEY, table_bytes(table))
        assert read_table(storage, KEY).equals(table)
        assert read_table(storage, KEY, ["cash", "unknown"]).equals(table.select(["cash"]))
        with storage.open_input(KEY) as file:
            assert pq.ParquetFile(file).read_row_group(0, ["account_id"]).equals(table.select(["account_id"]))
