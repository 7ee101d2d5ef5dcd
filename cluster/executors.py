"""Where tasks run: in this process, or on Ray. One small interface, so that the driver does not know which.

A task is a function that returns `(receipt, data)`. The receipt comes to the driver; the data stays where it was made
and can only be handed to another task.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from engine.errors import RetryableError

TaskFunction = Callable[..., tuple[Any, Any]]


class WorkerLost(RetryableError):
    """The process that ran the task died, or ran out of memory."""


@dataclass(frozen=True, eq=False)
class Handle:
    """A value held by the executor: shared with `share`, or a task's data."""

    value: Any


@dataclass(frozen=True, eq=False)
class Ticket:
    """A task under way. `data` may be an argument of another task once this one is finished."""

    receipt: Any
    data: Handle


class Executor(Protocol):
    """Runs tasks. Arguments that are `Handle`s arrive in the task as what they hold."""

    @property
    def workers(self) -> int:
        """Processes that run tasks; 0 where this process does it itself."""
        ...

    def share(self, value: object) -> Handle:
        """Send a value to the workers once."""
        ...

    def submit(self, function: TaskFunction, *args: object) -> Ticket:
        """Start a task."""
        ...

    def wait(self, tickets: Sequence[Ticket], timeout: float) -> Ticket | None:
        """A finished one of the tickets, or None after `timeout` seconds."""
        ...

    def result(self, ticket: Ticket) -> Any:
        """The receipt of a finished task. Raises what the task raised, or `WorkerLost`."""
        ...

    def abandon(self, ticket: Ticket) -> None:
        """Stop the task; its outcome is of no interest."""
        ...

    def close(self) -> None:
        """Release what the executor started."""
        ...


class InlineExecutor:
    """Runs each task in this process when somebody waits for it: the same code without Ray, for debugging."""

    workers = 0

    def __init__(self) -> None:
        self._queue: deque[tuple[Ticket, TaskFunction, tuple[object, ...]]] = deque()

    def share(self, value: object) -> Handle:
        """See `Executor.share`."""
        return Handle(value)

    def submit(self, function: TaskFunction, *args: object) -> Ticket:
        """See `Executor.submit`."""
        ticket = Ticket(_Box(), Handle(None))
        self._queue.append((ticket, function, args))
        return ticket

    def wait(self, tickets: Sequence[Ticket], timeout: float) -> Ticket | None:  # noqa: ARG002 (a task is not cut short)
        """Run the next task to its end."""
        if not self._queue:
            return None
        ticket, function, args = self._queue.popleft()
        values = [arg.value if isinstance(arg, Handle) else arg for arg in args]
        try:
            ticket.receipt.value, data = function(*values)
            object.__setattr__(ticket.data, "value", data)
        except Exception as error:
            ticket.receipt.error = error
        return ticket

    def result(self, ticket: Ticket) -> Any:
        """See `Executor.result`."""
        if ticket.receipt.error is not None:
            raise ticket.receipt.error
        return ticket.receipt.value

    def abandon(self, ticket: Ticket) -> None:
        """See `Executor.abandon`."""
        self._queue = deque(entry for entry in self._queue if entry[0] is not ticket)

    def close(self) -> None:
        """Nothing was started."""


class _Box:
    """What a task returned or raised, once it ran."""

    def __init__(self) -> None:
        self.value: Any = None
        self.error: Exception | None = None
