"""`wholebook report --account` and `--all`: pages for clients. A part is read once for all its accounts."""

from __future__ import annotations

import datetime
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import quote

import pyarrow as pa

from cluster import receipts
from cluster.catalog import key_beside
from cluster.driver import Call, Driver
from cluster.executors import Executor, Handle
from cluster.explain import part_of
from cluster.locate import RunPlace, locate_latest
from cluster.observe import Observer
from cluster.opening import Book, open_book, refuse
from cluster.outputs import read_checked
from cluster.partial import read_partial
from cluster.publish import Manifest, ManifestFile, read_manifest
from cluster.receipts import PARTIAL
from cluster.record import read_record
from cluster.state import Task
from cluster.storage import Storage, open_storage
from cluster.storage.tables import parse_table
from engine.book.firm import build_firm
from engine.errors import StorageError, UsageError
from engine.report.client import (
    About,
    Client,
    Listed,
    Names,
    Part,
    client_of,
    group,
    names_of,
    render,
    render_index,
    render_part_index,
    undecided,
)
from engine.report.client.words import STATUSES

YEARS = "twin_years"
READ = {
    "accounts": (
        "account_id",
        "household_id",
        "policy_id",
        "tax_status",
        "fee_bps",
        "realised_st_ytd",
        "realised_lt_ytd",
        "saved_ytd",
        "saved_since_inception",
        "fees_ytd",
        "fees_since_inception",
        "wash_policy",
        "harvest",
        "gain_budget",
        "tax_budget",
        "preserve_until",
        "transition_until",
    ),
    "lots": (
        "account_id",
        "lot_id",
        "security_id",
        "quantity",
        "cost_basis",
        "acquired",
        "holding_start",
        "locked",
    ),
    "activity": ("account_id", "trade_date", "security_id", "side"),
    "restrictions": ("account_id", "kind"),
}
"""Columns of the book that pages tell of."""
OF_RUN = ("results", "trades", "exceptions")
PAGES_AT_ONCE = 256
"""Pages written together; a folder is made durable once for all of them."""
WRITERS = 8
"""Threads that write: they wait for the disk, or the network, at the same time."""


@dataclass(frozen=True)
class Job:
    """What all tasks share. `folder` is where pages go; `twins`: the book has twins with ledgers of their own."""

    book: Storage
    out: Storage
    folder: Storage
    names: Names
    about: About
    twins: bool


@dataclass(frozen=True)
class PartPages:
    """A part whose pages are written: accounts by status, the first and last of their ids, CPU seconds."""

    number: int
    statuses: Mapping[str, int]
    first: str
    last: str
    seconds: float


@dataclass(frozen=True)
class Written:
    """All pages of a run: how many, by status, and the CPU seconds of the tasks."""

    run_id: str
    pages: int
    parts: int
    statuses: Mapping[str, int]
    cpu_seconds: float


@dataclass(frozen=True)
class _Opened:
    place: RunPlace
    manifest: Manifest
    book: Book
    job: Job


def client_page(uri: str, account: str) -> str:
    """The page of one account of a finished run. Raises `UsageError` where there is none, and what reading raises."""
    opened = _open(uri, open_storage("."))
    number = part_of(opened.place.out, opened.manifest, account)
    if number is None:
        raise UsageError(f"the run has no account {account}", where=uri, remedy="Name an account of the book.")
    part = _read(opened.job, opened.manifest.run_id, number, *_sources(opened, number))
    client = next(one for one in _clients(part) if one.account_id == account)
    return render(client, opened.job.about)


def write_all_pages(uri: str, folder: Storage, executor: Executor, observer: Observer) -> Written:
    """Write a page of every account of a finished run, and their index. Raises what reading and writing raise."""
    opened = _open(uri, folder)
    stage = WriteParts(executor.share(opened.job), opened)
    Driver(executor, observer).perform([stage])
    done = [pages for _, pages in sorted(stage.done.items())]
    index = render_index(opened.job.about, [_line_of_part(one) for one in done if one.statuses])
    folder.write("index.html", index.encode())
    statuses = sum((Counter(one.statuses) for one in done), Counter[str]())
    return Written(
        opened.manifest.run_id, statuses.total(), len(done), dict(statuses), round(sum(one.seconds for one in done), 3)
    )


