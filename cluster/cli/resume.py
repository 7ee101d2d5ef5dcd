"""`wholebook resume`: finish a run that stopped early."""

from __future__ import annotations

import click

from cluster.cli.common import RUN_MODULES, executor, executor_options, json_option, observer, print_json


@click.command("resume")
@click.argument("run")
@executor_options
@json_option
def command(run: str, workers: int | None, ray_address: str | None, as_json: bool) -> None:
    """Finish RUN (<out>/runs/<run_id>): finished parts are kept, the others computed, the result published.

    The book is read again and must be unchanged, as must the code: otherwise exit 3.
    """
    from cluster.cli.summary import print_report
    from cluster.locate import locate
    from cluster.publish import published_by, read_manifest
    from cluster.record import read_record
    from cluster.run import Request, run_book
    from cluster.storage import open_storage

    place = locate(run)
    record = read_record(place.out, place.run_id)
    if place.has_manifest():
        done = published_by(place.out, read_manifest(place.out, place.run_id)[0])
        if done is not None:
            told = f"Nothing to do: the run is published, {place.out.uri}/{done.key}"
            if as_json:
                print_json({"run_id": place.run_id, "pointer": done.key})
            else:
                click.echo(told)
            return
    with executor(workers, ray_address, RUN_MODULES) as runner, observer() as progress:
        request = Request(
            open_storage(record.book),
            place.out,
            record.run_file(),
            publish=record.publish,
            expected=place.run_id,
        )
        report = run_book(request, runner, progress)
    print_report(report, as_json=as_json)
