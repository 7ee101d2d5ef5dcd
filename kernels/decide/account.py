"""One account from its state to its trades, and all accounts of a part in their turns.

`engine.decide.account` tells the same story in Python, and decides what this one leaves as ELSEWHERE.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import types

from kernels.decide.book import BOOK, PERCENT, Book
from kernels.decide.half import constant_at, half_in, prices_at, set_halves
from kernels.decide.households import HOUSEHOLDS, Households, enter, record_loss, record_purchase
from kernels.decide.in_budget import solve_in_budget
from kernels.decide.lawful import is_lawful
from kernels.decide.limits import ask_by_limits
from kernels.decide.memory import (
    ARRAYS,
    AS_POSED,
    CASE,
    MEMORY,
    OWN,
    Arrays,
    Case,
    Memory,
)
from kernels.decide.outcomes import (
    ELSEWHERE,
    IN_BAND,
    LITTLE_BENEFIT,
    MIN_TRADE,
    NO_BENEFIT,
    OUTCOMES,
    RESTRICTED,
    TRADED,
    WIDENS,
    Outcomes,
)
from kernels.decide.pose import any_room, problem_in
from kernels.decide.posed import ask_as_set, pose
from kernels.decide.search import (
    NOISE,
    is_searched,
    sells_are_capped,
    solve_as_asked,
    tracking_error,
    traded,
)
from kernels.decide.shares import ANSWER, Answer
from kernels.decide.thermostat import AWAKE, CALM, review_one
from kernels.decide.trades import CASH, HARVEST, ROWS, SELL_OUT, TRANSITION, Rows, write_rows
from kernels.decide.unsold import UNSOLD, Unsold, tell_unsold
from kernels.decide.washes import has_budget
from kernels.jit import F8, I8, apart, b1, f8, i8, kernel, void
from kernels.problem import Floats, Ints, objective
from kernels.taxes import run_tax

ROUNDED_BREACH_BP = 1e-5
"""What orders may miss a hard rule by before they are refused: the float noise of a weight."""
TRIED = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Slopes of a hinge, as fractions of its step, at which the worth of losses is bounded."""


class State(NamedTuple):
    """An account before trading."""

    tracking_error: float
    drift: float
    in_band: bool
    forced: bool


