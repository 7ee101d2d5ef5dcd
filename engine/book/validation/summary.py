"""Findings in the order in which a person should read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from engine.book.findings import Finding, Scope
from engine.book.schema import BOOK_TABLES
from engine.codes import Code

_TABLE_ORDER: Final = {name: position for position, name in enumerate(BOOK_TABLES)}


@dataclass(frozen=True)
class Summary:
    """All findings, widest scope first, and how many there are of each scope and code."""

    findings: tuple[Finding, ...]
    counts: Mapping[Scope, Mapping[str, int]]

    @property
    def refused(self) -> bool:
        """True where a fault refuses the whole book."""
        return Scope.BOOK in self.counts

    @property
    def faulty_accounts(self) -> int:
        """Number of accounts that become exceptions."""
        return len({finding.subject for finding in self.findings if finding.scope is Scope.ACCOUNT})


def summary(findings: Iterable[Finding]) -> Summary:
    """Sort findings (BOOK, MODEL, ACCOUNT, NOTE; followers of faulty models first) and count them.

    The order does not depend on the order in which parts were examined.
    """
    ordered = tuple(sorted(findings, key=_place))
    counts = {
        scope: dict(sorted(Counter(finding.code for finding in ordered if finding.scope is scope).items()))
        for scope in Scope
        if any(finding.scope is scope for finding in ordered)
    }
    return Summary(ordered, counts)


def _place(finding: Finding) -> tuple[object, ...]:
    last = len(_TABLE_ORDER)
    return (
        finding.scope,
        finding.code != Code.MODEL_INVALID.name,
        _TABLE_ORDER.get(finding.table, last),
        finding.file,
        float("inf") if finding.row is None else finding.row,
        finding.subject,
        finding.column,
        finding.code,
        finding.message,
    )
