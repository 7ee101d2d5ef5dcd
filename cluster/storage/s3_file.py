"""An S3 object as a seekable file: every read is one ranged GET, and the end of the object is read ahead.

Parquet readers start with the footer at the end and then ask for whole column chunks, which Arrow joins to large
ranges. So the first request fetches the last `TAIL` bytes, which also tells the size, and no other buffer is needed.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import StorageError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

TAIL = 64 * 1024


@dataclass(frozen=True)
class Piece:
    """Bytes of an object, with the whole object's size in bytes and its entity tag."""

    data: bytes
    size: int
    etag: str


class RangedFile(io.RawIOBase):
    """The object that `fetch` reads, given the value of an HTTP Range header.

    Raises what `fetch` raises, and `StorageError` if the object was replaced since it was opened.
    """

    def __init__(self, fetch: Callable[[str], Piece], where: str) -> None:
        super().__init__()
        self._fetch = fetch
        self._where = where
        self._tail = fetch(f"bytes=-{TAIL}")
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to `offset` from the start, the position or the end."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._tail.size}[whence]
        if start + offset < 0:
            raise ValueError(f"cannot seek before the start: {start + offset}")
        self._position = start + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """Read `size` bytes, or up to the end; fewer only where the object ends."""
        end = self._tail.size
        stop = end if size is None or size < 0 else min(end, self._position + size)
        data = self._range(self._position, stop) if stop > self._position else b""
        self._position += len(data)
        return data

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer` as far as the object goes; returns the bytes read."""
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def _range(self, start: int, stop: int) -> bytes:
        """Bytes `start` up to `stop`, which the object is known to have."""
        ahead = self._tail.size - len(self._tail.data)
        if start >= ahead:
            return self._tail.data[start - ahead : stop - ahead]
        piece = self._fetch(f"bytes={start}-{stop - 1}")
        if piece.etag != self._tail.etag or len(piece.data) != stop - start:
            raise StorageError("the object was replaced while it was read", where=self._where, remedy="Run again")
        return piece.data
