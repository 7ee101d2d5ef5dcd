"""Orders within `max_turnover`: the smaller side of an account's trades, capped as a fraction of its value.

The side is fixed beforehand: sells of an account with cash to invest, otherwise purchases. A price on every percent
traded on that side stands for the cap, and the least that keeps to it is found: what is left undone is then what is
worth least. By Lagrange's argument the bound at a price, less the price of the cap, bounds all orders within it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from engine.codes import Code
from engine.decide.discrete import Answer
from engine.decide.in_budget import Posed, solve_in_budget
from engine.decide.names import PERCENT
from engine.decide.problem import AccountProblem
from kernels.arrays import frozen
from kernels.problem import Floats, Problem

LEAST, MOST = 0.01, 1_000.0
"""bp per percent: a hundredth of a percent of a dollar traded, and ten dollars; only hard rules outbid that."""
HALVINGS = 10
"""Then the price is known to 1.1 %."""
NOISE = 1e-9

Decided = tuple[AccountProblem, AccountProblem, Answer]


@dataclass(frozen=True)
class Cap:
    """The most that is sold, or else bought, percent of account value."""

    most: float
    sells: bool

    def traded(self, problem: Problem, weights: Floats) -> float:
        """Percent that trades to these weights move on the capped side."""
        change = (problem.held - weights) if self.sells else (weights - problem.held)
        return float(np.maximum(change, 0.0).sum())

    def exceeded(self, traded: float) -> tuple[tuple[Code, str], ...]:
        """What a person is told where hard rules ask for more, percent."""
        if traded <= self.most + NOISE:
            return ()
        side = "sells" if self.sells else "buys"
        told = f"{side} {traded / PERCENT:.3%} of value; max_turnover is {self.most / PERCENT:.3%}"
        return ((Code.TURNOVER_EXCEEDED, told),)


def cap_of(max_turnover: float, *, cash_to_invest: bool) -> Cap | None:
    """The cap of a setting, or None where it is NaN."""
    return None if math.isnan(max_turnover) else Cap(PERCENT * max_turnover, cash_to_invest)


def solve_in_turnover(posed: Posed, cap: Cap | None) -> Decided:
    """As `solve_in_budget`, within the cap or as near as hard rules let it be."""
    first = solve_in_budget(posed)
    if cap is None or not first[2].certified or cap.traded(first[0].problem, first[2].weights) <= cap.most:
        return first
    low, high = LEAST, MOST
    best = _at(posed, cap, high)
    if cap.traded(best[0].problem, best[2].weights) > cap.most:
        return best
    for _ in range(HALVINGS):
        middle = math.sqrt(low * high)
        tried = _at(posed, cap, middle)
        if tried[2].certified and cap.traded(tried[0].problem, tried[2].weights) <= cap.most:
            high, best = middle, tried
        else:
            low = middle
    return best


def _at(posed: Posed, cap: Cap, price: float) -> Decided:
    """Decided at a price of the capped side; value and bound are of the problem without it, and with the cap."""
    dearer = posed.each(lambda case: _priced(case, cap, price))
    chosen, case, answer = solve_in_budget(dearer)
    own = posed.free if chosen is dearer.free and posed.free is not None else posed.budgeted
    traded = cap.traded(own.problem, answer.weights)
    value, bound = answer.objective_bp - price * traded, answer.bound_bp - price * max(cap.most, traded)
    return own, case, replace(answer, objective_bp=value, bound_bp=bound)


def _priced(case: AccountProblem, cap: Cap, price: float) -> AccountProblem:
    problem = case.problem
    if cap.sells:
        problem = problem._replace(segment_cost=problem.segment_cost + price)
    else:
        problem = problem._replace(buy_cost=problem.buy_cost + price)
    return replace(case, problem=frozen(problem))
