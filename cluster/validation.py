"""`wholebook validate`: everything that is wrong with a book, in one pass, by part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from cluster.driver import Call, Driver
from cluster.executors import Executor, Handle
from cluster.inspection import misplaced_accounts
from cluster.observe import Observer
from cluster.opening import Book, open_book
from cluster.parts import read_part
from cluster.plan import Part
from cluster.stages import Inspect, Reconcile
from cluster.state import Task
from cluster.storage import Storage
from engine.book.findings import Finding, Scope
from engine.book.validation import Reference, build_reference, check_part, summary
from engine.codes import Code


@dataclass(frozen=True)
class Checking:
    """What is shared by all tasks. `keep` bounds the findings of one code that a part sends back; None keeps all."""

    book: Storage
    reference: Reference
    misplaced: frozenset[int]
    keep: int | None


@dataclass(frozen=True)
class Checked:
    """Findings, all counted and the first of each code kept. `accounts` are those that become exceptions."""

    findings: tuple[Finding, ...]
    counts: Counter[tuple[Scope, str]]
    accounts: int


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a book, widest scope first. `complete` is False where the parts' rows could not be checked."""

    book: str
    as_of: str
    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]
    counts: dict[Scope, dict[str, int]]
    faulty_accounts: int
    complete: bool

    @property
    def refused(self) -> bool:
        """Whether a run would refuse the book."""
        return Scope.BOOK in self.counts


def check_rows(checking: Checking, part: Part) -> tuple[Checked, None]:
    """Check the rows of one part."""
    tables = read_part(checking.book, part)
    whole = {name: table for name, table in tables.items() if "account_id" in table.column_names}
    misplaced = misplaced_accounts(whole.values(), checking.misplaced)
    files = {file.table: file.key for file in part.files}
    return count(check_part(checking.reference, tables, misplaced, files), checking.keep), None


def count(findings: Iterable[Finding], keep: int | None) -> Checked:
    """Count findings and keep the first of each code."""
    counts: Counter[tuple[Scope, str]] = Counter()
    kept, accounts = [], set()
    for finding in findings:
        place = (finding.scope, finding.code)
        counts[place] += 1
        if keep is None or counts[place] <= keep:
            kept.append(finding)
        if finding.scope is Scope.ACCOUNT:
            accounts.add(finding.subject)
    return Checked(tuple(kept), counts, len(accounts))


@dataclass
class CheckRows:
    """One task a part whose files can be read. `reference` is made when the stage begins."""

    inspect: Inspect
    reconcile: Reconcile
    reference: Callable[[], Reference]
    share: Callable[[object], Handle]
    keep: int | None
    name: str = "check"
    checked: dict[int, Checked] = field(default_factory=dict)

    def calls(self) -> Sequence[Call]:
        """See `Stage.calls`."""
        book = self.inspect.book
        if any(finding.scope is Scope.BOOK for finding in book.findings):
            return []
        checking = self.share(Checking(book.storage, self.reference(), self.reconcile.misplaced, self.keep))
        unreadable = {finding.file for finding in self.inspect.findings if finding.code == Code.FILE_UNREADABLE.name}
        parts = [part for part in self.inspect.parts if unreadable.isdisjoint(file.key for file in part.files)]
        return [Call(check_rows, (checking, part), part.rows("accounts")) for part in parts]

    def finished(self, task: Task, receipt: Checked, data: Handle) -> int:  # noqa: ARG002
        """See `Stage.finished`."""
        self.checked[task] = receipt
        return receipt.accounts


def diagnose(storage: Storage, executor: Executor, observer: Observer, keep: int | None) -> Diagnosis:
    """Find everything that is wrong with a book. Raises `InputRefused` only where there is no book to look at."""
    book = open_book(storage, {})
    inspect = Inspect(book)
    reconcile = Reconcile(inspect)
    rows = CheckRows(inspect, reconcile, lambda: _reference(book), executor.share, keep)
    Driver(executor, observer).perform([inspect, reconcile, rows])
    firm = count((*book.findings, *inspect.findings), keep)
    every = [firm, *(rows.checked[task] for task in sorted(rows.checked))]
    counts = sum((checked.counts for checked in every), Counter[tuple[Scope, str]]())
    return Diagnosis(
        book=book.header.name,
        as_of=book.header.as_of.isoformat(),
        parts=inspect.parts,
        findings=summary(finding for checked in every for finding in checked.findings).findings,
        counts={
            scope: {code: n for (where, code), n in sorted(counts.items()) if where is scope}
            for scope in Scope
            if any(where is scope for where, _ in counts)
        },
        faulty_accounts=sum(checked.accounts for checked in every),
        complete=len(rows.checked) == len(inspect.parts),
    )


def _reference(book: Book) -> Reference:
    return build_reference(book.header.as_of, book.tables, {})
