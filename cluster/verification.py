"""`wholebook verify`: a finished run proved again from storage, part by part, on the same executors as the run.

Read again: the raw inputs, every file that the manifest lists, the pointers. Recomputed: checksums, row counts, the
run's identity, its totals, and every rule of `engine.prove.verify`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cluster.calls import Calls, engine_calls
from cluster.driver import Call, Driver
from cluster.executors import Executor, Handle
from cluster.locate import RunPlace
from cluster.observe import Observer
from cluster.opening import Book, open_book, refuse
from cluster.plan import run_id
from cluster.proofs import PartProof, Proof, prove_merge, prove_part
from cluster.publish import Manifest, pointer_to, publications, read_manifest
from cluster.receipts import MERGED_TABLES
from cluster.record import RunRecord, read_record
from cluster.state import Task
from cluster.storage import Storage, open_storage


@dataclass(frozen=True)
class Verification:
    """The result. `violations` is empty where every check holds; `pointers` are the publications of this run."""

    run_id: str
    parts: int
    accounts: int
    files: int
    pointers: tuple[str, ...]
    violations: tuple[str, ...]


def verify_stored(
    place: RunPlace, executor: Executor, observer: Observer, calls: Callable[[], Calls] = engine_calls
) -> Verification:
    """Prove a finished run again.

    Raises `Unfinished` where it has no manifest, `UsageError` where there is no such run, `InputRefused` where its book
    is not there any more.
    """
    manifest, data = read_manifest(place.out, place.run_id)
    record = read_record(place.out, place.run_id)
    settings = record.run_file().settings
    book = open_book(open_storage(record.book), settings)
    refuse(book.storage, book.findings)
    proof = Proof(book.storage, place.out, book.tables, book.header.as_of, settings, calls)
    parts = ProveParts(executor.share(proof), manifest, book)
    merge = ProveMerge(parts, record)
    Driver(executor, observer).perform([parts, merge])
    pointers, wrong_pointers = _check_pointers(place.out, manifest, data)
    return Verification(
        run_id=place.run_id,
        parts=len(parts.proofs),
        accounts=parts.totals.get("accounts", 0),
        files=len(manifest.files),
        pointers=pointers,
        violations=(
            *_check_identity(book, parts, record, manifest),
            *_check_totals(manifest.totals, parts.totals),
            *parts.violations,
            *merge.violations,
            *wrong_pointers,
        ),
    )


@dataclass
class ProveParts:
    """One task a part of the book."""

    proof: Handle
    manifest: Manifest
    book: Book
    name: str = "verify"
    proofs: dict[int, PartProof] = field(default_factory=dict)

    def calls(self) -> Sequence[Call]:
        """See `Stage.calls`."""
        own = [file for file in self.manifest.files if file.table not in MERGED_TABLES]
        return [
            Call(
                prove_part,
                (self.proof, self.manifest.run_id, number, keys, [file for file in own if file.part == number]),
            )
            for number, keys in self.book.catalog.parts.items()
        ]

    def finished(self, task: Task, receipt: PartProof, data: Handle) -> int:  # noqa: ARG002
        """See `Stage.finished`."""
        self.proofs[receipt.number] = receipt
        return 0

    @property
    def totals(self) -> dict[str, int]:
        """Totals recomputed from the outputs of all parts."""
        total: Counter[str] = Counter()
        for proof in self.proofs.values():
            total.update(proof.totals)
        return dict(total)

    @property
    def violations(self) -> tuple[str, ...]:
        """Of the parts, and files that answer no part of the book."""
        strange = sorted({file.part for file in self.manifest.files} - set(self.book.catalog.parts))
        told = [f"part {number}: {text}" for number, proof in sorted(self.proofs.items()) for text in proof.violations]
        return (*told, *(f"the manifest lists part {number}, the book has no such part" for number in strange))


@dataclass
class ProveMerge:
    """One task: orders and targets of the run against those of the parts, and the gates."""

    parts: ProveParts
    record: RunRecord
    name: str = "merge"
    violations: tuple[str, ...] = ()

    def calls(self) -> Sequence[Call]:
        """See `Stage.calls`."""
        merged = [file for file in self.parts.manifest.files if file.table in MERGED_TABLES]
        partial = [file for _, proof in sorted(self.parts.proofs.items()) for file in proof.partial]
        totals = self.parts.totals
        statuses = {
            status: totals.get(name, 0)
            for status, name in (("TRADED", "traded"), ("NO_TRADE", "no_trade"), ("EXCEPTION", "exceptions"))
        }
        gates = self.record.gates.model_dump()
        return [Call(prove_merge, (self.parts.proof, partial, merged, statuses, gates))]

    def finished(self, task: Task, receipt: tuple[str, ...], data: Handle) -> int:  # noqa: ARG002
        """See `Stage.finished`."""
        self.violations = receipt
        return 0


def _check_identity(book: Book, parts: ProveParts, record: RunRecord, manifest: Manifest) -> Iterator[str]:
    """The book as it is now, the settings and code on record must make the run's name."""
    inputs = (*book.files, *(file for proof in parts.proofs.values() for file in proof.inputs))
    files = {file.key: file.sha256 for file in inputs}
    name = run_id(files, record.run_file().settings, record.code, record.sample.model_dump())
    if name != manifest.run_id:
        yield f"the book at {record.book} is not the one that was rebalanced: it makes run {name}"
    if (manifest.book, manifest.as_of) != (book.header.name, book.header.as_of.isoformat()):
        yield f"the manifest is of {manifest.book} {manifest.as_of}, the book of {book.header.name} {book.header.as_of}"


def _check_totals(stated: Mapping[str, int], found: Mapping[str, int]) -> Iterator[str]:
    """Every total that the files tell; a run also counts what it did not do, which no file shows."""
    for name in sorted(found):
        if stated.get(name) != found.get(name):
            yield f"total {name}: the manifest says {stated.get(name)}, the files {found.get(name)}"


def _check_pointers(out: Storage, manifest: Manifest, data: bytes) -> tuple[tuple[str, ...], list[str]]:
    """Pointers to this run, and what is wrong with any: each must hold the manifest's key and checksum."""
    expected = pointer_to(data, manifest.run_id)
    mine = [
        entry for entry in publications(out, manifest.book, manifest.as_of) if entry.pointer.run_id == manifest.run_id
    ]
    wrong = [
        f"pointer {entry.key} says {entry.pointer.manifest} {entry.pointer.sha256}, the manifest is {expected.sha256}"
        for entry in mine
        if entry.pointer != expected
    ]
    return tuple(entry.key for entry in mine), wrong
