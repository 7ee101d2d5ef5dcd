"""`wholebook settle`: a run's trades make the next day's book, part by part, on the same executors as the run.

The new book is complete or absent: its header is written last, and what was written before goes if anything fails.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cluster.catalog import HEADER_KEY
from cluster.driver import Call, Driver
from cluster.executors import Executor, Handle
from cluster.observe import Observer
from cluster.opening import Book, open_book, read_header, refuse
from cluster.plan import Part, run_id
from cluster.publish import Manifest
from cluster.record import RunRecord, read_record
from cluster.settle_files import ACTIONS_TABLE, book_actions, new_prices, read_actions_file, strangers
from cluster.settle_part import PartReceipt, SettleJob, settle_one
from cluster.settle_run import find_run, settled_manifest
from cluster.stages import Inspect, Reconcile
from cluster.state import Task
from cluster.storage import Storage
from cluster.storage.tables import table_bytes
from engine.book.calendar import next_trading_day
from engine.book.firm import Firm, build_firm
from engine.book.header import Header
from engine.book.validation import build_reference
from engine.errors import InputRefused, ObjectExists, PublicationConflict, UsageError
from engine.ledger.settle import Settlement, Totals
from engine.ledger.settle.actions import passed_actions
from engine.ledger.settle.trouble import Trouble
from engine.prove.twin_ledger import YEARS

SUMMARY_KEY = "settle.json"
_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Request:
    """What the operator asks for. `run` is a run's URI, a pointer's, or the output URI of runs.

    `twins`: begin the twins' own ledgers; those that the book has are carried on all the same.
    """

    book: Storage
    run: str
    out: Storage
    fills: str | None = None
    prices: str | None = None
    corporate_actions: str | None = None
    as_of: dt.date | None = None
    unpublished: bool = False
    dry_run: bool = False
    twins: bool = False


@dataclass(frozen=True)
class Report:
    """The settlement as it went."""

    book: str
    run_id: str
    was: dt.date
    as_of: dt.date
    out: str
    totals: Totals
    troubles: tuple[Trouble, ...]

    def document(self) -> dict[str, Any]:
        """The report as plain values, the same wherever the books lie."""
        return {
            "book": self.book,
            "run_id": self.run_id,
            "was": self.was.isoformat(),
            "as_of": self.as_of.isoformat(),
            "totals_cents": self.totals.as_dict(),
            "exceptions": [trouble.as_dict() for trouble in self.troubles],
        }


def settle_book(request: Request, executor: Executor, observer: Observer) -> Report:
    """Settle a book.

    Raises `PublicationConflict` where something is at `out` already, `InputRefused` where the run is not of this book
    as it is now, or a file given is unsound, `GateRefused` where the run is not published, `UsageError`.
    """
    header, _ = read_header(request.book)
    until = _until(request, header)
    place = find_run(request.run, header)
    manifest = settled_manifest(place, header, unpublished=request.unpublished)
    record = read_record(place.out, place.run_id)
    _refuse_occupied(request)
    book = open_book(request.book, record.run_file().settings)
    refuse(book.storage, book.findings)
    parts = _stages(request, book, manifest, record, until, executor, place.out)
    if request.dry_run:
        Driver(executor, observer).perform(parts)
        return _report(request, manifest, header, until, parts[-1])
    _claim(request.out)
    try:
        Driver(executor, observer).perform(parts)
        report = _report(request, manifest, header, until, parts[-1])
        _write_firm(request, book, until)
        request.out.write(SUMMARY_KEY, _json(report.document()))
        request.out.create(HEADER_KEY, _json(_next_header(request.book, until)))
    except BaseException:
        for info in list(request.out.list()):
            request.out.delete(info.key)
        raise
    return report


def _stages(
    request: Request,
    book: Book,
    manifest: Manifest,
    record: RunRecord,
    until: dt.date,
    executor: Executor,
    runs: Storage,
) -> tuple[Inspect, Reconcile, SettleParts]:
    inspect = Inspect(book)
    reconcile = Reconcile(inspect)

    def prepare() -> Handle:
        refuse(book.storage, inspect.findings)
        _check_identity(book, inspect.parts, record, manifest)
        return executor.share(_job(request, book, record, until, reconcile.misplaced, runs))

    return inspect, reconcile, SettleParts(inspect, manifest, prepare)


@dataclass
class SettleParts:
    """One task a part. Afterwards: `receipts`."""

    inspect: Inspect
    manifest: Manifest
    prepare: Callable[[], Handle]
    name: str = "settle"
    receipts: dict[int, PartReceipt] = field(default_factory=dict)

    def calls(self) -> Sequence[Call]:
        """See `Stage.calls`. Raises `InputRefused` where the run is not of this book, or a file given is unsound."""
        job = self.prepare()
        trades, results = (
            {file.part: file for file in self.manifest.files if file.table == table} for table in ("trades", "results")
        )
        return [
            Call(settle_one, (job, part, trades[part.number], results[part.number]), part.rows("accounts"))
            for part in self.inspect.parts
        ]

    def finished(self, task: Task, receipt: PartReceipt, data: Handle) -> int:  # noqa: ARG002
        """See `Stage.finished`."""
        self.receipts[receipt.part] = receipt
        return receipt.totals.exceptions

    @property
    def ordered(self) -> Iterable[PartReceipt]:
        """Receipts by part number."""
        return (receipt for _, receipt in sorted(self.receipts.items()))


def _job(
    request: Request, book: Book, record: RunRecord, until: dt.date, misplaced: frozenset[int], runs: Storage
) -> SettleJob:
    settings, header = record.run_file().settings, book.header
    firm = build_firm(header, book.tables, settings)
    named = request.corporate_actions
    table = book_actions(request.book) if named is None else read_actions_file(named)
    file = f"{request.book.uri}/{ACTIONS_TABLE}" if named is None else named
    day = (until - _EPOCH).days
    passed = passed_actions(table, firm.market.ids, firm.market.wash_group, header.as_of_days, day, file)
    carried = request.twins or next(request.book.list(YEARS), None) is not None
    return SettleJob(
        book=request.book,
        runs=runs,
        out=None if request.dry_run else request.out,
        settlement=Settlement(firm, day, passed, request.fills or ""),
        reference=build_reference(header.as_of, book.tables, settings),
        misplaced=misplaced,
        fills=request.fills,
        then=_firm_then(request, book, until, settings) if carried else None,
    )


def _firm_then(request: Request, book: Book, until: dt.date, settings: Mapping[str, object]) -> Firm:
    """The firm on the new book's day, at its prices."""
    tables = dict(book.tables)
    if request.prices is not None:
        tables["securities"] = new_prices(request.prices, tables["securities"], until)
    return build_firm(book.header.model_copy(update={"as_of": until}), tables, settings)


