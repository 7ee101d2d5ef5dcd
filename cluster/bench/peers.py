"""Who solves an account's relaxation: ours, and what others would take.

Each solver gets the same problem (`kernels.problem.Problem`) and the halves of its schedule, and is charged for what it
does with them: building its own form, setting up, solving. All answers are judged off the clock; what a run solves with
where it leaves compiled code also proves its answer on it.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import osqp
import scipy.sparse as sp

from engine.decide.schedule import Half, halves
from engine.decide.solvers.auto import solve_relaxation
from engine.decide.solvers.base import Accuracy, RawAnswer, Solution, certify
from engine.decide.solvers.factor_form import constraints, limits, linear, quadratic
from engine.decide.solvers.reference import Solved, solve_half
from kernels.newton.solve import solve_anew
from kernels.newton.store import make_store
from kernels.problem import Problem

Answers = list[tuple[Half, RawAnswer]]
"""One answer to each half of the schedule that has one."""

Halves = Sequence[Half]

TIGHT = {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10}
"""Clarabel's options for the optimum that all are held against."""
TIMES = 10
_RAW = 1e-4
_MOST_ITERATIONS = 100_000


@dataclass(frozen=True)
class Peer:
    """One solver. `module` is what must be installed for it; `slow`: it gets fewer accounts.

    `times`: how often a call solves the account, each time from nothing; its time is divided by that.
    """

    name: str
    solve: Callable[[Problem, Halves], Answers | Solution]
    module: str = "osqp"
    slow: bool = False
    times: int = 1

    @property
    def there(self) -> bool:
        """Whether it is installed."""
        return find_spec(self.module) is not None


def judge(problem: Problem, answer: Answers | Solution) -> tuple[float, float]:
    """Value in the relaxation and breach of hard rows, both bp, of what a solver answered; infinite for no answer."""
    if isinstance(answer, Solution):
        return answer.relaxed_bp, answer.breach_bp
    judged = (
        certify(problem, half, raw, accuracy=Accuracy(), solver="", iterations=0)
        for half, raw in answer
        if np.isfinite(raw.weights).all() and np.isfinite(raw.sold).all()
    )
    return min(((one.relaxed_bp, one.breach_bp) for one in judged), default=(np.inf, np.inf))


def optimum(problem: Problem) -> float:
    """The relaxation's optimum in bp, by Clarabel to 1e-10; infinite where the hard rows allow nothing."""
    return min((solved.value for solved in _by_cvxpy(problem, halves(problem), "CLARABEL", TIGHT)), default=np.inf)


def cvxpy_osqp(problem: Problem, of_schedule: Halves) -> Answers:
    """CVXPY with OSQP to 1e-5."""
    options = {"eps_abs": 1e-5, "eps_rel": 1e-5, "max_iter": _MOST_ITERATIONS}
    return [(solved.half, solved.raw) for solved in _by_cvxpy(problem, of_schedule, "OSQP", options)]


def cvxpy_clarabel(problem: Problem, of_schedule: Halves) -> Answers:
    """CVXPY with Clarabel as it comes (1e-8)."""
    return [(solved.half, solved.raw) for solved in _by_cvxpy(problem, of_schedule, "CLARABEL", {})]


def _by_cvxpy(problem: Problem, of_schedule: Halves, solver: str, options: dict[str, Any]) -> list[Solved]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "Solution may be inaccurate": we judge it ourselves
        answers = [solve_half(problem, half, solver, **options) for half in of_schedule]
    return [solved for solved in answers if solved is not None]


