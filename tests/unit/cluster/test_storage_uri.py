from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from cluster.storage import open_storage
from cluster.storage.base import check_key, check_prefix
from engine.errors import UsageError


def test_a_relative_folder_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_storage("book/").uri == f"{tmp_path}/book"
    assert open_storage(".").uri == str(tmp_path)


@pytest.mark.parametrize("uri", ["file:///data/my%20book", "file://localhost/data/my%20book", "file:/data/my book/"])
def test_a_file_uri_is_its_path(uri: str) -> None:
    assert open_storage(uri).uri == "/data/my book"


def test_a_colon_in_a_folder_name_is_no_scheme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_storage("book:2018-02-07").uri == f"{tmp_path}/book:2018-02-07"


@pytest.mark.parametrize("uri", ["s3://bucket", "s3://bucket/", "S3://bucket"])
def test_a_bucket_alone_is_a_root(uri: str) -> None:
    assert open_storage(uri).uri == "s3://bucket"


def test_a_prefix_loses_its_last_slash() -> None:
    assert open_storage("s3://bucket/a/b/").uri == "s3://bucket/a/b"


UNSUPPORTED = """
    file:book  file://  file://server/book  gs://bucket/book  s3a://bucket/book  http://host/path
    s3:bucket  s3://  s3:///prefix  s3://b  s3://bucket/../other  s3://bucket/a//b
"""


@pytest.mark.parametrize("uri", ["", "book\0", *UNSUPPORTED.split()])
def test_other_uris_are_a_usage_error(uri: str) -> None:
    with pytest.raises(UsageError):
        open_storage(uri)


def test_the_error_names_what_is_supported() -> None:
    with pytest.raises(UsageError, match=r"\(gs\) is not supported \[gs://b/x\].*s3://bucket/prefix"):
        open_storage("gs://b/x")


@pytest.mark.parametrize("uri", ["/data/book", "s3://bucket", "s3://bucket/a/b"])
def test_a_storage_travels_to_another_process(uri: str) -> None:
    assert pickle.loads(pickle.dumps(open_storage(uri))).uri == uri


@pytest.mark.parametrize("key", ["a", "lots/part-00001.parquet", "published/My book/2018-02-07/v1.json", "é/ü", "..a"])
def test_keys(key: str) -> None:
    assert check_key(key) == key


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/../b",
        "./a",
        "a\\b",
        "a\nb",
        "a\0b",
        ".wholebook-tmp-1",
        "x/.wholebook-tmp-1",
    ],
)
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(UsageError, match="not a key"):
        check_key(key)


@pytest.mark.parametrize("prefix", ["", "lots", "lots/", "lots/part", "a/b/"])
def test_prefixes(prefix: str) -> None:
    assert check_prefix(prefix) == prefix


@pytest.mark.parametrize("prefix", ["/", "/a", "a//", "../a", "a/../b", "a/./"])
def test_what_is_no_prefix(prefix: str) -> None:
    with pytest.raises(UsageError, match="not a key"):
        check_prefix(prefix)