STATE = types.NamedTuple((f8, f8, b1, b1), State)


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
    error, widest, outside = tracking_error(of, case, held), 0.0, False
    slack = 1e-9 * PERCENT
    for name in range(case.n):
        widest = max(widest, abs(held[name] - of.target[name]) / PERCENT)
        outside = outside or held[name] > of.upper[OWN, name] + slack or held[name] < of.lower[OWN, name] - slack
    calm = case.needed <= case.cash <= case.most_cash * case.value
    return State(
        error,
        _drift(book, of, case, held, case.cash),
        error <= band and widest <= band and calm,
        ask_by_limits(of, case) or outside or case.cash < case.needed,
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

    The least over some slopes bounds what a half can save, and the greater of the halves what the schedule can. Where a
    loss is to be forced, taking none has a price too.
    """
    of = memory.of
    worth = -math.inf
    for half in range(set_halves(of, case, of.most_lost)):
        hinges = of.half_hinges[half]
        least = math.inf
        for trial in range(len(TRIED) ** hinges):
            rest = trial
            for hinge in range(hinges):
                of.slopes[OWN, hinge] = TRIED[rest % len(TRIED)] * of.half_step[half, hinge]
                rest //= len(TRIED)
            least = min(least, _worth_of_losses(of, case, half, of.slopes[OWN, :hinges]))
        worth = max(worth, least)
    return float(worth + run_tax(case.schedule, 0.0, 0.0))


@kernel(void(i8, OUTCOMES, i8, f8, f8, f8, f8), inner=True)
def _untraded(account: int, out: Outcomes, code: int, number: float, error: float, drift: float, value: float) -> None:
    """The outcome of not trading; `value` the objective as the account stands."""
    out.code[account], out.number[account] = code, number
    out.te_before[account], out.drift_before[account] = error, drift
    out.te_after[account], out.drift_after[account] = error, drift
    out.objective_bp[account] = value


@apart(void(MEMORY, CASE, OUTCOMES, STATE, i8, f8))
def _leave(memory: Memory, case: Case, out: Outcomes, state: State, code: int, number: float) -> None:
    """The same for an account that was posed."""
    value = objective(problem_in(memory.of, case, OWN, AS_POSED), memory.of.held[: case.n])
    _untraded(case.account, out, code, number, state.tracking_error, state.drift, value)


@kernel(void(ARRAYS, CASE, i8, b1, OUTCOMES), inner=True)
def _count_declined(of: Arrays, case: Case, order: int, traded: bool, out: Outcomes) -> None:
    """What the account's orders left undone because of wash sales (`engine.decide.wash_modes.declined`)."""
    sales, purchases = 0, 0
    for name in range(case.n):
        change = of.orders[order, name] if traded else 0
        if of.washed[name] and change >= 0:
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
    error = tracking_error(memory.of, case, memory.of.ordered_weights[answer.order, : case.n])
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
    out.te_after[account] = tracking_error(memory.of, case, weights)
    out.drift_after[account] = _drift(book, memory.of, case, weights, cash / 100.0)
    out.objective_bp[account] = answer.objective_bp
    out.first[account], out.last[account] = first, last


@kernel(void(BOOK, ARRAYS, CASE, ANSWER, OUTCOMES), inner=True)
def _tell(book: Book, of: Arrays, case: Case, answer: Answer, out: Outcomes) -> None:
    """What orders miss of what is asked."""
    account = case.account
    if out.te_after[account] > book.accounts.tracking_error_target[account] + NOISE:
        out.missed[account] = out.te_after[account]
    moved = traded(of, case, answer, sells_are_capped(book, case))
    if moved > PERCENT * book.accounts.max_turnover[account] + NOISE:
        out.exceeded[account] = moved


@kernel(b1(BOOK, HOUSEHOLDS, ARRAYS, i8, OUTCOMES), inner=True)
def _rests(book: Book, seen: Households, of: Arrays, account: int, out: Outcomes) -> bool:
    """Whether the review leaves the account alone; then its outcome is told."""
    found = review_one(book, seen, of, account)
    if found.state == AWAKE:
        return False
    code = IN_BAND if found.state == CALM else NO_BENEFIT
    number = 0.0 if found.state == CALM else book.accounts.min_benefit_bp[account]
    _untraded(account, out, code, number, found.tracking_error, found.drift, found.objective_bp)
    out.bound_bp[account] = found.bound_bp
    return True


@apart(i8(BOOK, HOUSEHOLDS, MEMORY, i8, OUTCOMES, UNSOLD, ROWS, i8))
def decide(
    book: Book,
    seen: Households,
    memory: Memory,
    account: int,
    out: Outcomes,
    unsold: Unsold,
    rows: Rows,
    start: int,
) -> int:
    """Decide one account; the next free row of trades. Its outcome stays ELSEWHERE where this cannot."""
    accounts, of = book.accounts, memory.of
    out.code[account] = ELSEWHERE
    if accounts.target[account] < 0:
        return start
    forced = accounts.gain_room[account] < 0.0  # a loss, for which nothing rests
    if forced:
        out.gain[account], out.tax[account] = 0.0, 0.0
    elif _rests(book, seen, of, account, out):
        return start
    if accounts.alone[account]:
        return start
    ask_as_set(book, of, account)
    case, sound = pose(book, seen, memory, account, True)
    if not sound:
        return start
    before, unsold.used[0] = unsold.used[0], tell_unsold(book, of, account, seen, unsold, unsold.used[0])
    state = _triage(book, memory, case)
    calm = state.in_band and not state.forced
    if calm and _harvest_worth(memory, case) < accounts.min_benefit_bp[account]:
        _leave(memory, case, out, state, IN_BAND, 0.0)
        return start
    if not any_room(of, case):
        _leave(memory, case, out, state, RESTRICTED, 0.0)
        return start
    sound = True
    if is_searched(book, account):
        case, answer, sound = solve_as_asked(book, seen, memory, case)
    else:
        case, answer = solve_in_budget(book, seen, memory, case)
    if not sound or not answer.solved or answer.breach_bp > ROUNDED_BREACH_BP:
        return start
    if has_budget(book, account):  # what is unsold may be another where the budget does not bind
        unsold.used[0] = tell_unsold(book, of, account, seen, unsold, before)
    cash_short, cash_long = case.cash < case.needed, case.cash / case.value > case.most_cash
    end = write_rows(book, memory, case, answer, cash_short, cash_long, rows, start)
    if end < 0 or (has_budget(book, account) and not is_lawful(book, of, case, rows, start, end, out)):
        return start
    code, number = _refusal(book, memory, case, state, answer, rows, start, end)
    if code != TRADED:
        _leave(memory, case, out, state, code, number)
    _count_declined(of, case, answer.order, code == TRADED, out)
    out.bound_bp[account], out.iterations[account] = answer.bound_bp, answer.iterations
    if code != TRADED:
        return start
    _trade(book, seen, memory, case, state, answer, out, rows, start, end)
    _tell(book, of, case, answer, out)
    return end


@kernel(types.UniTuple(i8, 2)(BOOK, HOUSEHOLDS, MEMORY, I8, i8, OUTCOMES, UNSOLD, ROWS, i8))
def decide_in_turn(
    book: Book,
    seen: Households,
    memory: Memory,
    turns: Ints,
    turn: int,
    out: Outcomes,
    unsold: Unsold,
    rows: Rows,
    at: int,
) -> tuple[int, int]:
    """Decide accounts in the order of `turns` (t,), from `turn` on, until one must be decided elsewhere.

    Returns that turn, or t, and the next free row of trades.
    """
    last = -1
    for each in range(turn, len(turns)):
        if book.accounts.household[turns[each]] != last:
            last = book.accounts.household[turns[each]]
            enter(seen, last)
        told = unsold.used[0]
        at = decide(book, seen, memory, turns[each], out, unsold, rows, at)
        if out.code[turns[each]] == ELSEWHERE:
            unsold.used[0] = told
            return each, at
    return len(turns), at
