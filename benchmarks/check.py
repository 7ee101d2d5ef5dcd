"""`make bench-check`: a guard against getting slower, by ratios to OSQP in one run on one fixed small case.

A machine may be slow or busy and the ratios are the same, so they can have a committed floor (`floors.json`); seconds
could not.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import click

from benchmarks.results import keep, results_option, run
from cluster.bench.books import Recipe, write_recipe
from cluster.bench.opened import open_for_run
from cluster.bench.peers import OURS, PROVEN, Peer, raw_osqp
from cluster.bench.samples import problems
from cluster.bench.show import number, print_table
from cluster.bench.solving import time_peer
from cluster.bench.whole import leave_outside, measure
from engine.errors import WholebookError
from kernels.problem import Problem

FLOORS = Path(__file__).parent / "floors.json"
SEED = 7
CASES = Recipe("etf", 48), Recipe("direct", 12, names=100)
PEER = Peer("OSQP 1e-4", raw_osqp)
WHOLE = "whole run"
TURNS = 3
"""Of OSQP and ours in one measurement."""


@click.command()
@click.option("--repeat", default=3, show_default=True, type=click.IntRange(1), help="Measurements; medians count.")
@click.option("--floors", default=FLOORS, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the line that is kept instead of the table.")
@results_option
def main(repeat: int, floors: Path, as_json: bool, results: Path) -> None:
    """Hold our times against OSQP's on the same accounts, and the ratios against their floors."""
    least = json.loads(floors.read_text(encoding="utf-8"))
    rows = [row for case in CASES for row in measure_case(case, repeat, least[case.title])]
    line = keep(results, "check", {"repeat": repeat, "seed": SEED}, rows)
    if as_json:
        click.echo(json.dumps(line))
    else:
        show(line)
    check(rows)


def measure_case(case: Recipe, repeat: int, floors: dict[str, float]) -> list[dict[str, Any]]:
    """A row for each thing guarded: how many times as long OSQP takes for one relaxation of the same accounts."""
    with tempfile.TemporaryDirectory() as folder:
        write_recipe(case, folder, SEED)
        leave_outside(folder)
        sample = problems(open_for_run(folder), case.accounts)
        ratios = [_ratios(folder, sample) for _ in range(repeat)]
    return [
        {
            "book": case.title,
            "ours": ours,
            "accounts": len(sample),
            "times_ours": median(ratio[ours] for ratio in ratios),
            "floor": floor,
        }
        for ours, floor in floors.items()
    ]


def _ratios(book: str, sample: Sequence[Problem]) -> dict[str, float]:
    """OSQP's seconds an account over ours. They take turns, because a busy machine slows what runs at that moment."""
    seen = []
    for _ in range(TURNS):
        osqp, *solvers = (float(time_peer(peer, sample).seconds.mean()) for peer in (PEER, OURS, PROVEN))
        whole = measure(book, book, 1)
        ours = [*solvers, whole.cpu_s / whole.accounts]
        seen.append([osqp / seconds for seconds in ours])
    names = OURS.name, PROVEN.name, WHOLE
    return {name: median(ratios) for name, ratios in zip(names, zip(*seen, strict=True), strict=True)}


def check(rows: Sequence[dict[str, Any]]) -> None:
    """Raise where a ratio is below its floor."""
    slower = [row for row in rows if row["times_ours"] < row["floor"]]
    if slower:
        told = "; ".join(
            f"{row['book']}, {row['ours']}: {row['times_ours']:.3g} times, at least {row['floor']:g}" for row in slower
        )
        raise WholebookError(
            f"slower against OSQP than it was: {told}",
            where=str(FLOORS.name),
            remedy="Find the commit that made it slower; the floor goes down only with a reason in its commit.",
        )


def show(line: dict[str, Any]) -> None:
    """The table for a person."""
    print_table(
        "How many times as long OSQP takes",
        f"One relaxation by OSQP at 1e-4, built and set up, against ours of the same accounts. {line['cpu']}, "
        f"load {line['load']}.",
        ["book", "ours", "accounts", "times", "at least"],
        [
            [row["book"], row["ours"], str(row["accounts"]), number(row["times_ours"]), number(row["floor"])]
            for row in line["rows"]
        ],
        text=2,
    )


if __name__ == "__main__":
    run(main)
