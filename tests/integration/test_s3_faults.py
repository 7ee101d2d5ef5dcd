"""What the S3 storage makes of servers that fail, lie in the wrong place or refuse."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest

from cluster.storage import Storage, open_storage, s3_client
from cluster.storage.tables import read_table, table_bytes
from engine.errors import ObjectExists, StorageError, StorageUnavailable
from tests.support.faulty_s3 import Fault, FaultyS3
from tests.support.s3 import MotoServer

KEY = "lots/part-00001.parquet"
OPERATIONS: dict[str, Callable[[Storage], object]] = {
    "read": lambda storage: storage.read(KEY),
    "read_range": lambda storage: storage.read_range(KEY, 0, 5),
    "size": lambda storage: storage.size(KEY),
    "write": lambda storage: storage.write("new", b"x"),
    "create": lambda storage: storage.create("new", b"x"),
    "exists": lambda storage: storage.exists(KEY),
    "list": lambda storage: list(storage.list()),
    "delete": lambda storage: storage.delete("old"),
    "open_input": lambda storage: storage.open_input(KEY).close(),
}
every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
reading_and_writing = pytest.mark.parametrize("operation", [OPERATIONS["read"], OPERATIONS["create"]])


@pytest.fixture
def proxy(moto_aws: MotoServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyS3]:
    with FaultyS3(moto_aws.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.endpoint)
        yield proxy


@pytest.fixture
def storage(moto_uri: str, proxy: FaultyS3) -> Storage:
    storage = open_storage(moto_uri)
    storage.write(KEY, b"0123456789")
    return storage


@every_operation
def test_two_refusals_are_repeated(storage: Storage, proxy: FaultyS3, operation: Callable[[Storage], object]) -> None:
    before = len(proxy.requests)
    proxy.faults.extend([Fault.SLOW_DOWN, Fault.INTERNAL])
    operation(storage)
    assert len(proxy.requests) == before + 3


@every_operation
def test_lasting_refusals_are_retryable(
    moto_uri: str, proxy: FaultyS3, monkeypatch: pytest.MonkeyPatch, operation: Callable[[Storage], object]
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    proxy.faults.extend([Fault.SLOW_DOWN] * 2)
    with pytest.raises(StorageUnavailable, match="SlowDown"):
        operation(open_storage(moto_uri))
    assert len(proxy.requests) == 2


@reading_and_writing
def test_silence_is_retryable(
    moto_uri: str, proxy: FaultyS3, monkeypatch: pytest.MonkeyPatch, operation: Callable[[Storage], object]
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(s3_client, "READ_TIMEOUT_S", 0.2)
    proxy.faults.append(Fault.HANG)
    with pytest.raises(StorageUnavailable, match=r"Read timeout .*check AWS_ENDPOINT_URL_S3"):
        operation(open_storage(moto_uri))


@reading_and_writing
def test_nobody_there_is_retryable(
    moto_aws: MotoServer, monkeypatch: pytest.MonkeyPatch, operation: Callable[[Storage], object]
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(StorageUnavailable, match="Could not connect"):
        operation(open_storage("s3://bucket/prefix"))


@every_operation
def test_a_missing_bucket_is_named(moto_aws: MotoServer, operation: Callable[[Storage], object]) -> None:
    with pytest.raises(StorageError, match=r"NoSuchBucket.*s3://no-such-bucket/p.*Create the bucket") as caught:
        operation(open_storage("s3://no-such-bucket/p"))
    assert type(caught.value) is StorageError


@every_operation
def test_denied_access_is_told(storage: Storage, proxy: FaultyS3, operation: Callable[[Storage], object]) -> None:
    proxy.faults.append(Fault.DENIED)
    with pytest.raises(StorageError, match="Check the AWS credentials"):
        operation(storage)


def test_a_wrong_region_is_told(storage: Storage, proxy: FaultyS3) -> None:
    proxy.faults.append(Fault.WRONG_REGION)
    with pytest.raises(StorageError, match="Set AWS_DEFAULT_REGION"):
        storage.read(KEY)


@reading_and_writing
def test_missing_credentials_are_told(
    moto_aws: MotoServer, monkeypatch: pytest.MonkeyPatch, operation: Callable[[Storage], object]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StorageError, match="Configure AWS credentials"):
        operation(open_storage("s3://bucket/prefix"))


def test_an_unknown_profile_and_a_bad_endpoint_are_told(moto_aws: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "not a URL")
    with pytest.raises(StorageError, match="AWS_ENDPOINT_URL_S3"):
        open_storage("s3://bucket/prefix").read(KEY)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(StorageError, match=r"nobody.*AWS_PROFILE"):
        open_storage("s3://bucket/prefix").read(KEY)


def test_a_body_that_breaks_off_is_read_again(storage: Storage, proxy: FaultyS3) -> None:
    proxy.faults.extend([Fault.CUT, Fault.CUT])
    assert storage.read(KEY) == b"0123456789"


def test_bodies_that_always_break_off_are_retryable(storage: Storage, proxy: FaultyS3) -> None:
    proxy.faults.extend([Fault.CUT] * 4)
    with pytest.raises(StorageUnavailable) as caught:
        storage.read(KEY)
    assert isinstance(pickle.loads(pickle.dumps(caught.value)), StorageUnavailable)


def test_a_create_whose_answer_was_lost_has_won(storage: Storage, proxy: FaultyS3) -> None:
    proxy.faults.append(Fault.LOST)
    storage.create("v1.json", b"ours")
    assert storage.read("v1.json") == b"ours"
    with pytest.raises(ObjectExists):
        storage.create("v1.json", b"ours")


def test_a_create_repeated_after_a_refusal_can_still_lose(storage: Storage, proxy: FaultyS3) -> None:
    storage.create("v1.json", b"theirs")
    proxy.faults.append(Fault.INTERNAL)
    with pytest.raises(ObjectExists):
        storage.create("v1.json", b"ours")
    assert storage.read("v1.json") == b"theirs"


def test_a_conflict_of_two_creates_is_repeated(storage: Storage, proxy: FaultyS3) -> None:
    proxy.faults.extend([Fault.CONFLICT, Fault.CONFLICT])
    storage.create("v1.json", b"ours")
    assert storage.read("v1.json") == b"ours"


def test_an_object_replaced_while_it_is_read_is_told(storage: Storage) -> None:
    storage.write(KEY, b"a" * 200_000)
    with storage.open_input(KEY) as file:
        storage.write(KEY, b"b" * 200_000)
        with pytest.raises(StorageError, match="replaced while it was read"):
            file.read(10)


def test_a_column_costs_one_request_after_the_footer(storage: Storage, proxy: FaultyS3) -> None:
    rows = 100_000
    table = pa.table({"account_id": [f"A{n * 7919 % rows}" for n in range(rows)], "cash": [n / 7 for n in range(rows)]})
    storage.write(KEY, table_bytes(table))
    proxy.requests.clear()
    assert read_table(storage, KEY, ["account_id"]).equals(table.select(["account_id"]))
    assert proxy.requests[0] == "GET bytes=-65536"
    assert len(proxy.requests) == 2


def test_a_failure_inside_a_parquet_reader_stays_what_it_is(
    storage: Storage, proxy: FaultyS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pa.table({"cash": [n / 7 for n in range(100_000)], "fee": [0.0] * 100_000})
    storage.write(KEY, table_bytes(table))
    file = storage.open_input(KEY)
    monkeypatch.setattr(storage, "open_input", lambda key: file)
    proxy.faults.append(Fault.DENIED)
    with pytest.raises(StorageError, match="AccessDenied"):
        read_table(storage, KEY, ["cash"])
