"""One interface for every solver: a problem and one half of its schedule in, a judged `Solution` out.

Residuals and gap are recomputed here, never read off a solver's status.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.decide.sales import SaleOrder, at_prices, by_price, by_sale, gains_of, owner, priced_cost
from engine.decide.schedule import Half
from engine.decide.solvers.relaxation import purchasable, relaxation, sellable
from kernels.bound import lower_bound
from kernels.problem import Problem, factor_exposure, holding_cost, objective, violation

Floats = NDArray[np.float64]
NOISE_BP = 1e-9
"""By how much values must differ: sums are not always added in the same order."""


class Status(enum.Enum):
    """What our own residuals say of an answer."""

    SOLVED = "within the accuracy asked for"
    INACCURATE = "residuals or gap above the accuracy asked for"
    CONFLICT = "a ray proves that no weights keep every hard rule"


@dataclass(frozen=True)
class Accuracy:
    """What counts as solved: largest breach of a hard row or bound, and largest gap, both in bp of account value."""

    breach_bp: float = 0.1
    gap_bp: float = 0.1


@dataclass(frozen=True)
class RawAnswer:
    """What a solver says, not yet judged.

    `weights` (n,) and `sold` (s,) of each segment in percent; `row_prices` (m,) and the hinges' `slopes` (h,) in bp per
    percent. `conflict`: it proved that there is none.
    """

    weights: Floats
    sold: Floats
    row_prices: Floats
    slopes: Floats
    conflict: bool = False


@dataclass(frozen=True)
class Solution:
    """An answer to one half of the problem, with its proof.

    `weights` (n,) percent, inside the bounds; `sold` (s,) percent of the segments, as the solver sold them; `sales` the
    order in which lots are sold for the weights. `row_prices` (m,) and
    `factor_prices` (k,) in bp per percent, `slopes` (h,) of the half's hinges: its prices are the marginal rates.
    `objective_bp` counts the schedule itself. `bound_bp` is the half's dual value at these prices, `breach_bp` the
    largest breach of a hard row. `relaxed_bp` is the value in this half where a name may be sold and bought back, which
    is what was solved.
    """

    weights: Floats
    sold: Floats
    sales: SaleOrder
    half: Half
    row_prices: Floats
    factor_prices: Floats
    slopes: Floats
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

    def with_constant(self, constant_bp: float) -> Solution:
        """The same answer to a problem whose values are so much more."""
        more = {field: getattr(self, field) + constant_bp for field in ("objective_bp", "relaxed_bp", "bound_bp")}
        return replace(self, **more)

    @property
    def marginal_rates(self) -> Floats:
        """(2,) what short- and long-term gain cost at the margin, bp per percent."""
        return self.half.prices(self.slopes)


def certify(
    problem: Problem, half: Half, answer: RawAnswer, *, accuracy: Accuracy, solver: str, iterations: int
) -> Solution:
    """Judge a solver's answer by our own arithmetic.

    The weights are first put inside their bounds. Factor prices follow from them: 2λLᵀ(w − w*) is the gradient of the
    factor risk. Solvers solve the relaxation, in which a name may be sold and bought back, so the weights' value in it
    is held against its bound; `objective_bp` and `bound_bp` are of the problem itself.
    """
    weights = np.clip(answer.weights, problem.lower, problem.upper)
    weights.flags.writeable = False
    slopes = np.clip(answer.slopes, 0.0, half.step)
    prices = half.prices(slopes)
    exposure = np.empty(problem.loadings.shape[1])
    factor_exposure(problem, weights, exposure)
    factor_prices = 2.0 * problem.risk_aversion * exposure
    separable = at_prices(problem, prices)
    constant = half.constant_at(slopes)
    relaxed, bought = relaxation(separable)
    relaxed_bound = lower_bound(relaxed, factor_prices, answer.row_prices, np.empty(len(weights))) + bought + constant
    relaxed_bp = _relaxed_value(problem, half, weights, prices, answer.sold)
    breach = 100.0 * violation(problem, weights)
    value, sales = _best_order(problem, half, weights, prices, answer.sold)
    good = breach <= accuracy.breach_bp and relaxed_bp - relaxed_bound <= accuracy.gap_bp
    return Solution(
        weights=weights,
        sold=answer.sold,
        sales=sales,
        half=half,
        row_prices=answer.row_prices,
        factor_prices=factor_prices,
        slopes=slopes,
        objective_bp=value,
        relaxed_bp=relaxed_bp,
        bound_bp=lower_bound(separable, factor_prices, answer.row_prices, np.empty(len(weights))) + constant,
        breach_bp=breach,
        status=Status.SOLVED if good else Status.CONFLICT if answer.conflict else Status.INACCURATE,
        solver=solver,
        iterations=iterations,
    )


def bound_of(problem: Problem, half: Half, slopes: Floats, solution: Solution) -> float:
    """Lower bound of one half at a solution's prices of factors and rows and any slopes of the half's own."""
    separable = at_prices(problem, half.prices(slopes))
    least = lower_bound(separable, solution.factor_prices, solution.row_prices, np.empty(len(problem.held)))
    return least + half.constant_at(slopes)


def _best_order(problem: Problem, half: Half, weights: Floats, prices: Floats, sold: Floats) -> tuple[float, SaleOrder]:
    """The objective and the order of sale: by price, or by what the solver sold where that costs less."""
    sales = by_price(problem, prices)
    value = objective(sales.of(problem), weights)
    if len(half.step):
        other = by_sale(problem, prices, sold)
        less = objective(other.of(problem), weights)
        if less < value - NOISE_BP:
            return less, other
    return value, sales


def _relaxed_value(problem: Problem, half: Half, weights: Floats, prices: Floats, sold: Floats) -> float:
    """Value in bp of weights where a name may be sold and bought back, at the half's tax.

    A name sells what pays for being bought back at these prices. Where the half bends, that may be all or nothing of
    what should be sold in part; then what the solver sold is valued too, and the lesser counts.
    """
    name, n = owner(problem), len(weights)
    open_ = problem._replace(segment_size=sellable(problem))
    pays = priced_cost(problem, prices) + problem.buy_cost[name] < 0.0
    tries = [(by_price(open_, prices), _by_name(name, np.where(pays, open_.segment_size, 0.0), n))]
    if len(half.step):
        order = by_sale(open_, prices, sold)
        snapped = np.where(order.first, order.size(open_), 0.0)
        tries.append((order, _by_name(name[order.segment], snapped, n)))
    return holding_cost(problem, weights) + min(
        _relaxed_trades(order.of(open_), half, weights, total) for order, total in tries
    )


def _relaxed_trades(problem: Problem, half: Half, weights: Floats, wanted: Floats) -> float:
    """Cost of trades in bp where each name sells `wanted` (n,) percent, as near as its weight and bounds allow."""
    least = np.maximum(problem.held - weights, 0.0)
    total = np.clip(wanted, least, np.maximum(problem.held - weights + purchasable(problem), least))
    before = np.cumsum(problem.segment_size) - problem.segment_size
    start = np.append(before, 0.0)[problem.segment_offsets[:-1]]
    name = owner(problem)
    sold = np.clip(total[name] - (before - start[name]), 0.0, problem.segment_size)
    bought = weights - problem.held + _by_name(name, sold, len(weights))
    return float(problem.segment_cost @ sold + problem.buy_cost @ np.maximum(bought, 0.0)) + half.value(
        gains_of(problem, sold)
    )


def _by_name(name: NDArray[np.intp], values: Floats, names: int) -> Floats:
    """(names,) sums of each name's values."""
    return np.bincount(name, weights=values, minlength=names).astype(np.float64)
