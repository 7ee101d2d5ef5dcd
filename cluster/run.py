"""The main job: a book in, a published run out (docs/architecture.md, "A run, step by step")."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from cluster import layout
from cluster.calls import Calls, engine_calls
from cluster.driver import Driver, RunInterrupted
from cluster.executors import Executor, Handle
from cluster.identity import code_identity
from cluster.observe import Observer
from cluster.opening import Book, open_book, read_header, refuse
from cluster.plan import Plan, make_plan, run_id
from cluster.publish import Manifest, ManifestFile, Publication, check_unpublished, publish, write_manifest
from cluster.receipts import PARTIAL, OutputFile, Receipt, add_totals
from cluster.record import Execution, new_record
from cluster.recording import Watch, recording
from cluster.run_file import RunFile
from cluster.sampling import compare, draw
from cluster.stages import Inspect, Rebalance, Reconcile, Reduce
from cluster.storage import Storage
from cluster.violations import refuse_run
from cluster.worker import Job
from engine.book.firm import build_firm
from engine.book.validation import build_reference
from engine.errors import InputRefused


@dataclass(frozen=True)
class Request:
    """What the operator asks for. `expected` is the run id that `resume` wants to find."""

    book: Storage
    out: Storage
    run_file: RunFile = field(default_factory=RunFile)
    publish: bool = True
    dry_run: bool = False
    expected: str | None = None
    calls: Callable[[], Calls] = engine_calls


@dataclass(frozen=True)
class Report:
    """How a run ended. `manifest` is None after a dry run, `publication` after a run that was not to be published."""

    plan: Plan
    out: str
    receipts: tuple[Receipt, ...] = ()
    manifest: Manifest | None = None
    publication: Publication | None = None
    execution: Execution | None = None

    @property
    def uri(self) -> str:
        """How the command line names the run."""
        return layout.run_uri(self.out, self.plan.run_id)


def run_book(request: Request, executor: Executor, observer: Observer) -> Report:
    """Perform a run to its end.

    Raises `PublicationConflict` before anything is computed where the book and date are published already,
    `InputRefused`, `GateRefused`, `Unfinished` and `RunInterrupted`; the last two name the command that goes on.
    """
    refuse_published(request)
    driver, watch = Driver(executor, observer), Watch()
    try:
        book = open_book(request.book, request.run_file.settings)
        plan, misplaced = _plan(request, book, driver, executor.workers)
    except (RunInterrupted, KeyboardInterrupt):
        raise RunInterrupted("interrupted before the plan", remedy="Nothing was written; start again.") from None
    watch.lap("inspect")
    if request.dry_run:
        return Report(plan, request.out.uri)
    start = new_record(plan.run_id, request.book.uri, request.run_file, publish=request.publish)
    with recording(request.out, start, executor.workers, driver, watch) as recorder:
        report = _compute(request, book, plan, misplaced, driver, executor, watch)
        recorder.worker_peak_rss = max((receipt.peak_rss for receipt in report.receipts), default=0)
    return replace(report, execution=recorder.execution)


def refuse_published(request: Request) -> None:
    """Raise `PublicationConflict` where the run's pointer exists already; cheap, so that nothing is started first."""
    if request.publish:
        header, _ = read_header(request.book)
        check_unpublished(request.out, header.name, header.as_of.isoformat())


def _plan(request: Request, book: Book, driver: Driver, workers: int) -> tuple[Plan, frozenset[int]]:
    """Inspect the parts and name the run. Raises `InputRefused` where a fault concerns the whole book."""
    inspect = Inspect(book)
    reconcile = Reconcile(inspect)
    driver.perform([inspect, reconcile])
    refuse(book.storage, [*book.findings, *inspect.findings])
    files = {file.key: file.sha256 for file in (*book.files, *(file for part in inspect.parts for file in part.files))}
    run_file = request.run_file
    name = run_id(files, run_file.settings, code_identity(), run_file.sample.model_dump())
    if request.expected not in (None, name):
        raise InputRefused(
            f"book, settings or code are no longer those of run {request.expected}: they make run {name}",
            where=book.storage.uri,
            remedy="Start a new run with `wholebook run`.",
        )
    return make_plan(name, inspect.parts, workers), reconcile.misplaced


def _compute(
    request: Request,
    book: Book,
    plan: Plan,
    misplaced: frozenset[int],
    driver: Driver,
    executor: Executor,
    watch: Watch,
) -> Report:
    rebalance = Rebalance(plan, functools.partial(_share_job, request, book, plan, misplaced, executor))
    gates = request.run_file.gates.model_dump()
    reduce = Reduce(request.out, plan.run_id, rebalance, book.tables["securities"], gates, request.calls)
    driver.perform([rebalance, reduce])
    watch.lap("rebalance")
    receipts, reduction = rebalance.ordered, reduce.reduction
    assert reduction is not None, "the reduce stage is complete"
    refuse_run(reduction.violations)
    own = (file for receipt in receipts for file in receipt.files if file.table != PARTIAL)
    manifest = _manifest(book, plan.run_id, (*own, *reduction.files), receipts)
    pointer = write_manifest(request.out, manifest)
    publication = publish(request.out, manifest, pointer) if request.publish else None
    watch.lap("publish")
    return Report(plan, request.out.uri, receipts, manifest, publication)


def _share_job(request: Request, book: Book, plan: Plan, misplaced: frozenset[int], executor: Executor) -> Handle:
    """Send once to all workers what every task needs."""
    settings = request.run_file.settings
    job = Job(
        run_id=plan.run_id,
        code=code_identity(),
        book=request.book,
        out=request.out,
        firm=build_firm(book.header, book.tables, settings),
        reference=build_reference(book.header.as_of, book.tables, settings),
        firm_tables=book.tables,
        settings=settings,
        misplaced=misplaced,
        sample=draw(plan.run_id, plan.parts, request.run_file.sample),
        calls=request.calls,
    )
    return executor.share(job)


def _manifest(book: Book, name: str, files: Iterable[OutputFile], receipts: Sequence[Receipt]) -> Manifest:
    listed = [
        ManifestFile(key=file.key, table=file.table, part=file.part, sha256=file.sha256, rows=file.rows)
        for file in files
    ]
    return Manifest(
        run_id=name,
        book=book.header.name,
        as_of=book.header.as_of.isoformat(),
        files=tuple(sorted(listed, key=lambda file: (file.table, file.part, file.key))),
        totals=add_totals(receipts),
        sample=compare(one for receipt in receipts for one in receipt.sample),
    )
