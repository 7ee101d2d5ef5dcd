"""One table for a person."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

_WIDTH = 1_000
"""Where standard output is no terminal: nothing is cut there."""


def print_table(
    title: str, caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]], text: int = 1, last: int = 0
) -> None:
    """One table on standard output; the first `text` and the `last` columns are words, the others numbers.

    Where a terminal is too narrow words go on in the next line before any number is cut.
    """
    table = Table(title=title, caption=caption, title_justify="left", caption_justify="left")
    for place, name in enumerate(columns):
        words = place < text or place >= len(columns) - last
        table.add_column(name, justify="left" if words else "right", no_wrap=not words, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console()
    Console(width=console.width if console.is_terminal else _WIDTH).print(table)
