"""Wash sales in one account's problem: what the household traded lately is priced, or barred under `forbid`.

IRC §1091; `engine.decide.washes` states the same.
"""

from __future__ import annotations

import math

from numba import types

from kernels.decide.book import BOOK, BP, PERCENT, Book
from kernels.decide.households import HOUSEHOLDS, UNTOLD, Households, losses_of, may_replace, open_shares, purchases_of
from kernels.decide.memory import ARRAYS, Arrays
from kernels.jit import b1, f8, i8, kernel, void
from kernels.taxes import marginal_rates


@kernel(b1(BOOK, i8), inner=True)
def has_budget(book: Book, account: int) -> bool:
    """Whether the gain of the run or its tax has a limit in an account."""
    return math.isfinite(book.accounts.gain_room[account]) or math.isfinite(book.accounts.tax_budget[account])


@kernel(b1(BOOK, HOUSEHOLDS, i8, i8, i8), inner=True)
def is_replaceable(book: Book, seen: Households, account: int, lot: int, group: int) -> bool:
    """Whether a loss of the lot, were it sold alone, would be disallowed in part or whole.

    As the run began: of the losses that the household takes in it, this one may be the first.
    """
    first, last = purchases_of(seen, book.accounts.household[account], group)
    policy, purchase, acquired = book.accounts.policy[account], book.lots.purchase[lot], book.lots.acquired[lot]
    for row in range(first, last):
        if open_shares(seen, row, policy, True) > 0 and may_replace(seen, row, purchase, acquired, policy):
            return True
    return False


@kernel(b1(BOOK, HOUSEHOLDS, i8, i8, b1), inner=True)
def bars_purchases(book: Book, seen: Households, account: int, group: int, budgeted: bool) -> bool:
    """Whether a recent loss of the group bars buying it.

    It would be gone for good in a retirement account, `forbid` says so, nobody knows what was lost, or a gain budget
    would have to pay for it, where the account is `budgeted`. For these two it bars as the run began: of the
    household's purchases in it, this one may be the first. Retirement accounts buy last.
    """
    first, last = losses_of(seen, book.accounts.household[account], group)
    taxable = book.accounts.taxable[account]
    barred = not taxable or book.accounts.forbid[account] or (budgeted and has_budget(book, account))
    for row in range(first, last):
        if barred and taxable and seen.losses.quantity_before[row] > 0:
            return True
        if seen.losses.quantity[row] > 0 and (barred or seen.losses.loss[row] == UNTOLD):
            return True
    return False


@kernel(types.UniTuple(f8, 2)(BOOK, i8), inner=True)
def worth_of_a_loss(book: Book, account: int) -> tuple[float, float]:
    """Of a dollar of short- and of long-term loss: its term's rate, or what the next gain costs by the schedule."""
    accounts = book.accounts
    short_rate, long_rate = accounts.st_rate[account], accounts.lt_rate[account]
    short, _, long, _ = marginal_rates(
        accounts.short[account],
        accounts.long[account],
        short_rate,
        long_rate,
        accounts.loss_value[account],
        accounts.offset[account],
    )
    sensitivity = accounts.tax_sensitivity[account]
    return sensitivity * max(short, short_rate), sensitivity * max(long, long_rate)


@kernel(types.UniTuple(f8, 2)(BOOK, ARRAYS, i8, i8, HOUSEHOLDS, types.UniTuple(f8, 2)), inner=True)
def price_purchase(
    book: Book, of: Arrays, account: int, name: int, seen: Households, worth: tuple[float, float]
) -> tuple[float, float]:
    """What buying a name costs where it takes away recent losses of the household.

    Into `replacing` and `wash_cost`, and into `taken_back` the losses as the run began: another's purchase may come
    after it. Returns the highest and the lowest average cost a micro-share over the first losses, bp. `worth`: what a
    dollar of short- and of long-term loss is worth.
    """
    scale = BP / book.accounts.value[account] / 100.0
    first, last = losses_of(seen, book.accounts.household[account], book.securities.wash_group[of.security[name]])
    shares, total, highest, lowest, lost = 0, 0.0, -math.inf, math.inf, 0
    for row in range(first, last):
        lost += seen.losses.loss_before[row]
        if seen.losses.quantity[row] > 0:
            total += seen.losses.loss[row] * worth[1 if seen.losses.long_term[row] else 0]
            shares += seen.losses.quantity[row]
            average = scale * total / shares
            highest, lowest = max(highest, average), min(lowest, average)
    of.replacing[name], of.wash_cost[name] = shares * of.micro_weight[name], scale * total
    of.taken_back[name] = PERCENT * lost / 100.0 / book.accounts.value[account]
    return (highest, lowest) if shares > 0 else (0.0, 0.0)


@kernel(void(BOOK, ARRAYS, i8, i8, HOUSEHOLDS), inner=True)
def price_purchases(book: Book, of: Arrays, account: int, n: int, seen: Households) -> None:
    """What buying costs where it takes away recent losses of the household: their full worth. After `group_names`.

    Losses go in order of disposition, and one may be dearer a share than the next: the price of a share is the highest
    average over the first losses, `wash_least` the lowest. Two names of a group share the losses: neither alone need
    cost anything.
    """
    worth = worth_of_a_loss(book, account)
    for name in range(n):
        alone = of.group_names[of.first_alike[name]] == 1
        highest, lowest = price_purchase(book, of, account, name, seen, worth)
        of.wash_price[name] = highest / of.micro_weight[name]
        of.wash_least[name] = lowest / of.micro_weight[name] if alone else 0.0
