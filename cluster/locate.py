"""From the URI of a run, or of a pointer to one, to the run."""

from __future__ import annotations

from dataclasses import dataclass

from cluster import layout
from cluster.publish import read_pointer
from cluster.storage import Storage, open_storage
from engine.errors import ObjectMissing, UsageError


@dataclass(frozen=True)
class RunPlace:
    """A run in its output storage. `pointer` is the key it was reached by, if it was."""

    out: Storage
    run_id: str
    pointer: str | None = None

    @property
    def uri(self) -> str:
        """The run's URI."""
        return layout.run_uri(self.out.uri, self.run_id)

    def has_manifest(self) -> bool:
        """Whether the run was computed and proved to its end."""
        return self.out.exists(layout.manifest_key(self.run_id))


def locate(uri: str) -> RunPlace:
    """Find a run. Raises `UsageError` where the URI is neither a run's nor a pointer's."""
    address = layout.parse_run(uri)
    out = open_storage(address.out)
    if address.run_id is not None:
        return RunPlace(out, address.run_id)
    assert address.pointer is not None, "an address is a run or a pointer"
    try:
        return RunPlace(out, read_pointer(out, address.pointer).run_id, address.pointer)
    except ObjectMissing as error:
        raise UsageError("no such pointer", where=uri, remedy="Nothing of that version is published.") from error


def locate_latest(uri: str) -> RunPlace:
    """Find a run, or, where the URI is that of the output of runs, what is published there for the latest day.

    Raises `UsageError` where there is none, or books of several names are published.
    """
    try:
        return locate(uri)
    except UsageError as neither:
        if layout.names_run(uri):
            raise
        out = open_storage(uri)
        pointers = [found for info in out.list("published/") if (found := layout.parse_pointer(info.key))]
        if not pointers:
            raise neither from None
        if len(books := sorted({found.book for found in pointers})) > 1:
            raise UsageError(
                f"books of several names are published here: {', '.join(books[:5])}",
                where=uri,
                remedy="Give <out>/published/<book name>/<as_of>/v<N>.json, or <out>/runs/<run_id>.",
            ) from None
        latest = max(pointers, key=lambda found: (found.as_of, found.version))
        key = layout.pointer_key(latest.book, latest.as_of, latest.version)
        return RunPlace(out, read_pointer(out, key).run_id, key)
