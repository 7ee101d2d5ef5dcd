from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.state import (
    Abandon,
    Done,
    Failed,
    Finish,
    Interrupted,
    Outcome,
    Phase,
    Prepare,
    Prepared,
    RunState,
    Submit,
)


def submitted(actions):
    return [action.task for action in actions if isinstance(action, Submit)]


def test_window_is_filled_and_refilled_in_the_order_given():
    state = RunState(("rebalance",), window=2)
    assert state.start() == [Prepare("rebalance")]
    assert submitted(state.handle(Prepared((5, 3, 4)))) == [5, 3]
    assert submitted(state.handle(Done(3))) == [4]
    assert state.handle(Done(5)) == []
    assert state.handle(Done(4)) == [Finish(Outcome.COMPLETE)]


def test_stages_follow_each_other_and_an_empty_stage_is_passed():
    state = RunState(("inspect", "rebalance", "reduce"), window=4)
    state.start()
    state.handle(Prepared((0,)))
    assert state.handle(Done(0)) == [Prepare("rebalance")]
    assert state.handle(Prepared(())) == [Prepare("reduce")]
    state.handle(Prepared((0,)))
    assert state.handle(Done(0)) == [Finish(Outcome.COMPLETE)]


def test_a_retried_task_goes_to_the_back():
    state = RunState(("rebalance",), window=1)
    state.start()
    state.handle(Prepared((0, 1)))
    assert state.handle(Failed(0, retryable=True)) == [Submit(1, 1)]
    assert state.handle(Done(1)) == [Submit(0, 2)]


def test_after_the_last_attempt_running_tasks_finish_and_no_other_starts():
    state = RunState(("rebalance",), window=2, attempts=2)
    state.start()
    state.handle(Prepared((0, 1, 2)))
    assert submitted(state.handle(Failed(0, retryable=True))) == [2]
    assert submitted(state.handle(Done(1))) == [0]
    assert state.handle(Failed(0, retryable=True)) == []
    assert state.phase is Phase.DRAINING
    assert state.handle(Done(2)) == [Finish(Outcome.UNFINISHED, 0)]


def test_a_fatal_failure_abandons_what_runs():
    state = RunState(("rebalance",), window=3)
    state.start()
    state.handle(Prepared((0, 1, 2)))
    assert state.handle(Failed(1, retryable=False)) == [Abandon((0, 2)), Finish(Outcome.FAILED, 1)]
    assert state.handle(Done(0)) == []


def test_interruption_ends_at_once_in_any_phase():
    state = RunState(("rebalance",), window=1)
    state.start()
    assert state.handle(Interrupted()) == [Finish(Outcome.INTERRUPTED)]


def test_a_stage_is_opened_once():
    state = RunState(("rebalance",), window=1)
    state.start()
    state.handle(Prepared((0,)))
    with pytest.raises(ValueError, match="open already"):
        state.handle(Prepared((1,)))


@pytest.mark.parametrize(("window", "attempts"), [(0, 1), (1, 0)])
def test_a_machine_that_cannot_move_is_refused(window, attempts):
    with pytest.raises(ValueError, match="at least 1"):
        RunState(("rebalance",), window=window, attempts=attempts)


@given(
    sizes=st.lists(st.integers(0, 6), min_size=1, max_size=4),
    window=st.integers(1, 4),
    attempts=st.integers(1, 3),
    data=st.data(),
)
def test_any_order_of_events(sizes, window, attempts, data):
    """Every task is done exactly once, the window holds, attempts are bounded, and nothing follows Finish."""
    stages = tuple(f"stage {index}" for index in range(len(sizes)))
    state = RunState(stages, window=window, attempts=attempts)
    in_flight: set[tuple[int, int]] = set()
    done: Counter[tuple[int, int]] = Counter()
    tries: Counter[tuple[int, int]] = Counter()
    finishes: list[Finish] = []
    stage = -1
    pending = list(state.start())
    late: list[int] = []
    while True:
        for action in pending:
            assert not finishes, "an action after Finish"
            match action:
                case Prepare(name):
                    stage += 1
                    assert name == stages[stage]
                    assert not in_flight
                    prepare = True
                case Submit(task, attempt):
                    in_flight.add((stage, task))
                    tries[stage, task] += 1
                    assert attempt == tries[stage, task] <= attempts
                case Abandon(tasks):
                    assert {(stage, task) for task in tasks} == in_flight
                    late += tasks
                    in_flight.clear()
                case Finish():
                    finishes.append(action)
        assert len(in_flight) <= window
        if finishes:
            break
        if any(isinstance(action, Prepare) for action in pending):
            pending = state.handle(Prepared(tuple(range(sizes[stage]))))
            continue
        kind = data.draw(st.sampled_from(["done"] * 6 + ["retry"] * 3 + ["fatal", "interrupt", "stranger"]))
        task = data.draw(st.sampled_from(sorted(task for _, task in in_flight)))
        if kind == "interrupt":
            pending = state.handle(Interrupted())
        elif kind == "stranger":
            pending = state.handle(Done(99))
            assert pending == []
        else:
            in_flight.discard((stage, task))
            if kind == "done":
                done[stage, task] += 1
                pending = state.handle(Done(task))
            else:
                pending = state.handle(Failed(task, retryable=kind == "retry"))
    assert prepare
    assert not in_flight
    assert all(count == 1 for count in done.values())
    assert state.outcome is finishes[0].outcome
    if finishes[0].outcome is Outcome.COMPLETE:
        assert set(done) == {(s, task) for s, size in enumerate(sizes) for task in range(size)}
    for event in [Done(0), Failed(0, True), Interrupted(), Prepared((0,)), *(Done(task) for task in late)]:
        assert state.handle(event) == []
