"""From the convex answer to orders: fix branches, drop what is too small, re-solve, round to whole shares.

Each name either takes a loss or may buy, up to its points of wash sales or past one; the relaxation lets it do both, so
branches are fixed first. Their answer is rounded. Where that costs much, trades below the minimum are dropped, or
lifted to it where they are nearly as large, the account is solved once more, and the better orders are kept
(OPTIMISATION section 2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.decide.branches import Bounds, Points, Priced
from engine.decide.names import PERCENT
from engine.decide.problem import CASH_FLOOR, AccountProblem
from engine.decide.sales import SaleOrder, least_piece, owner
from engine.decide.sides import Best, best_half
from engine.decide.solvers.auto import Workspace
from engine.decide.solvers.base import Solution, Status
from kernels.arrays import frozen
from kernels.problem import Problem, objective, violation
from kernels.rounding import FEW, Tradable, least_bought, round_shares
from kernels.taxes import is_budgeted

ROUNDING_PASSES = 30
SPREAD_MARGIN = 1.05
ROUNDED_WELL_BP, ROUNDED_WELL_MANY_BP = 0.2, 1.0
"""Orders that cost no more than this above the weights they are rounded from are taken as they are; the second where
there are more than FEW names."""
PAID_STEPS = 0.2
"""Cash that trading costs beyond what there is, as a part of a name's usual step: less is left to rounding, which moves
whole steps."""
LIFTED_BP = 0.01
"""A bound nearer than this to the orders is not looked at in whole steps."""
LIFT = 0.5
"""A trade of at least this fraction of the minimum is lifted to it, a smaller one dropped; so are positions left."""


@dataclass(frozen=True)
class Answer:
    """Orders of one account, buys positive, micro-shares (n,), with their value and their proof.

    `weights` (n,) percent after the orders; `sales` the order in which lots are sold for them. `bound_bp` is the best
    lower bound found. `continuous` is the last answer before rounding; `certified` says that our own residuals accepted
    every solve that the orders rest on. `breach_bp` is what the orders themselves miss a hard rule by: a bound, or the
    cash floor with the spread paid.
    """

    orders: NDArray[np.int64]
    weights: NDArray[np.float64]
    sales: SaleOrder
    objective_bp: float
    bound_bp: float
    continuous: Solution
    iterations: int
    certified: bool
    breach_bp: float


@dataclass(frozen=True)
class _Rounded:
    """An answer in whole shares; `breach` percent, as in `_merit`."""

    orders: NDArray[np.int64]
    weights: NDArray[np.float64]
    sales: SaleOrder
    breach: float
    objective_bp: float

    def merit(self) -> tuple[float, float]:
        """Smaller is better: first by what it misses hard rules by, then by its value, but for float noise."""
        return self.breach, round(self.objective_bp, 9)


@dataclass(frozen=True)
class Sides:
    """An account whose names have their branches: the answer to which is to be brought to orders.

    `account` has names past their points where they are put past them; `bounds` are of all branches.
    """

    account: AccountProblem
    workspace: Workspace
    best: Best
    bounds: Bounds

    @property
    def solution(self) -> Solution:
        """The best answer."""
        return self.best.sided.solution

    @property
    def certified(self) -> bool:
        """Whether our own residuals accept the answer."""
        return self.solution.status is Status.SOLVED

    @property
    def any_past(self) -> bool:
        """Whether any name is put past a point."""
        return len(self.best.sided.past) > 0


def find_sides(account: AccountProblem, points: Points, near: Solution | None = None) -> Sides:
    """Fix the branches of an account's names; solves start from the prices of `near`."""
    workspace = Workspace(account.problem, near=near, widest=account.with_all_losses())
    best = best_half(account.problem, workspace, near, points)
    moved = replace(account, problem=best.sided.posed)
    return Sides(moved, workspace, best, Bounds.of(account.problem, points))


def find_orders(sides: Sides) -> Answer:
    """Decide the orders of an account whose branches are fixed."""
    account, workspace, best = sides.account, sides.workspace, sides.best
    problem, tradable = account.problem, account.tradable
    sided, half, constant = best.sided, best.sided.solution.half, best.sided.constant_bp
    candidates = [sided.solution]
    steps = tradable.step * tradable.weight
    left = 0.0 if is_budgeted(problem.schedule) else PAID_STEPS * float(steps.sum()) / len(steps)
    paid = _with_spread_paid(sided.problem, sided.solution.weights, left)
    if paid is not None:
        candidates.append(workspace.solve(paid, half).with_constant(constant))

    def rounded(goal: Solution) -> _Rounded:
        sales = goal.sales.in_steps(steps[owner(problem)])
        gains = bool(((problem.segment_gain > 0.0) & (goal.sold > least_piece(problem))).any())
        tight = _with_cent_margin(sided.problem, account.value, gains=gains)
        orders, weights = _round(sales.of(tight), tradable, goal.weights)
        breach, value = _merit(sales.of(problem), weights)
        return _Rounded(orders, weights, sales, breach, value + constant)

    base = _last_solved(candidates)
    chosen = rounded(base)
    well = ROUNDED_WELL_BP if len(steps) <= FEW else ROUNDED_WELL_MANY_BP
    enough = chosen.breach <= 0.0 and chosen.objective_bp - base.objective_bp <= well
    trimmed = None if enough else _without_small(paid or sided.problem, tradable, base.weights)
    if trimmed is not None:
        candidates.append(workspace.solve(trimmed, half).with_constant(constant))
        last = _last_solved(candidates)
        if last is not base:
            chosen = min(chosen, rounded(last), key=_Rounded.merit)
    known, tightest = sided.bound_bp, sided.tightest
    for candidate in candidates[1:]:
        bound = sides.bounds.of_own(candidate)
        if bound > known:
            known, tightest = bound, candidate
    value, elsewhere = chosen.objective_bp, best.elsewhere_bp
    if value - known > LIFTED_BP:
        known = max(known, sides.bounds.in_steps(Priced.at_own(tightest), tradable))
    if best.elsewhere is not None and elsewhere < known and value - elsewhere > LIFTED_BP:
        elsewhere = max(elsewhere, sides.bounds.in_steps(best.elsewhere, tradable))
    return Answer(
        orders=chosen.orders,
        weights=chosen.weights,
        sales=chosen.sales,
        objective_bp=chosen.objective_bp,
        bound_bp=min(known, elsewhere),
        continuous=sided.solution,
        iterations=best.iterations + sum(c.iterations for c in candidates[1:]),
        certified=sides.certified,
        breach_bp=100.0 * chosen.breach,
    )


