"""From the convex answer to orders: small trades dropped, whole shares (`engine.decide.discrete` states the same).

Where rounding costs much, trades below the minimum are dropped, or lifted to it where they are nearly as large, the
account is solved once more, and the better orders are kept (OPTIMISATION section 2).
"""

from __future__ import annotations

from typing import NamedTuple

from numba import types

from kernels.copying import copy
from kernels.decide.book import PERCENT
from kernels.decide.half import half_in, prices_at
from kernels.decide.judge import value_in
from kernels.decide.memory import (
    ARRAYS,
    AS_POSED,
    BY_SALE,
    CASE,
    CENTS,
    CONSTANT,
    FLOOR,
    HALF,
    ITERATIONS,
    MEMORY,
    OBJECTIVE,
    OWN,
    OWN_BOUND,
    PAID,
    PAID_SLOT,
    STATUS,
    TRIMMED_SLOT,
    Arrays,
    Case,
    Memory,
)
from kernels.decide.order import (
    by_price,
    by_sale,
    cut_in_steps,
    least_piece,
    ordered,
    reorder,
    sort_by_price,
)
from kernels.decide.pose import CASH_FLOOR, problem_in, tradable_in
from kernels.decide.proof import bound_in_steps
from kernels.decide.sides import BEST, Best
from kernels.decide.solve import solve
from kernels.jit import F8, apart, b1, f8, i8, kernel, void
from kernels.newton.solve import INFEASIBLE
from kernels.problem import PROBLEM, Floats, Problem, violation
from kernels.rounding.descent import FEW, round_into
from kernels.rounding.orders import least_bought
from kernels.taxes import SCHEDULE, Schedule, is_budgeted, with_budgets

ROUNDING_PASSES = 30
SPREAD_MARGIN = 1.05
ROUNDED_WELL_BP, ROUNDED_WELL_MANY_BP = 0.2, 1.0
"""Orders that cost no more than this above the weights they are rounded from are taken as they are; the second where
there are more than FEW names."""
PAID_STEPS = 0.2
"""Cash that trading costs beyond what there is, as a part of a name's usual step: less is left to rounding, which moves
whole steps."""
LIFTED_BP = 0.01
"""A bound nearer than this to the orders is not looked at in whole steps."""
LIFT = 0.5
"""A trade of at least this fraction of the minimum is lifted to it, a smaller one dropped."""


class Answer(NamedTuple):
    """Orders of one account in `memory.orders[order]` and the weights after them.

    `slot` holds the continuous answer before rounding; `breach_bp` is what the orders miss a hard rule by. `solved` is
    false where some solve was not accepted.
    """

    order: int
    slot: int
    objective_bp: float
    bound_bp: float
    continuous_bp: float
    iterations: int
    breach_bp: float
    solved: bool


ANSWER = types.NamedTuple((i8, i8, f8, f8, f8, i8, f8, b1), Answer)


@kernel(f8(PROBLEM, F8), inner=True)
def _spread(problem: Problem, weights: Floats) -> float:
    """Half-spreads of going from the held weights to these, percent of account value."""
    total = 0.0
    for name in range(len(weights)):
        total += problem.spread[name] * abs(weights[name] - problem.held[name])
    return 0.01 * total


@kernel(f8(PROBLEM, F8), inner=True)
def _cash_missing(problem: Problem, weights: Floats) -> float:
    """Percent that cash lacks to its floor once the spread is paid; negative where it has more."""
    total = 0.0
    for name in range(len(weights)):
        total += weights[name]
    return float(total + _spread(problem, weights) - problem.row_upper[CASH_FLOOR])


@kernel(b1(MEMORY, CASE, i8), inner=True)
def _trim(memory: Memory, case: Case, base: int) -> bool:
    """Bounds of TRIMMED_SLOT that keep every trade and every position left at nothing or at least the minimum.

    False where all are already.
    """
    of, tradable = memory.of, tradable_in(memory.of, case)
    weights, any_small = of.weights[base], False
    for name in range(case.n):
        held, lower, upper = of.held[name], of.lower[base, name], of.upper[base, name]
        change = weights[name] - held
        least = (least_bought(tradable, name) if change > 0.0 else of.least[name]) * of.micro_weight[name]
        smallest = of.smallest[name] * of.micro_weight[name]
        whole = change < 0.0 and -change >= of.position[name] * of.micro_weight[name] * (1.0 - 1e-6)
        if change != 0.0 and abs(change) < least and not whole:
            any_small = True
            lifted = abs(change) >= LIFT * least
            if lifted and change > 0.0 and held + least <= upper:
                lower = held + least
            elif lifted and change < 0.0 and held - least >= lower:
                upper = held - least
            elif lower <= held <= upper:
                lower, upper = held, held
        elif change < 0.0 and not whole and weights[name] < smallest:
            any_small = True
            if weights[name] >= LIFT * smallest and lower <= smallest <= min(held, upper):
                lower = smallest
            elif lower <= 0.0 and of.sellable[name] == of.position[name]:
                upper = 0.0
        of.lower[TRIMMED_SLOT, name], of.upper[TRIMMED_SLOT, name] = lower, upper
    return any_small


