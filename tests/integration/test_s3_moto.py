"""The storage contract on moto's S3 server, and what only S3 has."""

from __future__ import annotations

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from moto.s3.models import s3_backends

import cluster.storage.s3 as s3
from cluster.storage import Storage, open_storage
from tests.support.storage_contract import StorageContract


class TestMoto(StorageContract):
    @pytest.fixture
    def storage(self, moto_uri: str) -> Storage:
        return open_storage(moto_uri)


@pytest.fixture
def bucket(moto_uri: str) -> str:
    return moto_uri.split("/")[2]


def test_storages_of_one_bucket_keep_to_their_prefix(bucket: str) -> None:
    one, other = open_storage(f"s3://{bucket}/a"), open_storage(f"s3://{bucket}/ab")
    whole = open_storage(f"s3://{bucket}")
    one.write("x", b"1")
    other.write("x", b"2")
    assert [info.key for info in one.list()] == ["x"]
    assert [info.key for info in whole.list()] == ["a/x", "ab/x"]
    assert whole.read("ab/x") == b"2"


def test_a_list_of_several_pages(bucket: str) -> None:
    for number in range(1005):
        s3_backends["123456789012"]["aws"].put_object(bucket, f"p/{number:04}", b"")
    listed = [info.key for info in open_storage(f"s3://{bucket}/p").list()]
    assert listed == [f"{number:04}" for number in range(1005)]


def test_markers_of_folders_are_no_objects(bucket: str) -> None:
    storage = open_storage(f"s3://{bucket}")
    storage.write("lots/a", b"")
    s3_backends["123456789012"]["aws"].put_object(bucket, "lots/", b"")
    assert [info.key for info in storage.list()] == ["lots/a"]


def test_a_large_write_goes_in_parts(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    five_mib = 5 * 1024 * 1024
    monkeypatch.setattr(s3, "_TRANSFER", TransferConfig(multipart_threshold=five_mib, multipart_chunksize=five_mib))
    data = bytes(range(256)) * (11 * 4096)
    storage = open_storage(f"s3://{bucket}")
    storage.write("large", data)
    assert storage.read("large") == data
    client = boto3.client("s3")
    assert client.head_object(Bucket=bucket, Key="large")["ETag"].endswith('-3"')
    client.close()
