"""What is wrong with a book, found in one pass and told together.

A `Finding` names file, column, row or key, what is wrong and what to do. Its scope decides what follows:
`BOOK` refuses the book, `MODEL` makes the model's followers exceptions, `ACCOUNT` makes one account an exception,
`NOTE` stops nobody.
"""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass


class Scope(enum.IntEnum):
    """How far a fault reaches; lists are sorted by it, widest first."""

    BOOK = 0
    MODEL = 1
    ACCOUNT = 2
    NOTE = 3


@dataclass(frozen=True)
class Finding:
    """One thing wrong with the input.

    `code` is a member name of `engine.codes.Code`; `key` is the row's key (`account_id=A7 lot_id=L3`) where it has one,
    else `row` (0-based, in the file) says where. `subject` is the account or the model concerned, empty for the book.
    """

    scope: Scope
    code: str
    table: str
    column: str
    message: str
    remedy: str
    file: str = ""
    row: int | None = None
    key: str = ""
    subject: str = ""
    value: str = ""
    limit: str = ""

    def __str__(self) -> str:
        where = ".".join(part for part in (self.table, self.column) if part)
        at = self.key or (f"row {self.row}" if self.row is not None else "")
        place = " ".join(part for part in (self.file, where, at) if part)
        return f"{self.code} {place}: {self.message}. {self.remedy}"

    def as_dict(self) -> dict[str, object]:
        """The finding as plain values, for `--json`."""
        return asdict(self) | {"scope": self.scope.name}
