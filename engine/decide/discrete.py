"""From the convex answer to orders: fix sides, drop what is too small, re-solve, round to whole shares.

Each name either takes a loss or may buy; the relaxation lets it do both. Sides come from the exact one-dimensional
minimisers at the relaxation's prices; then the account is solved again with the sides fixed. Trades below the minimum
are dropped, or lifted to it where they are nearly as large, and the account is solved a third time. Every candidate is
rounded and the best kept (OPTIMISATION section 2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.decide.problem import CASH_FLOOR, PERCENT, AccountProblem
from engine.decide.solvers.base import Solution, Status
from engine.decide.solvers.osqp import OsqpWorkspace
from kernels.bound import lower_bound
from kernels.problem import Problem, frozen, objective
from kernels.rounding import Tradable, round_shares

ROUNDING_PASSES = 30
LIFT = 0.5
"""A trade of at least this fraction of the minimum is lifted to it, a smaller one dropped."""


@dataclass(frozen=True)
class Answer:
    """Orders of one account, buys positive, micro-shares (n,), with their value and their proof.

    `weights` (n,) percent after the orders. `bound_bp` is the best lower bound found. `continuous` is the last answer
    before rounding; `certified` says that our own residuals accepted every solve that the orders rest on.
    """

    orders: NDArray[np.int64]
    weights: NDArray[np.float64]
    objective_bp: float
    bound_bp: float
    continuous: Solution
    iterations: int
    certified: bool


def solve_account(account: AccountProblem) -> Answer:
    """Decide the orders of one account."""
    problem, tradable = account.problem, account.tradable
    workspace = OsqpWorkspace(problem)
    relaxed = workspace.solve(problem)
    solutions = [relaxed]
    sided = problem
    if _ambiguous(problem).any():
        sided = _with_sides(problem, relaxed)
        solutions.append(workspace.solve(sided))
    base = solutions[-1]
    trimmed = _without_small(sided, tradable, base.weights)
    goals = [base.weights]
    if trimmed is not None:
        solutions.append(workspace.solve(trimmed))
        goals.append(solutions[-1].weights)
    tight = _with_cent_margin(sided, account.value)
    rounded = [_round(tight, tradable, goal) for goal in goals]
    orders, weights = min(rounded, key=lambda pair: _merit(account, pair[1]))
    return Answer(
        orders=orders,
        weights=weights,
        objective_bp=objective(problem, weights),
        bound_bp=max(_bound(problem, solution) for solution in solutions),
        continuous=base,
        iterations=sum(solution.iterations for solution in solutions),
        certified=all(solution.status is Status.SOLVED for solution in solutions[:2]),
    )


def _ambiguous(problem: Problem) -> NDArray[np.bool_]:
    """Names that may be bought and whose first segment pays more than a sale and a purchase cost."""
    first = problem.segment_offsets[:-1]
    has = problem.segment_offsets[1:] > first
    cost = np.append(problem.segment_cost, np.inf)[np.where(has, first, -1)]
    room = (problem.upper > problem.held) & (problem.lower < problem.held)
    ambiguous: NDArray[np.bool_] = has & room & (cost + problem.buy_cost < 0.0)
    return ambiguous


def _with_sides(problem: Problem, relaxed: Solution) -> Problem:
    """Each ambiguous name bound to the side that its own minimiser takes at the relaxation's prices."""
    ambiguous = _ambiguous(problem)
    choice = np.empty(len(problem.held))
    lower_bound(problem, relaxed.factor_prices, relaxed.row_prices, choice)
    buys = ambiguous & (choice > problem.held)
    sells = ambiguous & ~buys
    return frozen(
        problem._replace(
            lower=np.where(buys, np.maximum(problem.lower, problem.held), problem.lower),
            upper=np.where(sells, np.minimum(problem.upper, problem.held), problem.upper),
        )
    )


def _without_small(problem: Problem, tradable: Tradable, weights: NDArray[np.float64]) -> Problem | None:
    """Bounds that keep every trade at zero or at least the minimum; None where all are already."""
    change = weights - problem.held
    least = tradable.least * tradable.weight
    whole = (change < 0.0) & (-change >= tradable.position * tradable.weight * (1.0 - 1e-6))
    small = (np.abs(change) > 0.0) & (np.abs(change) < least) & ~whole
    if not small.any():
        return None
    lifted = small & (np.abs(change) >= LIFT * least)
    up = lifted & (change > 0.0) & (problem.held + least <= problem.upper)
    down = lifted & (change < 0.0) & (problem.held - least >= problem.lower)
    still = small & ~up & ~down & (problem.lower <= problem.held) & (problem.held <= problem.upper)
    lower = np.where(still, problem.held, np.where(up, problem.held + least, problem.lower))
    upper = np.where(still, problem.held, np.where(down, problem.held - least, problem.upper))
    return frozen(problem._replace(lower=lower, upper=upper))


def _with_cent_margin(problem: Problem, value: float) -> Problem:
    """The cash floor raised by half a cent for every row of trades there could be: each amount is rounded to a cent."""
    rows = len(problem.held) + len(problem.segment_size)
    upper = problem.row_upper.copy()
    upper[CASH_FLOOR] -= PERCENT * 0.005 * rows / value
    return frozen(problem._replace(row_upper=upper))


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


def _merit(account: AccountProblem, weights: NDArray[np.float64]) -> tuple[float, float]:
    """Smaller is better: first the cash missing to the floor, then the objective."""
    problem = account.problem
    spread = 0.01 * float(problem.buy_cost @ np.abs(weights - problem.held))
    missing = max(float(weights.sum()) + spread - float(problem.row_upper[CASH_FLOOR]), 0.0)
    return round(missing, 9), objective(problem, weights)


def _bound(problem: Problem, solution: Solution) -> float:
    """The solution's prices value the unfixed problem too, so every solve offers a bound."""
    return lower_bound(problem, solution.factor_prices, solution.row_prices, np.empty(len(problem.held)))
