"""The same money in another name: what an account would be worse by, had it bought or sold a close substitute instead.

Of the names that the account may trade the one is taken that the book names as a substitute, or else the one whose
return moves most like it. Valued by the objective itself, at the same weight, without rounding to shares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.decide.problem import CASH_FLOOR
from engine.explain.again import Again
from engine.explain.pulls import Floats, Orders
from kernels.problem import objective, row_breach

ROUND = 1e-9
LEAST_BREACH = 1e-3
"""Percent by which an alternative, which is not rounded to shares, may miss a hard rule."""
TRIED = 20
"""Names tried, nearest first, until one keeps the account's rules."""


@dataclass(frozen=True)
class Swap:
    """Another name in place of one; `named`: the book calls it a substitute. Worse by so much; below nought better."""

    security_id: str
    named: bool
    correlation: float
    worse_bp: float
    worse_usd: float


def swap(orders: Orders, place: int) -> Swap | None:
    """The closest other name for one order; None where none has room or none may be.

    None may be where a rule asks for this very order, or wash sales make the price of the name.
    """
    case, again = orders.case, orders.again
    bounds = orders.case.problem
    may_stay = bounds.lower[place] - ROUND <= bounds.held[place] <= bounds.upper[place] + ROUND
    if _is_moved(orders, place) or not may_stay:
        return None
    moved = float(orders.weights[place] - orders.problem.held[place])
    room = _with_room(orders, place, moved)
    if not room.any():
        return None
    like = _correlations(again, case.names.security, place)
    named = np.isin(case.names.security, again.firm.substitutes.get(int(case.names.security[place]), np.empty(0)))
    chosen = room & named if (room & named).any() else room
    for other in np.argsort(-np.where(chosen, like, -np.inf), kind="stable")[: min(TRIED, int(chosen.sum()))].tolist():
        weights = orders.weights.copy()
        weights[place] -= moved
        weights[other] += moved
        if _keeps_rules(orders, weights):
            break
    else:
        return None
    worse = objective(orders.problem, weights) - objective(orders.problem, orders.weights)
    name = again.name(int(case.names.security[other]))
    return Swap(name, bool(named[other]), float(like[other]), worse, worse * again.usd_per_bp)


@dataclass(frozen=True)
class Untraded:
    """A name that was not traded; weights in percent. Brought to its target alone, the account were worse by so much.

    `rule`: what else keeps it from there, empty where nothing does.
    """

    security_id: str
    held: float
    target: float
    worse_bp: float
    worse_usd: float
    rule: str


def untraded(orders: Orders, security: str, rule: str) -> Untraded | None:
    """A name of the account's problem that has no order; None where it is none of them."""
    place = orders.place(security)
    names, problem = orders.case.names, orders.problem
    if place >= len(names.security) or orders.again.name(int(names.security[place])) != security:
        return None
    weights = orders.weights.copy()
    weights[place] = np.clip(problem.target[place], problem.lower[place], problem.upper[place])
    worse = objective(problem, weights) - objective(problem, orders.weights)
    worse += float(orders.row_prices[CASH_FLOOR]) * float(weights[place] - orders.weights[place])
    held, aim = float(problem.held[place]), float(problem.target[place])
    return Untraded(security, held, aim, worse, worse * orders.again.usd_per_bp, rule)


def _keeps_rules(orders: Orders, weights: Floats) -> bool:
    """Whether weights break no hard rule by more than the orders do."""
    problem = orders.problem
    hard = np.nonzero(~np.isfinite(problem.row_price))[0].tolist()
    return all(
        row_breach(problem, weights, row) <= row_breach(problem, orders.weights, row) + LEAST_BREACH for row in hard
    )


def _with_room(orders: Orders, place: int, moved: float) -> NDArray[np.bool_]:
    """(n,) names that could be traded by as much in its place, on the side that they are on or on neither."""
    problem, weights = orders.case.problem, orders.weights
    then = weights + moved
    same_side = (weights - problem.held) * moved >= 0.0
    room = same_side & (then <= problem.upper + ROUND) & (then >= problem.lower - ROUND)
    room[place] = False
    if moved < 0.0:
        name = np.repeat(np.arange(len(weights)), np.diff(problem.segment_offsets))
        size = np.bincount(name, weights=problem.segment_size, minlength=len(weights))
        room &= problem.held - then <= size + ROUND
    moved_by_washes = np.array([_is_moved(orders, other) for other in range(len(weights))])
    free: NDArray[np.bool_] = room & ~moved_by_washes
    return free


def _is_moved(orders: Orders, place: int) -> bool:
    """Whether a name's cost stands for what wash sales leave of it: then the objective of the orders has no other."""
    posed, solved = orders.again.case.problem, orders.case.problem
    bounds = posed.lower[place] != solved.lower[place] or posed.upper[place] != solved.upper[place]
    return bool(bounds or orders.again.case.names.replacing[place] > 0.0)


def _correlations(again: Again, security: NDArray[np.int32], place: int) -> Floats:
    """(n,) correlation of each name's return with that of one of them, by the risk model."""
    risk = again.firm.risk
    loadings, volatility = risk.loadings[security], np.maximum(risk.volatility[security], 1e-12)
    covariance = loadings @ loadings[place]
    covariance[place] += risk.specific[security[place]]
    found: Floats = covariance / (volatility * volatility[place])
    return found
