"""One account from its state to its trades, and all accounts of a part in their turns.

`engine.decide.account` tells the same story in Python, and decides what this one leaves as ELSEWHERE.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import types

from kernels.decide.book import BOOK, BP, PERCENT, Book
from kernels.decide.half import constant_at, half_in, prices_at, set_halves
from kernels.decide.households import HOUSEHOLDS, Households, enter, record_loss, record_purchase
from kernels.decide.memory import (
    ALL_LOSSES,
    ARRAYS,
    AS_POSED,
    CASE,
    FLOOR,
    MEMORY,
    OWN,
    Arrays,
    Case,
    Memory,
)
from kernels.decide.modes import decide_with_washes
from kernels.decide.names import group_names, lock, merge, one_side_a_group, reachable, restrict
from kernels.decide.pose import any_room, price_names, problem_in, raise_by_cents, schedule_of, set_rows
from kernels.decide.segments import cut
from kernels.decide.shares import ANSWER, Answer, sure_gain
from kernels.decide.trades import CASH, HARVEST, ROWS, SELL_OUT, TRANSITION, Rows, write_rows
from kernels.decide.washes import price_purchases
from kernels.jit import F8, F8W, I8, I8W, apart, b1, f8, i8, kernel, void
from kernels.problem import Floats, Ints, objective, tracking_variance
from kernels.table import Table

TRADED, IN_BAND, RESTRICTED, NO_BENEFIT, MIN_TRADE, LITTLE_BENEFIT, WIDENS, ELSEWHERE = range(8)
"""TRADED; left alone: inside its bands, nothing may be traded, the best is not worth it, everything is too small, the
trades are not worth it, they would widen tracking error; ELSEWHERE: not decided here, nothing written."""
ROUNDED_BREACH_BP = 1e-5
"""What orders may miss a hard rule by before they are refused: the float noise of a weight."""
TRIED = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Slopes of a hinge, as fractions of its step, at which the worth of losses is bounded."""


class Outcomes(NamedTuple):
    """(accounts,) what was decided; tracking error and drift as fractions, `number` what the message tells, bp."""

    code: Ints
    te_before: Floats
    drift_before: Floats
    te_after: Floats
    drift_after: Floats
    objective_bp: Floats
    bound_bp: Floats
    """NaN where nothing was solved or the orders miss a hard rule."""
    iterations: Ints
    """-1 where nothing was solved."""
    number: Floats
    first: Ints
    """`first` to `last`: the account's rows of trades."""
    last: Ints
    declined_sales: Ints
    """Names that wash sales alone priced, and whose losses were not sold; likewise names that were not bought."""
    declined_purchases: Ints


OUTCOMES = Table(Outcomes, (I8W, *(F8W,) * 6, I8W, F8W, *(I8W,) * 4))


def make_outcomes(accounts: int) -> Outcomes:
    """Outcomes of accounts that nobody has decided."""

    def floats() -> Floats:
        return np.full(accounts, np.nan)

    def ints(value: int) -> Ints:
        return np.full(accounts, value, dtype=np.int64)

    return Outcomes(
        ints(ELSEWHERE),
        floats(),
        floats(),
        floats(),
        floats(),
        floats(),
        floats(),
        ints(-1),
        floats(),
        ints(0),
        ints(0),
        ints(0),
        ints(0),
    )


class State(NamedTuple):
    """An account before trading."""

    tracking_error: float
    drift: float
    in_band: bool
    forced: bool


STATE = types.NamedTuple((f8, f8, b1, b1), State)


@kernel(f8(ARRAYS, CASE, F8), inner=True)
def _tracking_error(of: Arrays, case: Case, weights: Floats) -> float:
    """Annual, as a fraction."""
    return math.sqrt(tracking_variance(problem_in(of, case, OWN, AS_POSED), weights) / case.aversion) / PERCENT


@kernel(f8(BOOK, ARRAYS, CASE, F8, f8), inner=True)
def _drift(book: Book, of: Arrays, case: Case, weights: Floats, cash: float) -> float:
    """Half the sum of absolute gaps to the effective target, cash included; fractions. `cash` in USD."""
    gaps = 0.0
    for name in range(case.n):
        gaps += abs(weights[name] - of.target[name])
    return float(0.5 * (gaps / PERCENT + abs(cash / case.value - book.accounts.cash_target[case.account])))


