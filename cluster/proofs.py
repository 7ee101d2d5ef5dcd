"""Tasks of `wholebook verify`: a part, and the merge of the parts, proved again from storage."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from cluster import receipts
from cluster.calls import Calls
from cluster.inspection import look_at
from cluster.outputs import read_output
from cluster.partial import read_partial
from cluster.plan import InputFile
from cluster.publish import ManifestFile
from cluster.receipts import MERGED_TABLES, PARTIAL, OutputFile
from cluster.storage import Storage
from cluster.storage.tables import parse_table
from cluster.violations import violation_text
from engine.book.schema import BOOK_TABLES
from engine.decide.output import totals
from engine.errors import StorageError

OWN_TABLES = ("trades", "results", "exceptions")


@dataclass(frozen=True)
class Proof:
    """What is shared by all tasks of a verification."""

    book: Storage
    out: Storage
    firm_tables: Mapping[str, pa.Table]
    as_of: datetime.date
    settings: Mapping[str, object]
    calls: Callable[[], Calls]


@dataclass(frozen=True)
class PartProof:
    """One part, proved again: checksums of its inputs, totals recomputed from its outputs, and what is wrong."""

    number: int
    inputs: tuple[InputFile, ...]
    totals: Mapping[str, int]
    partial: tuple[OutputFile, ...]
    violations: tuple[str, ...]


def prove_part(
    proof: Proof, run: str, number: int, keys: Mapping[str, str], files: Sequence[ManifestFile]
) -> tuple[PartProof, None]:
    """Read a part's raw inputs and its outputs, and prove the one from the other."""
    looked = [look_at(proof.book, table, key) for table, key in keys.items()]
    inputs = tuple(one.file for one in looked)
    receipt = receipts.load(proof.out, run, number)
    partial = tuple(file for file in receipt.files if file.table == PARTIAL) if receipt else ()
    try:
        outputs = {file.table: read_output(proof.out, file) for file in files}
        for file in partial:
            outputs |= read_partial(proof.out, file)
    except StorageError as error:
        return PartProof(number, inputs, {}, partial, (str(error),)), None
    if missing := [name for name in (*OWN_TABLES, *sorted(MERGED_TABLES)) if name not in outputs]:
        return PartProof(number, inputs, {}, partial, (f"part {number} has no {', '.join(missing)}",)), None
    tables = {
        one.file.table: parse_table(one.data, one.where, tuple(BOOK_TABLES[one.file.table].by_name)) for one in looked
    }
    found = proof.calls().verify_part(proof.firm_tables, tables, outputs, proof.as_of, proof.settings)
    violations = tuple(violation_text(violation) for violation in found)
    return PartProof(number, inputs, totals(outputs), partial, violations), None


def prove_merge(
    proof: Proof,
    partial: Sequence[OutputFile],
    files: Sequence[ManifestFile],
    statuses: Mapping[str, int],
    gates: Mapping[str, float | None],
) -> tuple[tuple[str, ...], None]:
    """Prove the run's orders and targets from the parts' own, and the gates."""

    def tables(of: str) -> Iterator[pa.Table]:
        return (read_output(proof.out, file) for file in files if file.table == of)

    def of_parts(of: str) -> Iterator[pa.Table]:
        return (read_partial(proof.out, file, of)[of] for file in partial)

    try:
        found = proof.calls().verify_run(
            of_parts("orders"),
            pa.concat_tables(tables("orders")),
            of_parts("targets"),
            tables("targets"),
            proof.firm_tables["securities"],
            statuses,
            gates,
        )
    except StorageError as error:
        return (str(error),), None
    return tuple(violation_text(violation) for violation in found), None