def _report(request: Request, manifest: Manifest, header: Header, until: dt.date, parts: SettleParts) -> Report:
    """The sum of the parts. Raises `InputRefused` where a fill names an account of none of them."""
    receipts = list(parts.ordered)
    if request.fills is not None:
        strangers(request.fills, request.book, parts.inspect.parts, sum(receipt.fill_rows for receipt in receipts))
    totals = sum((receipt.totals for receipt in receipts), Totals())
    troubles = tuple(trouble for receipt in receipts for trouble in receipt.troubles)
    return Report(header.name, manifest.run_id, header.as_of, until, request.out.uri, totals, troubles)


def _until(request: Request, header: Header) -> dt.date:
    until = request.as_of or next_trading_day(header.as_of)
    if until <= header.as_of:
        raise UsageError(
            f"{until} is not after {header.as_of}, the day of the book", where="--as-of", remedy="Name a later day."
        )
    return until


def _refuse_occupied(request: Request) -> None:
    first = next(request.out.list(), None)
    if first is not None:
        raise PublicationConflict(
            "there is something here already", where=f"{request.out.uri}/{first.key}", remedy="Name an empty place."
        )


def _claim(out: Storage) -> None:
    """Take the place, so that of two settlements one goes on and neither removes the other's files."""
    try:
        out.create(SUMMARY_KEY, b"{}\n")
    except ObjectExists as error:
        raise PublicationConflict(
            "another settlement is writing here", where=out.uri, remedy="Wait for it, or name another place."
        ) from error


def _check_identity(book: Book, parts: Sequence[Part], record: RunRecord, manifest: Manifest) -> None:
    """The book as it is now, with the run's settings and code, must make the run's name."""
    files = {file.key: file.sha256 for file in (*book.files, *(file for part in parts for file in part.files))}
    name = run_id(files, record.run_file().settings, record.code, record.sample.model_dump())
    if name != manifest.run_id:
        raise InputRefused(
            f"the book is not the one that run {manifest.run_id} rebalanced: it makes run {name}",
            where=book.storage.uri,
            remedy="Name the book that was rebalanced, unchanged.",
        )


def _write_firm(request: Request, book: Book, until: dt.date) -> None:
    """The firm's tables as they were, but for new prices; and the corporate actions, for the days to come."""
    prices = None if request.prices is None else new_prices(request.prices, book.tables["securities"], until)
    for table, keys in book.catalog.firm.items():
        if table == "securities" and prices is not None:
            request.out.write("securities.parquet", table_bytes(prices))
            continue
        for key in keys:
            request.out.write(key, request.book.read(key))
    for info in request.book.list(ACTIONS_TABLE):
        request.out.write(info.key, request.book.read(info.key))


def _next_header(book: Storage, until: dt.date) -> dict[str, object]:
    header: dict[str, object] = json.loads(book.read(HEADER_KEY))
    return header | {"as_of": until.isoformat()}


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()
