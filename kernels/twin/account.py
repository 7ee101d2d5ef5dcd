"""The twin of one account, and of all accounts of a part: what its sales realise, and ours out of their first lots."""

from __future__ import annotations

import math
from typing import NamedTuple

from kernels.decide.book import BOOK, PERCENT, Book
from kernels.jit import B1, F8, I8, I8MW, b1, f8, i8, kernel, void
from kernels.problem import Flags, Floats, Ints
from kernels.table import Table
from kernels.twin.fifo import gains_of_sale, queue
from kernels.twin.goals import breaks_a_limit, cap_turnover, set_goals, spread_to_target
from kernels.twin.memory import NAMES, Names
from kernels.twin.names import gather, lock, restrict, size_orders
from kernels.twin.orders import OUTSIDE, order_names

BLIND, COMMON, FIFO, CHOSEN = 0, 2, 4, 6
"""Columns of gains, short-term, and long-term beside it: of the twin's sales; of the lesser of its and ours, name by
name; of ours, first in, first out; of ours as chosen."""
COLUMNS = 8


class Trades(NamedTuple):
    """Our trades (t,) by account; `offsets` (accounts + 1,), `lot` of the book, negative for a purchase.

    Micro-shares and cents; `long_term` is the lot's own term, before any wash sale.
    """

    offsets: Ints
    security: Ints
    lot: Ints
    quantity: Ints
    amount: Ints
    basis: Ints
    long_term: Flags


TRADES = Table(Trades, (*(I8,) * 6, B1))


@kernel(b1(BOOK, NAMES, i8, i8, f8), inner=True)
def _stays(book: Book, names: Names, account: int, n: int, tracking_error: float) -> bool:
    """Whether the account is within its bands and no rule of its own asks for a trade (`kernels.decide.account`)."""
    accounts = book.accounts
    value, cash, outflow = accounts.value[account], accounts.cash[account] / 100.0, accounts.outflow[account] / 100.0
    needed, band = accounts.cash_min[account] * value + outflow, accounts.drift_band[account]
    if not needed <= cash <= (accounts.cash_max[account] + outflow / value) * value or tracking_error > band:
        return False
    for name in range(n):
        held = names.held[name]
        if abs(held - names.target[name]) / PERCENT > band:
            return False
        if held > names.upper[name] + OUTSIDE * PERCENT or held < names.lower[name] - OUTSIDE * PERCENT:
            return False
    return not breaks_a_limit(book, names, account, n)


@kernel(i8(BOOK, NAMES, i8, i8, f8), inner=True)
def place_orders(book: Book, names: Names, account: int, target: int, tracking_error: float) -> int:
    """Orders of an account's twin in `names.orders`; the number of names."""
    accounts = book.accounts
    n = gather(book, names, account, target)
    restrict(book, names, account, n)
    lock(book, names, account, n)
    if _stays(book, names, account, n, tracking_error):
        return n
    value, cash = accounts.value[account], accounts.cash[account] / 100.0
    needed = accounts.cash_min[account] + accounts.outflow[account] / 100.0 / value
    most = PERCENT * (1.0 - needed)
    invested = min(PERCENT * (1.0 - accounts.cash_target[account]), most - spread_to_target(names, n))
    set_goals(book, names, account, n, invested)
    cap = accounts.max_turnover[account]
    if not math.isnan(cap):
        cap_turnover(names, n, PERCENT * cap, cash / value > accounts.cash_target[account])
    size_orders(book, names, account, n)
    order_names(names, n, most)
    return n


@kernel(void(NAMES, TRADES, i8, I8MW), inner=True)
def _count_ours(names: Names, trades: Trades, account: int, gains: Ints) -> None:
    """What we sell of each name, and what our lots realise before any wash sale."""
    for row in range(trades.offsets[account], trades.offsets[account + 1]):
        if trades.lot[row] >= 0:
            names.sold[names.place[trades.security[row]]] += trades.quantity[row]
            term = CHOSEN + (1 if trades.long_term[row] else 0)
            gains[account, term] += trades.amount[row] - trades.basis[row]


@kernel(void(BOOK, NAMES, i8, I8MW), inner=True)
def _realise(book: Book, names: Names, account: int, gains: Ints) -> None:
    """What the sales in memory realise, the twin's and ours, where the first lots in go first."""
    for position in range(book.accounts.positions[account], book.accounts.positions[account + 1]):
        name = names.place[book.positions.security[position]]
        blind, ours = max(-names.orders[name], 0), names.sold[name]
        if blind == 0 and ours == 0:
            continue
        price, count = book.securities.price_micro[names.security[name]], queue(book, names, position)
        of_blind = gains_of_sale(book, names, count, price, blind)
        of_ours = of_blind if ours == blind else gains_of_sale(book, names, count, price, ours)
        of_lesser = of_ours if ours < blind else of_blind
        for term in range(2):
            gains[account, BLIND + term] += of_blind[term]
            gains[account, COMMON + term] += of_lesser[term]
            gains[account, FIFO + term] += of_ours[term]


@kernel(void(BOOK, I8, F8, TRADES, NAMES, I8MW))
def compare(book: Book, target: Ints, tracking_error: Floats, trades: Trades, names: Names, gains: Ints) -> None:
    """Cents that each taxable account's sales realise, and its twin's; `gains` (accounts, COLUMNS), noughts before.

    `target` (accounts,): rows of `book.targets`, negative for an account that is left out; `tracking_error` before
    the run, fractions.
    """
    for account in range(len(target)):
        if target[account] >= 0 and book.accounts.taxable[account]:
            place_orders(book, names, account, target[account], tracking_error[account])
            _count_ours(names, trades, account, gains)
            _realise(book, names, account, gains)


@kernel(void(BOOK, I8, F8, NAMES, i8, I8MW))
def orders_of(book: Book, target: Ints, tracking_error: Floats, names: Names, account: int, orders: Ints) -> None:
    """The orders of one account's twin: `orders` (2, names), securities, -1 at the end, and micro-shares."""
    n = place_orders(book, names, account, target[account], tracking_error[account])
    for name in range(orders.shape[1]):
        orders[0, name] = names.security[name] if name < n else -1
        orders[1, name] = names.orders[name] if name < n else 0
