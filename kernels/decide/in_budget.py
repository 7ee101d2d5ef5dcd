"""Orders that keep to the budgets of gain and of tax, whole shares and all (`engine.decide.in_budget` tells it)."""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import types

from kernels.decide.book import BOOK, Book
from kernels.decide.households import HOUSEHOLDS, Households
from kernels.decide.judge import gains_in, value_in
from kernels.decide.memory import ARRAYS, CASE, MEMORY, OWN, Arrays, Case, Memory
from kernels.decide.modes import decide_with_washes, judged
from kernels.decide.posed import pose
from kernels.decide.shares import ANSWER, Answer, cents_of_gain
from kernels.jit import apart, b1, f8, kernel
from kernels.taxes import SCHEDULE, Schedule, is_budgeted, over_tax, tax_of_year, with_budgets

TRIES = 6
"""Each cuts the room by twice as much as the one before, the first by what was over."""


class Realised(NamedTuple):
    """The most that orders may realise once every row is rounded to the cent: `gain` percent, the year's `tax` bp.

    `freely`: no gain is realised at all.
    """

    gain: float
    tax: float
    freely: bool


REALISED = types.NamedTuple((f8, f8, b1), Realised)
PAIR = types.UniTuple(f8, 2)


@kernel(REALISED(ARRAYS, CASE, ANSWER, f8), inner=True)
def _realised(of: Arrays, case: Case, answer: Answer, taken_back: float) -> Realised:
    """What the orders of an answer realise, and so many percent of recent losses that they take away."""
    short, long, gains = gains_in(of, case, answer.order, of.ordered_weights[answer.order, : case.n])
    freely = gains == 0.0 and taken_back == 0.0
    more = 0.0 if freely else taken_back + cents_of_gain(case)
    return Realised(short + long + more, tax_of_year(case.schedule, short + more, long + more), freely)


@kernel(PAIR(REALISED, SCHEDULE), inner=True)
def _parts_over(realised: Realised, budget: Schedule) -> tuple[float, float]:
    """By how much that is over either budget, as gain; losses alone never are, unless some must be realised."""
    gain = max(realised.gain - budget.room, 0.0)
    if realised.freely:
        return (gain if budget.room < 0.0 else 0.0), 0.0
    return gain, over_tax(budget, realised.tax)


@kernel(f8(REALISED, SCHEDULE), inner=True)
def _over(realised: Realised, budget: Schedule) -> float:
    gain, tax = _parts_over(realised, budget)
    return gain + tax


@kernel(f8(ARRAYS, CASE, ANSWER), inner=True)
def _taken_back(of: Arrays, case: Case, answer: Answer) -> float:
    """Percent of recent losses that orders may take away."""
    total = 0.0
    for name in range(case.n):
        if of.orders[answer.order, name] > 0:
            total += of.taken_back[name]
    return total


@kernel(CASE(CASE, SCHEDULE), inner=True)
def _within(case: Case, schedule: Schedule) -> Case:
    """The same account under another schedule."""
    return Case(
        case.account,
        case.n,
        case.k,
        case.m,
        case.s,
        case.aversion,
        case.ticket,
        case.value,
        case.cash,
        case.needed,
        case.most_cash,
        schedule,
    )


@apart(ANSWER(MEMORY, CASE, ANSWER, SCHEDULE, f8))
def _valued(memory: Memory, case: Case, answer: Answer, budget: Schedule, bound: float) -> Answer:
    """The same orders, valued in the problem of that budget, with its bound; `case` has the schedule they are of."""
    of = memory.of
    weights = of.ordered_weights[answer.order, : case.n]
    as_told = value_in(of, case, answer.order, weights, OWN)
    return judged(
        answer, answer.order, value_in(of, _within(case, budget), answer.order, weights, OWN) - as_told, bound
    )


@apart(ANSWER(MEMORY, CASE))
def _solve_budgeted(memory: Memory, case: Case) -> Answer:
    """Orders of the account as it is posed with its budgets; where hard rules ask for more, no more than they must."""
    of, budget = memory.of, case.schedule
    answer = decide_with_washes(memory, case)
    if not is_budgeted(budget) or not answer.solved:
        return answer
    realised = _realised(of, case, answer, 0.0)
    if _over(realised, budget) == 0.0:
        return answer
    bound, best, best_schedule, last = answer.bound_bp, realised, budget, budget
    cut_gain, cut_tax = _parts_over(realised, budget)
    dear = max(budget.short_rate, budget.long_rate)
    for _ in range(TRIES if budget.room >= 0.0 else 1):
        last = with_budgets(budget, budget.room - cut_gain, budget.most_tax - dear * cut_tax)
        answer = decide_with_washes(memory, _within(case, last))
        if not answer.solved:
            return answer
        realised = _realised(of, case, answer, 0.0)
        if _over(realised, budget) < _over(best, budget):
            best, best_schedule = realised, last
            if _over(best, budget) == 0.0:
                return _valued(memory, _within(case, last), answer, budget, bound)
        cut_gain, cut_tax = 2.0 * cut_gain, 2.0 * cut_tax
    asked = with_budgets(budget, max(budget.room, best.gain), max(budget.most_tax, best.tax))
    answer = decide_with_washes(memory, _within(case, asked))
    if not answer.solved:
        return answer
    bound = answer.bound_bp
    answer = decide_with_washes(memory, _within(case, best_schedule))  # memory holds the orders of one at a time
    return _valued(memory, _within(case, best_schedule), answer, asked, bound)


@apart(types.Tuple((CASE, ANSWER))(BOOK, HOUSEHOLDS, MEMORY, CASE))
def solve_in_budget(book: Book, seen: Households, memory: Memory, case: Case) -> tuple[Case, Answer]:
    """The account's orders, and the case they are of, which is in memory.

    First without the budgets: where they do not bind, they change nothing, and where they do, no orders are better than
    the bound without them.
    """
    budget, of = case.schedule, memory.of
    if not is_budgeted(budget):
        return case, decide_with_washes(memory, case)
    free, sound = pose(book, seen, memory, case.account, False)
    least = -math.inf
    if sound:
        answer = decide_with_washes(memory, free)
        if not answer.solved:
            return free, answer
        if _over(_realised(of, free, answer, _taken_back(of, free, answer)), budget) <= 0.0:
            return free, answer
        least = answer.bound_bp
    case, _ = pose(book, seen, memory, case.account, True)
    answer = _solve_budgeted(memory, case)
    return case, judged(answer, answer.order, 0.0, max(answer.bound_bp, least))
