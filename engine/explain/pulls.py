"""What an order is for, and what it costs: the decision with the order, less the decision without it.

Every part is in basis points of account value, above nought where it speaks for the order. Tracking, taxes, spreads,
expenses, waiting and soft rules are the exact difference with that one order undone. Hard rules (cash floor, limits,
restrictions, the year's budgets) have no cost in the objective: they pull at their dual price times what is moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.decide.names import BP, PERCENT
from engine.decide.problem import CASH_FLOOR, AccountProblem
from engine.decide.solvers.base import Solution
from engine.explain.again import Again
from engine.explain.taxes import Taxes
from kernels.problem import Problem, row_breach, tracking_variance
from kernels.taxes import OF_TERMS, OVER_BUDGET

Floats = NDArray[np.float64]
CASH_CAP = 1
"""The row that holds the cash cap."""
AT_BOUND = 1e-9
"""Percent by which a weight may miss a bound and still be at it."""
OUTBIDS = 1e3
"""A row at this price, bp per percent, or ten dollars a dollar, outbids a budget that gives way."""
LEAST_BP = 5e-4
"""A part smaller than this is not told."""

TRACKING, EXPENSES, HARVEST, TAX = "tracking", "fund expenses", "harvest", "tax"
WAITING, SPREAD, CASH, SECTOR = "waiting", "spread", "cash", "sector bands"
RESTRICTION, TRANSITION, BUDGET = "restriction", "transition", "budget"
WORDS = {
    TRACKING: "distance from the target",
    EXPENSES: "yearly expenses of the funds held",
    HARVEST: "tax saved by the losses taken",
    TAX: "tax on the gains taken",
    WAITING: "what the losses might have been worth later",
    SPREAD: "half the bid-ask spread, and tickets",
    CASH: "cash that must or should be held",
    SECTOR: "sectors outside their bands",
    RESTRICTION: "restrictions and limits",
    TRANSITION: "the plan to leave legacy positions",
    BUDGET: "budgets of the year: gains to stay below, or a loss to take",
}


@dataclass(frozen=True)
class Pull:
    """One part of what speaks for an order (above nought) or against it."""

    what: str
    words: str
    bp: float
    usd: float


@dataclass(frozen=True)
class Orders:
    """What is known of an account's orders: the problem that they answer, their weights, and its prices."""

    again: Again
    case: AccountProblem
    problem: Problem
    weights: Floats
    solution: Solution

    @classmethod
    def of(cls, again: Again) -> Orders:
        """The orders of an account that something was solved for."""
        assert again.working is not None, "something was solved"
        case, answer = again.working.case, again.working.answer
        return cls(again, case, answer.sales.of(case.problem), answer.weights, answer.continuous)

    @cached_property
    def price_of_bounds(self) -> tuple[Floats, Floats]:
        """(n,) what a percent more of each name's upper bound, and a percent less of its lower one, is worth, bp.

        At the answer before whole shares: the slope of the name's own part of the Lagrangian at its bound.
        """
        problem, solution = self.case.problem, self.solution
        weights = solution.weights
        price = problem.hold_cost + problem.loadings @ solution.factor_prices + self.row_prices @ problem.rows
        slope = price + 2.0 * problem.curvature * (weights - problem.target)
        more, less = np.zeros(len(weights)), np.zeros(len(weights))
        for place in range(len(weights)):
            up, down = self._margins(place)
            if weights[place] >= problem.upper[place] - AT_BOUND:
                more[place] = max(-(slope[place] + up), 0.0)
            if weights[place] <= problem.lower[place] + AT_BOUND:
                less[place] = max(slope[place] - down, 0.0)
        return more, less

    def _margins(self, place: int) -> tuple[float, float]:
        """What the trades of a name cost more for a percent more of it, and for a percent less; bp at the margin."""
        problem, solution = self.case.problem, self.solution
        weight, held, buys = solution.weights[place], problem.held[place], float(problem.buy_cost[place])
        if weight > held + AT_BOUND:
            return buys, -buys
        mine = slice(problem.segment_offsets[place], problem.segment_offsets[place + 1])
        rates = self.gain_prices[problem.segment_long[mine].astype(np.intp)]
        cost = problem.segment_cost[mine] + rates * problem.segment_gain[mine]
        if len(cost) == 0:
            return buys, self._cost_of_held(place)
        order, sold = np.argsort(cost, kind="stable"), held - weight
        if sold <= AT_BOUND:
            return buys, float(cost[order[0]])
        ends = np.cumsum(problem.segment_size[mine][order])
        last, following = (min(int(np.searchsorted(ends, sold + by)), len(cost) - 1) for by in (-AT_BOUND, AT_BOUND))
        return -float(cost[order[last]]), float(cost[order[following]])

    def _cost_of_held(self, place: int) -> float:
        """What selling the cheapest lot of a name of which nothing may be sold would cost, bp per percent."""
        block, positions, account = self.again.block, self.again.positions, self.again.account
        mine = np.arange(block.lots.offsets[account], block.lots.offsets[account + 1])
        mine = mine[block.lots.security[mine] == self.case.names.security[place]]
        spread = float(self.case.problem.spread[place])
        if len(mine) == 0:
            return spread
        return spread + BP / PERCENT * float((positions.tax[mine] + positions.waiting[mine]).min())

    @cached_property
    def budget_gives_way(self) -> bool:
        """Whether hard rules go beyond a budget, or a loss that is asked for cannot be had: then it has no price."""
        half, at = self.solution.half, self._budget_hinges
        full = self.solution.slopes[at] >= half.step[at] * (1.0 - AT_BOUND)
        return bool(full.any() or self._folded.any())

    @cached_property
    def row_prices(self) -> Floats:
        """(m,) prices of rows, bp per percent; of a row that a budget gives way to, none."""
        prices = self.solution.row_prices
        return np.where(np.abs(prices) >= OUTBIDS, 0.0, prices) if self.budget_gives_way else prices

    @cached_property
    def gain_prices(self) -> Floats:
        """(2,) what one more percent of short- and long-term gain costs at the margin, bp."""
        rates = self.solution.marginal_rates
        return rates - self.price_of_budget if self.budget_gives_way else rates

    @property
    def _folded(self) -> Floats:
        """(2,) what a budget costs that no sale keeps to: it is a part of the half's rate (`schedule._folded`)."""
        unit = OF_TERMS * OVER_BUDGET
        return np.floor(self.solution.half.rate / unit) * unit

    @property
    def _budget_hinges(self) -> NDArray[np.bool_]:
        hinges: NDArray[np.bool_] = self.solution.half.step >= OF_TERMS * OVER_BUDGET
        return hinges

    @cached_property
    def price_of_budget(self) -> Floats:
        """(2,) what gain of either term costs for the budgets of the year, bp per percent."""
        half, at = self.solution.half, self._budget_hinges
        return np.asarray(self.solution.slopes[at] @ half.counts[at]) + self._folded

    def place(self, security: str) -> int:
        """A name among those of the problem."""
        index = self.again.firm.market.ids.index(security).as_py()
        return int(np.searchsorted(self.case.names.security, index))


