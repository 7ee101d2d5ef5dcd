"""A day of the twins' own ledger: what each trades out of its own lots, the first in first out."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from kernels.decide.book import BOOK, PERCENT, Book
from kernels.jit import F8W, I8, I8W, f8, i8, kernel
from kernels.problem import Floats, Ints
from kernels.table import Table
from kernels.twin.account import place_orders
from kernels.twin.fifo import queue
from kernels.twin.memory import NAMES, Names
from kernels.twin.names import gather

NO_LOT = -1


class Rows(NamedTuple):
    """(rows,) trades by account: `lot` of the block, or NO_LOT on a purchase; micro-shares."""

    account: Ints
    security: Ints
    lot: Ints
    quantity: Ints


ROWS = Table(Rows, (I8W,) * 4)


def make_rows(count: int) -> Rows:
    """Room for so many trades."""
    return Rows(*(np.zeros(count, dtype=np.int64) for _ in Rows._fields))


@kernel(f8(BOOK, NAMES, i8, F8W), inner=True)
def _tracking_error(book: Book, names: Names, n: int, exposure: Floats) -> float:
    """Annual, a fraction, of the names in memory as they are held."""
    exposure[:] = 0.0
    variance = 0.0
    for name in range(n):
        active, security = (names.held[name] - names.target[name]) / PERCENT, names.security[name]
        variance += active * active * book.securities.specific[security]
        for factor in range(len(exposure)):
            exposure[factor] += active * book.securities.loadings[security, factor]
    for factor in range(len(exposure)):
        variance += exposure[factor] * exposure[factor]
    return math.sqrt(variance)


@kernel(i8(BOOK, NAMES, i8, ROWS, i8), inner=True)
def _write(book: Book, names: Names, account: int, rows: Rows, at: int) -> int:
    """The rows of an account's orders in memory from `at` on; the next free row."""
    for position in range(book.accounts.positions[account], book.accounts.positions[account + 1]):
        left = -names.orders[names.place[book.positions.security[position]]]
        if left <= 0:
            continue
        for place in range(queue(book, names, position)):
            lot = names.lots[place]
            part = min(left, book.lots.quantity[lot])
            rows.account[at], rows.security[at] = account, book.positions.security[position]
            rows.lot[at], rows.quantity[at] = lot, part
            at, left = at + 1, left - part
            if left == 0:
                break
    return at


@kernel(i8(NAMES, i8, i8, ROWS, i8), inner=True)
def _write_purchases(names: Names, account: int, n: int, rows: Rows, at: int) -> int:
    """As `_write`, of what is bought."""
    for name in range(n):
        if names.orders[name] > 0:
            rows.account[at], rows.security[at] = account, names.security[name]
            rows.lot[at], rows.quantity[at] = NO_LOT, names.orders[name]
            at += 1
    return at


@kernel(i8(BOOK, I8, NAMES, F8W, ROWS))
def trade(book: Book, target: Ints, names: Names, exposure: Floats, rows: Rows) -> int:
    """Trades of every account with a target, each tax-blind; how many rows there are.

    `target` (accounts,): rows of `book.targets`, negative for an account that is left out; `exposure` (k,) is
    scratch. `rows` has room for every lot, and for every name that an account aims at.
    """
    at = 0
    for account in range(len(target)):
        if target[account] >= 0:
            n = gather(book, names, account, target[account])
            error = _tracking_error(book, names, n, exposure)
            n = place_orders(book, names, account, target[account], error)
            at = _write(book, names, account, rows, at)
            at = _write_purchases(names, account, n, rows, at)
    return at
