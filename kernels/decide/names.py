"""The names of one account, and what may be done with each: restrictions, screens, caps, locks."""

from __future__ import annotations

from numba import types

from kernels.decide.book import (
    BOOK,
    LEAST_WEIGHT,
    MICRO,
    MOST_SHARES,
    MOST_WEIGHT,
    NEVER_BUY,
    NEVER_SELL,
    PERCENT,
    SELL_OUT,
    Book,
)
from kernels.decide.households import HOUSEHOLDS, Households
from kernels.decide.memory import ARRAYS, OWN, Arrays
from kernels.decide.washes import bars_purchases, is_replaceable
from kernels.jit import b1, f8, i8, kernel, void

SHARE = 1_000_000
OUTSIDE = 1e-9
"""Percent of account value by which a weight is beyond a bound, and not by float noise."""


@kernel(i8(BOOK, ARRAYS, i8), inner=True)
def merge(book: Book, of: Arrays, account: int) -> int:
    """Names held and aimed at, by security; their number. All that bounds say: none outside the target is bought."""
    accounts, positions, targets = book.accounts, book.positions, book.targets
    at, end = accounts.positions[account], accounts.positions[account + 1]
    aim, last = targets.offsets[accounts.target[account]], targets.offsets[accounts.target[account] + 1]
    n = 0
    while at < end or aim < last:
        held = positions.security[at] if at < end else len(of.place)
        aimed = targets.security[aim] if aim < last else len(of.place)
        security = min(held, aimed)
        of.security[n], of.place[security], of.stamp[security] = security, n, account
        micro = book.securities.price[security] / MICRO / accounts.value[account] * PERCENT
        of.position[n], of.target[n], of.micro_weight[n] = 0, 0.0, micro
        if held == security:
            of.position[n] = positions.quantity[at]
            at += 1
        if aimed == security:
            of.target[n] = PERCENT * targets.weight[aim]
            aim += 1
        today = of.position[n] * micro
        of.held[n], of.lower[OWN, n] = today, 0.0
        of.upper[OWN, n] = max(PERCENT, today) if of.target[n] > 0.0 else today
        of.sell_out[n], of.never_sell[n], of.moves[n] = False, False, False
        n += 1
    return n


@kernel(b1(BOOK, ARRAYS, i8, i8, HOUSEHOLDS), inner=True)
def waits(book: Book, of: Arrays, account: int, name: int, seen: Households) -> bool:
    """Whether a name may not be bought today whatever the account's rules say."""
    security = of.security[name]
    group = book.securities.wash_group[security]
    lost_today = seen.sold_today[group] == book.accounts.household[account]
    return bool(
        not book.securities.tradable[security]
        or lost_today
        or bars_purchases(book, seen, account, group, of.budgeted[0])
    )


@kernel(b1(BOOK, ARRAYS, i8, i8, HOUSEHOLDS), inner=True)
def restrict(book: Book, of: Arrays, account: int, n: int, seen: Households) -> bool:
    """Bounds from restrictions and caps, and from names that may not be bought today; False where rules conflict."""
    lower, upper = of.lower[OWN], of.upper[OWN]
    cap = PERCENT * book.accounts.max_weight[account]
    for name in range(n):
        of.barred[name] = waits(book, of, account, name, seen)
        if of.barred[name]:
            upper[name] = min(upper[name], of.held[name])
        if cap < upper[name]:
            upper[name] = cap
    for row in range(book.accounts.rules[account], book.accounts.rules[account + 1]):
        security, kind, value = book.rules.security[row], book.rules.kind[row], PERCENT * book.rules.value[row]
        if security < 0 or of.stamp[security] != account:
            if kind == LEAST_WEIGHT and security >= 0 and value > 0.0:
                return False
            continue
        name = of.place[security]
        if kind in (NEVER_BUY, SELL_OUT):
            upper[name] = min(upper[name], of.held[name])
        if kind == SELL_OUT and of.position[name] > 0:
            of.sell_out[name], upper[name] = True, 0.0
        elif kind == NEVER_SELL:
            of.never_sell[name] = True
        elif kind == LEAST_WEIGHT:
            lower[name] = max(lower[name], value)
        elif kind == MOST_WEIGHT:
            upper[name] = min(upper[name], value)
        elif kind == MOST_SHARES:
            of.moves[name] = of.held[name] <= upper[name] + OUTSIDE
            upper[name] = min(upper[name], book.rules.value[row] * of.micro_weight[name])
    for name in range(n):
        if of.barred[name]:
            lower[name] = min(lower[name], of.held[name])
        if lower[name] > upper[name] or (of.sell_out[name] and of.never_sell[name]):
            return False
    return True


