"""Where a run's files lie under `<out>` (contract, section 3). Keys only, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.errors import UsageError

SHA_DIGITS = 12
_RUN = re.compile(r"(?:(?P<out>.*)/)?runs/(?P<run>[0-9a-f]{16})/?")
_POINTER = re.compile(r"(?:(?P<out>.*)/)?(?P<key>published/[^/]+/\d{4}-\d\d-\d\d/v[1-9]\d*\.json)")


_NAMED = re.compile(r"published/(?P<book>[^/]+)/(?P<as_of>\d{4}-\d\d-\d\d)/v(?P<version>[1-9]\d*)\.json")


@dataclass(frozen=True)
class PointerName:
    """What a pointer's key says."""

    book: str
    as_of: str
    version: int


def parse_pointer(key: str) -> PointerName | None:
    """A pointer's key taken apart; None of another key."""
    match = _NAMED.fullmatch(key)
    return None if match is None else PointerName(match["book"], match["as_of"], int(match["version"]))


def names_run(uri: str) -> bool:
    """Whether a URI is that of a run or a pointer."""
    return bool(_RUN.fullmatch(uri) or _POINTER.fullmatch(uri))


@dataclass(frozen=True)
class RunAddress:
    """A run as the command line names it: the output URI, and either the run's id or the key of a pointer to it."""

    out: str
    run_id: str | None
    pointer: str | None


def parse_run(uri: str) -> RunAddress:
    """Split `<out>/runs/<run_id>` or `<out>/published/<book>/<as_of>/v<N>.json`. Raises `UsageError`."""
    if match := _RUN.fullmatch(uri):
        return RunAddress(match["out"] or ".", match["run"], None)
    if match := _POINTER.fullmatch(uri):
        return RunAddress(match["out"] or ".", None, match["key"])
    raise UsageError(
        "not the URI of a run",
        where=uri,
        remedy="Give <out>/runs/<run_id> or <out>/published/<book name>/<as_of>/v<N>.json.",
    )


def run_uri(out: str, run_id: str) -> str:
    """How the command line names the run."""
    return f"{out.rstrip('/')}/runs/{run_id}"


def part_key(run_id: str, table: str, part: int, sha256: str) -> str:
    """A published part, named by its content."""
    return f"runs/{run_id}/parts/{table}-{part:05d}-{sha256[:SHA_DIGITS]}.parquet"


def partial_key(run_id: str, part: int, sha256: str) -> str:
    """A part's own orders and targets, which the reduce step merges into published parts."""
    return f"runs/{run_id}/partial/part-{part:05d}-{sha256[:SHA_DIGITS]}.arrow"


def manifest_key(run_id: str) -> str:
    """The run's one list of files."""
    return f"runs/{run_id}/manifest.json"


def envelope_key(run_id: str, name: str) -> str:
    """What is true of one execution only: times, hosts, attempts."""
    return f"runs/{run_id}/envelope/{name}"


def receipt_key(run_id: str, part: int) -> str:
    """The receipt of a finished part."""
    return envelope_key(run_id, f"receipts/part-{part:05d}.json")


def pointer_key(book: str, as_of: str, version: int) -> str:
    """What a reader starts from."""
    return f"published/{book}/{as_of}/v{version}.json"
