"""The real engine on Ray: the same bytes however many workers there are, and a run that proves itself again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cluster.cli.common import RUN_MODULES
from cluster.executors import Executor, InlineExecutor
from cluster.locate import locate
from cluster.observe import Quiet
from cluster.ray_executor import RayExecutor
from cluster.run import Report, Request, run_book
from cluster.storage import open_storage
from cluster.threads import ENVIRONMENT
from cluster.verification import verify_stored
from tests.support.books import small_book

ACCOUNTS = 256
ENGINE = ("engine.decide.rebalance", "engine.prove.verify", "cluster.worker", "cluster.reduce")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> str:
    return small_book(tmp_path_factory.mktemp("workers"), ACCOUNTS, kind="etf")


def outputs(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "envelope" not in path.parts
    }


def test_any_number_of_workers_gives_the_same_bytes(book, tmp_path):
    def run(executor: Executor, name: str) -> Report:
        return run_book(Request(open_storage(book), open_storage(str(tmp_path / name))), executor, Quiet())

    inline = run(InlineExecutor(), "0")
    ray = RayExecutor(workers=2, preload=RUN_MODULES)
    try:
        report = run(ray, "2")
        proof = verify_stored(locate(report.uri), ray, Quiet())
    finally:
        ray.close()
    ray = RayExecutor(workers=1)
    try:
        run(ray, "1")
    finally:
        ray.close()

    assert outputs(tmp_path / "0") == outputs(tmp_path / "1") == outputs(tmp_path / "2")
    assert report.plan.total("accounts") == ACCOUNTS
    assert len(report.plan.parts) >= 4
    assert proof.violations == ()
    assert proof.accounts == ACCOUNTS
    assert inline.manifest is not None
    assert inline.manifest.totals["exceptions"] == 0
    assert inline.manifest.totals["traded"] > 0
    assert report.execution is not None
    assert max(report.execution.driver_peak_rss, report.execution.worker_peak_rss) < 2 << 30


def found_loaded() -> tuple[tuple[bool, bool, dict[str, str | None]], None]:
    threads = {name: os.environ.get(name) for name in ENVIRONMENT}
    return (all(name in sys.modules for name in ENGINE), "pandas" in sys.modules, threads), None


def test_workers_have_loaded_the_engine_before_the_first_task():
    ray = RayExecutor(workers=1, preload=RUN_MODULES)
    try:
        task = ray.submit(found_loaded)
        assert ray.wait([task], 60.0) is task
        loaded, pandas, threads = ray.result(task)
    finally:
        ray.close()
    assert loaded
    assert not pandas
    assert threads == ENVIRONMENT
