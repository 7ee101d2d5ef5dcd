"""Books to measure on, made from a seed as `wholebook synth` makes them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cluster.cli.synth import write_book
from cluster.price_files import read_file
from cluster.storage import open_storage
from engine.book.synth import Market, Wish, make_book, real_market, simulated_market
from engine.risk import wide_panel


@dataclass(frozen=True)
class Prices:
    """The market of a benchmark: real where files are named, otherwise `equities` simulated names."""

    prices: str | None = None
    constituents: str | None = None
    equities: int = 600


def write_kind(folder: str, kind: str, accounts: int, seed: int, prices: Prices) -> str:
    """Write a book of one kind of account to `folder/kind` and return its URI."""
    wish = Wish(accounts, seed, {kind: 1.0}, name=f"bench-{kind}")
    uri = f"{folder}/{kind}"
    write_book(make_book(wish, _market(prices, seed)), open_storage(uri))
    return uri


@cache
def _market(prices: Prices, seed: int) -> Market:
    if prices.prices is None or prices.constituents is None:
        return simulated_market(seed, equities=prices.equities)
    panel = wide_panel(read_file(prices.prices), where=prices.prices)
    return real_market(panel, read_file(prices.constituents), seed, where=prices.constituents)
