"""The arrays that rounding works in: made once for the largest account, filled anew for each."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import types

from kernels.dot import dot
from kernels.jit import F8, F8MW, F8W, I8, I8MW, I8W, b1, f8, i8, kernel, void
from kernels.problem import PROBLEM, Floats, Ints, Problem
from kernels.rounding.orders import TRADABLE, Tradable
from kernels.table import Table

MORE, LESS, DROP, MEND = 0, 1, 2, 3
"""Where a name could go: to the next larger order, the next smaller, none, and to what mends a cash breach at once."""
OFFERS: Final = 4
BREACH: Final = 1e8
"""bp per percent of breach of a hard row or bound: a thousandth of a share outweighs a whole one beyond a budget."""


class Rounding(NamedTuple):
    """n names at most, k factors, m rows; an account uses the first rows of each array. Weights are percent.

    Places are those of the names that trade, in `trading`.
    """

    weight: Floats
    """(n,) after the orders as they stand."""
    cost: Floats
    """(n,) bp of the trade to it, tax apart, and the gains it realises."""
    short: Floats
    long: Floats
    row_count: Ints
    """(n,) rows but the cash row that a name stands in, (n, m) which, and with what coefficient."""
    row: Ints
    coefficient: Floats
    total: Floats
    """(m,) each row's sum, with the spread paid in the cash row, and bp that it costs as it stands."""
    breach: Floats
    price: Floats
    """(m,) bp per percent outside; BREACH for a hard row."""
    pull: Floats
    """(m,) bp per percent that one more costs a row that is outside, ±`price`; nothing inside."""
    looked: Ints
    """(m,) 1 where a row but the cash row is looked at: it may come outside; 0 where it is known to stay inside."""
    jump: Floats
    """(n,) percent that a name which trades may move at once, otherwise nought."""
    merit: Floats
    """(1,) bp that the orders cost more than the goals; breaches of hard rows at the goals cost nothing."""
    gain: Floats
    """(2,) short- and long-term gain realised by all orders."""
    exposure: Floats
    """(k,) factor exposure (`kernels.problem.factor_exposure`)."""
    strength: Floats
    """(k,) sum of the squared loadings of the names that trade."""
    seen: Floats
    """(k,) exposure, (m,) pull and (2,) rates of gain when `slope` and `gap` were set."""
    seen_pull: Floats
    seen_rate: Floats
    trading: Ints
    """(n,) the names that trade, ascending."""
    columns: Floats
    """(k·n,) their loadings factor by factor."""
    curve: Floats
    """(n,) by place: the squared norm of the loadings."""
    main: Floats
    """(n,) by place: the loading on the strongest factor, and the norm of those on all others."""
    rest: Floats
    slope: Floats
    """(n,) by place: bp per percent that the factors cost, at the exposure `seen`."""
    press: Floats
    """(n,) by place: bp per percent that rows outside cost at least, at their `seen_pull`."""
    above: Floats
    """(n,) by place: how far the slope, with `press`, must rise until an offer can be worthwhile, and how far it must
    fall, if rows that are inside cost nothing."""
    below: Floats
    spend: Floats
    """(n,) by place: the largest gain, of either sign, that an offer moves."""
    order: Ints
    """(OFFERS, n) by place: micro-shares."""
    change: Floats
    """(OFFERS, n) of the weight; 1 where there is no offer, of infinite `value`."""
    value: Floats
    """(OFFERS, n) bp that the change brings apart from the factors' slope, the schedule and the rows."""
    more_short: Floats
    """(OFFERS, n) what is added to the gains realised and to the cash row, percent of account value."""
    more_long: Floats
    more_cash: Floats
    kept: Ints
    """(n,) the orders from another start."""
    found: Floats
    """(OFFERS,) value of the offers of the name that is being visited, without the factors' slope."""


ROUNDING = Table(
    Rounding,
    (
        F8W, F8W, F8W, F8W, I8W, I8MW, F8MW, F8W, F8W, F8W, F8W, I8W, F8W, F8W, F8W, F8W, F8W, F8W, F8W, F8W, I8W, F8W,
        F8W, F8W,
        F8W, F8W, F8W, F8W, F8W, F8W, I8MW, F8MW, F8MW, F8MW, F8MW, F8MW, I8W, F8W,
    ),
)  # fmt: skip


def make_rounding(names: int, factors: int, rows: int) -> Rounding:
    """Memory for accounts of at most this size."""
    n, k, m = names, factors, rows
    shapes = {
        **dict.fromkeys(Rounding._fields, (n,)),
        **dict.fromkeys(("order", "change", "value", "more_short", "more_long", "more_cash"), (OFFERS, n)),
        **dict.fromkeys(("row", "coefficient"), (n, m)),
        **dict.fromkeys(("total", "breach", "price", "pull", "seen_pull", "looked"), (m,)),
        **dict.fromkeys(("exposure", "seen", "strength"), (k,)),
        **dict.fromkeys(("gain", "seen_rate"), (2,)),
        "found": (OFFERS,),
        "merit": (1,),
        "columns": (k * n,),
    }
    return Rounding._make(
        np.zeros(shapes[field], dtype=np.int64 if kind in (I8W, I8MW) else np.float64)
        for field, kind in ROUNDING.fields.items()
    )


