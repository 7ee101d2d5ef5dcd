"""The storage interface, and what each of its operations raises.

Every operation may raise, besides what its own docstring names:

- `UsageError`: the key is not a relative path of plain names (`check_key`);
- `StorageError`: the store said no for good (no such bucket, access denied, disk full); `remedy` says what to do;
- `StorageUnavailable`: it did not answer, or asked to slow down, after the store's own retries; try again later.

Nothing else escapes: errors of the operating system and of botocore are wrapped, and kept as `__cause__`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from engine.errors import UsageError

TEMPORARY_PREFIX = ".wholebook-tmp-"
_NAME = rf"(?!\.\.?(?:/|\Z)|{re.escape(TEMPORARY_PREFIX)})[^/\\\0-\x1f\x7f]+"
"""Neither . nor .., nor what one backend could not store, or would hide, although another would not."""
_KEY = re.compile(f"{_NAME}(?:/{_NAME})*")


@dataclass(frozen=True)
class ObjectInfo:
    """One object: its key relative to the storage's root, and its size in bytes."""

    key: str
    size: int


class Storage(Protocol):
    """Objects under one root, named by keys: relative paths with `/`, the same on every backend.

    Implementations are picklable and safe to share between threads; connections are made in the process that uses them.
    """

    @property
    def uri(self) -> str:
        """The root, as `open_storage` takes it: an absolute path or `s3://bucket/prefix`."""
        ...

    def read(self, key: str) -> bytes:
        """Read the whole object. Raises `ObjectMissing`."""
        ...

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """Read `length` bytes from `start`, fewer where the object ends before. Raises `ObjectMissing`."""
        ...

    def size(self, key: str) -> int:
        """Size in bytes. Raises `ObjectMissing`."""
        ...

    def write(self, key: str, data: bytes) -> None:
        """Write or replace the object at once: a reader sees the old bytes or the new ones, never a mixture."""
        ...

    def write_all(self, objects: Mapping[str, bytes]) -> None:
        """Write or replace objects by key, each as `write` does; a folder waits for its disk fewer times than for each.

        Where it raises, some may have been written.
        """
        ...

    def write_file(self, key: str, path: Path) -> None:
        """Write or replace the object as `write` does, from a local file that need not fit into memory."""
        ...

    def create(self, key: str, data: bytes) -> None:
        """Write the object only if the key is free; of any number of callers exactly one succeeds.

        Raises `ObjectExists` when the key is taken. After `StorageUnavailable` the outcome is unknown: the write may
        still have landed, so read the key before drawing a conclusion.
        """
        ...

    def exists(self, key: str) -> bool:
        """Tell whether the key holds an object (a folder is none)."""
        ...

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Every object whose key starts with the text `prefix`, at any depth, in ascending order of key.

        `prefix` is text, not a folder: `lots` also finds `lots.parquet`; write `lots/` for the folder. An absent root
        or folder holds nothing.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove the object; a key that holds none is no error."""
        ...

    def open_input(self, key: str) -> BinaryIO:
        """Open the object as a seekable file that reads only the ranges asked for. Raises `ObjectMissing`.

        For `pyarrow.parquet.ParquetFile`: a footer or a column does not fetch the whole object. Close it after use.
        """
        ...


def check_key(key: str) -> str:
    """Return `key` where it is a relative path of plain names, else raise `UsageError`."""
    if _KEY.fullmatch(key) is None:
        raise _bad_key(key)
    return key


def check_prefix(prefix: str) -> str:
    """Return `prefix` where keys can start with it, else raise `UsageError`. It may be empty or end with `/`."""
    folders = prefix.split("/")[:-1]
    if any(part in ("", ".", "..") for part in folders):
        raise _bad_key(prefix)
    _check_text(prefix)
    return prefix


def is_temporary(name: str) -> bool:
    """True for a file name that the local store uses while it writes."""
    return name.startswith(TEMPORARY_PREFIX)


def _check_text(key: str) -> None:
    """Refuse what one backend could not store, or would hide, although another would not."""
    if any(ord(character) < 32 or character in "\\\x7f" for character in key):
        raise _bad_key(key)
    if any(is_temporary(part) for part in key.split("/")):
        raise _bad_key(key)


def _bad_key(key: str) -> UsageError:
    return UsageError(
        "not a key of an object",
        where=repr(key),
        remedy="Use a relative path with / between plain names: no empty name, no . or .., no backslash",
    )
