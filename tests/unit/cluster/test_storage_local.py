from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cluster.storage import Storage, open_storage
from engine.errors import ObjectExists, ObjectMissing, StorageError
from tests.support.storage_contract import StorageContract


class TestFolder(StorageContract):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> Storage:
        return open_storage(str(tmp_path / "not yet" / "there"))


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(str(tmp_path))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_nothing_but_the_object_is_left(storage: Storage, tmp_path: Path) -> None:
    storage.write("a", b"1")
    storage.create("b", b"2")
    with pytest.raises(ObjectExists):
        storage.create("b", b"3")
    assert names(tmp_path) == ["a", "b"]


def test_a_failed_write_keeps_the_old_object(storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.write("a", b"old")

    def no_space(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_space)
        with pytest.raises(StorageError, match=r"No space left on device .*Free space"):
            storage.write("a", b"new")
        with pytest.raises(StorageError, match="No space left"):
            storage.create("b", b"new")
    assert names(tmp_path) == ["a"]
    assert storage.read("a") == b"old"


def test_a_temporary_file_of_a_killed_writer_is_not_listed(storage: Storage, tmp_path: Path) -> None:
    storage.write("lots/a", b"1")
    (tmp_path / "lots" / ".wholebook-tmp-0123").write_bytes(b"half")
    assert [info.key for info in storage.list()] == ["lots/a"]


def test_objects_have_the_permissions_of_the_umask(storage: Storage, tmp_path: Path) -> None:
    storage.write("a", b"")
    storage.create("b", b"")
    (tmp_path / "c").write_bytes(b"")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "abc"]
    assert modes[0] == modes[1] == modes[2]


def test_a_link_to_a_folder_is_followed(storage: Storage, tmp_path: Path) -> None:
    storage.write("real/a", b"1")
    (tmp_path / "linked").symlink_to(tmp_path / "real")
    assert [info.key for info in storage.list()] == ["linked/a", "real/a"]


def test_a_folder_linked_into_itself_is_refused(storage: Storage, tmp_path: Path) -> None:
    storage.write("lots/a", b"1")
    (tmp_path / "lots" / "again").symlink_to(tmp_path / "lots")
    with pytest.raises(StorageError, match="contains itself"):
        storage.list()


def test_a_link_to_nowhere_is_told(storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "lots.parquet").symlink_to(tmp_path / "gone")
    with pytest.raises(StorageError, match="leads nowhere"):
        storage.list()


def test_a_file_as_root_is_told(tmp_path: Path) -> None:
    (tmp_path / "book").write_bytes(b"")
    storage = open_storage(str(tmp_path / "book"))
    with pytest.raises(StorageError, match="not a folder"):
        storage.list()
    with pytest.raises(ObjectMissing):
        storage.read("book.json")
    with pytest.raises(StorageError, match="Remove the file that stands where a folder is needed"):
        storage.write("book.json", b"{}")


def test_a_folder_in_the_place_of_the_object_is_told(storage: Storage) -> None:
    storage.write("a/b", b"")
    with pytest.raises(StorageError, match="Remove the folder that stands where a file is needed"):
        storage.write("a", b"")
    with pytest.raises(ObjectExists):
        storage.create("a", b"")


def test_a_name_too_long_is_told(storage: Storage) -> None:
    with pytest.raises(StorageError, match="Use a shorter name"):
        storage.write("x" * 300, b"")


def test_a_file_system_without_hard_links_is_told(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with pytest.raises(StorageError, match=r"no hard links .*or S3"):
        storage.create("a", b"")


def test_a_link_whose_answer_was_lost_counts_as_made(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    link = Path.hardlink_to

    def link_twice(self: Path, target: Path) -> None:
        link(self, target)
        link(self, target)

    monkeypatch.setattr(Path, "hardlink_to", link_twice)
    storage.create("a", b"1")
    assert storage.read("a") == b"1"
