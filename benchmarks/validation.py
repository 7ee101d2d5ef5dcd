"""What validation costs: rows of one direct-index part, and a whole ETF book with its reading."""

from __future__ import annotations

import json
import tempfile
import time
from statistics import median
from typing import Any

import click

from benchmarks.books import Prices, write_kind
from benchmarks.meter import cpu_seconds
from benchmarks.results import keep, results_option, run
from cluster.bench.opened import open_for_run
from cluster.bench.show import number, print_table
from cluster.executors import InlineExecutor
from cluster.observe import Quiet
from cluster.storage import open_storage
from cluster.validation import diagnose
from engine.errors import WholebookError

SHOWN = 5


@click.command()
@click.option("--etf", default=50_000, show_default=True, type=click.IntRange(1), help="Accounts of the ETF book.")
@click.option("--direct", default=192, show_default=True, type=click.IntRange(1), help="Accounts of the direct part.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0))
@click.option("--repeat", default=5, show_default=True, type=click.IntRange(1), help="Medians are shown.")
@click.option("--equities", default=600, show_default=True, type=int, help="Names of the simulated market.")
@click.option("--json", "as_json", is_flag=True, help="Print the line that is kept instead of the table.")
@results_option
def main(etf: int, direct: int, seed: int, repeat: int, equities: int, as_json: bool, results: Any) -> None:
    """Measure check_part on a direct-index part, and the whole of `validate` on an ETF book."""
    market = Prices(equities=equities)
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            measure_part(write_kind(folder, "direct", direct, seed, market), repeat),
            measure_book(write_kind(folder, "etf", etf, seed, market), repeat),
        ]
    line = keep(results, "validation", {"etf": etf, "direct": direct, "seed": seed, "repeat": repeat}, rows)
    if as_json:
        click.echo(json.dumps(line))
    else:
        show(line)


def measure_part(uri: str, repeat: int) -> dict[str, Any]:
    """`check_part` alone, on the largest part, already read."""
    book = open_for_run(uri)
    part = max(book.parts, key=lambda part: part.rows("lots"))
    tables = book.read(part)
    seconds = []
    for _ in range(repeat + 1):
        spent, findings = cpu_seconds(book.check, part, tables)
        seconds.append(spent)
        if findings:
            raise WholebookError(f"the book should be sound: {findings[0]}", where=uri)
    return _row("check_part, one direct-index part", part.rows("accounts"), part.rows("lots"), seconds[1:], None)


def measure_book(uri: str, repeat: int) -> dict[str, Any]:
    """`wholebook validate` in one process: checksums, footers, reading, every check."""
    storage = open_storage(uri)
    cpu, wall = [], []
    for _ in range(repeat):
        start = time.perf_counter()
        spent, diagnosis = cpu_seconds(diagnose, storage, InlineExecutor(), Quiet(), SHOWN)
        cpu.append(spent)
        wall.append(time.perf_counter() - start)
        if diagnosis.findings:
            raise WholebookError(f"the book should be sound: {diagnosis.findings[0]}", where=uri)
    accounts, lots = (sum(part.rows(table) for part in diagnosis.parts) for table in ("accounts", "lots"))
    return _row("validate, a whole ETF book", accounts, lots, cpu, wall)


def _row(what: str, accounts: int, lots: int, cpu: list[float], wall: list[float] | None) -> dict[str, Any]:
    return {
        "what": what,
        "accounts": accounts,
        "lots": lots,
        "cpu_s": median(cpu),
        "wall_s": None if wall is None else median(wall),
        "lots_per_second": lots / median(cpu),
    }


def show(line: dict[str, Any]) -> None:
    """The table for a person."""
    print_table(
        "Validation on one core",
        f"CPU time of one process; {line['cpu']}, load {line['load']}. Medians of {line['options']['repeat']}.",
        ["what", "accounts", "lots", "CPU s", "wall s", "million lots/s"],
        [
            [
                row["what"],
                f"{row['accounts']:,}",
                f"{row['lots']:,}",
                number(row["cpu_s"]),
                number(row["wall_s"]),
                number(row["lots_per_second"] / 1e6),
            ]
            for row in line["rows"]
        ],
    )


if __name__ == "__main__":
    run(main)
