"""Whether an account needs deciding at all: inside its band, only what the contract lists starts a trade."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.decide.names import PERCENT
from engine.decide.problem import AccountProblem
from engine.decide.sales import worth_of_losses
from engine.decide.schedule import halves
from kernels.problem import tracking_variance
from kernels.taxes import run_tax

TRIED = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Slopes of a hinge, as fractions of its step, at which the worth of losses is bounded."""


@dataclass(frozen=True)
class State:
    """An account before trading. Tracking error annual, drift and cash as fractions of value."""

    tracking_error: float
    drift: float
    in_band: bool
    forced: bool


def tracking_error(account: AccountProblem, weights: np.typing.NDArray[np.float64]) -> float:
    """√((w − w*)ᵀΣ(w − w*)), annual, as a fraction."""
    return math.sqrt(tracking_variance(account.problem, weights) / account.problem.risk_aversion) / PERCENT


def drift(account: AccountProblem, weights: np.typing.NDArray[np.float64], cash: float, cash_target: float) -> float:
    """Half the sum of absolute gaps to the effective target, cash included; fractions."""
    gaps = np.abs(weights - account.problem.target).sum() / PERCENT
    return 0.5 * float(gaps + abs(cash / account.value - cash_target))


def triage(account: AccountProblem, cash: float, band: float, cash_target: float, most_cash: float) -> State:
    """Judge an account as it stands; `cash` in USD, the rest fractions. `most_cash`: cash_max and pending outflows.

    `forced` says that a hard rule asks for a trade: cash under what must be held, a name outside its bounds, a sector
    or a factor outside its limits.
    """
    problem = account.problem
    error = tracking_error(account, problem.held)
    widest = float(np.abs(problem.held - problem.target).max(initial=0.0)) / PERCENT
    slack = 1e-9 * PERCENT
    outside = (problem.held > problem.upper + slack) | (problem.held < problem.lower - slack)
    broken = any(limit.is_broken(problem.held) for limit in account.limits)
    return State(
        tracking_error=error,
        drift=drift(account, problem.held, cash, cash_target),
        in_band=error <= band and widest <= band and account.cash_needed <= cash <= most_cash * account.value,
        forced=bool(outside.any()) or broken or cash < account.cash_needed,
    )


def harvest_worth(account: AccountProblem) -> float:
    """Most that the account's loss lots could save after the spread, in bp, whatever it does to tracking error.

    An upper bound under the schedule: at any slopes a half is at least its prices times the gains and a constant, so
    the least over some slopes bounds what a half can save, and the greater of the halves what the schedule can. Where a
    loss is to be forced, taking none has a price too.
    """
    problem = account.with_all_losses()
    most = max(min(worth_of_losses(problem, half, slopes) for slopes in half.grid(TRIED)) for half in halves(problem))
    return most + run_tax(problem.schedule, 0.0, 0.0)
