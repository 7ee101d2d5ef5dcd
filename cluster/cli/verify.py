"""`wholebook verify`: prove a finished run again."""

from __future__ import annotations

import dataclasses

import click

from cluster.cli.common import executor, executor_options, json_option, observer, print_json

REFUSED = 1


@click.command("verify")
@click.argument("run")
@executor_options
@click.option("--limit", default=20, show_default=True, help="Violations shown; all with --json.")
@json_option
def command(run: str, workers: int | None, ray_address: str | None, limit: int, as_json: bool) -> int:
    """Prove RUN (<out>/runs/<run_id>, or a pointer's URI) again from its raw inputs and outputs; exit 1 if it fails."""
    from cluster.locate import locate
    from cluster.publish import read_manifest
    from cluster.verification import verify_stored

    place = locate(run)
    read_manifest(place.out, place.run_id)  # before anything is started
    with executor(workers, ray_address) as runner, observer() as progress:
        result = verify_stored(place, runner, progress)
    if as_json:
        print_json(dataclasses.asdict(result))
    else:
        click.echo(f"Run {result.run_id}: {result.accounts:,} accounts, {result.parts} parts, {result.files} files")
        click.echo(f"Pointers: {', '.join(result.pointers) or 'none; not published'}")
        for text in result.violations[:limit]:
            click.echo(f"  {text}")
        click.echo(f"{len(result.violations)} violations")
    return REFUSED if result.violations else 0
