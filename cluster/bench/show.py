"""Rows of a benchmark as a person sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cluster.bench.ask import Row, View
from cluster.show import print_table


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
