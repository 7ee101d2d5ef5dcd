"""`wholebook bench`: throughput, beside other solvers, and growth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cluster.cli.common import json_option, print_json

if TYPE_CHECKING:
    from cluster.bench.ask import Ask, Row, Table

NAMES = (
    "kinds",
    "constant",
    "review",
    "lots",
    "factors",
    "solvers",
    "schedule",
    "accuracy",
    "workers",
    "storage",
    "growth",
)
"""What `cluster.bench.tables` measures; repeated here, so that --help imports nothing of it."""

_EPILOG = """\b
Examples:
  wholebook bench                          all tables but growth and storage
  wholebook bench kinds --accounts 8 --repeat 1         a minute's look
  wholebook bench constant --accounts 200 --etf 50000   parts as large as a broker-dealer's
  wholebook bench solvers --solved 300 --slow 30 --price 0.04
  wholebook bench growth --most 100000 --plot growth.svg
  wholebook bench workers --accounts 50000 --repeat 1   130 million lots
  wholebook bench storage --storage s3://bucket/empty-prefix
"""


def _counts(_context: click.Context, _option: click.Parameter, text: str) -> tuple[int, ...]:
    try:
        counts = tuple(int(item) for item in text.split(","))
    except ValueError:
        counts = ()
    if not counts or min(counts) < 1:
        raise click.BadParameter(f"{text!r} is not a list of numbers of workers, such as 1,2")
    return counts


@click.command("bench", short_help="Measure throughput on this machine, beside other solvers.", epilog=_EPILOG)
@click.argument("tables", nargs=-1, metavar="[TABLE]...", type=click.Choice(NAMES))
@click.option("--accounts", default=400, show_default=True, type=click.IntRange(1), help="Direct indexes of 500 names.")
@click.option("--etf", type=click.IntRange(1), help="ETF accounts; by default 20 for each direct index.")
@click.option("--solved", default=100, show_default=True, type=click.IntRange(2), help="Accounts given to each solver.")
@click.option("--slow", default=10, show_default=True, type=click.IntRange(2), help="Of these, those given to CVXPY.")
@click.option("--purchases", default=1.0, type=click.FloatRange(0.1, 10), help="Times as many lots a name as usual.")
@click.option("--repeat", default=3, show_default=True, type=click.IntRange(1), help="Runs; medians are shown.")
@click.option("--workers", default="1,2", show_default=True, callback=_counts, help="Numbers of workers to compare.")
@click.option("--kind", default="direct", type=click.Choice(["direct", "etf"]), help="Accounts of workers and storage.")
@click.option("--most", default=10_000, show_default=True, type=click.IntRange(1000), help="Largest book of growth.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="An SVG of growth.")
@click.option("--price", default=0.05, show_default=True, type=click.FloatRange(0), help="USD a core-hour.")
@click.option("--tolerance", default=0.1, show_default=True, type=click.FloatRange(0), help="Largest excess, bp.")
@click.option("--storage", default="", metavar="URI", help="An empty prefix of an object store, for storage.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0))
@click.option("--results", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER", help="Append results.")
@json_option
def command(tables: tuple[str, ...], plot: Path | None, results: Path | None, as_json: bool, **asked: Any) -> None:
    """Measure TABLEs: kinds, constant, review, lots, factors, solvers, schedule, accuracy, workers, storage, growth.

    Books are made from a seed in a temporary folder: direct indexes of 500 names as many as --accounts says, ETF
    accounts as many as --etf says, other kinds of about as many names in all. docs/bench.md says what each table means.
    """
    from cluster.bench.ask import Ask
    from cluster.bench.lines import append_line, make_line
    from cluster.bench.plot import plot_growth
    from cluster.bench.tables import DEFAULT, TABLES

    wanted = dict.fromkeys(tables or DEFAULT)
    if plot is not None:
        wanted |= {"growth": None}
    asked["tolerance_bp"] = asked.pop("tolerance")
    ask = Ask(**asked)
    lines = []
    for name, rows in _measured({name: TABLES[name] for name in wanted}, ask):
        line = make_line(name, ask.options(), rows)
        lines.append(line)
        if results is not None:
            append_line(results, line)
        if not as_json:
            _print(TABLES[name], line)
        if plot is not None and name == "growth":
            plot_growth(rows, plot)
    if as_json:
        print_json({line["benchmark"]: line for line in lines})


def _measured(tables: dict[str, Table], ask: Ask) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each table, as soon as they are known."""
    from cluster.bench.shelf import shelf

    with shelf(ask.seed) as books:
        steps = {name: table.steps(ask, books) for name, table in tables.items()}
        with _progress(sum(map(len, steps.values()))) as tell:
            for name, table in tables.items():
                rows: list[Row] = []
                for step in steps[name]:
                    tell(step)
                    rows += step.measure()
                yield name, table.finish(rows)


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    """A function to be called as each step begins: a bar on a terminal, a line a step elsewhere; standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda step: click.echo(f"bench: {step.label}", err=True)
        return
    columns = BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)
        begun = iter(range(total))
        yield lambda step: progress.update(task, description=step.label, completed=next(begun))


def _print(table: Table, line: dict[str, Any]) -> None:
    from cluster.bench.show import print_view

    for place, view in enumerate(table.views):
        told = table.caption + f" {line['cpu']}, load {line['load']}; seed {line['options']['seed']}."
        print_view(view, line["rows"], told if place == len(table.views) - 1 else "")
