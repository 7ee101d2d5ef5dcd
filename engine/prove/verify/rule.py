"""What a rule is, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """A rule broken: `count` rows of one account break it and `message` tells of the first.

    `account_id` is empty where the rule is about the part or the run as a whole.
    """

    rule: str
    account_id: str
    message: str
    count: int

    def __str__(self) -> str:
        subject = f"{self.rule} {self.account_id}".rstrip()
        return f"{subject}: {self.message}" + (f" (and {self.count - 1} more)" if self.count > 1 else "")


@dataclass(frozen=True)
class Rule:
    """One check: `sql` selects (account_id, message), one row for each fault, over the tables of `shared.py`."""

    name: str
    protects: str
    sql: str
