"""Twin of `kernels.window.purchases`: recent purchases, each once, whether lots, `activity` or both show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.ledger.rows import Ints, Rows, grouped, ordered, sums
from tests.reference.naive_recent_rows import UNNAMED, Book, Traded


@dataclass(frozen=True)
class Purchases(Rows):
    """What one account bought of one security on one day under one lot name; arrays (p,), in order of acquisition.

    `quantity` micro-shares in all, `held` of it still among the lots, `sold` by trades that name the lot, `tacked` of
    what is held with a holding period from a loss that it replaced. `price`: the highest paid, micro-dollars, 0 if not
    told. `exchanged`: the lot is now of another security.
    """

    account: Ints
    security: NDArray[np.int32]
    acquired: NDArray[np.int32]
    sequence: NDArray[np.int32]
    quantity: Ints
    price: Ints
    held: Ints
    sold: Ints
    tacked: Ints
    exchanged: NDArray[np.bool_]


def purchases(book: Book) -> tuple[Purchases, Ints, Ints]:
    """The purchases, and the number of the purchase of each of the book's lots and sells, -1 where there is none.

    A BUY without a lot name is taken to be of the day's lots that no other BUY names. What exceeds them is a purchase
    whose shares are not among the lots; nothing says that they were sold, so they count as held. Where its lot is of
    another security, of which no BUY tells it, the shares were exchanged: they count there. A lot sold on the day of
    its purchase was bought by then, whatever `sequence` says.
    """
    rows = Traded.stacked([book.buys, book.lots])
    from_buys = np.arange(len(rows)) < len(book.buys)
    number, first = grouped(rows.day, rows.account, rows.security, rows.name)
    count = len(first)
    bought = sums(number[from_buys], book.buys.quantity, count)
    held = sums(number[~from_buys], book.lots.quantity, count)
    tacked = sums(number[~from_buys], np.where(book.tacked, book.lots.quantity, 0), count)
    of_sell = _find(book, rows.account[first], rows.security[first], rows.name[first])
    sold = sums(of_sell[of_sell >= 0], book.sells.quantity[of_sell >= 0], count)
    sequence = rows.sequence[first]
    price = np.zeros(count, dtype=np.int64)
    np.maximum.at(price, number[from_buys], book.buys.price)
    named = np.flatnonzero(of_sell >= 0)
    at_once = named[book.sells.day[named] == rows.day[first][of_sell[named]]]
    np.minimum.at(sequence, of_sell[at_once], book.sells.sequence[at_once])
    unnamed = rows.name[first] == UNNAMED
    gone = (bought > 0) & (held == 0)
    keys = rows.day[first], rows.account[first]
    untold = _shared(np.where(unnamed | (bought > 0), 0, held), unnamed, *keys, rows.security[first])
    received = _shared(np.where(bought > 0, 0, held), gone, *keys, rows.name[first])
    quantity = np.where(unnamed, np.maximum(bought - untold, 0), np.maximum(bought, held + sold))
    what = Purchases(
        account=rows.account[first],
        security=rows.security[first],
        acquired=rows.day[first],
        sequence=sequence,
        quantity=quantity,
        price=price,
        held=held,
        sold=sold,
        tacked=tacked,
        exchanged=gone & (received > 0),
    )
    order = ordered(what.acquired, what.sequence, rows.who[first], rows.name[first])
    rank = np.full(count + 1, -1, dtype=np.int64)
    rank[order] = np.arange(count)
    return what.where(order), rank[number[~from_buys]], rank[of_sell]


def _find(book: Book, account: Ints, security: NDArray[np.int32], name: NDArray[np.int32]) -> Ints:
    """The first purchase of the lot that each sell names, or -1."""
    sells, count = book.sells, len(account)
    if (sells.name == UNNAMED).all():
        return np.full(len(sells), -1)
    pairs = ((account, sells.account), (security, sells.security), (name, sells.name))
    key, _ = grouped(*(np.concatenate(pair) for pair in pairs))
    purchase = np.full(len(key), -1, dtype=np.int64)
    purchase[key[:count][::-1]] = np.arange(count)[::-1]
    return np.where(sells.name == UNNAMED, -1, purchase[key[count:]])


def _shared(values: Ints, asking: NDArray[np.bool_], *keys: NDArray[Any]) -> Ints:
    """For each purchase (p,) the sum of `values` over those of its keys; 0 everywhere if none is asking."""
    if not asking.any():
        return np.zeros_like(values)
    group, _ = grouped(*keys)
    return sums(group, values, len(values))[group]
