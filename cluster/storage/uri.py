"""From a URI to the storage it names."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from cluster.storage.base import Storage, check_key
from cluster.storage.local import LocalStorage
from engine.errors import UsageError

SUPPORTED = "Use a local folder (book/, file:///data/book) or s3://bucket/prefix"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(//)?(.*)", re.DOTALL)


def open_storage(uri: str) -> Storage:
    """Open a local folder (`book/`, `/data/book`, `file:///data/book`) or `s3://bucket/prefix`.

    Nothing is contacted or created yet. Raises `UsageError` for anything else, naming what is supported.
    """
    match = _SCHEME.fullmatch(uri)
    if match is None or (not match[2] and match[1].lower() not in ("file", "s3")):
        return _local(uri, uri)
    scheme, rest = match[1].lower(), match[3]
    if scheme == "file":
        return _file(uri, rest, has_authority=match[2] is not None)
    if scheme == "s3" and match[2]:
        return _s3(uri, rest)
    raise UsageError(f"storage of this kind ({scheme}) is not supported", where=uri, remedy=SUPPORTED)


def _file(uri: str, rest: str, *, has_authority: bool) -> LocalStorage:
    """Open `file:///path`, `file://localhost/path` or `file:/path`."""
    if has_authority:
        host, slash, path = rest.partition("/")
        if host not in ("", "localhost"):
            raise UsageError("a file URI with another host cannot be read", where=uri, remedy=SUPPORTED)
        rest = slash + path
    if not rest.startswith("/"):
        raise UsageError("a file URI needs an absolute path", where=uri, remedy=SUPPORTED)
    return _local(uri, unquote(rest))


def _local(uri: str, path: str) -> LocalStorage:
    if not path or "\0" in path:
        raise UsageError("not a folder", where=repr(uri), remedy=SUPPORTED)
    return LocalStorage(Path(path))


def _s3(uri: str, rest: str) -> Storage:
    from cluster.storage.s3 import S3Storage  # boto3 is slow to import and not needed for a folder

    bucket, _, prefix = rest.partition("/")
    prefix = prefix.rstrip("/")
    if not re.fullmatch(r"[A-Za-z0-9._-]{3,255}", bucket):
        raise UsageError("an S3 URI needs the name of a bucket", where=uri, remedy=SUPPORTED)
    if prefix:
        check_key(prefix)
    return S3Storage(bucket, prefix)
