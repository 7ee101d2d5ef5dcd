"""Whole runs on Ray with one and more workers, and from an object store: seconds on the wall, start-up excluded."""

from __future__ import annotations

from contextlib import suppress
from statistics import median

from cluster.bench.solving import Row
from cluster.bench.whole import MEBIBYTE
from cluster.cli.common import RUN_MODULES
from cluster.executors import Executor, InlineExecutor
from cluster.observe import Quiet
from cluster.ray_executor import RayExecutor
from cluster.run import Report, Request, run_book
from cluster.storage import Storage, open_storage
from engine.errors import ObjectMissing, WholebookError


def compare_workers(book: str, workers: tuple[int, ...], repeat: int, folder: str) -> list[Row]:
    """A row for each number of workers, after a run of the book that gives every worker a part.

    Raises where two of them do not give the same bytes.
    """
    rows: list[Row] = []
    manifests: set[str] = set()
    for count in workers:
        executor = RayExecutor(count, preload=RUN_MODULES)
        try:
            _run(book, f"{folder}/{count}/warm-up", executor)
            reports = [_run(book, f"{folder}/{count}/{number}", executor) for number in range(repeat)]
        finally:
            executor.close()
        manifests |= {str(report.manifest) for report in reports}
        rows.append({"workers": count} | _told(reports))
    if len(manifests) > 1:
        raise WholebookError("runs of one book on different numbers of workers differ", where=book)
    return [row | {"speedup": rows[0]["wall_s"] / row["wall_s"]} for row in rows]


def compare_storage(book: str, warm_up: str, prefix: str, repeat: int, folder: str) -> list[Row]:
    """Two rows: from a folder to a folder, and from `prefix` to `prefix`; what was written under it is removed."""
    runner = InlineExecutor()
    _run(warm_up, f"{folder}/warm-up", runner)
    local = [_run(book, f"{folder}/{number}", runner) for number in range(repeat)]
    remote = open_storage(prefix)
    if next(remote.list(), None) is not None:
        raise WholebookError("there is something here already", where=prefix, remedy="Name an empty prefix.")
    try:
        _copy(open_storage(book), open_storage(f"{prefix}/book"))
        reports = [_run(f"{prefix}/book", f"{prefix}/out-{number}", runner) for number in range(repeat)]
    finally:
        for info in list(remote.list()):
            with suppress(ObjectMissing):
                remote.delete(info.key)
    rows: list[Row] = [{"storage": "folder"} | _told(local), {"storage": prefix.partition(":")[0]} | _told(reports)]
    return [row | {"speed_of_folder": rows[0]["wall_s"] / row["wall_s"]} for row in rows]


def _copy(source: Storage, target: Storage) -> None:
    for info in source.list():
        target.write(info.key, source.read(info.key))


def _run(book: str, out: str, executor: Executor) -> Report:
    return run_book(Request(open_storage(book), open_storage(out)), executor, Quiet())


def _told(reports: list[Report]) -> Row:
    executions = [report.execution for report in reports if report.execution is not None]
    wall = median(sum(execution.seconds.values()) for execution in executions)
    accounts = reports[0].plan.total("accounts")
    return {
        "accounts": accounts,
        "lots": reports[0].plan.total("lots"),
        "wall_s": wall,
        "per_second": accounts / wall,
        "worker_peak_mib": max(execution.worker_peak_rss for execution in executions) / MEBIBYTE,
        "driver_peak_mib": max(execution.driver_peak_rss for execution in executions) / MEBIBYTE,
    }
