"""The storage contract on a real S3 server: `make test-s3`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from cluster.storage import Storage, open_storage
from engine.errors import ObjectExists, StorageError
from tests.support.storage_contract import StorageContract

pytestmark = pytest.mark.s3


class TestRealServer(StorageContract):
    @pytest.fixture
    def storage(self, real_s3_uri: str) -> Storage:
        return open_storage(real_s3_uri)


def test_a_list_of_several_pages(real_s3_uri: str) -> None:
    storage = open_storage(real_s3_uri)
    keys = [f"part-{number:04}" for number in range(1005)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: storage.write(key, b""), keys))
    assert [info.key for info in storage.list()] == keys


def test_a_large_write_goes_in_parts(real_s3_uri: str) -> None:
    storage = open_storage(real_s3_uri)
    data = bytes(range(256)) * (65 * 4096)
    storage.write("large", data)
    assert storage.size("large") == 65 * 1024 * 1024
    assert storage.read("large") == data
    with pytest.raises(ObjectExists):
        storage.create("large", b"small")


def test_a_wrong_secret_is_told(real_s3_uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(StorageError, match="Check the AWS credentials"):
        open_storage(real_s3_uri).read("book.json")


def test_a_missing_bucket_is_told() -> None:
    with pytest.raises(StorageError, match="Create the bucket"):
        open_storage("s3://no-such-bucket-here/book").exists("book.json")
