"""`wholebook report`: what a finished run's page is made of, read from storage and checked against the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa

from cluster import receipts
from cluster.catalog import Catalog, make_catalog
from cluster.locate import RunPlace, locate_latest
from cluster.outputs import read_checked, read_output
from cluster.publish import Manifest, published_by, read_manifest
from cluster.record import RunRecord, read_record
from cluster.storage import Storage, open_storage
from cluster.storage.tables import parse_table, read_table
from engine.book.columns import decimals, numbers, optional, scaled, text
from engine.book.schema import MONEY
from engine.errors import WholebookError
from engine.report.page import Execution, Figures, Tables, Timing, render, sum_up

CENT = 100
TO_DATE = ("saved_ytd", "saved_since_inception", "fees_ytd", "fees_since_inception")
"""What `settle` carries forward in `accounts`."""
OF_TRADES = ("reason", "side", "amount", "wash_disallowed")
"""Columns of `trades` that the page sums."""


@dataclass(frozen=True)
class Page:
    """The page of a run, and the figures on it."""

    run_id: str
    figures: Figures
    html: str


def make_page(uri: str) -> Page:
    """The page of a finished run. Raises what reading a run raises; without its book some figures are left out."""
    place = locate_latest(uri)
    manifest, _ = read_manifest(place.out, place.run_id)
    record = read_record(place.out, place.run_id)
    figures = sum_up(_tables(place, manifest, record))
    published = published_by(place.out, manifest)
    about = {
        "book": manifest.book,
        "as_of": manifest.as_of,
        "run_id": manifest.run_id,
        "pointer": published.key if published else "",
    }
    sample: dict[str, object] = {"accounts": manifest.sample.accounts, "largest": manifest.sample.largest_excess_bp}
    return Page(
        manifest.run_id, figures, render(figures, about, _timings(place, manifest), _executions(record), sample)
    )


def _tables(place: RunPlace, manifest: Manifest, record: RunRecord) -> Tables:
    def parts(name: str) -> Iterator[pa.Table]:
        return (read_output(place.out, file) for file in manifest.files if file.table == name)

    results, exceptions = pa.concat_tables(parts("results")), pa.concat_tables(parts("exceptions"))
    unknown = results.filter(results["value"].is_null())["account_id"]
    accounts = worth = years = None
    book = open_storage(record.book)
    try:
        catalog = make_catalog(book.list())
        if catalog.parts:
            accounts = _accounts(book, catalog)
            years = _years(book)
            worth = _worth(book, catalog, text(unknown)) if len(unknown) else None
    except WholebookError:
        pass  # the run stands without its book; what only the book tells is left out
    trades = (
        parse_table(read_checked(place.out, file), file.key, OF_TRADES)
        for file in manifest.files
        if file.table == "trades"
    )
    return Tables(results, exceptions, pa.concat_tables(parts("orders")), trades, accounts, worth, years)


def _accounts(book: Storage, catalog: Catalog) -> pa.Table:
    """What accounts pay and how they are taxed; a fee that the book does not tell is null."""
    found = []
    for keys in catalog.parts.values():
        table = read_table(book, keys["accounts"], ("account_id", "tax_status", "fee_bps", *TO_DATE))
        fees = numbers(optional(table, "fee_bps", pa.float64()))
        found.append(
            pa.table(
                {
                    "account_id": text(table["account_id"]),
                    "tax_status": text(table["tax_status"]),
                    "fee_bps": pa.array(fees, pa.float64(), from_pandas=True),
                }
                | {name: _money(optional(table, name, MONEY)) for name in TO_DATE}
            )
        )
    with duckdb.connect() as db:
        db.register("rows", pa.concat_tables(found))  # a faulty book may have an account twice
        return db.sql("SELECT DISTINCT ON (account_id) * FROM rows ORDER BY account_id").to_arrow_table()


def _years(book: Storage) -> pa.Table | None:
    """Taxes by year beside the twins, where the book has them."""
    found = [read_table(book, info.key, None) for info in book.list("twin_years")]
    return pa.concat_tables(found, promote_options="permissive") if found else None


def _money(column: pa.ChunkedArray) -> pa.Array:
    """USD to the cent; null where the book does not tell."""
    return decimals(scaled(column, CENT), MONEY, np.isnan(numbers(column)))


def _worth(book: Storage, catalog: Catalog, ids: pa.Array) -> pa.Table:
    """About what accounts hold of which the run knows no value: sound shares at sound prices, and cash; USD."""
    with duckdb.connect() as db:
        prices = [read_table(book, key, ("security_id", "price")) for key in catalog.firm["securities"]]
        db.register("prices", pa.concat_tables(prices, promote_options="permissive"))
        db.register("wanted", pa.table({"account_id": ids}))
        db.execute("CREATE TABLE held (account_id VARCHAR, usd DOUBLE)")
        for keys in catalog.parts.values():
            db.register("lots", read_table(book, keys["lots"], ("account_id", "security_id", "quantity")))
            db.register("accounts", read_table(book, keys["accounts"], ("account_id", "cash")))
            db.execute(
                """INSERT INTO held
                SELECT account_id, CAST(quantity AS DOUBLE) * CAST(price AS DOUBLE) FROM lots
                JOIN wanted USING (account_id) JOIN prices USING (security_id)
                WHERE quantity > 0 AND price > 0 AND isfinite(CAST(quantity AS DOUBLE) * CAST(price AS DOUBLE))
                UNION ALL SELECT account_id, CAST(any_value(cash) AS DOUBLE) FROM accounts
                JOIN wanted USING (account_id) WHERE isfinite(CAST(cash AS DOUBLE)) GROUP BY account_id"""
            )
        return db.sql(
            "SELECT account_id, CAST(round(sum(usd), 2) AS DECIMAL(38, 2)) AS usd FROM held GROUP BY account_id"
        ).to_arrow_table()


def _timings(place: RunPlace, manifest: Manifest) -> list[Timing]:
    """One a part whose receipt is still there."""
    rows = {file.part: file.rows for file in manifest.files if file.table == "results"}
    found = [(part, receipts.load(place.out, place.run_id, part)) for part in sorted(rows)]
    return [
        Timing(
            rows[part],
            receipt.seconds.get("decide", 0.0),
            datetime.fromisoformat(receipt.finished).timestamp() if receipt.finished else None,
            receipt.deciding,
        )
        for part, receipt in found
        if receipt is not None
    ]


def _executions(record: RunRecord) -> list[Execution]:
    return [
        Execution(
            started=one.started,
            outcome=one.outcome,
            workers=one.workers,
            seconds=one.seconds,
            driver_peak_rss=one.driver_peak_rss,
            worker_peak_rss=one.worker_peak_rss,
        )
        for one in record.executions
    ]