class RawNewton:
    """Our dual Newton as a run calls it, in memory made for the largest account so far; its answer is not proved.

    A run calls it from compiled code, so a call from here, which takes longer than a small account, solves `TIMES`.
    """

    def __init__(self) -> None:
        self._sizes = [0] * 5
        self._store = make_store(*self._sizes)

    def __call__(self, problem: Problem, of_schedule: Halves) -> Answers:
        """Solve each half from prices at nought."""
        return [(half, self._solve(problem, half)) for half in of_schedule]

    def _solve(self, problem: Problem, half: Half) -> RawAnswer:
        (n, k), s, m, h = problem.loadings.shape, len(problem.segment_size), len(problem.row_price), len(half.step)
        largest = [max(pair) for pair in zip(self._sizes, (n, s, k, m, h), strict=True)]
        if largest != self._sizes:
            self._sizes, self._store = largest, make_store(*largest)
        weights, sold, prices = np.empty(n), np.empty(s), np.empty(k + m + h)
        solve_anew(problem, half.rate, half.step, half.at, half.counts, self._store, TIMES, weights, sold, prices)
        return RawAnswer(weights=weights, sold=sold, row_prices=prices[k : k + m], slopes=prices[k + m :])


def proven(problem: Problem, _of_schedule: Halves) -> Solution:
    """What a run calls from Python: Newton, our certificate, OSQP where that fails."""
    return solve_relaxation(problem)


def raw_osqp(problem: Problem, of_schedule: Halves) -> Answers:
    """OSQP to 1e-4 on the factor form, built and set up anew for every account."""
    return [(half, _osqp_half(problem, half)) for half in of_schedule]


def _osqp_half(problem: Problem, half: Half) -> RawAnswer:
    hinges = len(half.step)
    lower, upper = limits(problem, -half.at)
    solver: Any = osqp.OSQP()
    solver.setup(
        quadratic(problem, hinges),
        linear(problem, half.rate, half.step),
        constraints(problem, half.counts),
        lower,
        upper,
        verbose=False,
        eps_abs=_RAW,
        eps_rel=_RAW,
        max_iter=_MOST_ITERATIONS,
        polishing=False,
    )
    return _read(problem, half, np.asarray(solver.solve(raise_error=False).x))


def raw_piqp(problem: Problem, of_schedule: Halves) -> Answers:
    """PIQP as it comes (1e-8) on the factor form, built and set up anew for every account."""
    piqp: Any = importlib.import_module("piqp")
    return [(half, _piqp_half(problem, half, piqp)) for half in of_schedule]


def _piqp_half(problem: Problem, half: Half, piqp: Any) -> RawAnswer:
    """Rows that are equations go to A, those that are not to G, bounds to where PIQP wants them."""
    matrix = constraints(problem, half.counts).tocsr()
    lower, upper = limits(problem, -half.at)
    n, k = problem.loadings.shape
    equations, rows = n + k, n + k + len(problem.row_price) + len(half.step)
    least, most = np.full(matrix.shape[1], -np.inf), np.full(matrix.shape[1], np.inf)
    bounded = matrix.indices[matrix.indptr[rows] :]
    least[bounded], most[bounded] = lower[rows:], upper[rows:]
    solver = piqp.SparseSolver()
    solver.settings.verbose = False
    solver.setup(
        quadratic(problem, len(half.step)),
        linear(problem, half.rate, half.step),
        sp.csc_matrix(matrix[:equations]),
        lower[:equations],
        sp.csc_matrix(matrix[equations:rows]),
        lower[equations:rows],
        upper[equations:rows],
        least,
        most,
    )
    solver.solve()
    return _read(problem, half, np.asarray(solver.result.x))


def _read(problem: Problem, half: Half, x: np.ndarray[Any, np.dtype[np.float64]]) -> RawAnswer:
    n = len(problem.held)
    return RawAnswer(
        weights=x[:n],
        sold=x[2 * n : 2 * n + len(problem.segment_size)],
        row_prices=np.zeros(len(problem.row_price)),
        slopes=half.step,
    )


OURS = Peer("Newton", RawNewton(), times=TIMES)
PROVEN = Peer("Newton, with proof", proven)
PEERS = (
    OURS,
    PROVEN,
    Peer("OSQP 1e-4", raw_osqp),
    Peer("PIQP", raw_piqp, "piqp"),
    Peer("CVXPY + OSQP 1e-5", cvxpy_osqp, "cvxpy", slow=True),
    Peer("CVXPY + Clarabel", cvxpy_clarabel, "cvxpy", slow=True),
)
