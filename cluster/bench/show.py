"""One table for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from cluster.bench.ask import Row, View

_WIDTH = 200
"""Where standard output is no terminal."""


def print_table(title: str, caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]], text: int = 1) -> None:
    """One table on standard output; the first `text` columns are words, the others numbers."""
    table = Table(title=title, caption=caption, title_justify="left", caption_justify="left")
    for place, name in enumerate(columns):
        table.add_column(name, justify="left" if place < text else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console = Console()
    Console(width=console.width if console.is_terminal else _WIDTH).print(table)


def print_view(view: View, rows: Sequence[Row], caption: str) -> None:
    """The rows of one view, as it wants them."""
    shown = [row for row in rows if not view.needs or view.needs in row]
    keys = [key for _, key in view.columns]
    cells = [[_cell(_at(row, key)) for key in keys] for row in shown]
    print_table(view.title, caption, [heading for heading, _ in view.columns], cells, view.text)


def _at(row: Row, key: str) -> Any:
    outer, _, inner = key.partition(".")
    return row.get(outer, {}).get(inner) if inner else row.get(outer)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else number(value)


def number(value: float | None) -> str:
    """Three digits that mean something; a dash where there is none."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
