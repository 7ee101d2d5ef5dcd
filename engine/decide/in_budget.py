"""Orders that keep to the budgets of gain and of tax, whole shares and all.

The optimiser prices what is over a budget beyond everything but hard rules, and rounding comes after it: one order at a
time, it may end over the budget where two must change together. Then the account is solved again with so much less
room. What hard rules ask for beyond a budget is allowed, and no more; value and bound are then those of that room.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from engine.decide.discrete import Answer, cents_of_gain
from engine.decide.problem import AccountProblem
from engine.decide.wash_modes import solve_with_washes
from kernels.arrays import frozen
from kernels.problem import Problem, objective, realised
from kernels.taxes import Schedule, is_budgeted, over_tax, tax_of_year

TRIES = 6
"""Each cuts the room by twice as much as the one before, the first by what was over."""

Solved = tuple[AccountProblem, Answer]


@dataclass(frozen=True)
class Posed:
    """An account as posed; where it has budgets that may not bind, also as it is without them."""

    budgeted: AccountProblem
    free: AccountProblem | None

    def each(self, change: Callable[[AccountProblem], AccountProblem]) -> Posed:
        """Both changed alike."""
        return Posed(change(self.budgeted), None if self.free is None else change(self.free))


@dataclass(frozen=True)
class Realised:
    """The most that orders may realise once every row is rounded to the cent: `gain` percent, the year's `tax` bp.

    `freely`: no gain is realised at all.
    """

    gain: float
    tax: float
    freely: bool

    @classmethod
    def by(cls, solved: Solved, taken_back: float = 0.0) -> Realised:
        """What the orders of an answer realise, and so many percent of recent losses that they take away."""
        case, answer = solved
        ordered = answer.sales.of(case.with_sure_losses())
        short, long = realised(ordered, answer.weights)
        freely = not _gains_alone(ordered, answer) and taken_back == 0.0
        more = 0.0 if freely else taken_back + cents_of_gain(case.problem, case.value)
        tax = tax_of_year(case.problem.schedule, short + more, long + more)
        return cls(short + long + more, tax, freely)

    def over(self, schedule: Schedule) -> tuple[float, float]:
        """By how much that is over the budgets, both as gain; losses alone never are, unless some must be realised."""
        gain = max(self.gain - schedule.room, 0.0)
        if self.freely:
            return (gain if schedule.room < 0.0 else 0.0), 0.0
        return gain, over_tax(schedule, self.tax)


def solve_in_budget(posed: Posed) -> tuple[AccountProblem, AccountProblem, Answer]:
    """Decide an account with its names' sides; the orders are within the budgets of its schedule where any can be.

    First without the budgets: where they do not bind, they change nothing. Gains are counted as if no loss counted of a
    name of which recent purchases may replace any, and with all of a recent loss that a purchase may take away, both as
    the run began: so the budgets hold whatever the day's wash sales come to, of whichever account. Returns the account
    as posed for its orders, the problem that they solve, and them; what no orders can be better than without the
    budgets, none can be with them.
    """
    if posed.free is None:
        return posed.budgeted, *_solve_budgeted(posed.budgeted)
    case, free = solve_with_washes(posed.free)
    if free.certified and _is_within(posed, free):
        return posed.free, case, free
    case, answer = _solve_budgeted(posed.budgeted)
    if not free.certified:
        return posed.budgeted, case, answer
    return posed.budgeted, case, replace(answer, bound_bp=max(answer.bound_bp, free.bound_bp))


def _is_within(posed: Posed, answer: Answer) -> bool:
    """Whether orders found without the budgets are surely within them."""
    free = posed.free
    assert free is not None
    taken_back = float(free.names.taken_back[answer.orders > 0].sum())
    return sum(Realised.by((free, answer), taken_back).over(posed.budgeted.problem.schedule)) <= 0.0


def _solve_budgeted(posed: AccountProblem) -> Solved:
    budget = posed.problem.schedule
    first = solve_with_washes(posed)
    if not is_budgeted(budget) or not first[1].certified or not _over(first, budget):
        return first
    best, cut = first, Realised.by(first).over(budget)
    for _ in range(TRIES if budget.room >= 0.0 else 1):
        solved = solve_with_washes(_within(posed, _less(budget, cut)))
        if solved[1].certified and _over(solved, budget) < _over(best, budget):
            best = solved
            if not _over(best, budget):
                return _valued(best, budget, first[1].bound_bp)
        cut = cut[0] * 2.0, cut[1] * 2.0
    needed = Realised.by(best)
    asked = budget._replace(room=max(budget.room, needed.gain), most_tax=max(budget.most_tax, needed.tax))
    bound = solve_with_washes(_within(posed, asked))[1].bound_bp
    return _valued(best, asked, bound)


def _over(solved: Solved, budget: Schedule) -> float:
    return sum(Realised.by(solved).over(budget))


def _gains_alone(ordered: Problem, answer: Answer) -> float:
    gains = frozen(ordered._replace(segment_gain=np.maximum(ordered.segment_gain, 0.0)))
    return sum(realised(gains, answer.weights))


def _less(budget: Schedule, cut: tuple[float, float]) -> Schedule:
    dear = max(budget.short_rate, budget.long_rate)
    return budget._replace(room=budget.room - cut[0], most_tax=budget.most_tax - dear * cut[1])


def _within(posed: AccountProblem, budget: Schedule) -> AccountProblem:
    return replace(posed, problem=frozen(posed.problem._replace(schedule=budget)))


def _valued(solved: Solved, budget: Schedule, bound_bp: float) -> Solved:
    """The same orders, valued in the problem of that budget, with its bound."""
    case, answer = solved
    as_told = objective(answer.sales.of(case.problem), answer.weights)
    case = _within(case, budget)
    value = objective(answer.sales.of(case.problem), answer.weights)
    return case, replace(answer, objective_bp=answer.objective_bp + value - as_told, bound_bp=bound_bp)