@kernel(types.UniTuple(b1, 2)(BOOK, ARRAYS, i8, i8, HOUSEHOLDS), inner=True)
def sales_of(book: Book, of: Arrays, account: int, name: int, seen: Households) -> tuple[bool, bool]:
    """Whether lots of a name may be sold today, and whether at a loss.

    Not at a loss what another account of the household buys (IRC §1091).
    """
    security = of.security[name]
    may_sell = not of.never_sell[name] and book.securities.tradable[security]
    bought = seen.bought_today[book.securities.wash_group[security]] == book.accounts.household[account]
    return may_sell, not book.accounts.taxable[account] or not (of.kept[name] or bought)


@kernel(b1(BOOK, ARRAYS, i8, i8, i8, b1, HOUSEHOLDS), inner=True)
def loses_freely(book: Book, of: Arrays, account: int, lot: int, name: int, may_lose: bool, seen: Households) -> bool:
    """Whether a lot that is at a loss may be sold: under `forbid` not where a recent purchase would replace it."""
    if not may_lose or not (book.accounts.forbid[account] and book.accounts.taxable[account]):
        return may_lose
    return not is_replaceable(book, seen, account, lot, book.securities.wash_group[of.security[name]])


@kernel(b1(BOOK, ARRAYS, i8, i8, i8, HOUSEHOLDS), inner=True)
def is_free(book: Book, of: Arrays, account: int, lot: int, name: int, seen: Households) -> bool:
    """Whether a lot may be sold today."""
    may_sell, may_lose = sales_of(book, of, account, name, seen)
    if not may_sell or book.lots.locked[lot]:
        return False
    return not book.lots.loss[lot] or loses_freely(book, of, account, lot, name, may_lose, seen)


@kernel(void(BOOK, ARRAYS, i8, i8), inner=True)
def group_names(book: Book, of: Arrays, account: int, n: int) -> None:
    """Which names are substantially identical to one another."""
    for name in range(n):
        of.group_stamp[book.securities.wash_group[of.security[name]]] = -1  # the account may be posed a second time
    for name in range(n):
        group = book.securities.wash_group[of.security[name]]
        if of.group_stamp[group] != account:
            of.group_stamp[group], of.group_first[group] = account, name
            of.group_names[name], of.group_worth[name], of.group_gap[name] = 0, 0.0, 0.0
            of.group_out[name], of.group_asked[name] = False, False
        first = of.group_first[group]
        of.first_alike[name], of.kept[name] = first, False
        of.group_names[first] += 1


