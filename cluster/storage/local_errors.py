"""Errors of the operating system, as ours."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import ObjectMissing, StorageError, StorageUnavailable, WholebookError

_TRANSIENT = {errno.EAGAIN, errno.EINTR, errno.EBUSY, errno.ETIMEDOUT, errno.ESTALE, errno.ENFILE, errno.EMFILE}
_REMEDIES = {
    errno.EACCES: "Give this user access to it",
    errno.EPERM: "Give this user access to it",
    errno.EROFS: "Choose a folder that can be written",
    errno.ENOSPC: "Free space on the disk, or choose another one",
    errno.EDQUOT: "Free space of the quota, or choose another disk",
    errno.EFBIG: "Choose a file system that holds files of this size",
    errno.ENAMETOOLONG: "Use a shorter name",
    errno.ENOTDIR: "Remove the file that stands where a folder is needed, or choose another folder",
    errno.EEXIST: "Remove the file that stands where a folder is needed, or choose another folder",
    errno.EISDIR: "Remove the folder that stands where a file is needed, or choose another folder",
    errno.EIO: "Check the disk",
}


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn an `OSError` into `ObjectMissing`, `StorageError` or `StorageUnavailable`."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise ObjectMissing("no such object", where=str(path)) from error
    except OSError as error:
        raise translate(error, path) from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` into `StorageError` or `StorageUnavailable`."""
    try:
        yield
    except OSError as error:
        raise translate(error, path) from error


def translate(error: OSError, path: Path) -> WholebookError:
    """Say what `error` says, with the remedy; transient errors become `StorageUnavailable`."""
    what = error.strerror or str(error)
    if error.errno in _TRANSIENT:
        return StorageUnavailable(what, where=str(path), remedy="Try again")
    return StorageError(what, where=str(path), remedy=_REMEDIES.get(error.errno or 0, ""))
