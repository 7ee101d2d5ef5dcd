"""Recent trades: names that the book no longer knows."""

from __future__ import annotations

from collections.abc import Iterator

from engine.book.findings import Finding, Scope
from engine.book.validation.reference import Reference
from engine.book.validation.sheet import OwnedSheet
from engine.codes import Code


def check_activity(activity: OwnedSheet, reference: Reference) -> Iterator[Finding]:
    """Trades in names that are not in securities: sold since and delisted, or misspelt, so a note."""
    unknown = activity.filled("security_id") & (activity.codes("security_id", reference.securities) < 0)
    what = "is not in securities; the trade counts for no other name's wash sales"
    yield from activity.blame(Code.SECURITY_UNKNOWN, "security_id", unknown, what, scope=Scope.NOTE)