@kernel(types.UniTuple(f8, 2)(F8, F8, F8), inlined=True, inner=True)
def _sum_and_reach(coefficients: Floats, weights: Floats, jump: Floats) -> tuple[float, float]:
    """A row's sum, and the most that it moves where every name jumps once; both in two sums, as in `dot`."""
    first, second, reach, further = 0.0, 0.0, 0.0, 0.0
    for start in range(0, len(coefficients) - 1, 2):
        at = np.uint64(start)
        first += coefficients[at] * weights[at]
        reach += abs(coefficients[at]) * jump[at]
        second += coefficients[at + np.uint64(1)] * weights[at + np.uint64(1)]
        further += abs(coefficients[at + np.uint64(1)]) * jump[at + np.uint64(1)]
    if len(coefficients) % 2:
        last = len(coefficients) - 1
        first += coefficients[last] * weights[last]
        reach += abs(coefficients[last]) * jump[last]
    return first + second, reach + further


@kernel(void(PROBLEM, i8, b1, ROUNDING), inner=True)
def lay_rows(problem: Problem, cash_row: int, every: bool, memory: Rounding) -> None:
    """The rows' sums of the weights as they stand, which of them are looked at, and those of each name.

    `every` row is looked at, or those near a limit. What the spread takes of the cash row is not in its sum.
    """
    n = len(problem.held)
    weights, jump = memory.weight[:n], memory.jump[:n]
    memory.row_count[:n] = 0
    for row in range(len(problem.row_price)):
        coefficients = problem.rows[row]
        total, reach = _sum_and_reach(coefficients, weights, jump)
        memory.total[row], memory.price[row] = total, min(problem.row_price[row], BREACH)
        memory.breach[row], memory.pull[row], memory.looked[row] = 0.0, 0.0, 0
        near = every or reach >= min(problem.row_upper[row] - total, total - problem.row_lower[row])
        if row == cash_row or not near:
            continue
        memory.looked[row] = 1
        for name in range(n):
            if coefficients[name] != 0.0:
                count = memory.row_count[name]
                memory.row[name, count] = row
                memory.coefficient[name, count] = coefficients[name]
                memory.row_count[name] = count + 1


@kernel(b1(PROBLEM, i8, ROUNDING), inner=True)
def stayed_inside(problem: Problem, cash_row: int, memory: Rounding) -> bool:
    """Whether every row that was not looked at is inside its limits all the same."""
    weights = memory.weight[: len(problem.held)]
    for row in range(len(problem.row_price)):
        if row != cash_row and memory.looked[row] == 0:
            total = dot(weights, problem.rows[row])
            if total > problem.row_upper[row] or total < problem.row_lower[row]:
                return False
    return True


@kernel(i8(ROUNDING, i8), inlined=True, inner=True)
def strongest_factor(memory: Rounding, factors: int) -> int:
    """The factor in which the names that trade load most."""
    strongest = 0
    for factor in range(factors):
        if memory.strength[factor] > memory.strength[strongest]:
            strongest = factor
    return strongest


@kernel(void(ROUNDING, i8, i8), inlined=True, inner=True)
def _lay_norms(memory: Rounding, trading: int, factors: int) -> None:
    """The norms of their loadings."""
    curve, rest = memory.curve[:trading], memory.rest[:trading]
    curve[:], rest[:] = 0.0, 0.0
    strongest = strongest_factor(memory, factors)
    for factor in range(factors):
        column = memory.columns[factor * trading : (factor + 1) * trading]
        if factor != strongest:
            for place in range(trading):
                rest[place] += column[place] * column[place]
    main = memory.columns[strongest * trading : (strongest + 1) * trading]
    for place in range(trading):
        memory.main[place] = main[place]
        curve[place] = rest[place] + main[place] * main[place]
        rest[place] = math.sqrt(rest[place])


@kernel(i8(PROBLEM, TRADABLE, F8, b1, I8, ROUNDING), inlined=True, inner=True)
def lay_trading(
    problem: Problem, tradable: Tradable, goal: Floats, raises_cash: bool, orders: Ints, memory: Rounding
) -> int:
    """List the names that trade, with those that are sold only to raise cash, and their loadings; returns how many."""
    trading = 0
    for name in range(len(goal)):
        if goal[name] != problem.held[name] or orders[name] != 0 or (raises_cash and tradable.open[name]):
            memory.trading[trading] = name
            trading += 1
    k = problem.loadings.shape[1]
    memory.strength[:k] = 0.0
    for place in range(trading):
        loadings, strength = problem.loadings[memory.trading[place]], memory.strength
        for factor in range(k):
            memory.columns[factor * trading + place] = loadings[factor]
        for factor in range(k):
            strength[factor] += loadings[factor] * loadings[factor]
    _lay_norms(memory, trading, k)
    return trading
