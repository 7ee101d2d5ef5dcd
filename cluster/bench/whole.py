"""Whole runs, folder to folder, with everything on: validation, schedule, verification, publication."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median

from cluster.bench.outside import check_outside, inside, take_out
from cluster.calls import Calls, engine_calls
from cluster.executors import Executor, InlineExecutor
from cluster.observe import Quiet
from cluster.run import Report, Request, run_book
from cluster.run_file import RunFile
from cluster.sampling import Sample
from cluster.storage import open_storage
from cluster.worker import peak_rss

STAGES = ("read", "check", "prepare", "decide", "twin", "assemble", "verify", "write")
"""What a worker does with a part, in order (`cluster.worker`)."""
DECIDING = ("prepare", "decide")
MEBIBYTE = 1 << 20
IN_PROPORTION = Sample(least=0)
"""The usual share of accounts is solved again, as in a large run: the least number would be most of a small one."""


@dataclass(frozen=True)
class Whole:
    """Runs of one book. Seconds are medians over the runs: `cpu_s` of the process, `seconds` of it by stage.

    `run` among the stages is what is done once a run: inspecting files, planning, merging orders, publishing.
    """

    accounts: int
    lots: int
    trades: int
    cpu_s: float
    wall_s: float
    seconds: Mapping[str, float]
    peak_mib: float

    @property
    def deciding_s(self) -> float:
        """Seconds from tables in memory to whole shares: preparing lots, solving, rounding."""
        return sum(self.seconds[stage] for stage in DECIDING)


def measure(book: str, warm_up: str, repeat: int) -> Whole:
    """Run `book` `repeat` times in this process, after `warm_up`. Every account must be outside its band."""
    _once(warm_up, InlineExecutor())
    seen = [_once(book, InlineExecutor(), check=True) for _ in range(repeat)]
    report = seen[0].report
    return Whole(
        accounts=report.plan.total("accounts"),
        lots=report.plan.total("lots"),
        trades=sum(file.rows for receipt in report.receipts for file in receipt.files if file.table == "trades"),
        cpu_s=median(run.cpu_s for run in seen),
        wall_s=median(run.wall_s for run in seen),
        seconds={stage: median(run.seconds[stage] for run in seen) for stage in seen[0].seconds},
        peak_mib=peak_rss() / MEBIBYTE,
    )


def leave_outside(book: str) -> int:
    """Take out of `book` every account that a run finds inside its band, or cannot decide; how many there were."""
    with tempfile.TemporaryDirectory() as folder:
        report = _run(book, folder, InlineExecutor())
        found = inside(open_storage(folder), report.receipts)
    take_out(book, found)
    return len(found)


def publish_run(book: str, out: str) -> None:
    """Run `book` once into `out`."""
    _run(book, out, InlineExecutor())


@dataclass(frozen=True)
class Once:
    """One run of a book; `seconds` of CPU by stage."""

    report: Report
    cpu_s: float
    wall_s: float
    seconds: Mapping[str, float]


def _once(book: str, executor: Executor, *, check: bool = False) -> Once:
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = time.perf_counter(), time.process_time()
        report = _run(book, folder, executor)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        if check:
            check_outside(open_storage(folder), report.receipts)
    seconds = {stage: sum(receipt.seconds[stage] for receipt in report.receipts) for stage in STAGES}
    return Once(report, cpu, wall, seconds | {"run": cpu - sum(seconds.values())})


def _run(book: str, out: str, executor: Executor) -> Report:
    request = Request(open_storage(book), open_storage(out), RunFile(sample=IN_PROPORTION), calls=cpu_calls)
    return run_book(request, executor, Quiet())


def cpu_calls() -> Calls:
    """The engine's functions, with stages measured in CPU seconds."""
    return replace(engine_calls(), clock=time.process_time)
