"""One account's problem in memory: dollars become percent of account value and fractions basis points here."""

from __future__ import annotations

import math

import numpy as np

from kernels.copying import copy
from kernels.decide.book import BOOK, BP, MICRO, PERCENT, Book
from kernels.decide.limits import set_limits
from kernels.decide.memory import (
    ARRAYS,
    AS_POSED,
    ASKED_AVERSION,
    ASKED_OF_BUYS,
    CASE,
    CENTS,
    FLOORS,
    OWN,
    Arrays,
    Case,
)
from kernels.jit import b1, f8, i8, kernel, readonly, void
from kernels.problem import PROBLEM, Problem
from kernels.rounding.orders import TRADABLE, Tradable
from kernels.taxes import LEAST_SENSITIVE, SCHEDULE, Schedule, tax_of_year, with_budgets

FRACTIONAL_STEP = 1e-3
"""Percent of account value by which an order of a fractional name is changed."""
CASH_FLOOR = 0
"""The row that holds the cash floor; row 1 holds the cash cap, then one row a sector."""


@kernel(PROBLEM.tuple(ARRAYS, CASE, i8, i8), inner=True)
def problem_in(of: Arrays, case: Case, slot: int, floor: int) -> Problem:
    """The account's problem with the bounds of a slot and one of the cash floors."""
    n, k, m, s = case.n, case.k, case.m, case.s
    return Problem(
        readonly(of.loadings[: n * k].reshape((n, k))),
        readonly(of.curvature[:n]),
        readonly(of.target[:n]),
        readonly(of.held[:n]),
        readonly(of.lower[slot, :n]),
        readonly(of.upper[slot, :n]),
        readonly(of.buy_cost[:n]),
        readonly(of.spread[:n]),
        readonly(of.hold_cost[:n]),
        readonly(of.offsets[: n + 1]),
        readonly(of.size[:s]),
        readonly(of.cost[:s]),
        readonly(of.gain[:s]),
        readonly(of.long[:s]),
        readonly(of.rows[: m * n].reshape((m, n))),
        readonly(of.row_lower[:m]),
        readonly(of.row_upper[floor, :m]),
        readonly(of.row_price[:m]),
        case.aversion,
        case.ticket,
        case.schedule,
    )


@kernel(TRADABLE.tuple(ARRAYS, CASE), inner=True)
def tradable_in(of: Arrays, case: Case) -> Tradable:
    """What may be ordered of each name."""
    n = case.n
    return Tradable(
        readonly(of.micro_weight[:n]),
        readonly(of.step[:n]),
        readonly(of.least[:n]),
        readonly(of.smallest[:n]),
        readonly(of.position[:n]),
        readonly(of.sellable[:n]),
        readonly(of.open[:n]),
        CASH_FLOOR,
    )


@kernel(void(BOOK, ARRAYS, i8, i8), inner=True)
def price_names(book: Book, of: Arrays, account: int, n: int) -> None:
    """Risk and costs of each name, and the orders that may be given for it."""
    securities, accounts = book.securities, book.accounts
    k = securities.loadings.shape[1]
    aversion, least_usd = of.asked[ASKED_AVERSION], accounts.min_trade_usd[account]
    smallest_usd = accounts.min_position_usd[account]
    for name in range(n):
        security = of.security[name]
        for factor in range(k):
            of.loadings[name * k + factor] = securities.loadings[security, factor]
        of.curvature[name] = aversion * securities.specific[security]
        spread = BP / PERCENT * securities.half_spread[security]
        of.spread[name], of.buy_cost[name] = spread, spread + of.wash_price[name] + of.asked[ASKED_OF_BUYS]
        of.hold_cost[name] = BP / PERCENT * securities.expense[security] * accounts.horizon[account]
        price, step = securities.price[security], int(MICRO)
        if securities.fractional[security]:
            step = int(max(math.floor(max(MICRO / price, FRACTIONAL_STEP / of.micro_weight[name])), 1.0))
        shares = max(math.ceil(least_usd / price * MICRO / step - 1e-9), 1.0)
        of.step[name] = step
        of.least[name] = (1 if of.sell_out[name] else int(shares)) * step
        smallest = math.ceil(smallest_usd / price * MICRO - 1e-9)
        of.smallest[name] = 0 if of.sell_out[name] else int(smallest)
        of.open[name] = of.lower[OWN, name] < of.held[name] and of.position[name] > 0


