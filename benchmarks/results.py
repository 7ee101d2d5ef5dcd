"""What every benchmark here shares: it is a script, prints one table and appends one line to a file of results."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from cluster.bench.lines import append_line, make_line
from cluster.cli.common import tell_error
from engine.errors import WholebookError

FOLDER = Path(__file__).parent / "results"
results_option = click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER,
    help="Folder of the file that one line is appended to.",
)


def run(command: click.Command) -> None:
    """The command, as a script: an error of ours is told as `wholebook` tells it."""
    try:
        command()
    except WholebookError as error:
        tell_error(error, as_json=False)
        sys.exit(error.exit_code)


def keep(
    folder: Path, benchmark: str, options: Mapping[str, object], rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Append the result to `folder/<benchmark>.jsonl` and return it; results/README.md says what a line means."""
    line = make_line(benchmark, options, rows)
    append_line(folder, line)
    return line
