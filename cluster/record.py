"""`envelope/run.json`: what `resume`, `verify` and `publish` need to know of a run, and how each execution went."""

from __future__ import annotations

import datetime
import platform
import socket

from pydantic import BaseModel, ConfigDict, ValidationError

from cluster import layout
from cluster.identity import code_identity, library_versions
from cluster.plan import canonical_json, plain
from cluster.run_file import Gates, RunFile
from cluster.sampling import Sample
from cluster.storage import Storage
from engine.book.schema import SETTING_COLUMNS, Kind
from engine.errors import ObjectMissing, StorageError, UsageError


class Execution(BaseModel):
    """One time that a command worked on the run. `peak_rss` in bytes."""

    model_config = ConfigDict(frozen=True)

    started: str
    host: str
    workers: int
    versions: dict[str, str]
    outcome: str = "RUNNING"
    seconds: dict[str, float] = {}
    attempts: int = 0
    driver_peak_rss: int = 0
    worker_peak_rss: int = 0


class RunRecord(BaseModel):
    """The run as it was asked for. Executions are the only part that changes."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    book: str
    code: str
    settings: dict[str, object]
    gates: Gates
    sample: Sample
    publish: bool
    executions: tuple[Execution, ...] = ()

    def run_file(self) -> RunFile:
        """Settings and gates as they were read, dates as dates again."""
        return RunFile({name: _revive(name, value) for name, value in self.settings.items()}, self.gates, self.sample)


def new_record(run_id: str, book: str, run_file: RunFile, *, publish: bool) -> RunRecord:
    """The record of a run that begins."""
    return RunRecord(
        run_id=run_id,
        book=book,
        code=code_identity(),
        settings=plain(run_file.settings),
        gates=run_file.gates,
        sample=run_file.sample,
        publish=publish,
    )


def new_execution(workers: int) -> Execution:
    """An execution that begins now, here."""
    return Execution(
        started=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        host=socket.gethostname(),
        workers=workers,
        versions={"python": platform.python_version(), **library_versions()},
    )


def save_record(out: Storage, record: RunRecord) -> None:
    """Replace the run's record."""
    out.write(_key(record.run_id), canonical_json(record.model_dump(mode="json")))


def find_record(out: Storage, run_id: str) -> RunRecord | None:
    """The run's record, or None where no execution got as far as a plan."""
    try:
        return RunRecord.model_validate_json(out.read(_key(run_id)))
    except ObjectMissing:
        return None
    except ValidationError as error:
        where = f"{out.uri}/{_key(run_id)}"
        raise StorageError(f"not a run's record: {error}", where=where, remedy="Run the book again.") from error


def read_record(out: Storage, run_id: str) -> RunRecord:
    """The run's record. Raises `UsageError` where there is no such run."""
    record = find_record(out, run_id)
    if record is None:
        raise UsageError(
            "no such run", where=layout.run_uri(out.uri, run_id), remedy="Runs are folders under <out>/runs."
        )
    return record


def _key(run_id: str) -> str:
    return layout.envelope_key(run_id, "run.json")


def _revive(name: str, value: object) -> object:
    if isinstance(value, str) and SETTING_COLUMNS[name].kind is Kind.DATE:
        return datetime.date.fromisoformat(value)
    return value
