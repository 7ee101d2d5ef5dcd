"""What a run is made of, and what it is called: parts by cost, tasks, and the run's identity. Pure."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ACCOUNT_COST = 40.0
LOT_COST = 1.0
TASKS_PER_WORKER = 8
"""At least, so that no worker waits long for the last task."""
TASK_COST = 500_000.0
"""Most of a task of several parts: about a second, so that of a large book too a worker waits no longer at the end."""
RUN_ID_DIGITS = 16


@dataclass(frozen=True)
class InputFile:
    """One file of the book as it was when the run was planned."""

    table: str
    key: str
    sha256: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class Part:
    """One part of the book: the unit of work."""

    number: int
    files: tuple[InputFile, ...]

    def rows(self, table: str) -> int:
        """Rows of one of the part's tables; 0 where the book has no such table."""
        return sum(file.rows for file in self.files if file.table == table)

    @property
    def cost(self) -> float:
        """Expected work, in lots: an account costs as much as `ACCOUNT_COST` lots, before its own lots."""
        return ACCOUNT_COST * self.rows("accounts") + LOT_COST * self.rows("lots")


@dataclass(frozen=True)
class Plan:
    """A run before it starts. `tasks` are groups of parts, the most expensive first."""

    run_id: str
    parts: tuple[Part, ...]
    tasks: tuple[tuple[Part, ...], ...]

    def total(self, table: str) -> int:
        """Rows of a table over all parts."""
        return sum(part.rows(table) for part in self.parts)


def make_plan(run_id: str, parts: Sequence[Part], workers: int) -> Plan:
    """Group and order the parts. Groups depend on the number of workers; what is computed does not."""
    least = math.ceil(sum(part.cost for part in parts) / TASK_COST)
    return Plan(run_id, tuple(parts), group(parts, max(least, max(workers, 1) * TASKS_PER_WORKER)))


def group(parts: Sequence[Part], tasks: int) -> tuple[tuple[Part, ...], ...]:
    """Parts in tasks of similar cost, largest first, so that the last to finish is small.

    No task is more than the book's cost over `tasks`, unless a single part is; small parts share one.
    """
    share = sum(part.cost for part in parts) / max(tasks, 1)
    groups: list[tuple[Part, ...]] = []
    open_group: list[Part] = []
    for part in sorted(parts, key=lambda part: (-part.cost, part.number)):
        if open_group and sum(member.cost for member in open_group) + part.cost > share:
            groups.append(tuple(open_group))
            open_group = []
        open_group.append(part)
    if open_group:
        groups.append(tuple(open_group))
    return tuple(sorted(groups, key=lambda members: (-sum(part.cost for part in members), members[0].number)))


def run_id(files: Mapping[str, str], settings: Mapping[str, object], code: str, sample: Mapping[str, object]) -> str:
    """Name a run by what decides its bytes: sha256 of every file of the book by key, settings, code, sample.

    Where the book lies, where the output goes, the number of workers and the gates do not enter: they change no byte.
    """
    identity = {"book": dict(files), "settings": plain(settings), "code": code, "sample": dict(sample)}
    return hashlib.sha256(canonical_json(identity)).hexdigest()[:RUN_ID_DIGITS]


def canonical_json(value: object) -> bytes:
    """The same value gives the same bytes: sorted keys, no spaces, UTF-8, a newline at the end."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def plain(settings: Mapping[str, object]) -> dict[str, object]:
    """Settings as JSON values: dates as YYYY-MM-DD."""
    return {name: value.isoformat() if isinstance(value, datetime.date) else value for name, value in settings.items()}
