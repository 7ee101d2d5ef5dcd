"""Performs the actions of the run's state machine on an executor: decisions are in `state`, work in the calls."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cluster.executors import Executor, Handle, Ticket
from cluster.observe import Observer
from cluster.state import (
    Abandon,
    Action,
    Done,
    Event,
    Failed,
    Finish,
    Interrupted,
    Outcome,
    Phase,
    Prepare,
    Prepared,
    RunState,
    Submit,
    Task,
)
from engine.errors import RetryableError, Unfinished, WholebookError

TICK = 0.5
"""Seconds after which the progress display moves although nothing finished."""

log = logging.getLogger(__name__)


class RunInterrupted(WholebookError):
    """Somebody pressed Ctrl-C, or the machine asked us to stop."""

    exit_code = 130


@dataclass(frozen=True)
class Call:
    """One task: a function that returns (receipt, data), its arguments, and the accounts it advances the run by."""

    function: Callable[..., tuple[Any, Any]]
    args: tuple[object, ...]
    accounts: int = 0


class Stage(Protocol):
    """A set of tasks that may run at the same time."""

    name: str

    def calls(self) -> Sequence[Call]:
        """The stage's tasks, in the order in which they should start; made when the stage before it is complete."""
        ...

    def finished(self, task: Task, receipt: Any, data: Handle) -> int:
        """Take a task's receipt. Returns how many exceptions it adds to the display."""
        ...


class Driver:
    """Runs stages to their end. `attempts` counts the tasks started, retries included."""

    def __init__(self, executor: Executor, observer: Observer) -> None:
        self.attempts = 0
        self._executor = executor
        self._observer = observer
        self._calls: Sequence[Call] = ()
        self._tickets: dict[Task, Ticket] = {}
        self._errors: dict[Task, WholebookError] = {}

    def perform(self, stages: Sequence[Stage]) -> None:
        """Perform all stages.

        Raises what a task raised where another attempt cannot help, `Unfinished` where all attempts failed, and
        `RunInterrupted` on Ctrl-C.
        """
        by_name = {stage.name: stage for stage in stages}
        state = RunState(tuple(by_name), window=max(1, self._executor.workers))
        todo: deque[Action] = deque(state.start())
        try:
            while todo or state.phase is not Phase.FINISHED:
                event = self._act(todo.popleft(), by_name) if todo else self._next_event(by_name[state.stage])
                if event is not None:
                    todo.extend(state.handle(event))
        except KeyboardInterrupt:
            for action in state.handle(Interrupted()):
                self._act(action, by_name)
        finally:
            self.attempts += state.total_attempts
            self._drop(tuple(self._tickets))

    def _act(self, action: Action, stages: dict[str, Stage]) -> Event | None:
        match action:
            case Prepare(name):
                self._calls, self._errors = stages[name].calls(), {}
                self._observer.stage(name, len(self._calls), sum(call.accounts for call in self._calls))
                return Prepared(tuple(range(len(self._calls))))
            case Submit(task, attempt):
                if attempt > 1:
                    log.warning("attempt %d of a task after: %s", attempt, self._errors[task])
                call = self._calls[task]
                self._tickets[task] = self._executor.submit(call.function, *call.args)
            case Abandon(tasks):
                self._drop(tasks)
            case Finish(outcome, task):
                self._end(outcome, task)
        return None

    def _next_event(self, stage: Stage) -> Event | None:
        """Wait for a task. None when nothing finished within a tick."""
        ticket = self._executor.wait(list(self._tickets.values()), TICK)
        self._observer.tick()
        if ticket is None:
            return None
        task = next(task for task, other in self._tickets.items() if other is ticket)
        del self._tickets[task]
        try:
            receipt = self._executor.result(ticket)
        except WholebookError as error:
            self._errors[task] = error
            return Failed(task, retryable=isinstance(error, RetryableError))
        exceptions = stage.finished(task, receipt, ticket.data)
        self._observer.advance(self._calls[task].accounts, exceptions)
        return Done(task)

    def _drop(self, tasks: Sequence[Task]) -> None:
        for task in tasks:
            if ticket := self._tickets.pop(task, None):
                self._executor.abandon(ticket)

    def _end(self, outcome: Outcome, task: Task | None) -> None:
        if outcome is Outcome.INTERRUPTED:
            raise RunInterrupted("interrupted")
        if task is None:
            return
        error = self._errors[task]
        if outcome is Outcome.FAILED:
            raise error
        raise Unfinished(
            f"a task failed on every attempt: {error.what}", where=error.where, remedy=error.remedy
        ) from error
