"""Objects as files in a local folder.

A write is durable when it returns: the bytes, the name and any new folder are fsynced. Readers see whole objects only,
because data is written to a temporary file beside the target and then renamed (`write`) or linked (`create`).
"""

from __future__ import annotations

import errno
import io
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from cluster.storage.base import TEMPORARY_PREFIX, ObjectInfo, check_key, check_prefix, is_temporary
from cluster.storage.local_errors import reading, writing
from engine.errors import ObjectExists, ObjectMissing, StorageError

_CHUNK = 1 << 20


class LocalStorage:
    """The folder `root`, made on the first write."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    @property
    def uri(self) -> str:
        """The folder's absolute path."""
        return str(self._root)

    def read(self, key: str) -> bytes:
        """See `Storage.read`."""
        path = self._path(key)
        with reading(path):
            return path.read_bytes()

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """See `Storage.read_range`."""
        if start < 0 or length < 0:
            raise ValueError(f"a range needs start and length of zero or more, not {start} and {length}")
        path = self._path(key)
        with reading(path), path.open("rb") as file:
            left = os.fstat(file.fileno()).st_size - start
            file.seek(start)
            return file.read(max(0, min(length, left)))  # never allocate more than there is

    def size(self, key: str) -> int:
        """See `Storage.size`."""
        path = self._path(key)
        with reading(path):
            if path.is_dir():
                raise ObjectMissing("no such object, but a folder", where=str(path))
            return path.stat().st_size

    def write(self, key: str, data: bytes) -> None:
        """See `Storage.write`."""
        self._replace(key, io.BytesIO(data))

    def write_all(self, objects: Mapping[str, bytes]) -> None:
        """See `Storage.write_all`. One wait for each file and one for each folder."""
        paths = {self._path(key): data for key, data in objects.items()}
        with ExitStack() as stack:
            complete = {}
            for path, data in paths.items():
                with writing(path):
                    complete[path] = stack.enter_context(_temporary(path, io.BytesIO(data)))
            for path, temporary in complete.items():
                with writing(path):
                    temporary.replace(path)
            for folder in dict.fromkeys(path.parent for path in paths):
                with writing(folder):
                    _sync_folder(folder)

    def write_file(self, key: str, path: Path) -> None:
        """See `Storage.write_file`."""
        with reading(path), path.open("rb") as source:
            self._replace(key, source)

    def _replace(self, key: str, source: BinaryIO) -> None:
        path = self._path(key)
        with writing(path), _temporary(path, source) as temporary:
            temporary.replace(path)
            _sync_folder(path.parent)

    def create(self, key: str, data: bytes) -> None:
        """See `Storage.create`. A hard link to a complete file either takes the name or finds it taken."""
        path = self._path(key)
        with writing(path), _temporary(path, io.BytesIO(data)) as temporary:
            try:
                path.hardlink_to(temporary)
            except FileExistsError as error:
                # On NFS the answer to a link that worked may be lost and its repetition answered by EEXIST.
                if temporary.stat().st_nlink != 2:
                    raise ObjectExists("the object exists already", where=str(path)) from error
            except OSError as error:
                raise _no_links(error, path) from error
            _sync_folder(path.parent)

    def exists(self, key: str) -> bool:
        """See `Storage.exists`."""
        path = self._path(key)
        with reading(path):
            return path.is_file()

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """See `Storage.list`. Links to folders are followed."""
        folder = check_prefix(prefix).rpartition("/")[0]
        if self._root.exists() and not self._root.is_dir():
            raise StorageError("not a folder", where=self.uri, remedy="Name the folder that holds the files")
        with reading(self._root / folder):
            found = [info for info in _walk(self._root / folder, folder) if info.key.startswith(prefix)]
        return iter(sorted(found, key=lambda info: info.key))

    def delete(self, key: str) -> None:
        """See `Storage.delete`."""
        path = self._path(key)
        with writing(path):
            if path.is_file() or path.is_symlink():
                path.unlink(missing_ok=True)

    def open_input(self, key: str) -> BinaryIO:
        """See `Storage.open_input`. Not a memory map: a file cut short under a map kills the process."""
        path = self._path(key)
        self.size(key)  # pyarrow's own error for a folder carries no errno
        with reading(path):
            return cast(BinaryIO, pa.OSFile(str(path), "r"))

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)


@contextmanager
def _temporary(path: Path, source: BinaryIO) -> Iterator[Path]:
    """Yield a complete, fsynced file of what `source` holds beside `path`, gone afterwards unless renamed."""
    _make_folder(path.parent)
    temporary = path.parent / (TEMPORARY_PREFIX + secrets.token_hex(8))
    try:
        # open() rather than tempfile: the permissions are then those that the user's umask asks for.
        with temporary.open("xb") as file:
            shutil.copyfileobj(source, file, _CHUNK)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    """Make `folder` and its parents, each new name fsynced."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _walk(folder: Path, key: str, above: frozenset[tuple[int, int]] = frozenset()) -> Iterator[ObjectInfo]:
    """Yield every file under `folder`, whose own key is `key`, in no particular order.

    `above` holds device and inode of the folders on the way down, so that a folder linked into itself is refused.
    """
    try:
        status = folder.stat()
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        raise StorageError("a folder contains itself", where=str(folder), remedy="Remove the symbolic link")
    for entry in entries:
        name = f"{key}/{entry.name}" if key else entry.name
        if entry.is_dir():
            yield from _walk(Path(entry), name, above | {identity})
        elif not is_temporary(entry.name):
            yield from _file(entry, name)


def _file(entry: os.DirEntry[str], key: str) -> Iterator[ObjectInfo]:
    """Yield the file, unless it went away since its folder was read; a link that leads nowhere is an error."""
    if entry.is_file():
        with suppress(FileNotFoundError):
            yield ObjectInfo(key, entry.stat().st_size)
    elif entry.is_symlink():
        raise StorageError("a symbolic link leads nowhere", where=entry.path, remedy="Remove or correct the link")


def _no_links(error: OSError, path: Path) -> OSError | StorageError:
    """Explain a file system without hard links; other errors stay what they are."""
    if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
        return error
    return StorageError(
        "the file system cannot create an object exactly once, because it has no hard links",
        where=str(path),
        remedy="Use a folder on another file system, or S3",
    )
