"""Books to measure on, made from a seed; every account of them is outside its band, or it is taken out.

A band is set so narrow that an ordinary day's moves leave hardly an account inside; the few that are get removed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from cluster.catalog import HEADER_KEY
from cluster.storage import Storage, open_storage
from cluster.storage.tables import table_bytes
from engine.book.synth import Book, Market, Wish, make_book, part_key, simulated_market
from engine.book.synth.equities import SIMULATED_EQUITIES
from engine.risk.fit import STATISTICAL_FACTORS

BAND = 0.0005
"""The `drift_band` of every account, a fraction, unless a recipe says otherwise."""
USUAL_BAND = 0.005
"""What the contract sets."""
AMPLE_GAINS = 1e8
"""USD of short- and of long-term gain realised this year: whatever an account sells, each term keeps its own rate."""
_SPARE_NAMES = 6 / 5
"""Equities of the market for each name of a direct index, so that indexes differ."""


@dataclass(frozen=True)
class Recipe:
    """A book of one kind of account, `etf` or `direct`.

    `names` of every direct index (0: as a fund model has them), `purchases` as in `engine.book.synth.Wish`,
    `statistical` factors beside the market's and the sectors'. At `constant` rates each term's gain costs its rate,
    otherwise what the netting schedule says.
    """

    kind: str
    accounts: int
    names: int = 0
    statistical: int = STATISTICAL_FACTORS
    purchases: float = 1.0
    constant: bool = False
    band: float = BAND

    @property
    def title(self) -> str:
        """For a person."""
        return f"direct {self.names}" if self.names else self.kind

    @property
    def folder(self) -> str:
        """A folder's name of its own."""
        rates = "constant" if self.constant else "schedule"
        return f"{self.kind}-{self.names}-{self.accounts}-{self.statistical}-{self.purchases:g}-{self.band:g}-{rates}"


def write_recipe(recipe: Recipe, uri: str, seed: int) -> None:
    """Write the book to `uri`, which is empty, part by part."""
    storage = open_storage(uri)
    market = _market(seed, max(SIMULATED_EQUITIES, round(recipe.names * _SPARE_NAMES)))
    wish = Wish(
        recipe.accounts,
        seed,
        {recipe.kind: 1.0},
        name=recipe.folder,
        names=recipe.names or None,
        purchases=recipe.purchases,
    )
    write_plainly(make_book(wish, market, statistical=recipe.statistical), storage, recipe)


def write_plainly(book: Book, storage: Storage, recipe: Recipe) -> None:
    """Write a planned book with the recipe's changes to its accounts."""
    for key, table in book.firm_tables():
        storage.write(key, table_bytes(table))
    for part in book.parts:
        for name, table in book.make(part).tables.items():
            storage.write(part_key(name, part), table_bytes(_changed(table, recipe) if name == "accounts" else table))
    storage.write(HEADER_KEY, json.dumps(book.header()).encode())


@cache
def _market(seed: int, equities: int) -> Market:
    return simulated_market(seed, equities=equities)


def _changed(accounts: pa.Table, recipe: Recipe) -> pa.Table:
    values = {"drift_band": recipe.band}
    if recipe.constant:
        values |= {"realised_st_ytd": AMPLE_GAINS, "realised_lt_ytd": AMPLE_GAINS}
    return _with_columns(accounts, values)


def _with_columns(table: pa.Table, values: Mapping[str, float]) -> pa.Table:
    """The table with each of these columns one number in every row."""
    kept = [name for name in table.column_names if name not in values]
    table = table.select(kept)
    for name, value in values.items():
        table = table.append_column(name, pa.array(np.full(table.num_rows, value)))
    return table
