"""`wholebook target`: what an account aims at, and why."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from cluster.cli.common import json_option, print_json, settings_option


@click.command("target")
@click.argument("book")
@click.argument("account")
@settings_option
@click.option("--changed", is_flag=True, help="Only names whose weight is not the model's.")
@json_option
def command(book: str, account: str, settings: Path | None, changed: bool, as_json: bool) -> None:
    """Print what ACCOUNT of BOOK aims at: each name's weight in its model and in its effective target, and why."""
    from cluster.look import find_account
    from cluster.run_file import read_run_file
    from cluster.show import print_table
    from engine.book.firm import build_firm
    from engine.decide.names import Undecidable
    from engine.decide.told_target import tell_target
    from engine.errors import InputRefused

    firm = read_run_file(settings).settings
    found = find_account(book, account, firm)
    try:
        told = tell_target(build_firm(found.book.header, found.book.tables, firm), found.tables, account)
    except Undecidable as conflict:
        raise InputRefused(conflict.message, where=f"account {account}", remedy=conflict.code.value) from conflict
    names = [name for name in told.names if name.why or not changed]
    if as_json:
        print_json(asdict(told) | {"account_id": account, "names": [asdict(name) for name in names]})
        return
    if not names:
        click.echo(f"Nothing is left out: {account} aims at its model, {told.model_id} (target {told.target_id}).")
        return
    print_table(
        f"Target {told.target_id} of {account}, which follows {told.model_id}",
        f"Weights in % of account value; cash {100 * told.cash_target:g} %. Tracking error of the target to its model "
        f"{100 * told.tracking_error:.3g} % a year.",
        ("security", "model", "target", "why"),
        [(name.security_id, f"{100 * name.model:.4f}", f"{100 * name.target:.4f}", name.why) for name in names],
        last=1,
    )
