"""What a sell_out cannot sell today, by name and reason: what a person is told of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kernels.decide.book import BOOK, Book
from kernels.decide.households import HOUSEHOLDS, Households
from kernels.decide.memory import ARRAYS, Arrays
from kernels.decide.washes import is_replaceable
from kernels.jit import I8W, i8, kernel
from kernels.problem import Ints
from kernels.table import Table

FREE, LOCKED, UNTRADABLE, NEVER_SELL, WASHED, GROUPED, REASONS = range(7)
"""Why a lot may not be sold, as `engine.decide.names` has it; what may never be sold is not sold out."""


class Unsold(NamedTuple):
    """(u,) rows by account as they are decided, and within each by security and reason; the first `used[0]` count.

    `shares`: micro-shares in `lots` lots.
    """

    account: Ints
    security: Ints
    reason: Ints
    shares: Ints
    lots: Ints
    used: Ints


UNSOLD = Table(Unsold, (I8W,) * 6)


def make_unsold(sell_outs: int) -> Unsold:
    """Room for what so many sell_outs may leave."""
    account, security, reason, shares, lots = np.zeros((5, sell_outs * (REASONS - 1)), dtype=np.int64)
    return Unsold(account, security, reason, shares, lots, np.zeros(1, dtype=np.int64))


@kernel(i8(BOOK, ARRAYS, i8, i8, i8, HOUSEHOLDS), inner=True)
def _kept_by(book: Book, of: Arrays, account: int, lot: int, name: int, seen: Households) -> int:
    """Why a lot may not be sold today."""
    if book.lots.locked[lot]:
        return LOCKED
    security = of.security[name]
    if not book.securities.tradable[security]:
        return UNTRADABLE
    if not book.lots.loss[lot] or not book.accounts.taxable[account]:
        return FREE
    group = book.securities.wash_group[security]
    if seen.bought_today[group] == book.accounts.household[account]:
        return WASHED
    if book.accounts.forbid[account] and is_replaceable(book, seen, account, lot, group):
        return WASHED
    return GROUPED if of.kept[name] else FREE


@kernel(i8(BOOK, ARRAYS, i8, HOUSEHOLDS, UNSOLD, i8), inner=True)
def tell_unsold(book: Book, of: Arrays, account: int, seen: Households, out: Unsold, start: int) -> int:
    """Write what the sell_outs of an account that was posed leave, from row `start` on; the next free row."""
    row = start
    for position in range(book.accounts.positions[account], book.accounts.positions[account + 1]):
        name = of.place[book.positions.security[position]]
        if not of.sell_out[name] or of.sellable[name] == of.position[name]:
            continue
        for reason in range(LOCKED, REASONS):
            out.shares[row], out.lots[row] = 0, 0
            for place in range(book.positions.offsets[position], book.positions.offsets[position + 1]):
                lot = book.lots.order[place]
                if _kept_by(book, of, account, lot, name, seen) == reason:
                    out.shares[row] += book.lots.quantity[lot]
                    out.lots[row] += 1
            if out.lots[row] > 0:
                out.account[row], out.security[row], out.reason[row] = account, of.security[name], reason
                row += 1
    return row
