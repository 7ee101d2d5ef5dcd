"""`wholebook diff`: what is not the same in two runs, and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from cluster.cli.common import json_option, print_json

if TYPE_CHECKING:
    from cluster.diff import Changed, Difference, Outcome


@click.command("diff")
@click.argument("run_a")
@click.argument("run_b")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=0), help="Accounts shown.")
@json_option
def command(run_a: str, run_b: str, limit: int, as_json: bool) -> None:
    """Print whose outcome differs between two runs, by model and by account, and what of their inputs differs.

    The books of both runs must still be where they were. An outcome is the status and its code, the target, and the
    trades without their prices.
    """
    from cluster.diff import compare_runs

    found = compare_runs(run_a, run_b)
    if as_json:
        print_json(_as_document(found))
        return
    _print(found, limit)


def _as_document(found: Difference) -> dict[str, object]:
    return {
        "runs": list(found.runs),
        "accounts": found.accounts,
        "concerned": found.concerned,
        "changed": [_plain(one) for one in found.changed],
        "models": {
            name: {"accounts": one.accounts, "changed": one.changed, "why": dict(one.why)}
            for name, one in sorted(found.models.items())
        },
    }


def _plain(one: Changed) -> dict[str, object]:
    sides = {
        side: None if outcome is None else {name: value for name, value in asdict(outcome).items() if name != "print"}
        for side, outcome in (("before", one.before), ("after", one.after))
    }
    return {"account_id": one.account_id, "model_id": one.model_id, "why": list(one.why), **sides}


def _print(found: Difference, limit: int) -> None:
    from cluster.show import print_table

    click.echo(f"{found.runs[0]}\n{found.runs[1]}")
    changed = len(found.changed)
    click.echo(f"{found.accounts:,} accounts: the inputs of {found.concerned:,} differ, the outcomes of {changed:,}.")
    if not found.changed:
        return
    rows = [
        (name, f"{one.accounts:,}", f"{one.changed:,}", ", ".join(f"{why} ({n:,})" for why, n in one.why.most_common()))
        for name, one in sorted(found.models.items())
        if one.changed
    ]
    print_table("By model", "", ("model", "accounts", "changed", "what differs"), rows, last=1)
    shown = [
        (one.account_id, one.model_id, _told(one.before), _told(one.after), ", ".join(one.why))
        for one in found.changed[:limit]
    ]
    more = changed - limit
    caption = f"and {more:,} more (--limit, --json)" if more > 0 else ""
    print_table("By account", caption, ("account", "model", "before", "after", "what differs"), shown, text=5)


def _told(outcome: Outcome | None) -> str:
    if outcome is None:
        return "-"
    return f"{outcome.status}, {outcome.rows} rows, USD {outcome.amount:,.0f}" if outcome.rows else outcome.status
