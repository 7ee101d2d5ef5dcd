from __future__ import annotations

import io
from dataclasses import dataclass, field

import pytest

from cluster.driver import Call, Driver, RunInterrupted
from cluster.executors import InlineExecutor
from cluster.observe import Counts, PlainObserver, Quiet
from engine.errors import InputRefused, StorageUnavailable, Unfinished


@dataclass
class Numbers:
    """A stage whose tasks answer with what a function makes of their number."""

    function: object
    tasks: int = 4
    name: str = "numbers"
    found: list[int] = field(default_factory=list)
    kept: list[object] = field(default_factory=list)

    def calls(self):
        return [Call(self.function, (number,), accounts=10) for number in range(self.tasks)]

    def finished(self, task, receipt, data):
        self.found.append(receipt)
        self.kept.append(data.value)
        return 1


def test_receipts_come_to_the_driver_and_data_stays_with_its_task():
    stage = Numbers(lambda number: (number, f"data {number}"))
    driver = Driver(InlineExecutor(), Quiet())
    driver.perform([stage])
    assert stage.found == [0, 1, 2, 3]
    assert stage.kept == [f"data {number}" for number in range(4)]
    assert driver.attempts == 4


def test_data_is_an_argument_of_a_later_stage():
    first = Numbers(lambda number: (number, number * 100))

    @dataclass
    class Sum(Numbers):
        name: str = "sum"

        def calls(self):
            return [Call(lambda *values: (sum(values), None), tuple(first.kept))]

    total = Sum(None)
    Driver(InlineExecutor(), Quiet()).perform([first, total])
    assert total.found == [600]


def test_a_retryable_error_is_retried():
    failures = iter([1, 1])

    def busy(number):
        if number == 2 and next(failures, 0):
            raise StorageUnavailable("busy")
        return number, None

    stage = Numbers(busy)
    driver = Driver(InlineExecutor(), Quiet())
    driver.perform([stage])
    assert sorted(stage.found) == [0, 1, 2, 3]
    assert driver.attempts == 6


def raising(error):
    def function(number):
        if number == 1:
            raise error
        return number, None

    return function


def test_an_error_that_stays_can_be_resumed():
    with pytest.raises(Unfinished, match="on every attempt: busy"):
        Driver(InlineExecutor(), Quiet()).perform([Numbers(raising(StorageUnavailable("busy")))])


@pytest.mark.parametrize("error", [InputRefused("no"), ZeroDivisionError("a bug")])
def test_other_errors_end_the_run_as_they_are(error):
    stage = Numbers(raising(error))
    with pytest.raises(type(error)):
        Driver(InlineExecutor(), Quiet()).perform([stage])
    assert stage.found == [0]


def test_ctrl_c():
    with pytest.raises(RunInterrupted) as stopped:
        Driver(InlineExecutor(), Quiet()).perform([Numbers(raising(KeyboardInterrupt()))])
    assert stopped.value.exit_code == 130


def test_plain_progress_ends_each_stage_with_a_line():
    stream = io.StringIO()
    observer = PlainObserver(stream)
    Driver(InlineExecutor(), observer).perform([Numbers(lambda number: (number, None))])
    observer.close()
    assert stream.getvalue().startswith("numbers: 40/40 accounts · ")
    assert stream.getvalue().endswith("· 4 exceptions\n")


def test_time_left_follows_the_rate():
    counts = Counts("rebalance", tasks=4, accounts=4000, now=100.0)
    counts.advance(1000, 3)
    assert counts.describe(110.0) == "1,000/4,000 accounts · 100 accounts/s · 3 exceptions · 0:30 left"
    assert counts.fraction == 0.25
    assert Counts("reduce", tasks=0, accounts=0, now=0.0).fraction == 1.0
