"""The names of the twin, and what may be done with each: what the account's own rules say, and nothing for tax's sake.

Wash sales bar nothing here, and a transition sets no pace: the twin does not look at tax.
"""

from __future__ import annotations

import math

from kernels.decide.book import (
    BOOK,
    LEAST_WEIGHT,
    MICRO,
    MOST_WEIGHT,
    NEVER_BUY,
    NEVER_SELL,
    PERCENT,
    SELL_OUT,
    Book,
)
from kernels.decide.names import SHARE
from kernels.decide.pose import FRACTIONAL_STEP
from kernels.jit import i8, kernel, void
from kernels.twin.memory import NAMES, Names


@kernel(i8(BOOK, NAMES, i8, i8), inner=True)
def gather(book: Book, names: Names, account: int, target: int) -> int:
    """Names that an account holds or aims at, by security; their number. `target`: row of `book.targets`."""
    positions, targets = book.positions, book.targets
    at, end = book.accounts.positions[account], book.accounts.positions[account + 1]
    aim, last = targets.offsets[target], targets.offsets[target + 1]
    n = 0
    while at < end or aim < last:
        held = positions.security[at] if at < end else len(names.place)
        aimed = targets.security[aim] if aim < last else len(names.place)
        security = min(held, aimed)
        names.security[n], names.place[security], names.stamp[security] = security, n, account
        micro = book.securities.price[security] / MICRO / book.accounts.value[account] * PERCENT
        names.micro_weight[n], names.spread[n] = micro, book.securities.half_spread[security]
        names.position[n], names.target[n], names.sold[n], names.orders[n] = 0, 0.0, 0, 0
        if held == security:
            names.position[n] = positions.quantity[at]
            at += 1
        if aimed == security:
            names.target[n] = PERCENT * targets.weight[aim]
            aim += 1
        names.held[n] = names.position[n] * micro
        n += 1
    return n


@kernel(void(BOOK, NAMES, i8, i8), inner=True)
def restrict(book: Book, names: Names, account: int, n: int) -> None:
    """Bounds from restrictions and caps. Nothing outside the target is bought."""
    cap = PERCENT * book.accounts.max_weight[account]
    for name in range(n):
        held = names.held[name]
        names.lower[name] = 0.0
        names.upper[name] = max(PERCENT, held) if names.target[name] > 0.0 else held
        if cap < names.upper[name]:
            names.upper[name] = cap
        names.sell_out[name] = False
        names.never_sell[name] = not book.securities.tradable[names.security[name]]
    for row in range(book.accounts.rules[account], book.accounts.rules[account + 1]):
        security, kind, value = book.rules.security[row], book.rules.kind[row], PERCENT * book.rules.value[row]
        if security < 0 or names.stamp[security] != account:
            continue
        name = names.place[security]
        if kind in (NEVER_BUY, SELL_OUT):
            names.upper[name] = min(names.upper[name], names.held[name])
        if kind == SELL_OUT and names.position[name] > 0:
            names.sell_out[name], names.upper[name] = True, 0.0
        elif kind == NEVER_SELL:
            names.never_sell[name] = True
        elif kind == LEAST_WEIGHT:
            names.lower[name] = max(names.lower[name], value)
        elif kind == MOST_WEIGHT:
            names.upper[name] = min(names.upper[name], value)


@kernel(void(BOOK, NAMES, i8, i8), inner=True)
def lock(book: Book, names: Names, account: int, n: int) -> None:
    """What may not be sold is a floor under its name, and stronger than a cap; an untradable name stays as it is."""
    for name in range(n):
        names.sellable[name] = 0
    for position in range(book.accounts.positions[account], book.accounts.positions[account + 1]):
        name = names.place[book.positions.security[position]]
        if names.never_sell[name]:
            continue
        free = 0
        for lot in range(book.positions.offsets[position], book.positions.offsets[position + 1]):
            if not book.lots.locked[lot]:
                free += book.lots.quantity[lot]
        names.sellable[name] = free if free == names.position[name] else free // SHARE * SHARE
    for name in range(n):
        kept = (names.position[name] - names.sellable[name]) * names.micro_weight[name]
        names.lower[name] = max(names.lower[name], kept)
        if not book.securities.tradable[names.security[name]]:
            names.lower[name] = names.upper[name] = names.held[name]
        names.upper[name] = max(names.upper[name], names.lower[name])


@kernel(void(BOOK, NAMES, i8, i8), inner=True)
def size_orders(book: Book, names: Names, account: int, n: int) -> None:
    """The orders that may be given for each name (`kernels.decide.pose.price_names`)."""
    least_usd, smallest_usd = book.accounts.min_trade_usd[account], book.accounts.min_position_usd[account]
    for name in range(n):
        security = names.security[name]
        price, step = book.securities.price[security], int(MICRO)
        if book.securities.fractional[security]:
            step = int(max(math.floor(max(MICRO / price, FRACTIONAL_STEP / names.micro_weight[name])), 1.0))
        shares = max(math.ceil(least_usd / price * MICRO / step - 1e-9), 1.0)
        names.step[name] = step
        names.least[name] = (1 if names.sell_out[name] else int(shares)) * step
        smallest = math.ceil(smallest_usd / price * MICRO - 1e-9)
        names.smallest[name] = 0 if names.sell_out[name] else int(smallest)