@kernel(void(BOOK, ARRAYS, i8, i8, HOUSEHOLDS, b1), inner=True)
def one_side_a_group(book: Book, of: Arrays, account: int, n: int, seen: Households, cash_short: bool) -> None:
    """Names that are substantially identical to one another take losses or buy together.

    A group of several names of the account sells its losses and buys nothing where those losses are worth more than the
    spread of selling them, where it holds more than its target or than a rule allows, or where the account must raise
    cash; otherwise, and where a min_weight asks for a purchase, its losses are kept and it may buy.
    """
    any_loss = False
    for position in range(book.accounts.positions[account], book.accounts.positions[account + 1]):
        name = of.place[book.positions.security[position]]
        first = of.first_alike[name]
        if of.group_names[first] < 2:
            continue
        spread = book.securities.half_spread[of.security[name]]
        for place in range(book.positions.offsets[position], book.positions.offsets[position + 1]):
            lot = book.lots.order[place]
            if book.lots.loss[lot] and is_free(book, of, account, lot, name, seen):
                any_loss = True
                size = book.lots.quantity[lot] * of.micro_weight[name]
                of.group_worth[first] -= (book.lots.tax[lot] + book.lots.waiting[lot] + spread) * size
    if not any_loss:
        return
    for name in range(n):
        first = of.first_alike[name]
        of.group_gap[first] += of.held[name] - of.target[name]
        of.group_out[first] |= of.sell_out[name] or of.held[name] > of.upper[OWN, name]
        of.group_asked[first] |= of.lower[OWN, name] > of.held[name]
    for name in range(n):
        first = of.first_alike[name]
        if of.group_names[first] < 2:
            continue
        takes = of.group_worth[first] > 0.0 or of.group_gap[first] > 0.0 or of.group_out[first] or cash_short
        if takes and not of.group_asked[first]:
            of.upper[OWN, name] = min(of.upper[OWN, name], of.held[name])
        else:
            of.kept[name] = True


@kernel(i8(BOOK, ARRAYS, i8, i8, i8, b1, HOUSEHOLDS), inner=True)
def _free_shares(
    book: Book, of: Arrays, account: int, name: int, position: int, may_lose: bool, seen: Households
) -> int:
    """Micro-shares of a position, which may be sold, whose lots may be: not all that are at a loss."""
    free = 0
    for place in range(book.positions.offsets[position], book.positions.offsets[position + 1]):
        lot = book.lots.order[place]
        if book.lots.locked[lot]:
            continue
        if not book.lots.loss[lot] or loses_freely(book, of, account, lot, name, may_lose, seen):
            free += book.lots.quantity[lot]
    return free


@kernel(void(BOOK, ARRAYS, i8, i8, HOUSEHOLDS), inner=True)
def lock(book: Book, of: Arrays, account: int, n: int, seen: Households) -> None:
    """What may not be sold today is a floor under the name, and stronger than a cap or a sell-out."""
    loses_any = not (book.accounts.forbid[account] and book.accounts.taxable[account])
    for position in range(book.accounts.positions[account], book.accounts.positions[account + 1]):
        name = of.place[book.positions.security[position]]
        may_sell, may_lose = sales_of(book, of, account, name, seen)
        free = book.positions.quantity[position] - book.positions.locked[position] if may_sell else 0
        if may_sell and not (may_lose and loses_any):
            free = _free_shares(book, of, account, name, position, may_lose, seen)
        of.sellable[name] = free if free == of.position[name] else free // SHARE * SHARE
    for name in range(n):
        if of.position[name] == 0:
            of.sellable[name] = 0
        kept = of.position[name] - of.sellable[name]
        of.lower[OWN, name] = max(of.lower[OWN, name], kept * of.micro_weight[name] if kept > 0 else 0.0)
        of.upper[OWN, name] = max(of.upper[OWN, name], of.lower[OWN, name])


@kernel(types.UniTuple(f8, 2)(BOOK, ARRAYS, i8), inner=True)
def reachable(book: Book, of: Arrays, n: int) -> tuple[float, float]:
    """USD that sales can raise after the spread, and that purchases which a rule asks for cost."""
    free, asked = 0.0, 0.0
    for name in range(n):
        price, spread = book.securities.price[of.security[name]], book.securities.half_spread[of.security[name]]
        percent = price / MICRO / of.micro_weight[name]
        lower, held = of.lower[OWN, name], of.held[name]
        free += min(of.sellable[name] / MICRO * price, max(held - lower, 0.0) * percent) * (1.0 - spread)
        asked += max(lower - held, 0.0) * percent * (1.0 + spread)
    return free, asked
