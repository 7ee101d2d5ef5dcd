"""The arrays that rounding works in: made once for the largest account, filled anew for each."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import types

from kernels.jit import F8MW, F8W, I8MW, I8W, f8, i8, kernel, void
from kernels.problem import PROBLEM, Floats, Ints, Problem

OFFERS: Final = 4
"""Orders that a name could go to: the next larger, the next smaller, none, and what mends a cash breach at once."""
BREACH: Final = 1e5
"""bp per percent of breach of a hard row or bound: 1 bp of weight outweighs 10 % of account value."""


class Rounding(NamedTuple):
    """n names at most, k factors, m rows; an account uses the first rows of each array. Weights are percent."""

    weight: Floats
    """(n,) after the orders as they stand."""
    cost: Floats
    """(n,) bp of the trade to it, tax apart, and the gains it realises."""
    short: Floats
    long: Floats
    offers: Ints
    """(n,) how many orders the name could go to; UNKNOWN until they are looked up."""
    order: Ints
    """(n, OFFERS) micro-shares."""
    change: Floats
    """(n, OFFERS) of the weight."""
    value: Floats
    """(n, OFFERS) bp that the change brings apart from the factors' slope, the schedule and the rows."""
    more_short: Floats
    """(n, OFFERS) what is added to the gains realised."""
    more_long: Floats
    more_spread: Floats
    """(n, OFFERS) what is added to the spread paid, percent of account value."""
    found: Floats
    """(OFFERS,) value of the name's offers that is being visited, without the factors' slope."""
    row_count: Ints
    """(n,) rows that a name stands in."""
    row: Ints
    """(n, m) which, and with what coefficient."""
    coefficient: Floats
    total: Floats
    """(m,) each row's sum, with the spread paid in the cash row."""
    breach: Floats
    """(m,) bp that each row's sum costs as it stands."""
    row_price: Floats
    """(m,) bp per percent outside; BREACH for a hard row."""
    gain: Floats
    """(2,) short- and long-term gain realised by all orders."""
    exposure: Floats
    """(k,) factor exposure (`kernels.problem.factor_exposure`)."""
    seen: Floats
    """(k,) exposure when `slope` was set."""
    strength: Floats
    """(k,) sum of the squared loadings of names that trade."""
    trading: Ints
    """(n,) the a names that trade, ascending. What follows is by place in this list."""
    columns: Floats
    """(k·n,) loadings factor by factor, (k, a)."""
    slope: Floats
    """(a,) bp per percent that the factors cost, at the exposure `seen`."""
    curve: Floats
    """(a,) ‖Lᵢ‖²."""
    rest: Floats
    """(a,) ‖Lᵢ‖ without the strongest factor."""


ROUNDING = types.NamedTuple(
    (
        F8W, F8W, F8W, F8W, I8W, I8MW, F8MW, F8MW, F8MW, F8MW, F8MW, F8W, I8W, I8MW, F8MW, F8W, F8W, F8W, F8W, F8W,
        F8W, F8W, I8W, F8W, F8W, F8W, F8W,
    ),
    Rounding,
)  # fmt: skip


def make_rounding(names: int, factors: int, rows: int) -> Rounding:
    """Memory for accounts of at most this size."""
    n, k, m = names, factors, rows
    shapes = {
        **dict.fromkeys(Rounding._fields, (n,)),
        **dict.fromkeys(("order", "change", "value", "more_short", "more_long", "more_spread"), (n, OFFERS)),
        **dict.fromkeys(("row", "coefficient"), (n, m)),
        **dict.fromkeys(("total", "breach", "row_price"), (m,)),
        **dict.fromkeys(("exposure", "seen", "strength"), (k,)),
        "gain": (2,),
        "found": (OFFERS,),
        "columns": (k * n,),
    }
    integers = (I8W, I8MW)
    return Rounding._make(
        np.zeros(shapes[field], dtype=np.int64 if kind in integers else np.float64)
        for field, kind in zip(Rounding._fields, ROUNDING.types, strict=True)
    )


@kernel(i8(ROUNDING, i8))
def strongest_factor(memory: Rounding, factors: int) -> int:
    """The factor in which the names that trade load most."""
    strongest = 0
    for factor in range(factors):
        if memory.strength[factor] > memory.strength[strongest]:
            strongest = factor
    return strongest


@kernel(f8(PROBLEM, ROUNDING, i8, f8))
def row_cost(problem: Problem, memory: Rounding, row: int, total: float) -> float:
    """What a row's sum costs in bp."""
    outside = max(total - problem.row_upper[row], problem.row_lower[row] - total, 0.0)
    return float(outside * memory.row_price[row])


@kernel(void(PROBLEM, i8, ROUNDING))
def lay_rows(problem: Problem, cash_row: int, memory: Rounding) -> None:
    """The rows of each name; all of them have a share in the cash row, which carries what they cost."""
    n = len(problem.held)
    memory.row_count[:n] = 0
    for row in range(len(problem.row_price)):
        memory.row_price[row] = min(problem.row_price[row], BREACH)
        coefficients = problem.rows[row]
        for name in range(n):
            if coefficients[name] != 0.0 or row == cash_row:
                count = memory.row_count[name]
                memory.row[name, count] = row
                memory.coefficient[name, count] = coefficients[name]
                memory.row_count[name] = count + 1


@kernel(void(PROBLEM, i8, ROUNDING))
def lay_columns(problem: Problem, trading: int, memory: Rounding) -> None:
    """The loadings of the names that trade, factor by factor, and their norms."""
    k = problem.loadings.shape[1]
    memory.strength[:k] = 0.0
    for place in range(trading):
        loadings = problem.loadings[memory.trading[place]]
        for factor in range(k):
            memory.columns[factor * trading + place] = loadings[factor]
            memory.strength[factor] += loadings[factor] * loadings[factor]
    curve, rest = memory.curve[:trading], memory.rest[:trading]
    curve[:], rest[:] = 0.0, 0.0
    strongest = strongest_factor(memory, k)
    for factor in range(k):
        column = memory.columns[factor * trading : (factor + 1) * trading]
        for place in range(trading):
            curve[place] += column[place] * column[place]
        if factor != strongest:
            for place in range(trading):
                rest[place] += column[place] * column[place]
    for place in range(trading):
        rest[place] = math.sqrt(rest[place])
