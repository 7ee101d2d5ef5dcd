"""`wholebook settings show`: where each of an account's settings comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cluster.cli.common import json_option, print_json, settings_option

if TYPE_CHECKING:
    from engine.book.levels import Level


@click.group("settings")
def command() -> None:
    """Settings of an account."""


@command.command("show")
@click.argument("book")
@click.argument("account")
@settings_option
@click.option("--set", "only_set", is_flag=True, help="Leave out what no level sets.")
@json_option
def show(book: str, account: str, settings: Path | None, only_set: bool, as_json: bool) -> None:
    """Print every setting of ACCOUNT in BOOK: its value, and the level that it comes from.

    The nearest of account, policy, firm ([settings] of --settings) and default wins; what it hides is shown too.
    """
    from cluster.look import find_account
    from cluster.run_file import read_run_file
    from engine.book.levels import levels

    firm = read_run_file(settings).settings
    found = find_account(book, account, firm)
    told = levels(found.row, found.book.tables.get("policies"), firm)
    told = [one for one in told if one.given or not only_set]
    if as_json:
        print_json(
            {
                "account_id": account,
                "settings": [
                    {"name": one.name, "value": one.value, "level": one.level, "given": dict(one.given)} for one in told
                ],
            }
        )
        return
    _print(account, told)


def _print(account: str, told: list[Level]) -> None:
    from cluster.show import print_table

    rows = [
        (
            one.name,
            _said(one.value),
            one.level,
            ", ".join(f"{level} {_said(value)}" for level, value in one.given[1:]),
            one.meaning,
        )
        for one in told
    ]
    print_table(f"Settings of {account}", "", ("setting", "value", "from", "instead of", "meaning"), rows, text=5)


def _said(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:,.10g}" if isinstance(value, float) else str(value)
