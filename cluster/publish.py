"""The commit: one manifest, and one pointer created once, conditionally (contract, section 3)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cluster import layout
from cluster.plan import canonical_json
from cluster.sampling import Comparison
from cluster.storage import Storage
from engine.errors import (
    GateRefused,
    ObjectExists,
    ObjectMissing,
    PublicationConflict,
    RetryableError,
    StorageError,
    Unfinished,
)


class ManifestFile(BaseModel):
    """One published file; `key` is relative to `<out>`."""

    model_config = ConfigDict(frozen=True)

    key: str
    table: str
    part: int
    sha256: str
    rows: int


class Manifest(BaseModel):
    """What counts: the same book, settings and code give the same bytes. No time, host or random value."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    version: Literal[1] = Field(default=1, alias="schema")
    run_id: str
    book: str
    as_of: str
    files: tuple[ManifestFile, ...]
    totals: dict[str, int]
    sample: Comparison

    def to_bytes(self) -> bytes:
        """Canonical JSON, files by table and part."""
        ordered = self.model_copy(update={"files": tuple(sorted(self.files, key=lambda f: (f.table, f.part, f.key)))})
        return canonical_json(ordered.model_dump(by_alias=True))


class Pointer(BaseModel):
    """Content of `published/<book>/<as_of>/v<N>.json`."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    manifest: str
    sha256: str

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        return canonical_json(self.model_dump())


@dataclass(frozen=True)
class Publication:
    """A pointer that exists, and its key."""

    key: str
    version: int
    pointer: Pointer


def write_manifest(out: Storage, manifest: Manifest) -> Pointer:
    """Write the manifest once. A finished run is never changed: other bytes under the same run id are an error."""
    key, data = layout.manifest_key(manifest.run_id), manifest.to_bytes()
    try:
        out.create(key, data)
    except ObjectExists:
        if out.read(key) != data:
            raise GateRefused(
                "the run has a manifest already, and its content differs from what was computed now",
                where=f"{out.uri}/{key}",
                remedy="The same book, settings and code must give the same bytes: keep both and report it.",
            ) from None
    return pointer_to(data, manifest.run_id)


def pointer_to(manifest: bytes, run_id: str) -> Pointer:
    """The pointer that a manifest's bytes deserve."""
    return Pointer(run_id=run_id, manifest=layout.manifest_key(run_id), sha256=hashlib.sha256(manifest).hexdigest())


def read_manifest(out: Storage, run_id: str) -> tuple[Manifest, bytes]:
    """The run's manifest and its bytes. Raises `Unfinished` where the run has none yet."""
    key = layout.manifest_key(run_id)
    try:
        data = out.read(key)
    except ObjectMissing:
        raise Unfinished(
            "the run has no manifest: it is not finished",
            where=layout.run_uri(out.uri, run_id),
            remedy=f"Finish it: wholebook resume {layout.run_uri(out.uri, run_id)}",
        ) from None
    try:
        return Manifest.model_validate_json(data), data
    except ValidationError as error:
        raise StorageError(
            f"not a manifest: {error}", where=f"{out.uri}/{key}", remedy="Run the book again."
        ) from error


def read_pointer(out: Storage, key: str) -> Pointer:
    """A pointer. Raises `ObjectMissing`, or `StorageError` where the file is none."""
    try:
        return Pointer.model_validate_json(out.read(key))
    except ValidationError as error:
        raise StorageError(
            f"not a pointer: {error}", where=f"{out.uri}/{key}", remedy="Restore the file as it was published."
        ) from error


def publications(out: Storage, book: str, as_of: str) -> list[Publication]:
    """What is published for this book and date, v1 first."""
    found: list[Publication] = []
    while True:
        key = layout.pointer_key(book, as_of, len(found) + 1)
        try:
            found.append(Publication(key, len(found) + 1, read_pointer(out, key)))
        except ObjectMissing:
            return found


def check_unpublished(out: Storage, book: str, as_of: str) -> None:
    """Refuse before anything is computed. Raises `PublicationConflict` naming the run that has the book and date."""
    found = publications(out, book, as_of)
    if found:
        raise _conflict(out, found[-1], book, as_of, None)


def publish(out: Storage, manifest: Manifest, pointer: Pointer, *, supersede: bool = False) -> Publication:
    """Point readers to the run, once.

    Raises `PublicationConflict` where the book and date are published, by this run or another; with `supersede` the
    next version is made instead, unless the latest is this run already or another publisher was faster.
    """
    found = publications(out, manifest.book, manifest.as_of)
    if found and (not supersede or found[-1].pointer.run_id == manifest.run_id):
        raise _conflict(out, found[-1], manifest.book, manifest.as_of, manifest.run_id)
    version = len(found) + 1
    key = layout.pointer_key(manifest.book, manifest.as_of, version)
    try:
        out.create(key, pointer.to_bytes())
    except ObjectExists:
        winner = Publication(key, version, read_pointer(out, key))
        raise _conflict(out, winner, manifest.book, manifest.as_of, manifest.run_id) from None
    except RetryableError as error:
        raise Unfinished(
            f"the store did not say whether the pointer was created: {error.what}",
            where=f"{out.uri}/{key}",
            remedy=f"Ask again: wholebook publish {layout.run_uri(out.uri, manifest.run_id)}",
        ) from error
    return Publication(key, version, pointer)


def published_by(out: Storage, manifest: Manifest) -> Publication | None:
    """The latest publication of the book and date, if it is this run's."""
    found = publications(out, manifest.book, manifest.as_of)
    return found[-1] if found and found[-1].pointer.run_id == manifest.run_id else None


def _conflict(out: Storage, holder: Publication, book: str, as_of: str, run_id: str | None) -> PublicationConflict:
    same = holder.pointer.run_id == run_id
    return PublicationConflict(
        f"{book} of {as_of} is published already, by {'this same run' if same else 'run'} {holder.pointer.run_id}",
        where=f"{out.uri}/{holder.key}",
        remedy="Nothing is left to do: readers start from the pointer named."
        if same
        else "To replace it, compute the other run with `wholebook run --no-publish`, then "
        "`wholebook publish --supersede` it.",
    )