@kernel(f8(CASE), inner=True)
def cents_of_gain(case: Case) -> float:
    """Percent of account value by which gains may change as all rows of trades there could be are rounded to a cent."""
    return float(PERCENT * 0.01 * (case.n + case.s) / case.value)


@kernel(SCHEDULE(ARRAYS, CASE, i8), inner=True)
def _with_cents_kept(of: Arrays, case: Case, slot: int) -> Schedule:
    """The schedule with a cent less room for gain, and for tax, for every row of trades, where a slot takes gains."""
    if not is_budgeted(case.schedule):
        return case.schedule
    gains = False
    for segment in range(case.s):
        gains = gains or (of.gain[segment] > 0.0 and of.sold[slot, segment] > least_piece(case))
    schedule, cents = case.schedule, cents_of_gain(case) if gains else 0.0
    dear = max(schedule.short_rate, schedule.long_rate)
    return with_budgets(schedule, schedule.room - cents, schedule.most_tax - cents * dear)


@apart(f8(MEMORY, CASE, i8, i8))
def _rounded(memory: Memory, case: Case, slot: int, order: int) -> float:
    """Round a slot's answer to whole shares in `orders[order]`, lots sold in that order; its breach of hard rules."""
    of = memory.of
    half = half_in(of, of.tally[slot, HALF])
    short, long = prices_at(half, of.slopes[slot, : len(half.step)])
    sort_by_price(of, case, short, long)
    if of.tally[slot, BY_SALE]:
        by_sale(of, case, order, slot)
        cut_in_steps(of, case, order)
    else:
        by_price(of, case, order)
    reorder(of, case, order)
    problem, tradable = problem_in(of, case, slot, CENTS), tradable_in(of, case)
    tight = ordered(of, problem, problem.held, case.ticket, _with_cents_kept(of, case, slot))
    orders, weights = of.orders[order, : case.n], of.ordered_weights[order, : case.n]
    round_into(tight, tradable, of.weights[slot, : case.n], ROUNDING_PASSES, memory.rounding, orders)
    for name in range(case.n):
        weights[name] = of.held[name] + orders[name] * of.micro_weight[name]
        if orders[name] == -of.position[name]:
            weights[name] = 0.0
        if orders[name] == 0:
            weights[name] = of.held[name]
    own = problem_in(of, case, OWN, AS_POSED)
    after = of.ordered_weights[order, : case.n]
    return round(max(_cash_missing(own, after), violation(own, after)), 9)


@kernel(void(MEMORY, CASE, i8, i8), inner=True)
def _as_sided(memory: Memory, case: Case, sided: int, slot: int) -> None:
    """Rounding may undo what the last solves bound: the bounds of the best sides again."""
    of = memory.of
    if slot != sided:
        copy(of.lower[sided], of.lower[slot], case.n)
        copy(of.upper[sided], of.upper[slot], case.n)


class Orders(NamedTuple):
    """Orders in `memory.orders[order]`: what they miss a hard rule by in percent, and their value in bp."""

    order: int
    breach: float
    objective_bp: float


ORDERED = types.NamedTuple((i8, f8, f8), Orders)


@kernel(ORDERED(MEMORY, CASE, i8, i8, i8), inner=True)
def _orders(memory: Memory, case: Case, sided: int, slot: int, order: int) -> Orders:
    """A slot's answer in whole shares."""
    _as_sided(memory, case, sided, slot)
    breach = _rounded(memory, case, slot, order)
    value = value_in(memory.of, case, order, memory.of.ordered_weights[order, : case.n], OWN)
    return Orders(order, breach, value + memory.of.value[sided, CONSTANT])


@kernel(f8(ARRAYS, CASE), inner=True)
def _usual_step(of: Arrays, case: Case) -> float:
    """The mean step of a name, percent."""
    total = 0.0
    for name in range(case.n):
        total += of.step[name] * of.micro_weight[name]
    return total / case.n


