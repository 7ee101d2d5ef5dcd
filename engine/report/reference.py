"""Reference pages written from the contract itself, so that they cannot drift from it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from engine.book.schema import BOOK_TABLES, OUTPUT_TABLES, SETTING_COLUMNS, Column, Kind
from engine.book.settings import DEFAULTS
from engine.codes import Code

GENERATED = "<!-- Written by `make reference` from the code; do not edit. -->"


def pages() -> dict[str, str]:
    """File name and Markdown of every reference page."""
    return {"codes.md": _codes(), "settings.md": _settings(), "columns.md": _columns()}


def _codes() -> str:
    rows = [(f"`{code.name}`", code.value) for code in Code]
    return _page(
        "Codes",
        "What `results.code` and `exceptions.code` may hold, and what to do. A code of an account that was not traded "
        "names the rule that held it.",
        _table(("code", "what to do"), rows),
    )


def _settings() -> str:
    rows = [
        (f"`{name}`", _default(DEFAULTS[name]), column.meaning, _range(column))
        for name, column in SETTING_COLUMNS.items()
    ]
    return _page(
        "Settings",
        "One set of names at three levels; the nearest non-null value wins: the account's row, its policy, the firm "
        "(`[settings]` in the run's TOML), the default. `wholebook settings show BOOK ACCOUNT` tells "
        "where each of an account's settings comes from, and what it hides.",
        _table(("setting", "default", "meaning", "range"), rows),
    )


def _columns() -> str:
    parts = []
    for table in BOOK_TABLES.values():
        shown = [column for column in table.columns if column.name not in SETTING_COLUMNS]
        rows = [(f"`{c.name}`" + ("" if c.required else " ?"), c.kind.value, c.meaning, _range(c)) for c in shown]
        settings = ", and any [setting](settings.md)" if len(shown) < len(table.columns) else ""
        optional = "" if table.required else " (optional)"
        parts.append(f"## `{table.name}`{optional}\n\n{table.meaning}{settings}.\n")
        parts.append(_table(("column", "kind", "meaning", "range"), rows))
    parts.append("# Output\n")
    for name, schema in OUTPUT_TABLES.items():
        parts.append(f"## `{name}`\n")
        parts.append(_table(("column", "type"), [(f"`{field.name}`", str(field.type)) for field in schema]))
    return _page("Columns", "Input tables. A column marked ? is optional.", "\n".join(parts))


def _page(title: str, intro: str, body: str) -> str:
    return f"{GENERATED}\n\n# {title}\n\n{intro}\n\n{body}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _default(value: float | bool | str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    return "" if math.isnan(value) else f"{value:g}"


def _range(column: Column) -> str:
    if column.choices:
        return ", ".join(f"`{choice}`" for choice in column.choices)
    bounds = []
    if column.above is not None:
        bounds.append(f"> {column.above:g}")
    if column.least is not None:
        bounds.append(f"≥ {column.least:g}")
    if column.most is not None:
        bounds.append(f"≤ {column.most:g}")
    return ", ".join(bounds) if column.kind is Kind.NUMBER else ""
