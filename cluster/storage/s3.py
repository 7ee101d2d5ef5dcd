"""Objects in an S3 bucket under a prefix, through boto3."""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from cluster.storage.base import ObjectInfo, check_key, check_prefix
from cluster.storage.local_errors import reading
from cluster.storage.s3_client import make_client
from cluster.storage.s3_errors import BROKEN_BODY, status_of, wrapped
from cluster.storage.s3_file import Piece, RangedFile
from engine.errors import ObjectExists, ObjectMissing, StorageError, StorageUnavailable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import GetObjectRequestTypeDef

_MB = 1024 * 1024
_TRANSFER = TransferConfig(multipart_threshold=64 * _MB, multipart_chunksize=16 * _MB, max_concurrency=4)
_TOKEN = "create-token"


class _BrokenBody(StorageUnavailable):
    """An answer broke off after its headers."""


class _Conflict(StorageUnavailable):
    """Two conditional writes of one key met; S3 asks for another attempt."""


class S3Storage:
    """The objects of `bucket` whose keys start with `prefix/`."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._held: tuple[int, S3Client] | None = None

    def __reduce__(self) -> tuple[object, ...]:
        return (S3Storage, (self._bucket, self._prefix.rstrip("/")))

    @property
    def uri(self) -> str:
        """`s3://bucket/prefix`."""
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def read(self, key: str) -> bytes:
        """See `Storage.read`."""
        return self._get(key, "").data

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """See `Storage.read_range`."""
        if start < 0 or length < 0:
            raise ValueError(f"a range needs start and length of zero or more, not {start} and {length}")
        # HTTP knows no empty range, but a missing object is to be told all the same.
        data = self._get(key, f"bytes={start}-{start + max(length, 1) - 1}").data
        return data[:length]

    def size(self, key: str) -> int:
        """See `Storage.size`. A GET of one byte, since a HEAD cannot tell a missing bucket from a missing key."""
        return self._get(key, "bytes=0-0").size

    def write(self, key: str, data: bytes) -> None:
        """See `Storage.write`. In several parts, each with its own retries, from 64 MiB on."""
        self._upload(key, io.BytesIO(data))

    def write_all(self, objects: Mapping[str, bytes]) -> None:
        """See `Storage.write_all`. One after the other."""
        for key, data in objects.items():
            self.write(key, data)

    def write_file(self, key: str, path: Path) -> None:
        """See `Storage.write_file`."""
        with reading(path), path.open("rb") as source:
            self._upload(key, source)

    def create(self, key: str, data: bytes) -> None:
        """See `Storage.create`. One PUT with `If-None-Match: *`; servers ignore the condition on multipart uploads.

        If the answer to a PUT that worked is lost, its repetition finds the key taken by ourselves. A token in the
        object's metadata, different in every call, tells that case from a lost race.
        """
        token = uuid.uuid4().hex
        try:
            self._put_new(key, data, token)
        except ObjectExists:
            if self._token(key) != token:
                raise

    def exists(self, key: str) -> bool:
        """See `Storage.exists`."""
        try:
            self.size(key)
        except ObjectMissing:
            return False
        return True

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """See `Storage.list`."""
        return self._pages(self._prefix + check_prefix(prefix))

    def delete(self, key: str) -> None:
        """See `Storage.delete`."""
        with wrapped(self._where(key)):
            self._client.delete_object(Bucket=self._bucket, Key=self._full(key))

    def open_input(self, key: str) -> BinaryIO:
        """See `Storage.open_input`."""
        check_key(key)
        return cast(BinaryIO, RangedFile(lambda span: self._get(key, span), self._where(key)))

    @property
    def _client(self) -> S3Client:
        """The client of this process; a forked child may not use its parent's connections."""
        held = self._held
        if held is None or held[0] != os.getpid():
            self._held = held = (os.getpid(), self._connect())
        return held[1]

    def _connect(self) -> S3Client:
        with wrapped(self.uri):
            try:
                return make_client()
            except ValueError as error:
                if isinstance(error, BotoCoreError):
                    raise
                raise StorageError(str(error), where=self.uri, remedy="Correct AWS_ENDPOINT_URL_S3") from error

    def _full(self, key: str) -> str:
        return self._prefix + check_key(key)

    def _where(self, key: str) -> str:
        return f"{self.uri}/{key}"

    def _get(self, key: str, span: str) -> Piece:
        """Read the object, or the `span` of it that an HTTP Range header names; past its end there are no bytes."""
        request: GetObjectRequestTypeDef = {"Bucket": self._bucket, "Key": self._full(key)}
        if span:
            request["Range"] = span
        with wrapped(self._where(key)):
            try:
                return self._download(request, key)
            except ClientError as error:
                if status_of(error) == 416:
                    return Piece(b"", 0, "")
                raise

    @retry(
        retry=retry_if_exception_type(_BrokenBody),
        wait=wait_random_exponential(multiplier=0.2, max=5),
        stop=stop_after_attempt(4),
        reraise=True,
    )
    def _download(self, request: GetObjectRequestTypeDef, key: str) -> Piece:
        """Get headers and body; botocore repeats requests, but not bodies that break off."""
        answer = self._client.get_object(**request)
        try:
            with closing(answer["Body"]) as body:  # entered itself, it would hand out urllib3's stream and errors
                data = body.read()
        except BROKEN_BODY as error:
            raise _BrokenBody(f"S3: {error}", where=self._where(key), remedy="Try again") from error
        size = answer.get("ContentRange", "").rpartition("/")[2]
        return Piece(data, int(size) if size.isdigit() else len(data), answer["ETag"])

    @retry(
        retry=retry_if_exception_type(_Conflict),
        wait=wait_random_exponential(multiplier=0.1, max=2),
        stop=stop_after_attempt(10),
        reraise=True,
    )
    def _put_new(self, key: str, data: bytes, token: str) -> None:
        """One conditional PUT, marked with `token`."""
        where = self._where(key)
        with wrapped(where):
            try:
                self._client.put_object(
                    Bucket=self._bucket, Key=self._full(key), Body=data, IfNoneMatch="*", Metadata={_TOKEN: token}
                )
            except ClientError as error:
                if status_of(error) == 412:
                    raise ObjectExists("the object exists already", where=where) from error
                if status_of(error) == 409:
                    raise _Conflict("writes of one object met", where=where, remedy="Try again") from error
                raise

    def _upload(self, key: str, source: BinaryIO) -> None:
        with wrapped(self._where(key)):
            self._client.upload_fileobj(source, self._bucket, self._full(key), Config=_TRANSFER)

    def _token(self, key: str) -> str | None:
        """The mark of the call that created the object, if any."""
        with wrapped(self._where(key)):
            try:
                answer = self._client.head_object(Bucket=self._bucket, Key=self._full(key))
            except ClientError as error:
                if status_of(error) == 404:
                    return None
                raise
        return answer["Metadata"].get(_TOKEN)

    def _pages(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield the bucket's objects under `prefix`, without the markers that some tools make for folders."""
        with wrapped(f"s3://{self._bucket}/{prefix}"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                for item in page.get("Contents", []):
                    if not item["Key"].endswith("/"):
                        yield ObjectInfo(item["Key"].removeprefix(self._prefix), item["Size"])
