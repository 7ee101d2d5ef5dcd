"""One account's whole problem in memory, from the tables of its part and what its household has done today."""

from __future__ import annotations

from numba import types

from kernels.decide.book import BOOK, BP, Book
from kernels.decide.households import HOUSEHOLDS, Households
from kernels.decide.memory import (
    ARRAYS,
    AS_POSED,
    ASKED_AVERSION,
    ASKED_OF_BUYS,
    ASKED_OF_SELLS,
    CASE,
    FLOOR,
    MEMORY,
    OWN,
    Arrays,
    Case,
    Memory,
)
from kernels.decide.names import group_names, lock, merge, one_side_a_group, reachable, restrict
from kernels.decide.pose import price_names, raise_by_cents, schedule_of, set_rows
from kernels.decide.segments import cut
from kernels.decide.washes import price_purchases
from kernels.jit import apart, b1, i8, kernel, void


@kernel(void(BOOK, ARRAYS, i8), inner=True)
def ask_as_set(book: Book, of: Arrays, account: int) -> None:
    """The account's own risk aversion, and no price of turnover."""
    of.asked[ASKED_AVERSION] = book.accounts.risk_aversion[account]
    of.asked[ASKED_OF_SELLS], of.asked[ASKED_OF_BUYS] = 0.0, 0.0


@apart(types.Tuple((CASE, b1))(BOOK, HOUSEHOLDS, MEMORY, i8, b1))
def pose(book: Book, seen: Households, memory: Memory, account: int, budgeted: bool) -> tuple[Case, bool]:
    """The account's problem in memory, with its gain budget or without; False where it must be posed elsewhere."""
    of, accounts = memory.of, book.accounts
    of.budgeted[0] = budgeted
    value, cash = accounts.value[account], accounts.cash[account] / 100.0
    outflow = accounts.outflow[account] / 100.0
    needed = accounts.cash_min[account] * value + outflow
    schedule, aversion = schedule_of(book, account, budgeted), of.asked[ASKED_AVERSION]
    ticket = BP * accounts.ticket_usd[account] / value
    most_cash, k = accounts.cash_max[account] + outflow / value, book.securities.loadings.shape[1]
    n = merge(book, of, account)
    group_names(book, of, account, n)
    price_purchases(book, of, account, n, seen)
    sound = restrict(book, of, account, n, seen)
    if sound:
        if accounts.taxable[account]:
            one_side_a_group(book, of, account, n, seen, cash < needed)
        lock(book, of, account, n, seen)
        free, asked = reachable(book, of, n)
        sound = cash + free - asked >= needed or not (cash < needed or asked > 0.0)
    if not sound:
        return Case(account, n, k, 0, 0, aversion, ticket, value, cash, needed, most_cash, schedule), False
    s = cut(book, of, account, n, seen)
    price_names(book, of, account, n)
    m = set_rows(book, of, account, n, needed)
    if m < 0:
        return Case(account, n, k, 0, 0, aversion, ticket, value, cash, needed, most_cash, schedule), False
    case = Case(account, n, k, m, s, aversion, ticket, value, cash, needed, most_cash, schedule)
    raise_by_cents(of, case)
    of.tally[OWN, FLOOR] = AS_POSED
    return case, True
