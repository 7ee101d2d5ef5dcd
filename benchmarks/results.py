"""What every benchmark prints and keeps: one table for a person, one JSON line for comparison over time."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from cluster.cli.common import tell_error
from cluster.identity import library_versions
from cluster.threads import cores
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
    commit, clean = _code()
    line = {
        "benchmark": benchmark,
        "commit": commit,
        "clean": clean,
        "cpu": _cpu(),
        "cores": cores(),
        "load": round(os.getloadavg()[0], 1),
        "versions": {"python": platform.python_version(), **library_versions()},
        "options": dict(options),
        "rows": [dict(row) for row in rows],
    }
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{benchmark}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    return line


def print_table(title: str, caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]], text: int = 1) -> None:
    """One table on standard output; the first `text` columns are words, the others numbers."""
    table = Table(title=title, caption=caption, title_justify="left", caption_justify="left")
    for place, name in enumerate(columns):
        table.add_column(name, justify="left" if place < text else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console = Console()
    Console(width=console.width if console.is_terminal else 160).print(table)


def number(value: float | None) -> str:
    """Three digits that mean something; a dash where there is none."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _code() -> tuple[str | None, bool]:
    """The commit, and whether the code is exactly it; None where this is no git checkout."""
    try:
        commit = _git("rev-parse", "HEAD").strip()[:12]
        return commit, not _git("status", "--porcelain", "--", ".", ":!benchmarks/results")
    except (OSError, subprocess.CalledProcessError):
        return None, False


def _git(*args: str) -> str:
    root = Path(__file__).parents[1]
    return subprocess.run(["git", *args], cwd=root, capture_output=True, text=True, check=True).stdout


def _cpu() -> str:
    """The processor's name as Linux tells it, elsewhere what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
