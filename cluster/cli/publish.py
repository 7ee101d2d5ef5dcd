"""`wholebook publish`: the pointer of a finished run."""

from __future__ import annotations

import click

from cluster.cli.common import json_option, print_json


@click.command("publish")
@click.argument("run")
@click.option("--supersede", is_flag=True, help="Make the next version where the book and date are published already.")
@json_option
def command(run: str, supersede: bool, as_json: bool) -> None:
    """Publish RUN, whose manifest is complete; a run that is published already stays so and exits 0."""
    from cluster.locate import locate
    from cluster.publish import pointer_to, publish, published_by, read_manifest

    place = locate(run)
    manifest, data = read_manifest(place.out, place.run_id)
    publication = published_by(place.out, manifest)
    fresh = publication is None
    if publication is None:
        publication = publish(place.out, manifest, pointer_to(data, place.run_id), supersede=supersede)
    if as_json:
        print_json({"run_id": place.run_id, "pointer": publication.key, "version": publication.version, "new": fresh})
    else:
        state = "published" if fresh else "was published already"
        click.echo(f"Run {place.run_id} {state}: {place.out.uri}/{publication.key}")
