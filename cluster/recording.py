"""Keeps `envelope/run.json` true while an execution goes on, and says how to go on where it stops early."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from cluster import layout
from cluster.driver import Driver, RunInterrupted
from cluster.record import RunRecord, find_record, new_execution, save_record
from cluster.storage import Storage
from cluster.worker import peak_rss
from engine.errors import RetryableError, Unfinished


class Watch:
    """Wall-clock seconds by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """The step `name` ends now."""
        now = time.perf_counter()
        self.seconds[name], self._last = round(now - self._last, 3), now


class Recorder:
    """One execution of a run. `worker_peak_rss` (bytes) is filled in by whoever has the receipts."""

    def __init__(self, out: Storage, record: RunRecord, workers: int) -> None:
        self._out, self._record = out, record
        self.execution = new_execution(workers)
        self.worker_peak_rss = 0

    def save(self) -> None:
        """Write the record with this execution as its last."""
        executions = (*self._record.executions, self.execution)
        save_record(self._out, self._record.model_copy(update={"executions": executions}))

    def end(self, outcome: str, driver: Driver, watch: Watch) -> None:
        """Write how the execution ended."""
        facts = {
            "outcome": outcome,
            "seconds": watch.seconds,
            "attempts": driver.attempts,
            "driver_peak_rss": peak_rss(),
            "worker_peak_rss": self.worker_peak_rss,
        }
        self.execution = self.execution.model_copy(update=facts)
        self.save()


@contextmanager
def recording(out: Storage, start: RunRecord, workers: int, driver: Driver, watch: Watch) -> Iterator[Recorder]:
    """Record the execution inside.

    `Unfinished` and `RunInterrupted` leave with the command that resumes the run; other errors as they are.
    """
    uri = layout.run_uri(out.uri, start.run_id)
    earlier = find_record(out, start.run_id)
    record = start.model_copy(update={"executions": earlier.executions}) if earlier else start
    recorder = Recorder(out, record, workers)
    remedy = f"Finished parts are kept. Go on with: wholebook resume {uri}"
    recorder.save()
    try:
        yield recorder
    except (RunInterrupted, KeyboardInterrupt):
        recorder.end("INTERRUPTED", driver, watch)
        raise RunInterrupted("interrupted", where=uri, remedy=remedy) from None
    except (Unfinished, RetryableError) as error:
        recorder.end("UNFINISHED", driver, watch)
        raise Unfinished(f"{error.what} ({error.remedy})", where=error.where or uri, remedy=remedy) from error
    except Exception:
        recorder.end("FAILED", driver, watch)
        raise
    recorder.end("COMPLETE", driver, watch)
