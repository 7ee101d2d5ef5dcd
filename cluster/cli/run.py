"""`wholebook run`: the main job."""

from __future__ import annotations

from pathlib import Path

import click

from cluster.cli.common import RUN_MODULES, executor, executor_options, json_option, observer, settings_option


@click.command("run")
@click.argument("book")
@click.option("--out", required=True, metavar="URI", help="Where runs and the published pointer go.")
@executor_options
@settings_option
@click.option("--dry-run", is_flag=True, help="Check the book, show the plan, write nothing.")
@click.option("--no-publish", is_flag=True, help="Stop before the pointer; `wholebook publish` makes it.")
@json_option
def command(
    book: str,
    out: str,
    workers: int | None,
    ray_address: str | None,
    settings: Path | None,
    dry_run: bool,
    no_publish: bool,
    as_json: bool,
) -> None:
    """Rebalance BOOK, verify every part, and publish the result under --out.

    A book and date are published once: a second run exits 4 before it computes anything.
    """
    from cluster.cli.summary import print_report
    from cluster.run import Request, refuse_published, run_book
    from cluster.run_file import read_run_file
    from cluster.storage import open_storage

    request = Request(
        open_storage(book),
        open_storage(out),
        read_run_file(settings),
        publish=not no_publish,
        dry_run=dry_run,
    )
    refuse_published(request)
    with executor(workers, ray_address, RUN_MODULES) as runner, observer() as progress:
        report = run_book(request, runner, progress)
    print_report(report, as_json=as_json)
