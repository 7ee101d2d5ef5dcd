"""The run that a settlement applies: found, of this book, finished, published."""

from __future__ import annotations

from cluster import layout
from cluster.locate import RunPlace, locate
from cluster.publish import Manifest, publications, published_by, read_manifest
from cluster.storage import open_storage
from engine.book.header import Header
from engine.errors import GateRefused, InputRefused, UsageError


def find_run(uri: str, header: Header) -> RunPlace:
    """The run that `uri` names, or the latest published one of the book where it names the output of runs.

    Raises `UsageError` where there is none.
    """
    try:
        layout.parse_run(uri)
    except UsageError:
        out = open_storage(uri)
        found = publications(out, header.name, header.as_of.isoformat())
        if not found:
            raise UsageError(
                f"no run of {header.name} of {header.as_of} is published here",
                where=uri,
                remedy="Give <out> of a published run, or <out>/runs/<run_id>.",
            ) from None
        return RunPlace(out, found[-1].pointer.run_id, found[-1].key)
    return locate(uri)


def settled_manifest(place: RunPlace, header: Header, *, unpublished: bool) -> Manifest:
    """The run's manifest. Raises `InputRefused` where it is of another book, `GateRefused` where unpublished."""
    manifest, _ = read_manifest(place.out, place.run_id)
    if (manifest.book, manifest.as_of) != (header.name, header.as_of.isoformat()):
        raise InputRefused(
            f"the run is of {manifest.book} of {manifest.as_of}, the book is {header.name} of {header.as_of}",
            where=place.uri,
            remedy="Name the book that was rebalanced.",
        )
    if not unpublished and published_by(place.out, manifest) is None:
        raise GateRefused(
            "the run is not what is published for its book and date",
            where=place.uri,
            remedy="Publish it (wholebook publish), settle the published run, or say --unpublished.",
        )
    return manifest