def pulls(orders: Orders, place: int, taxes: Taxes, gains: tuple[float, float], waiting: float) -> tuple[Pull, ...]:
    """The parts of one order, largest first.

    `gains`: short- and long-term gain that its trades realise; `waiting`: what its losses give up; USD.
    """
    again, problem, prices = orders.again, orders.problem, orders.row_prices
    without = orders.weights.copy()
    without[place] = problem.held[place]
    moved = float(orders.weights[place] - problem.held[place])
    short, long = float(taxes.short), float(taxes.long)
    more_tax = taxes.at(short - gains[0], long - gains[1]) - taxes.at(short, long)
    saved = again.sensitivity * more_tax / again.usd_per_bp
    first = len(prices) - len(orders.case.limits)
    limits = -float(prices[first:] @ problem.rows[first:, place]) * moved
    cap, sectors = _soft_rows(problem)
    bound, moves = _of_bound(orders, place), bool(orders.case.names.moves[place])
    parts = {
        TRACKING: tracking_variance(problem, without) - tracking_variance(problem, orders.weights),
        EXPENSES: -float(problem.hold_cost[place]) * moved,
        HARVEST if saved > 0.0 else TAX: saved,
        WAITING: -waiting / again.usd_per_bp,
        SPREAD: -float(problem.spread[place]) * abs(moved) - problem.ticket,
        CASH: -float(prices[CASH_FLOOR]) * moved + _soft(problem, cap, without, orders.weights),
        SECTOR: _soft(problem, sectors, without, orders.weights),
        RESTRICTION: limits + (0.0 if moves else bound),
        TRANSITION: bound if moves else 0.0,
        BUDGET: 0.0 if orders.budget_gives_way else -float(orders.price_of_budget @ gains) * PERCENT / again.value,
    }
    told = [
        Pull(what, WORDS[what], value, value * again.usd_per_bp)
        for what, value in parts.items()
        if abs(value) >= LEAST_BP
    ]
    return tuple(sorted(told, key=lambda pull: -abs(pull.bp)))


