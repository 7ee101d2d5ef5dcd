"""One interface for every solver: `Problem → Solution`.

Residuals and gap are recomputed here, never read off a solver's status.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.decide.solvers.relaxation import relaxation
from kernels.bound import lower_bound
from kernels.problem import Problem, factor_exposure, objective, violation


class Status(enum.Enum):
    """What our own residuals say of an answer."""

    SOLVED = "within the accuracy asked for"
    INACCURATE = "residuals or gap above the accuracy asked for"


@dataclass(frozen=True)
class Accuracy:
    """What counts as solved: largest breach of a hard row or bound, and largest gap, both in bp of account value."""

    breach_bp: float = 0.1
    gap_bp: float = 0.1


@dataclass(frozen=True)
class Solution:
    """An answer to the convex problem, with its proof.

    `weights` (n,) percent, inside the bounds. `row_prices` (m,) and `factor_prices` (k,) in bp per percent. `bound_bp`
    is the dual's value at these prices, `gap_bp` the objective less it, `breach_bp` the largest breach of a hard row.
    `relaxed_bp` is the value of the weights where a name may be sold and bought back, which is what was solved.
    """

    weights: NDArray[np.float64]
    row_prices: NDArray[np.float64]
    factor_prices: NDArray[np.float64]
    objective_bp: float
    relaxed_bp: float
    bound_bp: float
    breach_bp: float
    status: Status
    solver: str
    iterations: int

    @property
    def gap_bp(self) -> float:
        """Objective less lower bound."""
        return self.objective_bp - self.bound_bp


def certify(
    problem: Problem,
    weights: NDArray[np.float64],
    row_prices: NDArray[np.float64],
    *,
    accuracy: Accuracy,
    solver: str,
    iterations: int,
) -> Solution:
    """Judge a solver's answer by our own arithmetic.

    The weights are first put inside their bounds. Factor prices follow from them: 2λLᵀ(w − w*) is the gradient of the
    factor risk. Solvers solve the relaxation, in which a name may be sold and bought back, so the weights' value in it
    is held against its bound; `objective_bp` and `bound_bp` are of the problem itself.
    """
    weights = np.clip(weights, problem.lower, problem.upper)
    weights.flags.writeable = False
    exposure = np.empty(problem.loadings.shape[1])
    factor_exposure(problem, weights, exposure)
    factor_prices = 2.0 * problem.risk_aversion * exposure
    value = objective(problem, weights)
    bound = lower_bound(problem, factor_prices, row_prices, np.empty(len(weights)))
    breach = 100.0 * violation(problem, weights)
    relaxed, bought = relaxation(problem)
    relaxed_bp = objective(relaxed, weights) + bought
    gap = relaxed_bp - bought - lower_bound(relaxed, factor_prices, row_prices, np.empty(len(weights)))
    good = breach <= accuracy.breach_bp and gap <= accuracy.gap_bp
    return Solution(
        weights=weights,
        row_prices=row_prices,
        factor_prices=factor_prices,
        objective_bp=value,
        relaxed_bp=relaxed_bp,
        bound_bp=bound,
        breach_bp=breach,
        status=Status.SOLVED if good else Status.INACCURATE,
        solver=solver,
        iterations=iterations,
    )
