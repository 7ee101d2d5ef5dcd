"""`wholebook validate`: list everything that is wrong with a book."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import click

from cluster.cli.common import executor, executor_options, json_option, observer, print_json

if TYPE_CHECKING:
    from cluster.validation import Diagnosis

REFUSED = 3
HEADINGS = {
    "BOOK": "The book is refused",
    "MODEL": "Faulty models: their followers become exceptions",
    "ACCOUNT": "Faulty accounts: they become exceptions, the others go on",
    "NOTE": "Worth knowing",
}


@click.command("validate")
@click.argument("book")
@executor_options
@click.option("--limit", default=5, show_default=True, type=click.IntRange(min=0), help="Rows shown of each code.")
@json_option
def command(book: str, workers: int | None, ray_address: str | None, limit: int, as_json: bool) -> int:
    """List everything that is wrong with BOOK, widest scope first, with what to do; --json lists every row.

    Exits 3 where a run would refuse the book, otherwise 0: a faulty account stops nobody else.
    """
    from cluster.storage import open_storage
    from cluster.validation import diagnose

    with executor(workers, ray_address) as runner, observer() as progress:
        diagnosis = diagnose(open_storage(book), runner, progress, None if as_json else limit)
    if as_json:
        print_json(as_document(diagnosis))
    else:
        print_diagnosis(diagnosis, limit)
    return REFUSED if diagnosis.refused else 0


def as_document(diagnosis: Diagnosis) -> dict[str, object]:
    """Every finding, as plain values."""
    return {
        "book": diagnosis.book,
        "as_of": diagnosis.as_of,
        "accounts": sum(part.rows("accounts") for part in diagnosis.parts),
        "lots": sum(part.rows("lots") for part in diagnosis.parts),
        "refused": diagnosis.refused,
        "complete": diagnosis.complete,
        "faulty_accounts": diagnosis.faulty_accounts,
        "counts": {scope.name: codes for scope, codes in diagnosis.counts.items()},
        "findings": [finding.as_dict() for finding in diagnosis.findings],
    }


def print_diagnosis(diagnosis: Diagnosis, limit: int) -> None:
    """Findings by scope and code: how many, what to do, and the first rows."""
    accounts, lots = (sum(part.rows(table) for part in diagnosis.parts) for table in ("accounts", "lots"))
    size = f"{accounts:,} accounts, {lots:,} lots, {len(diagnosis.parts)} parts"
    click.echo(f"{diagnosis.book} of {diagnosis.as_of}: {size}")
    for scope, codes in diagnosis.counts.items():
        click.echo(f"\n{HEADINGS[scope.name]}")
        for code, total in codes.items():
            shown = [finding for finding in diagnosis.findings if (finding.scope, finding.code) == (scope, code)]
            click.echo(f"  {code}: {total:,}")
            for finding in islice(shown, limit):
                click.echo(f"    {finding}")
            if total > limit:
                click.echo(f"    and {total - limit:,} more (--limit, --json)")
    if not diagnosis.complete:
        click.echo("\nThe accounts' rows were not all checked: correct the faults above, then validate again.")
    if not diagnosis.counts:
        click.echo("Nothing is wrong.")
    elif not diagnosis.refused:
        click.echo(f"\nThe book can be run; {diagnosis.faulty_accounts:,} of {accounts:,} accounts will be exceptions.")
