"""`wholebook synth`: make a realistic book of any size from a seed."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterator

import click
from rich.console import Console
from rich.progress import Progress

from cluster.catalog import HEADER_KEY
from cluster.cli.common import json_option, print_json
from cluster.price_files import read_file
from cluster.storage import Storage, open_storage
from cluster.storage.tables import table_bytes
from engine.book.header import parse_header
from engine.book.synth import Book, KindTotal, Market, Part, Wish, make_book, part_key, real_market, simulated_market
from engine.book.synth.book import DEFAULT_AS_OF
from engine.book.synth.population import DEFAULT_MIX, KINDS
from engine.errors import UsageError
from engine.risk import wide_panel

FAULTS_KEY = "faults.json"
_PLAIN_LINES = 10
"""Lines of progress where standard error is no terminal."""


@click.command("synth", short_help="Make a realistic book from a seed.")
@click.option("--out", required=True, metavar="URI", help="An empty folder or s3:// prefix.")
@click.option("--accounts", required=True, type=click.IntRange(1), help="How many accounts.")
@click.option("--seed", required=True, type=click.IntRange(0), help="The same seed gives the same bytes.")
@click.option("--mix", metavar="KIND=SHARE,...", help=f"Shares of {', '.join(KINDS)}; they need not sum to 1.")
@click.option("--prices", metavar="FILE", help="Real closes (date, symbol, close) in place of a simulated market.")
@click.option("--constituents", metavar="FILE", help="With --prices: symbol, name, gics_sector, market_cap_usd.")
@click.option("--models", default=20, show_default=True, type=int, help="Models, 5 to 50.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Last day of the prices.")
@click.option("--name", default="synth", show_default=True, help="Name of the book.")
@click.option("--value", type=click.FloatRange(1e3), help="USD that every account is worth; by kind if not told.")
@click.option("--faults", is_flag=True, help="Add an account with each hard fault, and faults.json that lists them.")
@json_option
def command(
    out: str,
    accounts: int,
    seed: int,
    mix: str | None,
    prices: str | None,
    constituents: str | None,
    models: int,
    as_of: dt.datetime | None,
    name: str,
    value: float | None,
    faults: bool,
    as_json: bool,
) -> None:
    """Make a realistic book: accounts, lots, models, a risk model, all from a seed.

    It is written part by part; memory does not grow with the book.
    """
    storage = open_storage(out)
    first = next(storage.list(), None)
    if first is not None:
        raise UsageError("there is something here already", where=f"{storage.uri}/{first.key}", remedy="Empty it.")
    wish = Wish(accounts, seed, _parse_mix(mix), models, name, faults, value=value)
    book = make_book(wish, _market(prices, constituents, as_of.date() if as_of else None, seed))
    parse_header(_json(book.header()))
    totals = write_book(book, storage)
    if as_json:
        print_json(_result(book, storage, totals))
    else:
        click.echo(_story(book, storage, totals))


def write_book(book: Book, storage: Storage) -> dict[str, KindTotal]:
    """Write every table of `book`, its header last: until then it is no book. Returns totals by kind."""
    for key, table in book.firm_tables():
        storage.write(key, table_bytes(table))
    totals = dict.fromkeys(KINDS, KindTotal(0, 0, 0.0))
    for part in _shown(book):
        made = book.make(part)
        for table_name, table in made.tables.items():
            storage.write(part_key(table_name, part), table_bytes(table))
        totals = {kind: totals[kind] + made.totals[kind] for kind in KINDS}
    if book.wish.faults:
        storage.write(FAULTS_KEY, _json(book.faults()))
    storage.write(HEADER_KEY, _json(book.header()))
    return totals


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def _market(prices: str | None, constituents: str | None, as_of: dt.date | None, seed: int) -> Market:
    if (prices is None) != (constituents is None):
        raise UsageError("--prices and --constituents go together", remedy="Name both files, or neither.")
    if prices is None or constituents is None:
        return simulated_market(seed, as_of or DEFAULT_AS_OF)
    panel = wide_panel(read_file(prices), where=prices)
    if as_of is not None:
        panel = panel.until((as_of - dt.date(1970, 1, 1)).days)
    return real_market(panel, read_file(constituents), seed, where=constituents)


def _parse_mix(text: str | None) -> dict[str, float]:
    if text is None:
        return dict(DEFAULT_MIX)
    shares = {}
    for item in text.split(","):
        kind, _, share = item.partition("=")
        try:
            shares[kind.strip()] = float(share)
        except ValueError as error:
            raise UsageError(f"{item!r} is not KIND=SHARE", where="--mix", remedy="e.g. etf=3,direct=1") from error
    return shares


def _shown(book: Book) -> Iterator[Part]:
    """The parts, with progress on standard error: a bar on a terminal, a few plain lines elsewhere."""
    console = Console(stderr=True)
    if console.is_terminal:
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("accounts", total=book.wish.accounts)
            for part in book.parts:
                yield part
                progress.advance(task, part.count)
        return
    for done, part in enumerate(book.parts, 1):
        yield part
        if done * _PLAIN_LINES // len(book.parts) > (done - 1) * _PLAIN_LINES // len(book.parts):
            print(f"synth: {part.first + part.count:,} of {book.wish.accounts:,} accounts", file=sys.stderr)


def _result(book: Book, storage: Storage, totals: dict[str, KindTotal]) -> dict[str, object]:
    return {
        "out": storage.uri,
        "as_of": book.as_of.isoformat(),
        "accounts": sum(total.accounts for total in totals.values()),
        "lots": sum(total.lots for total in totals.values()),
        "parts": len(book.parts),
        "models": book.wish.models,
        "securities": book.firm["securities"].num_rows,
        "mix": {kind: vars(total) for kind, total in totals.items()},
        "faults": len(book.faults()),
    }


def _story(book: Book, storage: Storage, totals: dict[str, KindTotal]) -> str:
    """The result for a person: one line, and the mix as a table."""
    whole = KindTotal(0, 0, 0.0)
    lines = [f"{'kind':<12}{'accounts':>10}{'lots':>14}{'lots each':>11}{'USD million':>14}"]
    for kind, total in totals.items():
        whole += total
        lines.append(_row(kind, total))
    lines.append(_row("all", whole))
    market = f"{book.firm['securities'].num_rows} securities, {book.wish.models} models"
    lines.append(f"As of {book.as_of}: {market}, {len(book.parts)} parts, in {storage.uri}")
    if book.faults():
        lines.append(f"And {len(book.faults())} accounts with a fault each, listed in {FAULTS_KEY}")
    return "\n".join(lines)


def _row(name: str, total: KindTotal) -> str:
    each = total.lots / max(total.accounts, 1)
    return f"{name:<12}{total.accounts:>10,}{total.lots:>14,}{each:>11,.0f}{total.value / 1e6:>14,.1f}"
