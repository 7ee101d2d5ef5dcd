"""How far the orders of a run may be from the best there are: `gap_bp` by kind and size of account, beside the pace.

Books are made from a seed: direct indexes and ETF accounts of one value each, and of the values that `synth` draws. All
else is as it is by default: the netting schedule, $100 as the smallest order, whole shares, households and their recent
trades. The pace is that of deciding, from tables in memory to trade rows, beside that of the continuous pipeline.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.relaxation import ROUNDING_BP, distribution, show_distributions
from benchmarks.results import keep, results_option, run
from cluster.bench.continuous import take_through
from cluster.bench.opened import OpenBook, open_for_run
from cluster.bench.show import number, print_table
from cluster.cli.synth import write_book
from cluster.storage import open_storage
from engine.book.synth import Wish, make_book, simulated_market
from engine.decide.batch import decide_block
from engine.decide.prepared import prepare
from engine.errors import WholebookError

ETF_TIMES = 10
"""So many ETF accounts for each direct index."""
Floats = NDArray[np.float64]


class Wanted(NamedTuple):
    """A book of one kind of account, each worth `value` USD, or what `synth` draws where that is None."""

    kind: str
    value: float | None

    @property
    def title(self) -> str:
        """For a person."""
        return self.kind if self.value is None else f"{self.kind} {self.value:,.0f}"


BOOKS = (
    Wanted("direct", 400_000.0),
    Wanted("direct", 50_000.0),
    Wanted("etf", 400_000.0),
    Wanted("direct", None),
    Wanted("etf", None),
)


class Measured(NamedTuple):
    """A book's accounts (solved,): `gap` in bp; and accounts a second of CPU, whole and by the continuous pipeline."""

    gap: Floats
    decided: float
    continuous: float


def write_wanted(wanted: Wanted, folder: str, accounts: int, seed: int) -> str:
    """Write the book to a folder of its own and return its URI."""
    count = accounts * (ETF_TIMES if wanted.kind == "etf" else 1)
    name = wanted.title.replace(" ", "-").replace(",", "")
    wish, uri = Wish(count, seed, {wanted.kind: 1.0}, name=name, value=wanted.value), str(Path(folder, name))
    write_book(make_book(wish, simulated_market(seed)), open_storage(uri))
    return uri


def measure(uri: str, repeat: int) -> Measured:
    """Decide a book `repeat` times and take it through the continuous pipeline, in turn; the best pace of each."""
    opened = open_for_run(uri)
    passes = [(_decided(opened), _continuous(opened)) for _ in range(repeat)]
    gap, _ = passes[0][0]
    return Measured(gap, max(pace for (_, pace), _ in passes), max(pace for _, pace in passes))


def _decided(book: OpenBook) -> tuple[Floats, float]:
    gaps, seconds, accounts = [], 0.0, 0
    for part in book.parts:
        tables = book.read(part)
        start = time.process_time()
        ready = prepare(book.firm, tables)
        outcomes = decide_block(book.firm, ready, np.zeros(len(ready.block), dtype=np.bool_)).outcomes
        seconds += time.process_time() - start
        accounts += len(ready.block)
        gap = outcomes.objective_bp - outcomes.bound_bp
        gaps.append(gap[np.isfinite(gap) & (outcomes.iterations >= 0)])
    return np.concatenate(gaps), accounts / seconds


def _continuous(book: OpenBook) -> float:
    taken = [take_through(book, part) for part in book.parts]
    return sum(done for done, _ in taken) / sum(seconds for _, seconds in taken)


@click.command()
@click.option("--accounts", default=200, show_default=True, type=click.IntRange(1), help="Direct indexes a book.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Of the books.")
@click.option(
    "--repeat", default=3, show_default=True, type=click.IntRange(1), help="Passes, of which the best counts."
)
@click.option("--json", "as_json", is_flag=True, help="Print the line that is kept instead of the tables.")
@results_option
def main(accounts: int, seed: int, repeat: int, as_json: bool, results: Any) -> None:
    """Distributions of gap_bp by kind and size of account. Fails where a bound is above the orders it is of."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for wanted in BOOKS:
            found = measure(write_wanted(wanted, folder, accounts, seed), repeat)
            check(wanted, found.gap)
            pace = {"decided_per_second": found.decided, "continuous_per_second": found.continuous}
            rows += [row | pace for row in distribution("gap_bp", wanted.title, found.gap.tolist())]
            click.echo(f"gaps: {wanted.title}", err=True)
    line = keep(results, "gaps", {"accounts": accounts, "seed": seed, "repeat": repeat}, rows)
    if as_json:
        click.echo(json.dumps(line))
    else:
        show(line["rows"])


def check(wanted: Wanted, gap: Floats) -> None:
    """Raise where a lower bound is above the orders: then it is none, or they break a rule."""
    if float(gap.min()) < -ROUNDING_BP:
        raise WholebookError(f"{wanted.title}: a bound is {-gap.min():.3g} bp above the orders")


def show(rows: Sequence[dict[str, Any]]) -> None:
    """The tables for a person."""
    show_distributions(
        "Orders less our lower bound, bp of account value",
        "Accounts that were solved, by kind and USD that each is worth; without a figure as synth draws them.",
        "accounts",
        {"gap_bp": "gap_bp"},
        rows,
    )
    print_table(
        "Accounts a second and core",
        "CPU time of one process, best of the passes; from tables in memory to trade rows, and to whole shares.",
        ["accounts", "decided", "continuous"],
        [[row["group"], number(row["decided_per_second"]), number(row["continuous_per_second"])] for row in rows],
    )


if __name__ == "__main__":
    run(main)