def _last_solved(candidates: list[Solution]) -> Solution:
    """The last answer that our own residuals accept; the first where none is."""
    solved = [candidate for candidate in candidates if candidate.status is Status.SOLVED]
    return solved[-1] if solved else candidates[0]


def _with_spread_paid(problem: Problem, weights: NDArray[np.float64], left: float) -> Problem | None:
    """The cash floor raised by what these trades cost, a little more; None where cash covers it but for `left` percent.

    Under a budget nothing is left to rounding: there a sale more or less may cost much.
    """
    if _cash_missing(problem, weights) <= left:
        return None
    return _with_floor_raised(problem, SPREAD_MARGIN * _spread(problem, weights))


def _without_small(problem: Problem, tradable: Tradable, weights: NDArray[np.float64]) -> Problem | None:
    """Bounds that keep every trade and position left at zero or at least the minimum; None where all are already."""
    change = weights - problem.held
    bought = np.array([least_bought(tradable, name) for name in range(len(change))], dtype=np.int64)
    least = np.where(change > 0.0, bought, tradable.least) * tradable.weight
    whole = (change < 0.0) & (-change >= tradable.position * tradable.weight * (1.0 - 1e-6))
    small = (np.abs(change) > 0.0) & (np.abs(change) < least) & ~whole
    smallest = tradable.smallest * tradable.weight
    little = (change < 0.0) & ~whole & ~small & (weights < smallest)
    if not (small | little).any():
        return None
    lifted = small & (np.abs(change) >= LIFT * least)
    up = lifted & (change > 0.0) & (problem.held + least <= problem.upper)
    down = lifted & (change < 0.0) & (problem.held - least >= problem.lower)
    still = small & ~up & ~down & (problem.lower <= problem.held) & (problem.held <= problem.upper)
    lower = np.where(still, problem.held, np.where(up, problem.held + least, problem.lower))
    upper = np.where(still, problem.held, np.where(down, problem.held - least, problem.upper))
    kept = little & (weights >= LIFT * smallest) & (problem.lower <= smallest)
    kept &= smallest <= np.minimum(problem.held, problem.upper)
    gone = little & ~kept & (problem.lower <= 0.0) & (tradable.sellable == tradable.position)
    lower, upper = np.where(kept, smallest, lower), np.where(gone, 0.0, upper)
    return frozen(problem._replace(lower=lower, upper=upper))


def cents_of_gain(problem: Problem, value: float) -> float:
    """Percent of account value by which gains may change as all rows of trades there could be are rounded to a cent."""
    return PERCENT * 0.01 * (len(problem.held) + len(problem.segment_size)) / value


def _with_cent_margin(problem: Problem, value: float, *, gains: bool) -> Problem:
    """What cents may cost for every row of trades there could be.

    The cash floor is raised by half a cent a row. Where gains are taken there is a cent a row less room for them, and
    as much less for tax.
    """
    margin = cents_of_gain(problem, value)
    if gains:
        schedule = problem.schedule
        less = margin * max(schedule.short_rate, schedule.long_rate)
        schedule = schedule._replace(room=schedule.room - margin, most_tax=schedule.most_tax - less)
        problem = problem._replace(schedule=schedule)
    return _with_floor_raised(problem, 0.5 * margin)


def _with_floor_raised(problem: Problem, percent: float) -> Problem:
    upper = problem.row_upper.copy()
    upper[CASH_FLOOR] -= percent
    return frozen(problem._replace(row_upper=upper))


def _spread(problem: Problem, weights: NDArray[np.float64]) -> float:
    """Half-spreads of going from the held weights to these, percent of account value."""
    return 0.01 * float(problem.spread @ np.abs(weights - problem.held))


def _cash_missing(problem: Problem, weights: NDArray[np.float64]) -> float:
    """Percent that cash lacks to its floor once the spread is paid; negative where it has more."""
    return float(weights.sum()) + _spread(problem, weights) - float(problem.row_upper[CASH_FLOOR])


def _round(
    problem: Problem, tradable: Tradable, goal: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    orders = np.empty(len(goal), dtype=np.int64)
    round_shares(problem, tradable, goal, ROUNDING_PASSES, orders)
    weights = problem.held + orders * tradable.weight
    weights[orders == -tradable.position] = 0.0
    weights[orders == 0] = problem.held[orders == 0]
    weights.flags.writeable = False
    return orders, weights


def _merit(problem: Problem, weights: NDArray[np.float64]) -> tuple[float, float]:
    """Smaller is better: first the worst breach of a bound or of the cash floor in percent, then the objective."""
    breach = max(_cash_missing(problem, weights), violation(problem, weights))
    return round(breach, 9), objective(problem, weights)
