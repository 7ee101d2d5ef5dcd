"""Orders that keep to a gain budget, whole shares and all.

The optimiser prices what is over the budget beyond everything but hard rules, and rounding comes after it: one order at
a time, it may end over the budget where two must change together. Then the account is solved again with so much less
room. What hard rules ask for beyond the budget is allowed, and no more; value and bound are then those of that room.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from engine.decide.discrete import Answer, cents_of_gain
from engine.decide.problem import AccountProblem
from engine.decide.wash_modes import solve_with_washes
from kernels.arrays import frozen
from kernels.problem import objective, realised

TRIES = 6
"""Each cuts the room by twice as much as the one before, the first by what was over."""

Solved = tuple[AccountProblem, Answer]


def solve_in_budget(posed: AccountProblem) -> Solved:
    """Decide an account with its names' sides; the orders' gain is within the room of its schedule where any can be."""
    room = posed.problem.schedule.room
    first = solve_with_washes(posed)
    if math.isinf(room) or not first[1].certified or over(first, room) <= 0.0:
        return first
    best, cut = first, over(first, room)
    for _ in range(TRIES if room >= 0.0 else 1):
        solved = solve_with_washes(_with_room(posed, room - cut))
        if solved[1].certified and gain(solved) < gain(best):
            best = solved
            if over(best, room) <= 0.0:
                return _valued(best, room, first[1].bound_bp)
        cut *= 2.0
    asked = gain(best) + cents_of_gain(posed.problem, posed.value)
    bound = solve_with_washes(_with_room(posed, asked))[1].bound_bp
    return _valued(best, asked, bound)


def gain(solved: Solved) -> float:
    """Net gain that the orders realise, percent of account value."""
    case, answer = solved
    return sum(realised(answer.sales.of(case.problem), answer.weights))


def over(solved: Solved, room: float) -> float:
    """By how much the orders may be over the room once every row is rounded to the cent; percent.

    Losses alone never are, unless some must be realised.
    """
    case, answer = solved
    ordered = answer.sales.of(case.problem)
    gains = frozen(ordered._replace(segment_gain=np.maximum(ordered.segment_gain, 0.0)))
    if sum(realised(gains, answer.weights)) == 0.0:
        return max(gain(solved) - room, 0.0) if room < 0.0 else 0.0
    return gain(solved) + cents_of_gain(case.problem, case.value) - room


def _with_room(posed: AccountProblem, room: float) -> AccountProblem:
    schedule = posed.problem.schedule._replace(room=room)
    return replace(posed, problem=frozen(posed.problem._replace(schedule=schedule)))


def _valued(solved: Solved, room: float, bound_bp: float) -> Solved:
    """The same orders, valued in the problem of that room, with its bound."""
    case, answer = solved
    as_told = objective(answer.sales.of(case.problem), answer.weights)
    case = _with_room(case, room)
    value = objective(answer.sales.of(case.problem), answer.weights)
    return case, replace(answer, objective_bp=answer.objective_bp + value - as_told, bound_bp=bound_bp)
