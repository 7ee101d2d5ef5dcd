"""`python -m benchmarks.customised BOOK --out BOOK2`: a customised book, and `customised.json` that tells of it."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import click
from rich.progress import track

from benchmarks.customised.part import Customised, customise
from benchmarks.results import run
from cluster.bench.opened import open_for_run
from cluster.catalog import HEADER_KEY
from cluster.storage import open_storage
from cluster.storage.tables import table_bytes

KEY = "customised.json"


@click.command()
@click.argument("book")
@click.option("--out", required=True, help="An empty folder or prefix.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1))
def main(book: str, out: str, seed: int, workers: int) -> None:
    """Customise every account of BOOK until at least three of its customisations bind, and leave out the others.

    One kept account in 100 is put into conflict on purpose: `customised.json` names it, and counts the kinds.
    """
    opened, source, made = open_for_run(book), open_storage(book), open_storage(out)
    for info in source.list():
        if "/" not in info.key and info.key != HEADER_KEY:
            made.write(info.key, source.read(info.key))
    kinds: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    each: Counter[int] = Counter()
    conflicts: list[str] = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        tasks = [pool.submit(customise, book, part.number, seed) for part in opened.parts]
        for part, task in zip(opened.parts, track(tasks, "customise"), strict=True):
            done: Customised = task.result()
            for name, table in done.tables.items():
                made.write(f"{name}/part-{part.number:05d}.parquet", table_bytes(table))
            kinds.update(one.kind for mine in done.binding.values() for one in mine)
            each.update(len(mine) for mine in done.binding.values())
            lost.update(done.lost)
            conflicts += done.conflicts
    told = {
        "accounts": sum(each.values()),
        "binding_customisations_per_account": dict(sorted(each.items())),
        "binding_by_kind": dict(kinds.most_common()),
        "left_out": dict(lost.most_common()),
        "exceptions": conflicts,
    }
    made.write(KEY, (json.dumps(told, indent=1) + "\n").encode())
    made.create(HEADER_KEY, source.read(HEADER_KEY))
    click.echo(json.dumps({**told, "exceptions": len(conflicts)}, indent=1))


if __name__ == "__main__":
    run(main)
