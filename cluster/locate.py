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
