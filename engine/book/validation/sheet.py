"""One table under examination: its readable columns, and how a fault in it is told.

Checks find faulty rows with masks over whole columns; Python objects are made for the faulty rows alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.findings import Finding, Scope
from engine.book.schema import BOOK_TABLES, Table
from engine.codes import Code

MOST_ROWS_TOLD: Final = 1_000
MOST_TOLD_OF_ONE: Final = 20
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "models": ("model_id", "security_id", "child_model_id"),
    "restrictions": ("account_id", "kind", "security_id", "sector", "screen_id", "factor"),
    "activity": ("account_id", "trade_date", "security_id", "side"),
    "corporate_actions": ("date", "security_id", "kind"),
    "flows": ("account_id", "date"),
}
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Sheet:
    """A table cut to the contract's columns that are of their kind; `check_schema` tells of the others.

    `file` names it in findings, rows count from 0 in it. `arrays` are its columns; an absent one reads as nulls.
    """

    spec: Table
    data: pa.Table
    file: str
    arrays: Mapping[str, pa.Array]

    @classmethod
    def of(cls, name: str, tables: Mapping[str, pa.Table], files: Mapping[str, str]) -> Sheet:
        """The table of this name, or an empty one where the book has none."""
        return cls.cut(BOOK_TABLES[name], tables[name] if name in tables else pa.table({}), files.get(name, name))

    @classmethod
    def cut(cls, spec: Table, data: pa.Table, file: str) -> Sheet:
        """Any table, cut to the columns of `spec`."""
        names = readable(spec, data.schema)
        data = data if names == data.column_names else data.select(names)
        return cls(spec, data, file, dict(zip(names, map(columns.flat, data.columns), strict=True)))

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.data.num_rows)

    def has(self, column: str) -> bool:
        """True where the column is there and of its kind."""
        return column in self.arrays

    def text(self, column: str) -> pa.Array:
        """A text column as plain strings."""
        return columns.text(self.arrays[column]) if self.has(column) else pa.nulls(self.rows, pa.string())

    def as_held(self, column: str) -> pa.Array:
        """A text column as the table holds it, plain strings or a dictionary."""
        return self.arrays[column] if self.has(column) else pa.nulls(self.rows, pa.string())

    def numbers(self, column: str) -> NDArray[np.float64]:
        """A numeric column as float64, NaN for null; shape (rows,)."""
        return columns.numbers(self.arrays[column]) if self.has(column) else np.full(self.rows, np.nan)

    def days(self, column: str) -> NDArray[np.int32]:
        """A date column as days since 1970-01-01, `NO_DATE` for null; shape (rows,)."""
        if not self.has(column):
            return np.full(self.rows, columns.NO_DATE, dtype=np.int32)
        return columns.days(self.arrays[column])

    def codes(self, column: str, values: pa.Array) -> NDArray[np.int32]:
        """Position of each text in `values`, -1 for null and unknown; shape (rows,)."""
        if not self.has(column):
            return np.full(self.rows, -1, dtype=np.int32)
        return columns.codes(self.arrays[column], values)

    def filled(self, column: str) -> Mask:
        """True where the column is not null; shape (rows,)."""
        if not self.has(column):
            return np.zeros(self.rows, dtype=np.bool_)
        source = self.arrays[column]
        if source.null_count == 0:
            return np.ones(self.rows, dtype=np.bool_)
        return np.asarray(source.is_valid().to_numpy(zero_copy_only=False))

    def cell(self, column: str, row: int) -> str:
        """One value as text, empty for null."""
        return _plain(self.data[column][row].as_py()) if self.has(column) else ""

    def key(self, row: int) -> str:
        """The row's key: `account_id=A7 lot_id=L3`."""
        names = self.spec.key or _KEYS[self.spec.name]
        return " ".join(f"{name}={value}" for name in names if (value := self.cell(name, row)))

    def finding(
        self,
        scope: Scope,
        code: Code,
        column: str,
        row: int,
        what: str,
        *,
        subject: str = "",
        remedy: str = "",
        limit: str = "",
    ) -> Finding:
        """A finding about one cell; `what` goes on after the column's name and value: "is not above 0"."""
        value = self.cell(column, row)
        return Finding(
            scope=scope,
            code=code.name,
            table=self.spec.name,
            column=column,
            message=" ".join(part for part in (column, value, what) if part),
            remedy=remedy or code.value,
            file=self.file,
            row=row,
            key=self.key(row),
            subject=subject,
            value=value,
            limit=limit,
        )

    def tell(
        self, scope: Scope, code: Code, column: str, faulty: Mask, what: str, *, remedy: str = "", limit: str = ""
    ) -> list[Finding]:
        """One finding a faulty row, the first 1,000 in detail and one that counts the rest."""
        rows = np.flatnonzero(faulty)
        told = [
            self.finding(scope, code, column, int(row), what, remedy=remedy, limit=limit)
            for row in rows[:MOST_ROWS_TOLD]
        ]
        return told + count_rest(told, len(rows))