@apart(STATE(BOOK, MEMORY, CASE))
def _triage(book: Book, memory: Memory, case: Case) -> State:
    """The account as it stands; forced where a hard rule asks for a trade."""
    of, band = memory.of, book.accounts.drift_band[case.account]
    held = of.held[: case.n]
    error, widest, outside = _tracking_error(of, case, held), 0.0, False
    slack = 1e-9 * PERCENT
    for name in range(case.n):
        widest = max(widest, abs(held[name] - of.target[name]) / PERCENT)
        outside = outside or held[name] > of.upper[OWN, name] + slack or held[name] < of.lower[OWN, name] - slack
    calm = case.needed <= case.cash <= case.most_cash * case.value
    return State(
        error,
        _drift(book, of, case, held, case.cash),
        error <= band and widest <= band and calm,
        outside or case.cash < case.needed,
    )


@kernel(f8(ARRAYS, CASE, i8, F8), inner=True)
def _worth_of_losses(of: Arrays, case: Case, which: int, slopes: Floats) -> float:
    """Upper bound in bp of what selling could save in a half at these slopes, after the spread, every loss counted."""
    half = half_in(of, which)
    short, long = prices_at(half, slopes)
    saving = 0.0
    for segment in range(case.s):
        cost = of.cost[segment] + (long if of.long[segment] else short) * of.most_lost[segment]
        saving -= min(cost, 0.0) * of.size[segment]
    return float(saving - constant_at(half, slopes))


@kernel(f8(MEMORY, CASE), inner=True)
def _harvest_worth(memory: Memory, case: Case) -> float:
    """Most that loss lots could save after the spread, in bp, whatever it does to tracking error.

    The least over some slopes bounds what a half can save, and the greater of the halves what the schedule can.
    """
    of = memory.of
    worth = -math.inf
    for half in range(ALL_LOSSES, ALL_LOSSES + set_halves(of, case, of.most_lost, ALL_LOSSES)):
        hinges = of.half_hinges[half]
        least = math.inf
        for trial in range(len(TRIED) ** hinges):
            rest = trial
            for hinge in range(hinges):
                of.slopes[OWN, hinge] = TRIED[rest % len(TRIED)] * of.half_step[half, hinge]
                rest //= len(TRIED)
            least = min(least, _worth_of_losses(of, case, half, of.slopes[OWN, :hinges]))
        worth = max(worth, least)
    return worth


@apart(types.Tuple((CASE, b1))(BOOK, HOUSEHOLDS, MEMORY, i8, b1))
def pose(book: Book, seen: Households, memory: Memory, account: int, budgeted: bool) -> tuple[Case, bool]:
    """The account's problem in memory, with its gain budget or without; False where it must be posed elsewhere."""
    of, accounts = memory.of, book.accounts
    of.budgeted[0] = budgeted
    value, cash = accounts.value[account], accounts.cash[account] / 100.0
    outflow = accounts.outflow[account] / 100.0
    needed = accounts.cash_min[account] * value + outflow
    schedule, aversion = schedule_of(book, account, budgeted), accounts.risk_aversion[account]
    ticket = BP * accounts.ticket_usd[account] / value
    most_cash, k = accounts.cash_max[account] + outflow / value, book.securities.loadings.shape[1]
    n = merge(book, of, account)
    group_names(book, of, account, n)
    price_purchases(book, of, account, n, seen)
    sound = restrict(book, of, account, n, seen)
    if sound:
        if accounts.taxable[account]:
            one_side_a_group(book, of, account, n, seen, cash < needed)
        sound = lock(book, of, account, n, seen)
    if sound:
        free, asked = reachable(book, of, n)
        sound = cash + free - asked >= needed or not (cash < needed or asked > 0.0)
    if not sound:
        return Case(account, n, k, 0, 0, aversion, ticket, value, cash, needed, most_cash, schedule), False
    s = cut(book, of, account, n, seen)
    price_names(book, of, account, n)
    m = set_rows(book, of, account, n, needed)
    case = Case(account, n, k, m, s, aversion, ticket, value, cash, needed, most_cash, schedule)
    raise_by_cents(of, case)
    of.tally[OWN, FLOOR] = AS_POSED
    return case, True


