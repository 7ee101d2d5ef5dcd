"""Every error wholebook raises on purpose: what failed, where, and what to do about it.

One root, `WholebookError`. Each class carries the exit status the command line ends with (contract, section 5).
Faults of the input are not raised one by one: they are collected as `engine.book.findings.Finding` and raised together.
"""

from __future__ import annotations


class WholebookError(Exception):
    """Root of all errors of this project.

    `what` says what failed, `where` names the file, column, row, key or URI, `remedy` says what to do.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(what, where, remedy)

    def __str__(self) -> str:
        text = self.what
        if self.where:
            text += f" [{self.where}]"
        if self.remedy:
            text += f". {self.remedy}"
        return text

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.where, self.remedy))


def _rebuild(kind: type[WholebookError], what: str, where: str, remedy: str) -> WholebookError:
    return kind(what, where=where, remedy=remedy)


class UsageError(WholebookError):
    """The command line was used wrongly."""

    exit_code = 2


class InputRefused(WholebookError):
    """The book, or a file given to a command, cannot be used at all."""

    exit_code = 3


class GateRefused(WholebookError):
    """A check before publication said no."""

    exit_code = 1


class PublicationConflict(WholebookError):
    """The book and date are published already, by the run that `where` names."""

    exit_code = 4


class Unfinished(WholebookError):
    """The run stopped before its end and `wholebook resume` can finish it."""

    exit_code = 75


class StorageError(WholebookError):
    """Object storage or the file system said no, for good."""


class ObjectMissing(StorageError):
    """The key does not exist."""


class ObjectExists(StorageError):
    """A conditional create found the key taken."""


class RetryableError(WholebookError):
    """Root of the errors that another attempt may cure: time-outs, throttling, a lost worker."""

    exit_code = 75


class StorageUnavailable(RetryableError):
    """Object storage did not answer in time, or asked to slow down."""
