"""From orders to trade rows: lots relieved in the order of sale, amounts to the cent, each row with its reason."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kernels.decide.book import BOOK, Book
from kernels.decide.memory import CASE, MEMORY, OWN, Case, Memory
from kernels.decide.names import OUTSIDE
from kernels.decide.order import FIRST, WHOLE
from kernels.decide.shares import ANSWER, Answer
from kernels.jit import B1W, I8W, apart, b1, i8, kernel, void
from kernels.lots import relieve
from kernels.money import amount_cents
from kernels.problem import Flags, Ints
from kernels.table import Table

TRACK, HARVEST, CASH, SELL_OUT, TRANSITION = range(5)
NO_LOT = -1


class Rows(NamedTuple):
    """(rows,) trades: micro-shares, cents; `lot` of the block or NO_LOT on a purchase."""

    security: Ints
    buy: Flags
    lot: Ints
    quantity: Ints
    amount: Ints
    basis: Ints
    long_term: Flags
    reason: Ints


ROWS = Table(Rows, (I8W, B1W, I8W, I8W, I8W, I8W, B1W, I8W))


def make_rows(count: int) -> Rows:
    """Room for so many trades."""
    return Rows._make(np.zeros(count, np.bool_ if kind == B1W else np.int64) for kind in ROWS.fields.values())


@kernel(void(MEMORY, CASE, i8), inner=True)
def _mark_wanted(memory: Memory, case: Case, order: int) -> None:
    """True where, after the orders, tracking alone would go on selling at the cost of the spread.

    A loss lot sold there closes a gap; elsewhere the tax value of the loss is what pulled.
    """
    of = memory.of
    weights, exposure = of.ordered_weights[order], of.scratch[: case.k]
    exposure[:] = 0.0
    for name in range(case.n):
        active = weights[name] - of.target[name]
        for factor in range(case.k):
            exposure[factor] += of.loadings[name * case.k + factor] * active
    for name in range(case.n):
        slope = 0.0
        for factor in range(case.k):
            slope += of.loadings[name * case.k + factor] * exposure[factor]
        active = weights[name] - of.target[name]
        slope = 2.0 * case.aversion * slope + 2.0 * of.curvature[name] * active + of.hold_cost[name]
        of.wants_sale[name] = slope >= of.spread[name]


@kernel(i8(MEMORY, i8, i8, i8), inner=True)
def _lots_of(memory: Memory, order: int, name: int, quantity: int) -> int:
    """Lots that a sale takes, each once, in the order of sale, and micro-shares of each; their number.

    A lot of which a piece goes before another lot's turn and the rest after it takes what its pieces do.
    """
    of = memory.of
    count, before = 0, 0
    for piece in range(of.order_offsets[order, name], of.order_offsets[order, name + 1]):
        segment, kind = of.order_segment[order, piece], of.order_kind[order, piece]
        lot = of.lot[segment]
        size = of.quantity[segment]
        if kind != WHOLE:
            part = min(round(of.cut[order, segment] / of.micro_weight[name]), size)
            size = part if kind == FIRST else size - part
        taken = min(max(quantity - before, 0), size)
        before += size
        place = count if kind == WHOLE and not of.washed[name] else 0
        while place < count and of.lots[place] != lot:
            place += 1
        if place == count:
            of.lots[count], of.most[count] = lot, 0
            count += 1
        of.most[place] += taken
    return count


@kernel(i8(BOOK, MEMORY, CASE, i8, i8, i8, ROWS, i8), inner=True)
def _sell(book: Book, memory: Memory, case: Case, order: int, name: int, reason: int, rows: Rows, at: int) -> int:
    """Sell one name out of its lots; the next free row, or -1 where its lots do not hold enough.

    `reason` is what a sale has that is no harvest.
    """
    of = memory.of
    quantity = -of.orders[order, name]
    count = _lots_of(memory, order, name, quantity)
    security = of.security[name]
    left = relieve(
        of.lots[:count],
        of.most[:count],
        book.lots.quantity,
        book.lots.basis,
        quantity,
        book.securities.price_micro[security],
        of.piece[:count],
        of.proceeds[:count],
        of.basis[:count],
    )
    if left > 0:
        return -1
    harvests = book.accounts.taxable[case.account] and book.accounts.harvest[case.account] and not of.wants_sale[name]
    for place in range(count):
        if of.piece[place] > 0:
            lot = of.lots[place]
            rows.security[at], rows.buy[at], rows.lot[at] = security, False, lot
            rows.quantity[at], rows.amount[at], rows.basis[at] = of.piece[place], of.proceeds[place], of.basis[place]
            rows.long_term[at] = book.lots.long_term[lot]
            loses = of.proceeds[place] < of.basis[place]
            rows.reason[at] = HARVEST if harvests and loses and reason in (TRACK, CASH) else reason
            at += 1
    return at


@apart(i8(BOOK, MEMORY, CASE, ANSWER, b1, b1, ROWS, i8))
def write_rows(
    book: Book, memory: Memory, case: Case, answer: Answer, cash_short: bool, cash_long: bool, rows: Rows, start: int
) -> int:
    """Rows of the account's orders from row `start`: sells by name and lot, then buys by name; the next free row or -1.

    `cash_short`, `cash_long`: cash under what must be held, or over its cap.
    """
    of, order = memory.of, answer.order
    _mark_wanted(memory, case, order)
    at = start
    for name in range(case.n):
        if of.orders[order, name] < 0:
            forced = of.sell_out[name] or of.held[name] > of.upper[OWN, name] + OUTSIDE or of.sale_asked[name]
            asked = TRANSITION if of.moves[name] else SELL_OUT
            reason = asked if forced else (CASH if cash_short else TRACK)
            at = _sell(book, memory, case, order, name, reason, rows, at)
            if at < 0:
                return -1
    for name in range(case.n):
        if of.orders[order, name] > 0:
            security = of.security[name]
            rows.security[at], rows.buy[at], rows.lot[at] = security, True, NO_LOT
            rows.quantity[at] = of.orders[order, name]
            rows.amount[at] = amount_cents(of.orders[order, name], book.securities.price_micro[security])
            rows.basis[at], rows.long_term[at] = rows.amount[at], False
            asked = of.held[name] < of.lower[OWN, name] - OUTSIDE or of.purchase_asked[name]
            rows.reason[at] = TRANSITION if asked else (CASH if cash_long else TRACK)
            at += 1
    return at
