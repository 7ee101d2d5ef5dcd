"""What a run survives: lost workers, a store that fails, files that change, two publishers, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cluster.driver import Driver
from cluster.executors import Executor, InlineExecutor
from cluster.observe import Quiet
from cluster.ray_executor import RayExecutor
from cluster.record import read_record
from cluster.run import Request, run_book
from cluster.storage import Storage, open_storage
from engine.errors import InputRefused, PublicationConflict, StorageUnavailable, Unfinished
from tests.support.tiny_book import First, die, faulty_calls, tiny_calls, write_tiny_book


@pytest.fixture(scope="module")
def ray_executor() -> Iterator[Executor]:
    executor = RayExecutor(workers=2)
    yield executor
    executor.close()


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    book = write_tiny_book(str(tmp_path / "book"))
    return Request(open_storage(book), open_storage(str(tmp_path / "out")), calls=tiny_calls)


def outputs(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "envelope" not in path.parts
    }


def straight(request: Request, folder: Path) -> dict[str, bytes]:
    """The files of an undisturbed run in this process."""
    run_book(replace(request, out=open_storage(str(folder)), calls=tiny_calls), InlineExecutor(), Quiet())
    return outputs(folder)


def test_a_run_outlives_two_lost_workers(request_, tmp_path, ray_executor):
    kill_twice = First(tmp_path / "deaths", 2, die)
    report = run_book(replace(request_, calls=lambda: faulty_calls(kill_twice)), ray_executor, Quiet())
    assert len(list((tmp_path / "deaths").iterdir())) == 2
    assert report.execution is not None
    assert report.execution.attempts >= len(report.plan.tasks) + 2
    assert outputs(tmp_path / "out") == straight(request_, tmp_path / "straight")


def test_a_part_that_kills_every_worker_can_be_resumed(request_, tmp_path, ray_executor):
    kill = First(tmp_path / "deaths", 3, die)
    with pytest.raises(Unfinished, match="worker was lost") as stopped:
        run_book(replace(request_, calls=lambda: faulty_calls(kill)), ray_executor, Quiet())
    assert stopped.value.exit_code == 75
    assert "wholebook resume" in stopped.value.remedy
    run_book(request_, ray_executor, Quiet())
    assert outputs(tmp_path / "out") == straight(request_, tmp_path / "straight")


def unavailable() -> None:
    raise StorageUnavailable("the store asked to slow down", where="a part", remedy="Wait.")


@pytest.mark.parametrize("times", [2, 3])
def test_a_store_that_fails(request_, tmp_path, times):
    fail = First(tmp_path / "failures", times, unavailable)
    request = replace(request_, calls=lambda: faulty_calls(fail))
    if times == 3:
        with pytest.raises(Unfinished):
            run_book(request, InlineExecutor(), Quiet())
    report = run_book(request, InlineExecutor(), Quiet())
    assert report.publication is not None
    assert outputs(tmp_path / "out") == straight(request_, tmp_path / "straight")


def test_a_file_that_changes_during_the_run_refuses_it(request_, tmp_path, monkeypatch):
    perform = Driver.perform

    def changing(self, stages):
        if stages[0].name == "rebalance":
            path = tmp_path / "book/lots/part-00004.parquet"
            path.write_bytes((tmp_path / "book/lots/part-00001.parquet").read_bytes())
        perform(self, stages)

    monkeypatch.setattr(Driver, "perform", changing)
    with pytest.raises(InputRefused, match="the file changed") as refused:
        run_book(request_, InlineExecutor(), Quiet())
    assert "lots/part-00004.parquet" in refused.value.where
    assert not (tmp_path / "out/published").exists()


def test_of_two_drivers_one_publishes(request_, tmp_path):
    """Both compute the same run; both find nothing published; the store decides."""
    barrier = threading.Barrier(2, timeout=60)
    out = RendezvousStorage(request_.out, barrier.wait)
    results: list[object] = []

    def drive() -> None:
        try:
            results.append(run_book(replace(request_, out=out), InlineExecutor(), Quiet()).publication)
        except PublicationConflict as conflict:
            results.append(conflict)

    threads = [threading.Thread(target=drive) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lost = [result for result in results if isinstance(result, PublicationConflict)]
    assert len(results) == 2
    assert len(lost) == 1
    assert lost[0].exit_code == 4
    assert [path.name for path in (tmp_path / "out/published").rglob("*.json")] == ["v1.json"]


class RendezvousStorage:
    """A storage in which all publishers create the pointer at the same moment."""

    def __init__(self, inner: Storage, wait: Callable[[], object]) -> None:
        self._inner, self._wait = inner, wait

    def __getattr__(self, name: str):
        return getattr(self._inner, name)

    def create(self, key: str, data: bytes) -> None:
        if key.startswith("published/"):
            self._wait()
        self._inner.create(key, data)


WITH_TINY_ENGINE = """
import sys
from dataclasses import replace
import cluster.calls
from tests.support.tiny_book import slow_rebalance, tiny_calls

cluster.calls.engine_calls = lambda: replace(tiny_calls(), rebalance=slow_rebalance)
from cluster.cli import main
main(sys.argv[1:])
"""


def command(*args: str) -> subprocess.Popen[str]:
    """The command line with the tiny engine, half a second a part.

    A shell that starts the tests in the background has Ctrl-C ignored, and what it starts inherits that.
    """
    return subprocess.Popen(
        [sys.executable, "-c", WITH_TINY_ENGINE, *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_then_resume_gives_the_same_bytes(request_, tmp_path, number):
    out = tmp_path / "out"
    process = command("run", request_.book.uri, "--out", str(out), "--workers", "0", "--json")
    deadline = time.monotonic() + 60
    while not list(out.rglob("receipts/*.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, number)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    error = json.loads(told)
    assert error["exit"] == 130
    uri = error["error"]["where"]
    assert f"wholebook resume {uri}" in error["error"]["remedy"]
    assert not (out / "published").exists()

    resumed = command("resume", uri, "--workers", "0", "--json")
    told, progress = resumed.communicate(timeout=60)
    assert resumed.returncode == 0, progress
    assert json.loads(told)["pointer"]
    assert outputs(out) == straight(request_, tmp_path / "straight")
    run_id = uri.rpartition("/")[2]
    outcomes = [run.outcome for run in read_record(open_storage(str(out)), run_id).executions]
    assert outcomes == ["INTERRUPTED", "COMPLETE"]