@dataclass(frozen=True)
class OwnedSheet(Sheet):
    """A sheet whose rows belong to subjects: accounts, or models.

    `owner` (rows,) is the row's position in `subjects`, -1 where the subject is not known here; such rows are told of
    by `check_membership` and by nobody else.
    """

    owner: NDArray[np.int32]
    subjects: pa.Array
    scope: Scope

    @classmethod
    def owned(cls, sheet: Sheet, column: str, subjects: pa.Array, scope: Scope) -> OwnedSheet:
        """The sheet with each row's owner, read from `column`."""
        return cls(sheet.spec, sheet.data, sheet.file, sheet.arrays, sheet.codes(column, subjects), subjects, scope)

    def subject(self, row: int) -> str:
        """Who the row belongs to."""
        return str(self.subjects[int(self.owner[row])].as_py())

    def blame(
        self,
        code: Code,
        column: str,
        faulty: Mask,
        what: str,
        *,
        remedy: str = "",
        limit: str = "",
        scope: Scope | None = None,
    ) -> list[Finding]:
        """One finding a faulty row, at most 20 a subject: every faulty subject is told, of notes the first 1,000."""
        if not faulty.any():
            return []
        scope = self.scope if scope is None else scope
        rows = np.flatnonzero(faulty & (self.owner >= 0))
        rows = rows[first_of_each(self.owner[rows], MOST_TOLD_OF_ONE)]
        shown = rows[:MOST_ROWS_TOLD] if scope is Scope.NOTE else rows
        told = [
            self.finding(
                scope, code, column, int(row), what, subject=self.subject(int(row)), remedy=remedy, limit=limit
            )
            for row in shown
        ]
        return told + count_rest(told, len(rows))


def readable(spec: Table, schema: pa.Schema) -> list[str]:
    """The contract's columns that are there once and of their kind."""
    names, kinds = schema.names, schema.types
    place = {name: at for at, name in enumerate(names)}
    there = [column for column in spec.columns if column.name in place]
    once = len(place) == len(names)
    return [
        column.name
        for column in there
        if (once or names.count(column.name) == 1) and column.kind.accepts(kinds[place[column.name]])
    ]


def first_of_each(owner: NDArray[Any], most: int) -> NDArray[np.int64]:
    """Positions of the first `most` rows of each owner, ascending."""
    order = np.argsort(owner, kind="stable")
    grouped = owner[order]
    rank = np.arange(len(owner)) - np.searchsorted(grouped, grouped)
    return np.sort(order[rank < most])


def count_rest(told: list[Finding], found: int) -> list[Finding]:
    """A last finding that says how many more there are, or nothing."""
    if found <= len(told):
        return []
    last = told[-1]
    more = f"{found - len(told):,} more faults like the one before are not listed"
    return [Finding(last.scope, last.code, last.table, last.column, more, last.remedy, file=last.file)]


def _plain(value: object) -> str:
    """A cell as a person writes it, at most 100 characters."""
    if value is None:
        return ""
    return f"{value:.12g}" if isinstance(value, float) else str(value)[:100]
