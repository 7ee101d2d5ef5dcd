"""The next day of a book: its run settled, prices moved."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa

from cluster.bench.whole import publish_run
from cluster.executors import InlineExecutor
from cluster.observe import Quiet
from cluster.settlement import Request, settle_book
from cluster.storage import open_storage
from cluster.storage.tables import read_table, table_bytes

MARKET_MOVE, OWN_MOVE = 0.01, 0.015
"""Standard deviations of a day's log-return: the market's, and each name's own."""


def next_day(book: str, out: str, seed: int, scale: float = 1.0) -> None:
    """Run `book`, fill its trades at their prices, move prices, and write the next day's book to `out`.

    Raises what a run raises: `GateRefused` where it breaks a rule.
    """
    with tempfile.TemporaryDirectory() as folder:
        publish_run(book, folder)
        prices = Path(folder, "prices.parquet")
        prices.write_bytes(table_bytes(moved(read_table(open_storage(book), "securities.parquet"), seed, scale)))
        request = Request(open_storage(book), folder, open_storage(out), prices=str(prices))
        settle_book(request, InlineExecutor(), Quiet())


def moved(securities: pa.Table, seed: int, scale: float = 1.0) -> pa.Table:
    """Tomorrow's prices of the securities: one move of the market and one of each name, times `scale`, to the cent."""
    random = np.random.default_rng(seed)
    today = securities["price"].to_numpy()
    returns = MARKET_MOVE * random.standard_normal() + OWN_MOVE * random.standard_normal(len(today))
    price = np.maximum(np.round(today * np.exp(scale * returns), 2), 0.01)
    return pa.table({"security_id": securities["security_id"], "price": price})
