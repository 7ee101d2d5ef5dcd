"""`wholebook whatif` of many accounts: decided part by part on the executors of a run; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cluster.driver import Call, Driver
from cluster.executors import Executor, Handle
from cluster.identity import code_identity
from cluster.inspection import misplaced_accounts
from cluster.look import ALIKE
from cluster.memory import keep_memory
from cluster.observe import Observer
from cluster.opening import Book, open_book, refuse
from cluster.parts import read_file
from cluster.plan import TASKS_PER_WORKER, Part, group
from cluster.stages import Inspect, Reconcile
from cluster.state import Task
from cluster.storage import Storage, open_storage
from engine.book.columns import text
from engine.book.firm import Firm, build_firm
from engine.book.validation import Reference, build_reference
from engine.errors import UsageError, WholebookError

if TYPE_CHECKING:  # they compile kernels, which the driver need not wait for
    from engine.whatif.change import Change
    from engine.whatif.many import Chosen


@dataclass(frozen=True)
class Question:
    """What all tasks share: whose outcome is asked for, and what is changed of them."""

    code: str
    book: Storage
    firm: Firm
    reference: Reference
    misplaced: frozenset[int]
    chosen: Chosen
    change: Change
    frontier: bool


def ask_parts(question: Question, parts: Sequence[Part]) -> tuple[pa.Table | None, None]:
    """The rows of `ask` or `trace` of `engine.whatif`, of a group of parts; None where nobody of theirs is chosen.

    Raises `InputRefused` where a run would refuse the book, and what `Storage` raises.
    """
    keep_memory()
    if code_identity() != question.code:
        raise WholebookError(
            "the code on this worker is not the driver's",
            where="the worker's installation of wholebook",
            remedy="Install the same version on every machine of the cluster, then start again.",
        )
    found = [rows for part in parts if (rows := _ask_part(question, part)) is not None]
    pa.default_memory_pool().release_unused()
    return (pa.concat_tables(found) if found else None), None


def _ask_part(question: Question, part: Part) -> pa.Table | None:
    from engine.whatif import PartRefused, PartScene, ask, trace

    files = {file.table: file for file in part.files}
    if "accounts" not in files:
        return None
    tables = {"accounts": read_file(question.book, files["accounts"], dictionaries=True)}
    ids = question.chosen.ids(tables["accounts"])
    if not len(ids):
        return None
    rest = (file for name, file in files.items() if name != "accounts")
    tables |= {file.table: read_file(question.book, file, dictionaries=True) for file in rest}
    misplaced = misplaced_accounts(tables.values(), question.misplaced)
    keys = {name: file.key for name, file in files.items()}
    scene = PartScene(question.firm, question.reference, tables, misplaced, keys)
    try:
        return (trace if question.frontier else ask)(scene, ids, question.change)
    except PartRefused as refused:
        refuse(question.book, refused.findings)
        raise


ORDER = ("account_id", "factor")
LAST = ("changed_status", "today_status", "status")
"""The column of the outcome that is shown while it goes on, the first that there is."""


@dataclass
class Ask:
    """One task a group of parts. Afterwards: `rows`."""

    inspect: Inspect
    share: Callable[[], Handle]
    tasks: int
    name: str = "whatif"
    found: dict[int, pa.Table] = field(default_factory=dict)

    def calls(self) -> Sequence[Call]:
        """See `Stage.calls`. Raises `InputRefused` where a fault concerns the whole book."""
        refuse(self.inspect.book.storage, self.inspect.findings)
        question = self.share()
        return [
            Call(ask_parts, (question, parts), sum(part.rows("accounts") for part in parts))
            for parts in group(self.inspect.parts, self.tasks)
        ]

    def finished(self, task: Task, receipt: pa.Table | None, data: Handle) -> int:  # noqa: ARG002
        """See `Stage.finished`."""
        if receipt is None:
            return 0
        self.found[task] = receipt
        last = next(name for name in LAST if name in receipt.column_names)
        excepted = receipt.filter(pc.equal(receipt[last], "EXCEPTION"))["account_id"]
        return len(excepted.unique())

    @property
    def rows(self) -> pa.Table | None:
        """All rows by account, whatever the tasks were; None where there is none."""
        if not self.found:
            return None
        names = next(iter(self.found.values())).column_names
        return pa.concat_tables(self.found.values()).sort_by([(name, "ascending") for name in ORDER if name in names])


def ask_book(
    uri: str,
    settings: Mapping[str, object],
    chosen: Chosen,
    change: Change,
    executor: Executor,
    observer: Observer,
    *,
    frontier: bool = False,
) -> pa.Table:
    """One row each of the accounts chosen, see `engine.whatif.ask`; with `frontier` one a factor, see `trace`.

    Raises `InputRefused` where a run would refuse the book, `UsageError` where it does not know what is asked for,
    or nobody is chosen.
    """
    book = open_book(open_storage(uri), settings)
    refuse(book.storage, book.findings)
    check_names(book, chosen.policy, change)
    inspect = Inspect(book)
    reconcile = Reconcile(inspect)

    def share() -> Handle:
        return executor.share(
            Question(
                code=code_identity(),
                book=book.storage,
                firm=build_firm(book.header, book.tables, settings),
                reference=build_reference(book.header.as_of, book.tables, settings),
                misplaced=reconcile.misplaced,
                chosen=chosen,
                change=change,
                frontier=frontier,
            )
        )

    asked = Ask(inspect, share, max(executor.workers, 1) * TASKS_PER_WORKER)
    Driver(executor, observer).perform([inspect, reconcile, asked])
    rows = asked.rows
    if rows is None:
        who = "the book has no account" if chosen.policy is None else f"no account has the policy {chosen.policy}"
        raise UsageError(who, where=uri, remedy="`wholebook validate` counts the accounts of a book.")
    return rows


NAMES = {
    "screen_id": ("screens", "screen_id"),
    "security_id": ("securities", "security_id"),
    "sector": ("securities", "sector"),
    "factor": ("risk_covariance", "factor_1"),
}
"""Columns of a restriction that name something, and where the book has the names."""


def check_names(book: Book, policy: str | None, change: Change) -> None:
    """Refuse a policy, model, screen or other name that the book does not have. Raises `UsageError`.

    It would make an exception of everybody.
    """
    if policy is not None:
        _check_name(book, "policy", policy, "policies", "policy_id")
    if change.model is not None:
        _check_name(book, "model", change.model, "models", "model_id")
    for asked in change.restrictions:
        for column, (table, key) in NAMES.items():
            if column in asked:
                _check_name(book, column.removesuffix("_id"), str(asked[column]), table, key)


def _check_name(book: Book, what: str, name: str, table: str, key: str) -> None:
    rows = book.tables.get(table)
    known = [] if rows is None or key not in rows.column_names else text(rows[key]).drop_null().unique().to_pylist()
    if name in known:
        return
    near = get_close_matches(name, known, ALIKE) or sorted(known)[:ALIKE]
    some = f"Did you mean {' or '.join(near)}? " if near else ""
    raise UsageError(
        f"the book has no {what} {name}",
        where=f"{book.storage.uri}, {table}",
        remedy=f"{some}Names are those of {table}.",
    )
