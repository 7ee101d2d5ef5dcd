"""What a person sees while a run goes on: accounts a second, exceptions so far, time left. On standard error only."""

from __future__ import annotations

import sys
import time
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

PLAIN_SECONDS = 5.0
"""Time between two lines where standard error is not a terminal."""


class Observer(Protocol):
    """Is told what happens."""

    def stage(self, name: str, tasks: int, accounts: int) -> None:
        """A stage of so many tasks begins; `accounts` is 0 where accounts do not measure its progress."""
        ...

    def advance(self, accounts: int, exceptions: int) -> None:
        """A task finished."""
        ...

    def tick(self) -> None:
        """Time passed."""
        ...

    def close(self) -> None:
        """The run is over."""
        ...


class Quiet:
    """Shows nothing."""

    def stage(self, name: str, tasks: int, accounts: int) -> None:
        """See `Observer.stage`."""

    def advance(self, accounts: int, exceptions: int) -> None:
        """See `Observer.advance`."""

    def tick(self) -> None:
        """See `Observer.tick`."""

    def close(self) -> None:
        """See `Observer.close`."""


class Counts:
    """Where a stage stands, in numbers and in words."""

    def __init__(self, name: str, tasks: int, accounts: int, now: float) -> None:
        self.name, self.tasks, self.accounts, self.start = name, tasks, accounts, now
        self.tasks_done = self.accounts_done = self.exceptions = 0

    def advance(self, accounts: int, exceptions: int) -> None:
        """A task finished."""
        self.tasks_done += 1
        self.accounts_done += accounts
        self.exceptions += exceptions

    @property
    def fraction(self) -> float:
        """Done of all, by accounts where they are known, otherwise by tasks."""
        done, total = (self.accounts_done, self.accounts) if self.accounts else (self.tasks_done, self.tasks)
        return done / total if total else 1.0

    def describe(self, now: float) -> str:
        """Accounts, rate, exceptions and time left."""
        if not self.accounts:
            return f"{self.tasks_done:,}/{self.tasks:,} tasks"
        seconds = max(now - self.start, 1e-9)
        rate = self.accounts_done / seconds
        told = [f"{self.accounts_done:,}/{self.accounts:,} accounts", f"{rate:,.0f} accounts/s"]
        told.append(f"{self.exceptions:,} exceptions")
        if rate and self.accounts_done < self.accounts:
            told.append(f"{_duration((self.accounts - self.accounts_done) / rate)} left")
        return " · ".join(told)


class PlainObserver:
    """A line every few seconds, and one at the end of each stage: for logs and pipes."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._counts: Counts | None = None
        self._told = 0.0

    def stage(self, name: str, tasks: int, accounts: int) -> None:
        """See `Observer.stage`."""
        self.close()
        self._counts = Counts(name, tasks, accounts, time.monotonic())
        self._told = time.monotonic()

    def advance(self, accounts: int, exceptions: int) -> None:
        """See `Observer.advance`."""
        if self._counts:
            self._counts.advance(accounts, exceptions)
            self.tick()

    def tick(self) -> None:
        """See `Observer.tick`."""
        if self._counts and time.monotonic() - self._told >= PLAIN_SECONDS:
            self._tell(self._counts)

    def close(self) -> None:
        """See `Observer.close`."""
        if self._counts:
            self._tell(self._counts)
        self._counts = None

    def _tell(self, counts: Counts) -> None:
        self._told = time.monotonic()
        print(f"{counts.name}: {counts.describe(self._told)}", file=self._stream, flush=True)


class RichObserver:
    """A bar a stage, on a terminal."""

    def __init__(self) -> None:
        name, text = TextColumn("{task.description:<10}"), TextColumn("{task.fields[text]}")
        self._progress = Progress(name, BarColumn(), TimeElapsedColumn(), text, console=Console(stderr=True))
        self._counts: Counts | None = None
        self._bar: TaskID | None = None
        self._progress.start()

    def stage(self, name: str, tasks: int, accounts: int) -> None:
        """See `Observer.stage`."""
        self._counts = Counts(name, tasks, accounts, time.monotonic())
        self._bar = self._progress.add_task(name, total=1.0, text="")

    def advance(self, accounts: int, exceptions: int) -> None:
        """See `Observer.advance`."""
        if self._counts:
            self._counts.advance(accounts, exceptions)
            self.tick()

    def tick(self) -> None:
        """See `Observer.tick`."""
        if self._counts and self._bar is not None:
            text = self._counts.describe(time.monotonic())
            self._progress.update(self._bar, completed=self._counts.fraction, text=text)

    def close(self) -> None:
        """See `Observer.close`."""
        self._progress.stop()


def make_observer() -> Observer:
    """The one that suits standard error."""
    return RichObserver() if sys.stderr.isatty() else PlainObserver()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
