"""The run as a state machine: events in, actions out, no I/O.

A run is a sequence of stages; a stage is a set of tasks, any of which may run at the same time, within a bounded
window. The driver performs the actions and reports what happened; every decision on order, retries and the end is made
here, so that it can be tested with every order of events (after dask/distributed, `worker_state_machine.py`).

A task is in one of four states::

    WAITING ──Submit──▶ RUNNING ──Done──▶ DONE
       ▲                   │
       └──── retry ────────┴──Failed──▶ FAILED (attempts used up, or no attempt can help)
"""

from __future__ import annotations

import enum
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Task = int
"""A task's number within its stage."""

MAX_ATTEMPTS = 3


class Phase(enum.Enum):
    """Where the whole run stands."""

    PREPARING = "The driver makes the tasks of the current stage; nothing is running."
    RUNNING = "Tasks of the current stage are submitted, as many as the window holds."
    DRAINING = "A task used up its attempts: no new task starts, those running may still finish for a later resume."
    FINISHED = "The outcome is known; nothing is running and every later event is ignored."


class Outcome(enum.Enum):
    """How a run ends."""

    COMPLETE = "Every task of every stage is done."
    FAILED = "A task failed in a way that another attempt cannot cure."
    UNFINISHED = "A task failed on every attempt with errors that may pass; the run can be resumed."
    INTERRUPTED = "A person or the machine asked to stop; the run can be resumed."


@dataclass(frozen=True)
class Prepared:
    """The driver has made the current stage's tasks, in the order in which they should start."""

    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Done:
    """A task returned its receipt."""

    task: Task


@dataclass(frozen=True)
class Failed:
    """A task raised. `retryable`: another attempt may succeed (a lost worker, a busy store)."""

    task: Task
    retryable: bool


@dataclass(frozen=True)
class Interrupted:
    """Ctrl-C or SIGTERM."""


Event = Prepared | Done | Failed | Interrupted


@dataclass(frozen=True)
class Prepare:
    """Make the tasks of this stage and answer with `Prepared`."""

    stage: str


@dataclass(frozen=True)
class Submit:
    """Start a task. `attempt` counts from 1."""

    task: Task
    attempt: int


@dataclass(frozen=True)
class Abandon:
    """Stop these running tasks; what they return no longer counts."""

    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Finish:
    """The end, told exactly once. `task` is the one that decided it, where one did."""

    outcome: Outcome
    task: Task | None = None


Action = Prepare | Submit | Abandon | Finish


@dataclass
class RunState:
    """The machine. `start` gives the first actions, `handle` the actions that an event calls for."""

    stages: Sequence[str]
    window: int
    attempts: int = MAX_ATTEMPTS
    phase: Phase = field(default=Phase.PREPARING, init=False)
    outcome: Outcome | None = field(default=None, init=False)
    waiting: deque[Task] = field(default_factory=deque, init=False)
    running: set[Task] = field(default_factory=set, init=False)
    done: set[Task] = field(default_factory=set, init=False)
    tries: Counter[Task] = field(default_factory=Counter, init=False)
    total_attempts: int = field(default=0, init=False)
    _stage: int = field(default=-1, init=False)
    _culprit: Task | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.window < 1 or self.attempts < 1:
            raise ValueError("window and attempts must be at least 1")

    @property
    def stage(self) -> str:
        """The name of the current stage."""
        return self.stages[self._stage]

    def start(self) -> list[Action]:
        """Open the first stage."""
        return self._next_stage()

    def handle(self, event: Event) -> list[Action]:
        """What to do about `event`. Events about tasks that are not running (a late answer) change nothing."""
        if self.phase is Phase.FINISHED:
            return []
        if isinstance(event, Interrupted):
            return self._finish(Outcome.INTERRUPTED)
        if isinstance(event, Prepared):
            return self._open(event.tasks)
        if event.task not in self.running:
            return []
        self.running.remove(event.task)
        if isinstance(event, Done):
            self.done.add(event.task)
            return self._proceed()
        return self._retry_or_stop(event)

    def _open(self, tasks: Iterable[Task]) -> list[Action]:
        if self.phase is not Phase.PREPARING:
            raise ValueError(f"stage {self.stage} is open already")
        self.waiting, self.done, self.tries = deque(tasks), set(), Counter()
        self.phase = Phase.RUNNING
        return self._proceed()

    def _retry_or_stop(self, event: Failed) -> list[Action]:
        if not event.retryable:
            return self._finish(Outcome.FAILED, event.task)
        if self.tries[event.task] < self.attempts and self.phase is Phase.RUNNING:
            self.waiting.append(event.task)  # at the back: time passes before the next attempt
        elif self._culprit is None:
            self.phase, self._culprit = Phase.DRAINING, event.task
        return self._proceed()

    def _proceed(self) -> list[Action]:
        """Fill the window, or go on to what follows when nothing is left to do."""
        if self.phase is Phase.DRAINING:
            return [] if self.running else self._finish(Outcome.UNFINISHED, self._culprit)
        actions: list[Action] = []
        while self.waiting and len(self.running) < self.window:
            actions.append(self._submit(self.waiting.popleft()))
        return actions if self.running else self._next_stage()

    def _submit(self, task: Task) -> Submit:
        self.running.add(task)
        self.tries[task] += 1
        self.total_attempts += 1
        return Submit(task, self.tries[task])

    def _next_stage(self) -> list[Action]:
        self._stage += 1
        if self._stage == len(self.stages):
            self._stage -= 1
            return self._finish(Outcome.COMPLETE)
        self.phase = Phase.PREPARING
        return [Prepare(self.stage)]

    def _finish(self, outcome: Outcome, task: Task | None = None) -> list[Action]:
        abandoned = tuple(sorted(self.running))
        self.running.clear()
        self.waiting.clear()
        self.phase, self.outcome = Phase.FINISHED, outcome
        finish = Finish(outcome, task)
        return [Abandon(abandoned), finish] if abandoned else [finish]
