"""Lower bound over all modes of wash sales: each name at the least of what it costs short of its point or past it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.decide.problem import AccountProblem
from engine.decide.sales import at_prices
from engine.decide.schedule import Half, halves
from engine.decide.solvers.base import Solution, bound_of
from kernels.arrays import frozen
from kernels.bound import least_of_names
from kernels.problem import Problem

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Past:
    """One name past its point: its side, and the problem in which it is, whose values lack `constant_bp`."""

    name: int
    sells: bool
    problem: Problem
    constant_bp: float


def least_by_name(problem: Problem, half: Half, slopes: Floats, solution: Solution) -> Floats:
    """(n,) each name's part of the dual in bp, at a solution's prices of factors and rows and these slopes."""
    weights, least = np.empty(len(problem.held)), np.empty(len(problem.held))
    separable = at_prices(problem, half.prices(slopes))
    least_of_names(separable, solution.factor_prices, solution.row_prices, weights, least)
    return least


@dataclass(frozen=True)
class Stack:
    """Options side by side, each as one name of a problem: their minima are found in one go.

    `name` (o,) is the account's; `constant` (o,) bp.
    """

    problem: Problem
    name: NDArray[np.intp]
    constant: Floats

    @classmethod
    def of(cls, options: Sequence[Past]) -> Stack:
        """Of one or more options, all of one account."""
        name = np.array([option.name for option in options])
        one = options[0].problem
        first, last = one.segment_offsets[name], one.segment_offsets[name + 1]
        segment = np.concatenate([np.arange(*ends) for ends in zip(first, last, strict=True)])

        def of_segments(field: str) -> Floats:
            parts = [
                getattr(option.problem, field)[start:end]
                for option, start, end in zip(options, first, last, strict=True)
            ]
            return np.concatenate(parts)

        stacked = one._replace(
            loadings=one.loadings[name],
            curvature=one.curvature[name],
            target=one.target[name],
            held=one.held[name],
            lower=np.array([option.problem.lower[option.name] for option in options]),
            upper=np.array([option.problem.upper[option.name] for option in options]),
            buy_cost=np.array([option.problem.buy_cost[option.name] for option in options]),
            spread=one.spread[name],
            hold_cost=one.hold_cost[name],
            segment_offsets=np.append(0, np.cumsum(last - first)),
            segment_size=one.segment_size[segment],
            segment_cost=of_segments("segment_cost"),
            segment_gain=of_segments("segment_gain"),
            segment_long=one.segment_long[segment],
            rows=one.rows[:, name],
        )
        return cls(frozen(stacked), name, np.array([option.constant_bp for option in options]))

    def least(self, half: Half, slopes: Floats, solution: Solution) -> Floats:
        """(o,) each option's part of the dual in bp."""
        return least_by_name(self.problem, half, slopes, solution) + self.constant


def bound_of_modes(case: AccountProblem, options: Sequence[Past], solution: Solution, enough: float) -> float:
    """Lower bound over all modes at a solution's prices: each name at the lesser of its minima, the worst half.

    A half's bound is not raised beyond `enough`.
    """
    stack = Stack.of(options)
    return min(_bound_of_half(case, stack, half, solution, enough) for half in halves(case.with_all_losses()))


def _bound_of_half(case: AccountProblem, stack: Stack, half: Half, solution: Solution, enough: float) -> float:
    rates = solution.marginal_rates
    best = -np.inf
    for net in (float(rates.min()), float(rates.mean()), float(rates.max())):
        slopes = half.slopes_near(rates, net)
        least, less = least_by_name(case.problem, half, slopes, solution), np.zeros(len(case.problem.held))
        np.minimum.at(less, stack.name, stack.least(half, slopes, solution) - least[stack.name])
        best = max(best, bound_of(case.problem, half, slopes, solution) + float(less.sum()))
        if best >= enough:
            break
    return best
