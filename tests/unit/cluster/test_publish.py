from __future__ import annotations

import json

import pytest

from cluster.publish import (
    Manifest,
    ManifestFile,
    check_unpublished,
    publications,
    publish,
    published_by,
    read_manifest,
    write_manifest,
)
from cluster.sampling import compare
from cluster.storage import open_storage
from engine.errors import GateRefused, PublicationConflict, StorageError, StorageUnavailable, Unfinished

FILES = tuple(
    ManifestFile(key=f"runs/x/parts/{table}-{part}", table=table, part=part, sha256="0" * 64, rows=1)
    for table in ("trades", "results")
    for part in (1, 0)
)


def manifest(run: str = "a" * 16, **totals: int) -> Manifest:
    return Manifest(run_id=run, book="book", as_of="2026-01-30", files=FILES, totals=totals, sample=compare([]))


@pytest.fixture
def out(tmp_path):
    return open_storage(str(tmp_path))


def test_the_manifest_is_canonical():
    data = manifest(b=2, a=1).to_bytes()
    assert data == manifest(a=1, b=2).model_copy(update={"files": FILES[::-1]}).to_bytes()
    document = json.loads(data)
    assert document["schema"] == 1
    assert [(file["table"], file["part"]) for file in document["files"]] == [
        ("results", 0),
        ("results", 1),
        ("trades", 0),
        ("trades", 1),
    ]


def test_a_crash_between_manifest_and_pointer_is_finished_by_the_next(out):
    pointer = write_manifest(out, manifest())
    assert write_manifest(out, manifest()) == pointer
    assert publications(out, "book", "2026-01-30") == []
    found, _ = read_manifest(out, "a" * 16)
    made = publish(out, found, pointer)
    assert published_by(out, found) == made
    assert made.key == "published/book/2026-01-30/v1.json"


def test_a_finished_run_is_never_changed(out):
    write_manifest(out, manifest(a=1))
    with pytest.raises(GateRefused, match="differs"):
        write_manifest(out, manifest(a=2))


def test_publication_happens_once(out):
    publish(out, manifest(), write_manifest(out, manifest()))
    other = manifest("b" * 16)
    pointer = write_manifest(out, other)
    with pytest.raises(PublicationConflict, match="a" * 16):
        check_unpublished(out, "book", "2026-01-30")
    with pytest.raises(PublicationConflict, match="a" * 16):
        publish(out, other, pointer)
    assert publish(out, other, pointer, supersede=True).version == 2
    with pytest.raises(PublicationConflict, match="this same run"):
        publish(out, other, pointer, supersede=True)
    check_unpublished(out, "book", "2026-01-31")


class Unsure:
    """A store whose answer to a create was lost."""

    def __init__(self, inner):
        self._inner = inner

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def create(self, key, data):
        self._inner.create(key, data)
        raise StorageUnavailable("the answer was lost")


def test_a_lost_answer_leaves_a_run_that_publish_finishes(out):
    pointer = write_manifest(out, manifest())
    with pytest.raises(Unfinished, match="did not say") as stopped:
        publish(Unsure(out), manifest(), pointer)
    assert "wholebook publish" in stopped.value.remedy
    assert published_by(out, manifest()) is not None


def test_unreadable_commits_are_told(out):
    with pytest.raises(Unfinished, match="no manifest"):
        read_manifest(out, "a" * 16)
    out.write(f"runs/{'a' * 16}/manifest.json", b"{}")
    with pytest.raises(StorageError, match="not a manifest"):
        read_manifest(out, "a" * 16)
    out.write("published/book/2026-01-30/v1.json", b"[]")
    with pytest.raises(StorageError, match="not a pointer"):
        publications(out, "book", "2026-01-30")
