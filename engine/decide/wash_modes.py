"""An account's orders, wash sales and all: every name up to its points or past one, whichever is better.

Branches are found for sides and points together (`sides.py`), and their answer is brought to orders. Where that costs
much past points, orders up to them are made too. Value and bound are of all branches.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.decide.branches import find_points
from engine.decide.discrete import Answer, find_orders, find_sides
from engine.decide.problem import AccountProblem
from engine.decide.sales import owner
from kernels.rounding import FEW

ROUNDED_FAR_BP, ROUNDED_FAR_MANY_BP = 1.0, 5.0
"""Where orders past points cost more than this above their weights, orders up to all points are made too; the second
where there are more than FEW names."""
SOUND_BP = 1e-7
"""What orders may miss a hard rule by and still be taken as they are."""


class Declined(NamedTuple):
    """Names left alone though wash sales alone priced them: loss sales not made, purchases not made."""

    sales: int
    purchases: int


def declined(case: AccountProblem, orders: NDArray[np.int64]) -> Declined:
    """What one account's `orders` (n,) left undone.

    Selling names whose losses are replaced in part or whole; buying names below their target that would take a loss
    away.
    """
    problem = case.problem
    priced = np.bincount(owner(problem), weights=case.segment_replaced, minlength=len(orders)) > 0.0
    wanted = (case.names.replacing > 0.0) & (problem.target > problem.held)
    return Declined(int(np.count_nonzero(priced & (orders >= 0))), int(np.count_nonzero(wanted & (orders <= 0))))


def solve_with_washes(case: AccountProblem) -> tuple[AccountProblem, Answer]:
    """Decide the orders of one account; also the problem they answer. `objective_bp` and bound are of all branches."""
    points = find_points(case)
    sides = find_sides(case, points)
    answer = find_orders(sides)
    most = ROUNDED_FAR_BP if len(answer.orders) <= FEW else ROUNDED_FAR_MANY_BP
    far = answer.breach_bp > SOUND_BP or answer.objective_bp > answer.continuous.objective_bp + most
    if not sides.any_past or (answer.certified and not far):
        return sides.account, answer
    other = find_orders(find_sides(case, points.closed(), sides.solution))
    bound = max(answer.bound_bp, other.bound_bp)
    if other.certified and not _rank(answer) < _rank(other):
        return case, replace(other, bound_bp=bound)
    return sides.account, replace(answer, bound_bp=bound)


def _rank(answer: Answer) -> tuple[bool, float, float]:
    return not answer.certified, round(answer.breach_bp, 7), answer.objective_bp
