"""`wholebook orders`: block orders for the desk."""

from __future__ import annotations

import click

from cluster.cli.common import json_option, print_json


@click.command("orders")
@click.argument("run")
@json_option
def command(run: str, as_json: bool) -> None:
    """Print the block orders of RUN: security, side, shares, amount, accounts. Allocations are the run's trades."""
    from cluster.locate import locate
    from cluster.outputs import read_output
    from cluster.publish import read_manifest

    place = locate(run)
    manifest, _ = read_manifest(place.out, place.run_id)
    tables = [read_output(place.out, file) for file in manifest.files if file.table == "orders"]
    rows = [row for table in tables for row in table.to_pylist()]
    if as_json:
        print_json([row | {"quantity": str(row["quantity"]), "amount": str(row["amount"])} for row in rows])
        return
    click.echo(f"{'security':<16} {'side':<4} {'quantity':>20} {'amount USD':>20} {'accounts':>9}")
    for row in rows:
        quantity = f"{row['quantity'].normalize():,f}"
        click.echo(
            f"{row['security_id']:<16} {row['side']:<4} {quantity:>20} {row['amount']:>20,.2f} {row['accounts']:>9,}"
        )