@kernel(b1(MEMORY, CASE, i8), inner=True)
def _pay(memory: Memory, case: Case, sided: int) -> bool:
    """Pose PAID_SLOT, with the cash floor raised by what the trades of a slot cost; False where cash nearly covers it.

    Under a budget it must cover it: there a sale more or less may cost much.
    """
    of = memory.of
    problem, weights = problem_in(of, case, sided, AS_POSED), of.weights[sided, : case.n]
    missing = _cash_missing(problem, weights)
    left = 0.0 if is_budgeted(case.schedule) else PAID_STEPS * _usual_step(of, case)
    if missing <= left:
        return False
    of.row_upper[PAID, CASH_FLOOR] = of.row_upper[AS_POSED, CASH_FLOOR] - SPREAD_MARGIN * _spread(problem, weights)
    copy(problem.lower, of.lower[PAID_SLOT], case.n)
    copy(problem.upper, of.upper[PAID_SLOT], case.n)
    of.tally[PAID_SLOT, FLOOR], of.value[PAID_SLOT, CONSTANT] = PAID, of.value[sided, CONSTANT]
    return True


@kernel(f8(ARRAYS, CASE, BEST, f8, i8, f8), inner=True)
def _proved(of: Arrays, case: Case, best: Best, bound: float, tightest: int, objective: float) -> float:
    """The lower bound of both halves: `bound` of the best answer's, at a slot's prices; either in whole steps."""
    elsewhere = best.elsewhere_bp
    if objective - bound > LIFTED_BP:
        bound = max(bound, bound_in_steps(of, case, tightest))
    if elsewhere < bound and objective - elsewhere > LIFTED_BP:
        elsewhere = max(elsewhere, bound_in_steps(of, case, best.elsewhere))
    return min(bound, elsewhere)


@apart(ANSWER(MEMORY, CASE, BEST, b1))
def find_orders(memory: Memory, case: Case, best: Best, proved: bool) -> Answer:
    """Orders of the account in memory whose branches are fixed; its rounding goes by their bounds.

    Where no answer pays for its trades, or without small ones, is proved to be none, they do without. Unless they are
    to be `proved`, the bound is that of the weights before rounding, and of the half taken.
    """
    of = memory.of
    sided, spent, solved = best.sided.best, best.iterations, best.sided.solved
    base, half = sided, of.tally[sided, HALF]
    bound, tightest = best.sided.bound_bp, best.sided.tightest
    if solved and _pay(memory, case, sided):
        if solve(memory, case, half, PAID_SLOT):
            base = PAID_SLOT
        else:
            solved = of.tally[PAID_SLOT, STATUS] == INFEASIBLE
        spent += of.tally[PAID_SLOT, ITERATIONS]
        if of.value[PAID_SLOT, OWN_BOUND] > bound:
            bound, tightest = of.value[PAID_SLOT, OWN_BOUND], PAID_SLOT
    if not solved:
        return Answer(0, sided, 0.0, 0.0, 0.0, spent, 0.0, False)
    chosen = _orders(memory, case, sided, base, 0)
    well = ROUNDED_WELL_BP if case.n <= FEW else ROUNDED_WELL_MANY_BP
    if (chosen.breach > 0.0 or chosen.objective_bp - of.value[base, OBJECTIVE] > well) and _trim(memory, case, base):
        of.tally[TRIMMED_SLOT, FLOOR], of.value[TRIMMED_SLOT, CONSTANT] = (
            of.tally[base, FLOOR],
            of.value[base, CONSTANT],
        )
        if solve(memory, case, half, TRIMMED_SLOT):
            last = _orders(memory, case, sided, TRIMMED_SLOT, 1)
            less = round(last.objective_bp, 9) < round(chosen.objective_bp, 9)
            if last.breach < chosen.breach or (last.breach == chosen.breach and less):
                chosen = last
        else:
            solved = of.tally[TRIMMED_SLOT, STATUS] == INFEASIBLE
        spent += of.tally[TRIMMED_SLOT, ITERATIONS]
        if of.value[TRIMMED_SLOT, OWN_BOUND] > bound:
            bound, tightest = of.value[TRIMMED_SLOT, OWN_BOUND], TRIMMED_SLOT
    if proved:
        bound = _proved(of, case, best, bound, tightest, chosen.objective_bp)
    breach, continuous = 100.0 * chosen.breach, of.value[sided, OBJECTIVE]
    return Answer(chosen.order, sided, chosen.objective_bp, bound, continuous, spent, breach, solved)
