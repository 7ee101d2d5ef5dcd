"""`wholebook ledger`: a full trade history becomes tax lots, realised gains and Form 8949."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from cluster.cli.common import Function, json_option, observer, print_json

if TYPE_CHECKING:
    from engine.ledger.history import Totals

COUNTS = {
    "accounts": "accounts",
    "households": "households",
    "trades": "trades",
    "realised": "realised rows",
    "lots": "lots left",
    "exceptions": "accounts left out",
}
MONEY = {
    "short_gain": "realised, short-term",
    "long_gain": "realised, long-term",
    "disallowed": "disallowed by wash sales",
    "gone": "of it gone for good in retirement accounts",
}


def wash(name: str, choices: tuple[str, str], told: str) -> Callable[[Function], Function]:
    """The option of a point that the law leaves unsettled; the first choice is the default."""
    return click.option(f"--wash-{name}", type=click.Choice(choices), default=choices[0], show_default=True, help=told)


@click.command("ledger", short_help="Replay a trade history into tax lots.")
@click.argument("activity")
@click.option("--out", required=True, metavar="URI", help="Folder or s3:// prefix for the files.")
@click.option("--corporate-actions", metavar="FILE", help="CSV or Parquet: splits, mergers, spin-offs, ...")
@click.option(
    "--method",
    type=click.Choice(("fifo", "lifo", "hifo", "least_tax")),
    default="fifo",
    show_default=True,
    help="Which lots a sale takes that names none.",
)
@click.option("--st-rate", type=click.FloatRange(0, 1), help="Marginal rate of short-term gain, for least_tax.")
@click.option("--lt-rate", type=click.FloatRange(0, 1), help="Marginal rate of long-term gain, for least_tax.")
@wash("tacking", ("days", "date"), "Tack the days that the sold shares were held, or their date.")
@wash("before-lot", ("count", "ignore"), "Shares bought before the lot sold replace it.")
@wash("same-day", ("count", "ignore"), "Shares sold on the day of the loss replace it.")
@wash("sold-earlier", ("ignore", "count"), "Shares sold before the loss replace it.")
@click.option("--year", type=click.IntRange(1900, 9999), help="Only this tax year in form8949.csv.")
@click.option("--account", "accounts", multiple=True, metavar="ID", help="Only this account's household. Repeatable.")
@click.option("--household", "households", multiple=True, metavar="ID", help="Only this household. Repeatable.")
@click.option("--dry-run", is_flag=True, help="Do everything, write nothing.")
@json_option
def command(
    activity: str,
    out: str,
    corporate_actions: str | None,
    year: int | None,
    accounts: tuple[str, ...],
    households: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Replay ACTIVITY, a CSV or Parquet file or a folder of part files, into tax lots under United States law.

    Writes realised.parquet, lots.parquet, exceptions.parquet and form8949.csv. An account with a fault leaves its
    household out; the others go on. This is software, not tax advice.
    """
    from cluster.ledger import Request, keep_ledger
    from cluster.storage import open_storage
    from engine.ledger.history import Chosen, Options

    storage = open_storage(out)
    chosen = Chosen(accounts, households)
    request = Request(activity, corporate_actions, Options(**options), storage, year, chosen, dry_run)
    with observer() as progress:
        totals = keep_ledger(request, progress)
    if as_json:
        print_json({"out": None if dry_run else storage.uri, **asdict(totals)})
    else:
        print_totals(totals, storage.uri, dry_run=dry_run)


def print_totals(totals: Totals, out: str, *, dry_run: bool) -> None:
    """Counts and sums, and where the files are, or would be."""
    for name, label in COUNTS.items():
        click.echo(f"  {getattr(totals, name):>16,} {label}")
    for name, label in MONEY.items():
        click.echo(f"  USD {getattr(totals, name) / 100:>16,.2f} {label}")
    click.echo(f"Nothing was written. The files would be in {out}" if dry_run else f"Files: {out}")
    if totals.exceptions:
        says = "would say" if dry_run else "says"
        click.echo(f"exceptions.parquet {says} what to correct in the accounts that were left out.")
