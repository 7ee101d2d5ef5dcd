"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np

from engine.prove.verify.columns import Bools, Ints

Facts = TypeVar("Facts")
Fault = tuple[str, str]
"""An account, empty for the part or the run as a whole, and a message."""


class Texts(Protocol):
    """Texts by row."""

    def __getitem__(self, row: int) -> str: ...


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
class Rule(Generic[Facts]):
    """One check: `find` tells every fault that it sees in the facts."""

    name: str
    protects: str
    find: Callable[[Facts], Iterable[Fault]]


def rule(find: Callable[[Facts], Iterable[Fault]]) -> Rule[Facts]:
    """A rule by the name of its function; the docstring says what it protects."""
    return Rule(find.__name__, " ".join((find.__doc__ or "").split()), find)


def faults(accounts: Texts | None, wrong: Bools | Ints, message: Callable[[int], str]) -> Iterator[Fault]:
    """One fault for each row that is wrong: `wrong` by row, or these rows. Messages are made for them alone."""
    for row in (wrong.nonzero()[0] if wrong.dtype == np.bool_ else wrong).tolist():
        yield accounts[row] if accounts is not None else "", message(row)


def broken(facts: Facts, rules: Sequence[Rule[Facts]]) -> list[Violation]:
    """Run each rule; one violation for each rule and account, in the order of the rules."""
    found = []
    for one in rules:
        by_account: dict[str, list[str]] = {}
        for account, message in one.find(facts):
            by_account.setdefault(account, []).append(message)
        found += [Violation(one.name, name, min(texts), len(texts)) for name, texts in sorted(by_account.items())]
    return found
