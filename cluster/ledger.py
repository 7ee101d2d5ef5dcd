"""`wholebook ledger`: files in, part by part through the engine, files out. Memory is that of one part."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cluster.inspection import hash_names
from cluster.observe import Observer
from cluster.storage import Storage
from cluster.storage.tables import parquet_options
from cluster.table_files import TableFile, table_files
from engine.errors import InputRefused, UsageError
from engine.ledger.history import Chosen, Ledger, Opened, Options, Totals, form_8949, open_history
from engine.ledger.schema import CORPORATE_ACTIONS, EXCEPTIONS, HISTORY, LOTS, REALISED

TABLES = {"realised": REALISED, "lots": LOTS, "exceptions": EXCEPTIONS}
FORM = "form8949.csv"


@dataclass(frozen=True)
class Request:
    """What to replay, how, and where the result goes; `year` bounds Form 8949, `chosen` the households."""

    activity: str
    corporate_actions: str | None
    options: Options
    out: Storage
    year: int | None = None
    chosen: Chosen = field(default_factory=Chosen)
    dry_run: bool = False


def keep_ledger(request: Request, observer: Observer) -> Totals:
    """Replay every part, then write all files, each at once.

    Raises `InputRefused`, or `UsageError` where a name chosen is nowhere, before anything is written.
    """
    files = table_files(request.activity)
    actions = _read_actions(request.corporate_actions)
    totals, names, missing = Totals(), [], request.chosen
    with tempfile.TemporaryDirectory(prefix="wholebook-ledger-") as folder:
        with Outputs(Path(folder), request.year) as outputs:
            for part, file in enumerate(files):
                opened = _open(file, actions, request)
                if part == 0:
                    observer.stage("ledger", len(files) * len(opened.spans), 0)
                names.append(hash_names(opened.names))
                missing = missing.missing(opened.names)
                totals += _append(opened, outputs, observer)
                del opened  # or it would still be there while the next part is read
        _refuse_split(files, names)
        _refuse_unknown(missing, request.activity)
        for path in [] if request.dry_run else sorted(Path(folder).iterdir()):
            request.out.write_file(path.name, path)
    return totals


def _read_actions(uri: str | None) -> pa.Table | None:
    if uri is None:
        return None
    return pa.concat_tables([file.read(CORPORATE_ACTIONS) for file in table_files(uri)], promote_options="default")


def _open(file: TableFile, actions: pa.Table | None, request: Request) -> Opened:
    actions_file = request.corporate_actions or ""
    table = file.read(HISTORY)
    return open_history(
        table, actions, request.options, file=file.key, actions_file=actions_file, chosen=request.chosen
    )


def _append(opened: Opened, outputs: Outputs, observer: Observer) -> Totals:
    """Replay a part, slice by slice, into the outputs."""
    outputs.append(opened.refused)
    totals = opened.refused.totals
    for made in opened.ledgers():
        outputs.append(made)
        totals += made.totals
        observer.advance(made.totals.accounts, made.totals.exceptions)
    return totals


class Outputs:
    """The output files in a local folder, appended to ledger by ledger."""

    def __init__(self, folder: Path, year: int | None) -> None:
        self._year = year
        self._tables = {
            name: pq.ParquetWriter(folder / f"{name}.parquet", schema, **parquet_options(schema))
            for name, schema in TABLES.items()
        }
        self._form = csv.CSVWriter(folder / FORM, form_8949(REALISED.empty_table()).schema)

    def append(self, made: Ledger) -> None:
        """Write a part's rows."""
        for name, writer in self._tables.items():
            table = getattr(made, name)
            if table.num_rows:
                writer.write_table(table.combine_chunks())
        self._form.write_table(form_8949(made.realised, self._year))

    def __enter__(self) -> Outputs:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for writer in (*self._tables.values(), self._form):
            writer.close()


def _refuse_split(files: list[TableFile], names: list[NDArray[np.uint64]]) -> None:
    """Wash sales reach across a household's accounts, so that it must be whole in one part."""
    part = np.repeat(np.arange(len(files)), [len(each) for each in names])
    every: NDArray[Any] = np.concatenate(names)
    order = np.lexsort((part, every))
    every, part = every[order], part[order]
    split = np.flatnonzero(every[1:] == every[:-1])
    if len(split):
        first, second = files[part[split[0]]].key, files[part[split[0] + 1]].key
        raise InputRefused(
            f"{len(split):,} accounts or households are in more than one part, one of them in {first} and {second}",
            where=files[0].storage.uri,
            remedy="Put every row of a household into one file.",
        )


def _refuse_unknown(missing: Chosen, activity: str) -> None:
    if missing.names:
        raise UsageError(
            f"no row names {', '.join(missing.names)}",
            where=activity,
            remedy="Give --account an account_id of the activity, --household a household_id.",
        )
