"""`wholebook explain`: one account of a finished run, found without reading the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cluster.identity import code_identity
from cluster.locate import RunPlace, locate_latest
from cluster.opening import open_book, refuse
from cluster.outputs import read_output
from cluster.publish import Manifest, ManifestFile, read_manifest
from cluster.record import RunRecord, read_record
from cluster.storage import Storage, open_storage
from cluster.storage.tables import parse_table, read_footer, read_table
from engine.book.columns import text
from engine.book.scene import Scene
from engine.book.schema import BOOK_TABLES
from engine.errors import UsageError
from engine.explain.rows import RunRows


@dataclass(frozen=True)
class Found:
    """An account of a run: what the run says of it, and what its decision hangs on.

    `other_code`: the code that runs here is not the code that the run was computed by.
    """

    place: RunPlace
    manifest: Manifest
    rows: RunRows
    scene: Scene
    other_code: bool


def find_in_run(uri: str, account: str) -> Found:
    """Find an account in a finished run, given by its folder or a pointer to it.

    Raises `UsageError` where the run has no such account, and what reading a run and its book raises.
    """
    place = locate_latest(uri)
    manifest, _ = read_manifest(place.out, place.run_id)
    record = read_record(place.out, place.run_id)
    part = part_of(place.out, manifest, account)
    if part is None:
        raise UsageError(
            f"the run has no account {account}", where=uri, remedy="Account ids are those of the book's accounts table."
        )
    rows = {name: _rows(place.out, manifest, name, part, account) for name in ("results", "trades", "exceptions")}
    found = RunRows(rows["results"][0], rows["trades"], rows["exceptions"])
    return Found(place, manifest, found, _scene(record, part, account), record.code != code_identity())


def part_of(out: Storage, manifest: Manifest, account: str) -> int | None:
    """The part that has the account: footers tell the bounds of each part's ids, which are read where they allow it."""
    for file in manifest.files:
        if file.table != "results":
            continue
        if _may_hold(read_footer(out, file.key), account):
            ids = text(read_table(out, file.key, ("account_id",))["account_id"])
            if ids.index(account).as_py() >= 0:
                return file.part
    return None


def _may_hold(metadata: pq.FileMetaData, account: str) -> bool:
    """Whether the bounds of a file's first column, account ids, leave room for one."""
    for group in range(metadata.num_row_groups):
        bounds = metadata.row_group(group).column(0).statistics
        if bounds is None or not bounds.has_min_max or bounds.min <= account <= bounds.max:
            return True
    return False


def _rows(out: Storage, manifest: Manifest, table: str, part: int, account: str) -> list[dict[str, Any]]:
    files: list[ManifestFile] = [file for file in manifest.files if (file.table, file.part) == (table, part)]
    found: list[dict[str, Any]] = []
    for file in files:
        read = read_output(out, file)
        found += read.filter(pc.equal(text(read["account_id"]), account)).to_pylist()
    return found


def _scene(record: RunRecord, part: int, account: str) -> Scene:
    """The account's household in the book that the run was of."""
    settings = record.run_file().settings
    book = open_book(open_storage(record.book), settings)
    refuse(book.storage, book.findings)
    tables: dict[str, pa.Table] = {}
    for name, key in book.catalog.parts.get(part, {}).items():
        where = f"{book.storage.uri}/{key}"
        tables[name] = parse_table(book.storage.read(key), where, tuple(BOOK_TABLES[name].by_name), dictionaries=True)
    return Scene.of(book.header, book.tables, settings, tables, account)
