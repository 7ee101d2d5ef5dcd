"""What `wholebook ledger` costs: CPU seconds by stage and peak memory, on a random history of any size."""

from __future__ import annotations

import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import pyarrow.csv as csv
import pyarrow.parquet as pq

import cluster.ledger
from benchmarks.histories import TRADES_AN_ACCOUNT, random_history
from benchmarks.meter import IDLE, Meter
from benchmarks.results import keep, results_option, run
from cluster.bench.show import number, print_table
from cluster.ledger import Request, keep_ledger
from cluster.observe import Quiet
from cluster.storage import open_storage
from cluster.table_files import TableFile
from engine.errors import WholebookError
from engine.ledger.history import Options, Totals, keeping

PLACES = (
    (TableFile, "read", "read"),
    (keeping, "check_tables", "check"),
    (cluster.ledger, "open_history", "prepare"),
    (keeping, "make_segments", "prepare"),
    (keeping, "replay_all", "replay"),
    (keeping, "lots_table", "tables"),
    (keeping, "realised_table", "tables"),
    (keeping, "totals_of", "tables"),
    (cluster.ledger.Outputs, "append", "write"),
)
STAGES = ("read", "check", "prepare", "replay", "tables", "write", IDLE)
WRITERS = {"csv": csv.write_csv, "parquet": pq.write_table}


@click.command()
@click.option("--accounts", default=100_000, show_default=True, type=click.IntRange(1), help="Ten trades each.")
@click.option("--parts", default=10, show_default=True, type=click.IntRange(1), help="Files of the second row.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0))
@click.option("--json", "as_json", is_flag=True, help="Print the line that is kept instead of the table.")
@results_option
def main(accounts: int, parts: int, seed: int, as_json: bool, results: Any) -> None:
    """Measure the command on a folder of Parquet parts, on one Parquet file, and on one CSV file."""
    shapes = (("parquet", parts), ("parquet", 1), ("csv", 1))
    rows = []
    for suffix, files in shapes:
        with tempfile.TemporaryDirectory() as folder:
            write_history(Path(folder, "in"), accounts, files, suffix, seed)
            rows.append(measure(Path(folder), suffix, files))
    line = keep(results, "ledger", {"accounts": accounts, "parts": parts, "seed": seed}, rows)
    if as_json:
        click.echo(json.dumps(line))
    else:
        show(line)


def write_history(folder: Path, accounts: int, parts: int, suffix: str, seed: int) -> None:
    """The history, with other accounts in every part."""
    folder.mkdir()
    for part in range(parts):
        size = accounts // parts + (part < accounts % parts)
        if size:
            table = random_history(size, seed + part, f"{part:03d}")
            WRITERS[suffix](table, folder / f"part-{part:05d}.{suffix}")


def measure(folder: Path, suffix: str, files: int) -> dict[str, Any]:
    """The command, as its function."""
    meter, out = Meter(), open_storage(str(folder / "out"))
    start = time.perf_counter()
    with meter.replacing(PLACES):
        totals = keep_ledger(Request(str(folder / "in"), None, Options(), out), Quiet())
    wall = time.perf_counter() - start
    meter.stop()
    _check(totals)
    split = {stage or "other": meter.seconds[stage] for stage in STAGES}
    return {
        "input": f"{files} {suffix} file{'s' if files > 1 else ''}",
        "accounts": totals.accounts,
        "trades": totals.trades,
        "cpu_s": sum(split.values()),
        "wall_s": wall,
        "split_s": split,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _check(totals: Totals) -> None:
    """The history is sound and full of wash sales, or the figures mean nothing."""
    if totals.exceptions or totals.trades != totals.accounts * TRADES_AN_ACCOUNT or not totals.disallowed:
        raise WholebookError(f"the history should be sound and hold wash sales: {totals}")


def show(line: dict[str, Any]) -> None:
    """The table for a person."""
    stages = [stage or "other" for stage in STAGES]
    print_table(
        "A trade history replayed on one core",
        f"CPU seconds of one process; {line['cpu']}, load {line['load']}. Peak memory of the process so far, MiB.",
        ["input", "accounts", "trades", "CPU s", "wall s", *stages, "peak MiB"],
        [
            [
                row["input"],
                f"{row['accounts']:,}",
                f"{row['trades']:,}",
                number(row["cpu_s"]),
                number(row["wall_s"]),
                *(number(row["split_s"][stage]) for stage in stages),
                number(row["peak_mib"]),
            ]
            for row in line["rows"]
        ],
    )


if __name__ == "__main__":
    run(main)
