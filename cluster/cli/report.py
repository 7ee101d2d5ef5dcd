"""`wholebook report`: a run's page, for people."""

from __future__ import annotations

from dataclasses import asdict

import click

from cluster.cli.common import json_option, print_json


@click.command("report")
@click.argument("run")
@click.option("--out", metavar="FILE", help="The page: a file or s3://bucket/key. Default: run-<run id>.html.")
@json_option
def command(run: str, out: str | None, as_json: bool) -> None:
    """Write the page of RUN: what needs a person, taxes, tracking, trades, proof and speed, in one HTML file.

    RUN is a run's folder or a pointer to it. The page opens from disk and needs nothing else. With --json the figures
    on it are printed too.
    """
    from cluster.report import make_page
    from cluster.storage import open_storage

    page = make_page(run)
    place = out or f"run-{page.run_id}.html"
    folder, _, name = place.rpartition("/")
    open_storage(folder or ("/" if place.startswith("/") else ".")).write(name, page.html.encode())
    if as_json:
        figures = {name: value for name, value in asdict(page.figures).items() if name != "values"}
        print_json({"run_id": page.run_id, "page": place, "figures": figures})
        return
    click.echo(place)
