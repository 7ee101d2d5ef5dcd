"""The run's own tables from the parts' partial ones: block orders summed, every target once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from cluster.calls import Calls
from cluster.outputs import read_output
from cluster.parts import write_part
from cluster.receipts import OutputFile
from cluster.storage import Storage
from cluster.violations import violation_text
from engine.decide.reduce import merge_orders

ORDERS_AT_ONCE = 64
"""Partial order tables merged at a time; each has at most two rows a security."""


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
    out: Storage, run_id: str, partial: Sequence[OutputFile], facts: RunFacts, calls: Calls
) -> tuple[Reduction, None]:
    """Merge the partial orders into one table, keep each target in the first part that uses it, prove the result.

    Memory holds one part's targets and the ids of all, so that a book in which every account has a target of its own
    can be reduced too.
    """
    ordered = sorted(partial, key=lambda file: file.part)
    part_orders = [file for file in ordered if file.table == "orders"]
    part_targets = [file for file in ordered if file.table == "targets"]
    orders = _orders(out, part_orders)
    targets = _targets(out, run_id, part_targets)
    violations = calls.verify_run(
        _tables(out, part_orders),
        orders,
        _tables(out, part_targets),
        _tables(out, targets),
        facts.securities,
        facts.statuses,
        facts.gates,
    )
    files = (write_part(out, run_id, "orders", 0, orders, merged=True), *targets)
    return Reduction(files, tuple(violation_text(violation) for violation in violations)), None


def _tables(out: Storage, files: Iterable[OutputFile]) -> Iterator[pa.Table]:
    return (read_output(out, file) for file in files)


def _orders(out: Storage, partial: Sequence[OutputFile]) -> pa.Table:
    merged: list[pa.Table] = []
    for start in range(0, len(partial), ORDERS_AT_ONCE):
        batch = [read_output(out, file) for file in partial[start : start + ORDERS_AT_ONCE]]
        merged = [merge_orders(merged + batch)]
    return merged[0]


def _targets(out: Storage, run_id: str, partial: Iterable[OutputFile]) -> list[OutputFile]:
    seen: set[str] = set()
    files: list[OutputFile] = []
    for file in partial:
        table = read_output(out, file)
        ids = [name for name in table["target_id"].unique().to_pylist() if name not in seen]
        fresh = table.filter(pc.is_in(table["target_id"], value_set=pa.array(ids, pa.string())))
        seen.update(ids)
        if fresh.num_rows or not files:
            files.append(write_part(out, run_id, "targets", file.part, fresh, merged=True))
    return files
