"""One part, from storage to storage: read → check → decide → prove → write → receipt."""

from __future__ import annotations

import datetime
import resource
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cluster import receipts
from cluster.calls import Calls
from cluster.identity import code_identity
from cluster.inspection import misplaced_accounts
from cluster.memory import keep_memory
from cluster.partial import partial_file
from cluster.parts import part_file, read_part, write_files
from cluster.plan import Part
from cluster.receipts import MERGED_TABLES, Receipt
from cluster.sampling import DECIMALS, Compared
from cluster.storage import Storage
from cluster.violations import violation_text
from engine.book.findings import Finding, Scope
from engine.book.firm import Firm
from engine.book.validation import Reference
from engine.errors import InputRefused, WholebookError

if TYPE_CHECKING:  # they compile kernels, which the driver need not wait for
    from engine.decide.rebalance import Decision
    from engine.decide.resolve import Resolved
    from engine.prove.verify import Violation

SHOWN_VIOLATIONS = 5
SHOWN_REFUSALS = 20
MICROSECONDS = 6
"""Decimals of a second."""


@dataclass(frozen=True)
class Job:
    """What all tasks of a run share. Sent once to every worker."""

    run_id: str
    code: str
    book: Storage
    out: Storage
    firm: Firm
    reference: Reference
    firm_tables: Mapping[str, pa.Table]
    settings: Mapping[str, object]
    misplaced: frozenset[int]
    sample: Mapping[int, Sequence[int]]
    calls: Callable[[], Calls]


class Stopwatch:
    """Seconds by stage, by the clock given."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.seconds: dict[str, float] = {}
        self._clock = clock

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time spent inside to `name`."""
        start = self._clock()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + self._clock() - start


def rebalance_parts(job: Job, parts: Sequence[Part]) -> tuple[tuple[Receipt, ...], None]:
    """Finish a group of parts. A part that an earlier attempt finished is answered from its receipt.

    Raises `InputRefused` (a file changed, or the part refuses the book), `StorageUnavailable`, `StorageError`.
    """
    keep_memory()
    if code_identity() != job.code:
        raise WholebookError(
            "the code on this worker is not the driver's",
            where="the worker's installation of wholebook",
            remedy="Install the same version on every machine of the cluster, then start again.",
        )
    calls = job.calls()
    finished = tuple(
        receipts.load(job.out, job.run_id, part.number) or rebalance_part(job, calls, part) for part in parts
    )
    return finished, None


def rebalance_part(job: Job, calls: Calls, part: Part) -> Receipt:
    """Compute one part and write it. The receipt is written last: with it the part is finished.

    Households whose trades break a rule of the verifier are left alone, and the part is decided without them.
    """
    watch = Stopwatch(calls.clock)
    with watch.stage("read"):
        tables = read_part(job.book, part)
    with watch.stage("check"):
        findings = check(job, calls, part, tables)
    decision, violations = _decided(job, calls, part, tables, findings, watch)
    if violations and (held := calls.withheld(violations, tables["accounts"])):
        decision, violations = _decided(job, calls, part, tables, [*findings, *held], watch)
    with watch.stage("write"):
        own = [name for name in sorted(decision.tables) if name not in MERGED_TABLES]
        tabled = [part_file(job.run_id, name, part.number, decision.tables[name]) for name in own]
        files = write_files(job.out, [*tabled, partial_file(job.run_id, part.number, decision.tables)])
    results = decision.tables["results"]
    tracked = results.select(["te_before", "te_after"]).drop_null()
    receipt = Receipt(
        part=part.number,
        files=files,
        totals={name: int(total) for name, total in decision.totals.items()},
        violations=len(violations),
        violation_texts=tuple(violation_text(violation) for violation in violations[:SHOWN_VIOLATIONS]),
        sample=tuple(_compared(one) for one in decision.resolved),
        seconds=watch.seconds,
        deciding=tuple(round(one, MICROSECONDS) for one in decision.deciding),
        peak_rss=peak_rss(),
        finished=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        codes=_codes(results),
        tracked=tracked.num_rows,
        tracking=(_sum(tracked["te_before"]), _sum(tracked["te_after"])),
    )
    receipts.save(job.out, job.run_id, receipt)
    return receipt


def _decided(
    job: Job,
    calls: Calls,
    part: Part,
    tables: Mapping[str, pa.Table],
    findings: Sequence[Finding],
    watch: Stopwatch,
) -> tuple[Decision, list[Violation]]:
    """The part decided, and what the verifier finds in it."""
    again = job.sample.get(part.number, ())
    decision: Decision = calls.rebalance(job.firm, tables, findings, job.run_id, again=again, clock=calls.clock)
    for stage, seconds in decision.seconds.items():
        watch.seconds[stage] = watch.seconds.get(stage, 0.0) + seconds
    with watch.stage("verify"):
        outputs, as_of = decision.tables, job.firm.header.as_of
        violations: list[Violation] = calls.verify_part(job.firm_tables, tables, outputs, as_of, job.settings)
    return decision, violations


def check(job: Job, calls: Calls, part: Part, tables: Mapping[str, pa.Table]) -> list[Finding]:
    """Findings on the part's accounts. Raises `InputRefused` where they refuse the book."""
    files = {file.table: file.key for file in part.files}
    misplaced = misplaced_accounts(tables.values(), job.misplaced)
    findings: list[Finding] = calls.check_part(job.reference, tables, misplaced, files)
    refusals = [finding for finding in findings if finding.scope is Scope.BOOK]
    if refusals:
        shown = "; ".join(str(finding) for finding in refusals[:SHOWN_REFUSALS])
        raise InputRefused(
            f"the book is refused, {len(refusals)} faults in part {part.number}: {shown}",
            where=job.book.uri,
            remedy="`wholebook validate` lists every fault of the book.",
        )
    return findings


def _compared(one: Resolved) -> Compared:
    excess = None if one.excess_bp is None else round(one.excess_bp, DECIMALS)
    return Compared(account_id=one.account_id, solver=one.solver, excess_bp=excess)


def _codes(results: pa.Table) -> dict[str, int]:
    """Accounts by "STATUS CODE"; the code is absent where the account was traded."""
    counts = results.group_by(["status", "code"], use_threads=False).aggregate([([], "count_all")]).to_pylist()
    return {f"{row['status']} {row['code'] or ''}".strip(): row["count_all"] for row in counts}


def _sum(column: pa.ChunkedArray) -> float:
    return float(pc.sum(column).as_py() or 0.0)


def peak_rss() -> int:
    """Peak resident memory of this process, bytes.

    Linux tells it in /proc; its `getrusage` also counts the process that started this one.
    """
    with suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return 1024 * int(status.partition("VmHWM:")[2].split()[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
