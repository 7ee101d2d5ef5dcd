"""The risk aversion at which an account meets its `tracking_error_target`.

The more an account minds risk, the nearer its orders track. So the least aversion whose orders keep to the target costs
least in tax and spread. It is found on the orders themselves, sides, whole shares and all, as the household stands.
"""

from __future__ import annotations

import math
from dataclasses import replace

from engine.codes import Code
from engine.decide.in_budget import Posed
from engine.decide.problem import AccountProblem
from engine.decide.triage import tracking_error
from engine.decide.turnover import Cap, solve_in_turnover
from kernels.arrays import frozen

LEAST, MOST = 0.2, 2_000.0
"""Between these, answers were compared with Clarabel's (docs/performance.md); what takes more than MOST is not met."""
HALVINGS = 9
"""Then the aversion is known to 2 %."""
ROUNDING = 1e-9


def meet_target(posed: Posed, target: float, cap: Cap | None) -> Posed:
    """The account at the least risk aversion from LEAST to MOST whose orders keep to a tracking error, or at MOST.

    `target` annual, as a fraction; the orders are within the `cap` on turnover.
    """

    def keeps(aversion: float) -> bool:
        case, _, answer = solve_in_turnover(at(aversion), cap)
        return tracking_error(case, answer.weights) <= target

    def at(aversion: float) -> Posed:
        return posed.each(lambda case: _at(case, aversion))

    if keeps(LEAST):
        return at(LEAST)
    low, high = LEAST, MOST
    for _ in range(HALVINGS):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if keeps(middle) else (middle, high)
    return at(high)


def missed(error: float, target: float) -> tuple[tuple[Code, str], ...]:
    """What a person is told where trades leave a tracking error above the target; NaN is no target."""
    if not error > target + ROUNDING:
        return ()
    return ((Code.TRACKING_MISSED, f"tracking error {error:.3%} after trading; the target is {target:.3%}"),)


def _at(case: AccountProblem, aversion: float) -> AccountProblem:
    """The same account with another risk aversion."""
    problem = case.problem
    curvature = problem.curvature * (aversion / problem.risk_aversion)
    return replace(case, problem=frozen(problem._replace(risk_aversion=aversion, curvature=curvature)))