@apart(void(MEMORY, CASE, OUTCOMES, STATE, i8, f8))
def _leave(memory: Memory, case: Case, out: Outcomes, state: State, code: int, number: float) -> None:
    """The outcome of not trading."""
    account = case.account
    out.code[account], out.number[account] = code, number
    out.te_before[account], out.drift_before[account] = state.tracking_error, state.drift
    out.te_after[account], out.drift_after[account] = state.tracking_error, state.drift
    out.objective_bp[account] = objective(problem_in(memory.of, case, OWN, AS_POSED), memory.of.held[: case.n])


@kernel(void(ARRAYS, CASE, i8, b1, OUTCOMES), inner=True)
def _count_declined(of: Arrays, case: Case, order: int, traded: bool, out: Outcomes) -> None:
    """What the account's orders left undone because of wash sales (`engine.decide.wash_modes.declined`)."""
    sales, purchases = 0, 0
    for name in range(case.n):
        change = of.orders[order, name] if traded else 0
        priced = False
        for segment in range(of.offsets[name], of.offsets[name + 1]):
            priced = priced or of.replaced[segment]
        if priced and change >= 0:
            sales += 1
        if of.replacing[name] > 0.0 and of.target[name] > of.held[name] and change <= 0:
            purchases += 1
    out.declined_sales[case.account], out.declined_purchases[case.account] = sales, purchases


@apart(types.Tuple((i8, f8))(BOOK, MEMORY, CASE, STATE, ANSWER, ROWS, i8, i8))
def _refusal(
    book: Book, memory: Memory, case: Case, state: State, answer: Answer, rows: Rows, first: int, last: int
) -> tuple[int, float]:
    """Why these trades are not handed out, or TRADED; and the number that tells it."""
    least = book.accounts.min_benefit_bp[case.account]
    stay = objective(problem_in(memory.of, case, OWN, AS_POSED), memory.of.held[: case.n])
    if last == first:
        return (NO_BENEFIT, least) if stay - answer.continuous_bp < least else (MIN_TRADE, 0.0)
    if state.forced:
        return TRADED, 0.0
    benefit = stay - answer.objective_bp
    if benefit < least:
        return LITTLE_BENEFIT, benefit
    harvests, other = False, False
    for row in range(first, last):
        harvests = harvests or rows.reason[row] == HARVEST
        other = other or rows.reason[row] in (HARVEST, CASH, SELL_OUT, TRANSITION)
    if state.in_band and not harvests:
        return IN_BAND, 0.0
    error = _tracking_error(memory.of, case, memory.of.ordered_weights[answer.order, : case.n])
    if error > max(state.tracking_error, book.accounts.drift_band[case.account]) and not other:
        return WIDENS, 0.0
    return TRADED, 0.0


@apart(void(BOOK, HOUSEHOLDS, MEMORY, CASE, STATE, ANSWER, OUTCOMES, ROWS, i8, i8))
def _trade(
    book: Book,
    seen: Households,
    memory: Memory,
    case: Case,
    state: State,
    answer: Answer,
    out: Outcomes,
    rows: Rows,
    first: int,
    last: int,
) -> None:
    """The outcome of trading, remembered for the other accounts of the household."""
    account, household = case.account, book.accounts.household[case.account]
    cash = book.accounts.cash[account]
    for row in range(first, last):
        group = book.securities.wash_group[rows.security[row]]
        if rows.buy[row]:
            record_purchase(seen, household, group, rows.quantity[row])
            cash -= rows.amount[row]
        else:
            cash += rows.amount[row]
            if rows.amount[row] < rows.basis[row] and book.accounts.taxable[account]:
                record_loss(seen, household, group, rows.quantity[row], book.lots.purchase[rows.lot[row]])
    weights = memory.of.ordered_weights[answer.order, : case.n]
    out.code[account], out.number[account] = TRADED, 0.0
    out.te_before[account], out.drift_before[account] = state.tracking_error, state.drift
    out.te_after[account] = _tracking_error(memory.of, case, weights)
    out.drift_after[account] = _drift(book, memory.of, case, weights, cash / 100.0)
    out.objective_bp[account] = answer.objective_bp
    out.first[account], out.last[account] = first, last