def _of_bound(orders: Orders, place: int) -> float:
    """What a bound that the held weight is outside of asks for, at its price."""
    problem = orders.case.problem
    more, less = orders.price_of_bounds
    over = max(float(problem.held[place] - problem.upper[place]), 0.0)
    under = max(float(problem.lower[place] - problem.held[place]), 0.0)
    return float(more[place]) * over + float(less[place]) * under


def _soft(problem: Problem, rows: Sequence[int], without: Floats, weights: Floats) -> float:
    """What soft rows would cost more without the order."""
    return _breach(problem, rows, without) - _breach(problem, rows, weights)


def _breach(problem: Problem, rows: Sequence[int], weights: Floats) -> float:
    """What soft rows cost at weights, bp."""
    return float(sum(problem.row_price[row] * row_breach(problem, weights, row) for row in rows))


def _soft_rows(problem: Problem) -> tuple[list[int], list[int]]:
    """The cash cap, and the sector bands."""
    soft = [row for row in range(len(problem.row_price)) if np.isfinite(problem.row_price[row])]
    return [row for row in soft if row == CASH_CAP], [row for row in soft if row != CASH_CAP]


@dataclass(frozen=True)
class Part:
    """One part of the objective, before the trades and after them; bp of account value and USD."""

    what: str
    words: str
    before_bp: float
    after_bp: float


def parts_of_objective(orders: Orders, taxes: Taxes, waiting: float) -> tuple[Part, ...]:
    """The objective part by part, as the account stands and after its trades; `waiting` in USD of all its sales."""
    again, problem = orders.again, orders.problem
    held, weights = problem.held, orders.weights
    tax = taxes.at(float(taxes.short), float(taxes.long)) - taxes.at(0.0, 0.0)
    tax *= again.sensitivity / again.usd_per_bp
    traded = np.abs(weights - held)
    spread = float(problem.spread @ traded) + problem.ticket * int(np.count_nonzero(traded > 0.0))
    cap, sectors = _soft_rows(problem)
    made = [
        (TRACKING, tracking_variance(problem, held), tracking_variance(problem, weights)),
        (HARVEST if tax < 0.0 else TAX, 0.0, tax),
        (WAITING, 0.0, waiting / again.usd_per_bp),
        (SPREAD, 0.0, spread),
        (EXPENSES, float(problem.hold_cost @ held), float(problem.hold_cost @ weights)),
        (CASH, _breach(problem, cap, held), _breach(problem, cap, weights)),
        (SECTOR, _breach(problem, sectors, held), _breach(problem, sectors, weights)),
    ]
    told = [Part(what, WORDS[what], before, after) for what, before, after in made]
    return tuple(part for part in told if max(abs(part.before_bp), abs(part.after_bp)) >= LEAST_BP)