@kernel(i8(BOOK, ARRAYS, i8, i8, f8), inner=True)
def set_rows(book: Book, of: Arrays, account: int, n: int, needed: float) -> int:
    """Row 0 the cash floor, hard; row 1 the cash cap; then one a sector, in their order, within its band; then limits.

    `needed` USD of cash. Their number, or -1 where a person must be told of a limit.
    """
    accounts, sector = book.accounts, book.securities.sector
    value = accounts.value[account]
    of.sector_row[:] = -1
    for name in range(n):
        of_name = sector[of.security[name]]
        if of_name >= 0:
            of.sector_row[of_name] = 0
    m = 2
    for each in range(len(of.sector_row)):
        if of.sector_row[each] == 0:
            of.sector_row[each] = m
            m += 1
    of.rows[: m * n] = 0.0
    of.rows[: 2 * n] = 1.0
    of.row_lower[:m] = 0.0
    for name in range(n):
        of_name = sector[of.security[name]]
        if of_name >= 0:
            row = of.sector_row[of_name]
            of.rows[row * n + name] = 1.0
            of.row_lower[row] += of.target[name]
    band, penalty = PERCENT * accounts.sector_band[account], BP / PERCENT * accounts.band_penalty[account]
    most_cash = accounts.cash_max[account] + accounts.outflow[account] / 100.0 / value
    of.row_lower[0], of.row_lower[1] = -np.inf, PERCENT * (1.0 - most_cash)
    of.row_upper[AS_POSED, 0], of.row_upper[AS_POSED, 1] = PERCENT * (1.0 - needed / value), np.inf
    of.row_price[0], of.row_price[1] = np.inf, penalty
    for row in range(2, m):
        aim = of.row_lower[row]
        of.row_lower[row], of.row_upper[AS_POSED, row], of.row_price[row] = aim - band, aim + band, penalty
    m = set_limits(book, of, account, n, m)
    for floor in range(1, FLOORS):
        copy(of.row_upper[AS_POSED], of.row_upper[floor], max(m, 0))
    return m


@kernel(SCHEDULE(BOOK, i8, b1), inner=True)
def schedule_of(book: Book, account: int, budgeted: bool) -> Schedule:
    """The account's netting schedule as it stands before the run, with its budgets or without.

    Nothing costs tax in a retirement account. One over its budget of tax already may add none; one that is blind to tax
    minds it a millionth, so that its budget can be told in it.
    """
    accounts = book.accounts
    if not accounts.taxable[account]:
        return Schedule(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, math.inf, math.inf)
    value, sensitivity, tax_budget = accounts.value[account], accounts.tax_sensitivity[account], math.inf
    if math.isfinite(accounts.tax_budget[account]):
        tax_budget, sensitivity = accounts.tax_budget[account], max(sensitivity, LEAST_SENSITIVE)
    weight = BP / PERCENT * sensitivity
    short_rate, long_rate = accounts.st_rate[account], accounts.lt_rate[account]
    schedule = Schedule(
        PERCENT * accounts.short[account] / value,
        PERCENT * accounts.long[account] / value,
        PERCENT * accounts.offset[account] / value,
        weight * short_rate,
        weight * long_rate,
        weight * min(accounts.loss_value[account] * long_rate, short_rate),
        PERCENT * accounts.gain_room[account] / value if budgeted else math.inf,
        math.inf,
    )
    if not budgeted or math.isinf(tax_budget):
        return schedule
    most_tax = max(PERCENT * weight * tax_budget / value, tax_of_year(schedule, 0.0, 0.0))
    return with_budgets(schedule, schedule.room, most_tax)


@kernel(void(ARRAYS, CASE), inner=True)
def raise_by_cents(of: Arrays, case: Case) -> None:
    """The floor of whole shares: half a cent higher for every row of trades there could be, as amounts are rounded."""
    of.row_upper[CENTS, CASH_FLOOR] = (
        of.row_upper[AS_POSED, CASH_FLOOR] - PERCENT * 0.005 * (case.n + case.s) / case.value
    )


@kernel(b1(ARRAYS, CASE), inner=True)
def any_room(of: Arrays, case: Case) -> bool:
    """Whether any name may be bought or sold."""
    for name in range(case.n):  # noqa: SIM110 (kernels know no generators)
        if of.lower[OWN, name] < of.held[name] or of.upper[OWN, name] > of.held[name]:
            return True
    return False
