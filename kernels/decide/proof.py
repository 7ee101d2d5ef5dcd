"""The bound that orders are told by: every branch of every name, in whole steps (`kernels.step_bound`)."""

from __future__ import annotations

from kernels.bound import apart_from_names, price_names
from kernels.decide.branches import price_in_steps
from kernels.decide.half import constant_at, half_in, prices_at
from kernels.decide.judge import untaxed
from kernels.decide.memory import ARRAYS, AS_POSED, CASE, HALF, OWN, Arrays, Case
from kernels.decide.order import ordered, price_segments, sort_by_price
from kernels.decide.pose import problem_in, tradable_in
from kernels.jit import apart, f8, i8
from kernels.step_bound import least_in_steps


@apart(f8(ARRAYS, CASE, i8))
def bound_in_steps(of: Arrays, case: Case, slot: int) -> float:
    """Lower bound in bp of the half that a slot is of, at its prices and slopes, over all orders that may be given."""
    half, n = half_in(of, of.tally[slot, HALF]), case.n
    slopes = of.slopes[slot, : len(half.step)]
    short, long = prices_at(half, slopes)
    sort_by_price(of, case, short, long)
    price_segments(of, case)
    problem, tradable = problem_in(of, case, OWN, AS_POSED), tradable_in(of, case)
    posed = ordered(of, problem, problem.held, case.ticket, untaxed())
    factors, rows = of.factor_prices[slot, : case.k], of.row_prices[slot, : case.m]
    price_names(posed, factors, rows, of.name_price[:n], of.name_risk[:n])
    value = apart_from_names(posed, factors, rows) + constant_at(half, slopes)
    for name in range(n):
        price = of.name_price[name]
        if of.is_pointed[name]:
            least = price_in_steps(of, posed, tradable, name, price, short, long)
        else:
            least = least_in_steps(posed, tradable, name, price)
        value += least - of.name_risk[name] * posed.target[name]
    return float(value)