@dataclass
class WriteParts:
    """One task a part of the book."""

    job: Handle
    opened: _Opened
    name: str = "report"
    done: dict[int, PartPages] = field(default_factory=dict)

    def calls(self) -> Sequence[Call]:
        """See `Stage.calls`."""
        run = self.opened.manifest.run_id
        rows = {file.part: file.rows for file in self.opened.manifest.files if file.table == "results"}
        return [
            Call(write_part, (self.job, run, number, *_sources(self.opened, number)), rows.get(number, 0))
            for number in self.opened.book.catalog.parts
        ]

    def finished(self, task: Task, receipt: PartPages, data: Handle) -> int:  # noqa: ARG002
        """See `Stage.finished`."""
        self.done[receipt.number] = receipt
        return receipt.statuses.get("EXCEPTION", 0)


def write_part(
    job: Job, run: str, number: int, keys: Mapping[str, str], files: Sequence[ManifestFile]
) -> tuple[PartPages, None]:
    """Write the pages of a part, and its index."""
    start = time.process_time()
    part = _read(job, run, number, keys, files)
    lines: list[Listed] = []
    todo = _clients(part)
    with ThreadPoolExecutor(WRITERS) as pool:
        while clients := list(islice(todo, PAGES_AT_ONCE)):
            pages = [(page_name(one.account_id), render(one, job.about).encode()) for one in clients]
            list(pool.map(job.folder.write_all, [dict(pages[each::WRITERS]) for each in range(WRITERS)]))
            lines += [_line(one) for one in clients]
    lines.sort(key=lambda line: line.name)
    job.folder.write(_index_name(number), render_part_index(job.about, lines).encode())
    pa.default_memory_pool().release_unused()
    statuses = Counter(part.results["status"]) + Counter(row["status"] for row in part.other)
    ends = (lines[0].name, lines[-1].name) if lines else ("", "")
    return PartPages(number, dict(statuses), *ends, time.process_time() - start), None


def page_name(account: str) -> str:
    """The file of an account's page: its id, with what a file or a link may not have written as %XX."""
    name = quote(account, safe=" ")
    if name == "index" or name.startswith(("index-", ".")):
        name = f"%{ord(name[0]):02X}{name[1:]}"
    return f"{name}.html"


def _index_name(number: int) -> str:
    return f"index-{number:05d}.html"


def _line(client: Client) -> Listed:
    return Listed(quote(page_name(client.account_id)), client.account_id, STATUSES[client.status])


def _line_of_part(pages: PartPages) -> Listed:
    said = ", ".join(f"{count:,} {STATUSES[status]}" for status, count in sorted(pages.statuses.items()))
    return Listed(_index_name(pages.number), f"{pages.first} to {pages.last}", said)


def _clients(part: Part) -> Iterator[Client]:
    yield from (client_of(part, account) for account in range(len(part.ids)))
    yield from (undecided(row) for row in part.other)


def _open(uri: str, folder: Storage) -> _Opened:
    place = locate_latest(uri)
    manifest, _ = read_manifest(place.out, place.run_id)
    record = read_record(place.out, place.run_id)
    settings = record.run_file().settings
    book = open_book(open_storage(record.book), settings)
    refuse(book.storage, book.findings)
    names = names_of(build_firm(book.header, book.tables, settings), book.tables["securities"])
    twins = next(book.storage.list(YEARS), None) is not None
    about = About(manifest.book, datetime.date.fromisoformat(manifest.as_of), manifest.run_id)
    return _Opened(place, manifest, book, Job(book.storage, place.out, folder, names, about, twins))


def _sources(opened: _Opened, number: int) -> tuple[Mapping[str, str], list[ManifestFile]]:
    """The keys of a part of the book, and the run's files of it."""
    files = [file for file in opened.manifest.files if file.part == number and file.table in OF_RUN]
    return opened.book.catalog.parts.get(number, {}), files


def _read(job: Job, run: str, number: int, keys: Mapping[str, str], files: Sequence[ManifestFile]) -> Part:
    """A part of the book and of the run, grouped by account."""
    receipt = receipts.load(job.out, run, number)
    partial = [file for file in receipt.files if file.table == PARTIAL] if receipt else []
    outputs = {
        file.table: parse_table(read_checked(job.out, file), f"{job.out.uri}/{file.key}", dictionaries=True)
        for file in files
    }
    if missing := sorted(set(OF_RUN) - set(outputs)) or ([] if partial else ["targets"]):
        raise StorageError(
            f"part {number} of the run has no {', '.join(missing)}", where=job.out.uri, remedy="Run the book again."
        )
    outputs["targets"] = read_partial(job.out, partial[0])["targets"]
    tables = {
        name: parse_table(job.book.read(key), f"{job.book.uri}/{key}", READ[name], dictionaries=True)
        for name, key in keys.items()
        if name in READ
    }
    if job.twins:
        key = key_beside(keys["accounts"], YEARS)
        tables[YEARS] = parse_table(job.book.read(key), f"{job.book.uri}/{key}")
    return group(job.names, tables, outputs)
