"""The run's own tables from the parts' partial ones: block orders summed, every target once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from cluster.calls import Calls
from cluster.outputs import read_output
from cluster.partial import read_partial
from cluster.parts import part_file, write_files
from cluster.receipts import OutputFile
from cluster.storage import Storage
from cluster.violations import violation_text
from engine.decide.reduce import merge_orders

ORDERS_AT_ONCE = 64
"""Partial order tables merged at a time; each has at most two rows a security."""
HELD_BYTES = 64 << 20
"""Of partial files that are held in memory together, compressed."""
TARGET_ROWS = 1 << 20
"""Rows of targets in a file of the run."""


@dataclass(frozen=True)
class Reduction:
    """Files that the manifest lists besides the parts' own, and what the verifier says of the run as a whole."""

    files: tuple[OutputFile, ...]
    violations: tuple[str, ...]


@dataclass(frozen=True)
class RunFacts:
    """What the verifier needs of the run besides its files: accounts by status, gates by name, the securities table."""

    statuses: Mapping[str, int]
    gates: Mapping[str, float | None]
    securities: pa.Table


def reduce_run(
    out: Storage, run_id: str, partial: Sequence[OutputFile], facts: RunFacts, calls: Callable[[], Calls]
) -> tuple[Reduction, None]:
    """Merge the partial orders into one table, keep each target where a part first uses it, prove the result.

    Where the partial files are many, memory holds one of them at a time, the targets of one file of the run and the
    ids of all, so that a book in which every account has a target of its own can be reduced too.
    """
    parts = _Parts(out, sorted(partial, key=lambda file: file.part))
    orders = _orders(parts)
    targets = _targets(out, run_id, parts)
    violations = calls().verify_run(
        parts.tables("orders"),
        orders,
        parts.tables("targets"),
        (read_output(out, file) for file in targets),
        facts.securities,
        facts.statuses,
        facts.gates,
    )
    files = (*write_files(out, [part_file(run_id, "orders", 0, orders)]), *targets)
    return Reduction(files, tuple(violation_text(violation) for violation in violations)), None


class _Parts:
    """The parts' own tables, read once where they are small, otherwise whenever they are asked for."""

    def __init__(self, out: Storage, files: Sequence[OutputFile]) -> None:
        self.files = files
        self._out = out
        small = sum(file.bytes for file in files) <= HELD_BYTES
        self._held = [read_partial(out, file) for file in files] if small else None

    def tables(self, name: str) -> Iterator[pa.Table]:
        """One table of every part, in order."""
        return (part[name] for part in self._held or (read_partial(self._out, file, name) for file in self.files))


def _orders(parts: _Parts) -> pa.Table:
    tables, merged = parts.tables("orders"), list[pa.Table]()
    while batch := list(itertools.islice(tables, ORDERS_AT_ONCE)):
        merged = [merge_orders(merged + batch)]
    return merged[0]


def _targets(out: Storage, run_id: str, parts: _Parts) -> list[OutputFile]:
    seen: set[str] = set()
    files: list[OutputFile] = []
    held: list[pa.Table] = []
    first = 0

    def write() -> None:
        files.extend(write_files(out, [part_file(run_id, "targets", first, pa.concat_tables(held))]))

    for file, table in zip(parts.files, parts.tables("targets"), strict=True):
        ids = [name for name in table["target_id"].unique().to_pylist() if name not in seen]
        seen.update(ids)
        if held and sum(one.num_rows for one in held) + table.num_rows > TARGET_ROWS:
            write()
            held.clear()
        first = first if held else file.part
        held.append(table.filter(pc.is_in(table["target_id"], value_set=pa.array(ids, pa.string()))))
    write()
    return files
