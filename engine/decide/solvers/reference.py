"""The written-down truth: the relaxed problem in CVXPY, solved by Clarabel. For tests, `explain` and the benchmark.

The schedule is the lesser of two convex functions, so the problem is solved with each and the better answer kept.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cvxpy as cp
import numpy as np

from engine.decide.sales import owner
from engine.decide.schedule import Half, halves
from engine.decide.solvers.base import Accuracy, RawAnswer, Solution, certify
from engine.errors import WholebookError
from kernels.problem import Problem


class Solved(NamedTuple):
    """What a solver says of one half, not yet judged; `value` is its optimum in bp."""

    half: Half
    raw: RawAnswer
    iterations: int
    value: float


def solve_reference(problem: Problem, solver: str = "CLARABEL", **options: Any) -> tuple[Solution, float]:
    """Solve the relaxation, in which a name may sell and rebuy; returns the solution and the relaxed optimum in bp.

    Raises `WholebookError` where the solver has no answer.
    """
    answers = [solve_half(problem, half, solver, **options) for half in halves(problem)]
    solved = min((answer for answer in answers if answer), key=lambda answer: answer.value, default=None)
    if solved is None:
        raise WholebookError(f"{solver} finds no answer", remedy="The hard rules of the problem may conflict.")
    solution = certify(
        problem,
        solved.half,
        solved.raw,
        accuracy=Accuracy(),
        solver=solver.lower(),
        iterations=solved.iterations,
    )
    return solution, solved.value


def solve_half(problem: Problem, half: Half, solver: str, **options: Any) -> Solved | None:
    """Solve one half; None where the solver has no answer, because there is none or it finds none."""
    n, _ = problem.loadings.shape
    w, buy = cp.Variable(n), cp.Variable(n, nonneg=True)
    sell = cp.Variable(max(len(problem.segment_size), 1), nonneg=True)
    name = owner(problem)
    sold = np.zeros((n, sell.size))
    sold[name, np.arange(len(name))] = 1.0
    size, cost, gain = np.zeros(sell.size), np.zeros(sell.size), np.zeros((2, sell.size))
    size[: len(name)], cost[: len(name)] = problem.segment_size, problem.segment_cost
    gain[problem.segment_long.astype(np.intp), np.arange(len(name))] = problem.segment_gain
    room = np.maximum(problem.held - problem.lower, 0.0)
    active = w - problem.target
    total = problem.rows @ w
    breach = cp.maximum(total - np.minimum(problem.row_upper, 1e6), np.maximum(problem.row_lower, -1e6) - total, 0.0)
    hard = ~np.isfinite(problem.row_price)
    objective = (
        problem.risk_aversion * cp.sum_squares(problem.loadings.T @ active)
        + cp.sum_squares(cp.multiply(np.sqrt(problem.curvature), active))
        + problem.hold_cost @ w
        + problem.buy_cost @ buy
        + cost @ sell
        + np.where(hard, 0.0, problem.row_price) @ breach
        + half.rate @ (gain @ sell)
        + half.constant
    )
    if len(half.step):
        objective += half.step @ cp.pos(half.at + half.counts @ (gain @ sell))
    constraints = [
        w == problem.held + buy - sold @ sell,
        sell <= np.minimum(size, np.append(room[name], np.zeros(sell.size - len(name)))),
        w >= problem.lower,
        w <= problem.upper,
        buy <= np.maximum(problem.upper - problem.held, 0.0),
    ]
    if hard.any():
        constraints.append(breach[np.nonzero(hard)[0]] <= 0.0)
    task = cp.Problem(cp.Minimize(objective), constraints)
    try:
        task.solve(solver=solver, **options)
    except cp.SolverError:
        return None
    if w.value is None:
        return None
    raw = RawAnswer(
        weights=np.asarray(w.value),
        sold=np.asarray(sell.value)[: len(name)],
        row_prices=np.zeros(len(problem.row_price)),
        slopes=half.step,
    )
    return Solved(half, raw, int(task.solver_stats.num_iters or 0), float(task.value))