@kernel(f8(ARRAYS, CASE, ANSWER), inner=True)
def _sure_gain(of: Arrays, case: Case, answer: Answer) -> float:
    """The most net gain that orders may realise, with the recent losses that they may take away; percent."""
    taken_back = 0.0
    for name in range(case.n):
        if of.orders[answer.order, name] > 0:
            taken_back += of.taken_back[name]
    return sure_gain(of, case, answer.order, taken_back)


@apart(types.Tuple((CASE, ANSWER))(BOOK, HOUSEHOLDS, MEMORY, CASE))
def _solve(book: Book, seen: Households, memory: Memory, case: Case) -> tuple[Case, Answer]:
    """The account's orders, and the case they are of, which is in memory.

    First without the budget: where it does not bind, it changes nothing (`engine.decide.in_budget`).
    """
    room = case.schedule.room
    if math.isinf(room):
        return case, decide_with_washes(memory, case)
    free, sound = pose(book, seen, memory, case.account, False)
    if sound:
        answer = decide_with_washes(memory, free)
        if answer.solved and _sure_gain(memory.of, free, answer) <= room:
            return free, answer
    case, _ = pose(book, seen, memory, case.account, True)
    return case, decide_with_washes(memory, case)


@apart(i8(BOOK, HOUSEHOLDS, MEMORY, i8, OUTCOMES, ROWS, i8))
def decide(book: Book, seen: Households, memory: Memory, account: int, out: Outcomes, rows: Rows, start: int) -> int:
    """Decide one account; the next free row of trades. Its outcome stays ELSEWHERE where this cannot."""
    accounts, of = book.accounts, memory.of
    out.code[account] = ELSEWHERE
    if accounts.target[account] < 0 or accounts.gain_room[account] < 0.0:  # a loss to be forced
        return start
    case, sound = pose(book, seen, memory, account, True)
    if not sound:
        return start
    state = _triage(book, memory, case)
    calm = state.in_band and not state.forced
    if calm and _harvest_worth(memory, case) < accounts.min_benefit_bp[account]:
        _leave(memory, case, out, state, IN_BAND, 0.0)
        return start
    if not any_room(of, case):
        _leave(memory, case, out, state, RESTRICTED, 0.0)
        return start
    case, answer = _solve(book, seen, memory, case)
    if not answer.solved or answer.breach_bp > ROUNDED_BREACH_BP or answer.gain > case.schedule.room:
        return start
    cash_short, cash_long = case.cash < case.needed, case.cash / case.value > case.most_cash
    end = write_rows(book, memory, case, answer, cash_short, cash_long, rows, start)
    if end < 0:
        return start
    code, number = _refusal(book, memory, case, state, answer, rows, start, end)
    if code != TRADED:
        _leave(memory, case, out, state, code, number)
    _count_declined(of, case, answer.order, code == TRADED, out)
    out.bound_bp[account], out.iterations[account] = answer.bound_bp, answer.iterations
    if code != TRADED:
        return start
    _trade(book, seen, memory, case, state, answer, out, rows, start, end)
    return end


@kernel(types.UniTuple(i8, 2)(BOOK, HOUSEHOLDS, MEMORY, I8, i8, OUTCOMES, ROWS, i8))
def decide_in_turn(
    book: Book, seen: Households, memory: Memory, turns: Ints, turn: int, out: Outcomes, rows: Rows, at: int
) -> tuple[int, int]:
    """Decide accounts in the order of `turns` (t,), from `turn` on, until one must be decided elsewhere.

    Returns that turn, or t, and the next free row of trades.
    """
    last = -1
    for each in range(turn, len(turns)):
        if book.accounts.household[turns[each]] != last:
            last = book.accounts.household[turns[each]]
            enter(seen, last)
        at = decide(book, seen, memory, turns[each], out, rows, at)
        if out.code[turns[each]] == ELSEWHERE:
            return each, at
    return len(turns), at
