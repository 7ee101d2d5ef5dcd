"""`wholebook report`: a run's page, and pages of accounts, for people."""

from __future__ import annotations

from dataclasses import asdict

import click

from cluster.cli.common import executor, executor_options, json_option, observer, print_json


@click.command("report")
@click.argument("run")
@click.option("--account", metavar="ACCOUNT", help="The page of this account instead, for its owner.")
@click.option("--all", "everyone", is_flag=True, help="A page of every account, and an index, in the folder --out.")
@click.option(
    "--out",
    metavar="URI",
    help="The page: a file or s3://bucket/key. Default: run-<run id>.html, <account id>.html. With --all, a folder.",
)
@click.option("--pdf", is_flag=True, help="Write a PDF instead, printed by a Chromium or Chrome of this machine.")
@click.option("--browser", metavar="PROGRAM", help="The browser for --pdf. Default: the first found on the PATH.")
@executor_options
@json_option
def command(
    run: str,
    account: str | None,
    everyone: bool,
    out: str | None,
    pdf: bool,
    browser: str | None,
    workers: int | None,
    ray_address: str | None,
    as_json: bool,
) -> None:
    """Write the page of RUN: what needs a person, taxes, tracking, trades, proof and speed, in one HTML file.

    With --account or --all, pages for clients instead: what was done and why, taxes, positions, gains not yet taken,
    what was not sold. RUN is a run's folder, a pointer to it, or the output of runs: what is published there for the
    latest day. Pages open from disk and need nothing else; with --pdf they are PDF. With --json the figures of the
    run's page are printed too, or how many pages were written.
    """
    if account is not None and everyone:
        raise click.UsageError("--account and --all do not go together")
    if everyone and pdf:
        raise click.UsageError("--pdf is for one page at a time: leave out --all, or --pdf")
    if browser is not None and not pdf:
        raise click.UsageError("--browser is for --pdf")
    if everyone:
        _all(run, out, workers, ray_address, as_json)
        return
    printer = _printer(browser) if pdf else None
    if account is not None:
        _one(run, account, out, printer, as_json)
    else:
        _run(run, out, printer, as_json)


def _printer(browser: str | None) -> str:
    """The browser that prints, found before anything is read."""
    from cluster.pdf import find_browser

    return find_browser(browser)


def _run(run: str, out: str | None, printer: str | None, as_json: bool) -> None:
    from cluster.report import make_page

    page = make_page(run)
    place = _write(out, f"run-{page.run_id}.html", page.html, printer)
    if as_json:
        figures = {name: value for name, value in asdict(page.figures).items() if name != "values"}
        print_json({"run_id": page.run_id, "page": place, "figures": figures})
        return
    click.echo(place)


def _one(run: str, account: str, out: str | None, printer: str | None, as_json: bool) -> None:
    from cluster.client_reports import client_page, page_name

    place = _write(out, page_name(account), client_page(run, account), printer)
    if as_json:
        print_json({"account_id": account, "page": place})
        return
    click.echo(place)


def _all(run: str, out: str | None, workers: int | None, ray_address: str | None, as_json: bool) -> None:
    from cluster.client_reports import write_all_pages
    from cluster.locate import locate_latest
    from cluster.publish import read_manifest
    from cluster.storage import open_storage

    if out is None:
        raise click.UsageError("--all needs --out, the folder for the pages")
    place = locate_latest(run)
    read_manifest(place.out, place.run_id)  # before anything is started
    with executor(workers, ray_address) as runner, observer() as progress:
        written = write_all_pages(run, open_storage(out), runner, progress)
    if as_json:
        print_json({"folder": out} | asdict(written))
        return
    click.echo(f"{written.pages:,} pages in {out}, from index.html on")


def _write(out: str | None, name: str, html: str, printer: str | None) -> str:
    """Write a page, or print it; where it is, by default under its name."""
    from cluster.pdf import print_pdf
    from cluster.storage import open_storage

    data = html.encode() if printer is None else print_pdf(html, printer)
    place = out or (name if printer is None else f"{name.removesuffix('.html')}.pdf")
    folder, _, file = place.rpartition("/")
    open_storage(folder or ("/" if place.startswith("/") else ".")).write(file, data)
    return place
