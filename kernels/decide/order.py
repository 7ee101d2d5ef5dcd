"""The order in which each name's lots are sold, and the account's problem with its segments in an order.

By price: cheapest first at some prices of short- and long-term gain, equals in the order of the problem. By sale: the
same, but what a solver sells goes first; where it sells a segment in part, that part goes before the next segment's
turn and the rest after it.
"""

from __future__ import annotations

import math

from kernels.copying import copy
from kernels.decide.memory import ARRAYS, CASE, KEPT_ORDER, Arrays, Case
from kernels.jit import F8, b1, f8, i8, kernel, readonly, void
from kernels.problem import PROBLEM, Floats, Problem
from kernels.taxes import SCHEDULE, Schedule, is_budgeted

WHOLE, FIRST, REST = range(3)
"""Pieces of a segment: all of it, what is sold before the next segment's turn, and what is sold after."""
PIECE = 1e-3
"""Percent of account value: a segment is cut where more than this is sold of it and more than this is left."""
BUDGET_PIECE = 1e-8
"""The same under a budget, which a thousandth of a percent more gain would break at a price of many bp."""


@kernel(f8(CASE), inner=True)
def least_piece(case: Case) -> float:
    """Percent of account value that counts as sold, and as left."""
    return BUDGET_PIECE if is_budgeted(case.schedule) else PIECE


@kernel(void(ARRAYS), inner=True)
def forget_order(of: Arrays) -> None:
    """Forget at which prices the segments were sorted: what they cost or gain has changed."""
    of.sorted_at[0] = math.nan


@kernel(void(ARRAYS, CASE, f8, f8), inner=True)
def sort_by_price(of: Arrays, case: Case, short: float, long: float) -> None:
    """Segments by cost into `priced_order`, and what each costs in that order into `priced_cost`; insertion sort.

    Starts from the last order; nothing is left to do where that was made at the same prices.
    """
    if of.sorted_at[0] == short and of.sorted_at[1] == long:
        return
    order, costs = of.priced_order, of.priced_cost
    if math.isnan(of.sorted_at[0]):
        for at in range(case.s):
            order[at] = at
    of.sorted_at[0], of.sorted_at[1] = short, long
    for at in range(case.s):
        segment = order[at]
        costs[at] = of.cost[segment] + (long if of.long[segment] else short) * of.gain[segment]
    for name in range(case.n):
        start = of.offsets[name]
        for at in range(start + 1, of.offsets[name + 1]):
            segment, cost, place = order[at], costs[at], at
            while place > start and (
                costs[place - 1] > cost or (costs[place - 1] == cost and order[place - 1] > segment)
            ):
                order[place], costs[place] = order[place - 1], costs[place - 1]
                place -= 1
            if place < at:
                order[place], costs[place] = segment, cost


@kernel(void(ARRAYS, CASE, i8), inner=True)
def by_price(of: Arrays, case: Case, order: int) -> None:
    """The order by price, after `sort_by_price`."""
    copy(of.offsets, of.order_offsets[order], case.n + 1)
    copy(of.priced_order, of.order_segment[order], case.s)
    of.order_kind[order, : case.s] = WHOLE
    of.cut[order, : case.s] = 0.0


@kernel(void(ARRAYS, CASE, i8, i8), inner=True)
def by_sale(of: Arrays, case: Case, order: int, slot: int) -> None:
    """The order by what was sold in a slot's answer, after `sort_by_price` at its prices."""
    segment_of, kind_of, cut, sold = of.order_segment[order], of.order_kind[order], of.cut[order], of.sold[slot]
    piece, least = 0, least_piece(case)
    for name in range(case.n):
        of.order_offsets[order, name] = piece
        for later in range(2):
            for place in range(of.offsets[name], of.offsets[name + 1]):
                segment = of.priced_order[place]
                parted = least < sold[segment] < of.size[segment] - least
                cut[segment] = sold[segment] if parted else 0.0
                if parted or (sold[segment] <= least) == (later == 1):
                    segment_of[piece] = segment
                    kind_of[piece] = (REST if later == 1 else FIRST) if parted else WHOLE
                    piece += 1
    of.order_offsets[order, case.n] = piece


@kernel(b1(ARRAYS, CASE, i8), inner=True)
def sells_by_price(of: Arrays, case: Case, slot: int) -> bool:
    """Whether a slot's answer sells each name's cheapest segments first: then both orders come to the same."""
    least = least_piece(case)
    for name in range(case.n):
        ended = False
        for place in range(of.offsets[name], of.offsets[name + 1]):
            segment = of.priced_order[place]
            sold = of.sold[slot, segment]
            if sold <= least:
                ended = True
            elif ended:
                return False
            elif sold < of.size[segment] - least:
                ended = True
    return True


@kernel(f8(ARRAYS, i8, i8, f8), inner=True)
def piece_size(of: Arrays, order: int, piece: int, whole: float) -> float:
    """Percent of a piece whose segment is `whole` large."""
    kind = of.order_kind[order, piece]
    if kind == WHOLE:
        return whole
    cut = min(of.cut[order, of.order_segment[order, piece]], whole)
    return float(cut if kind == FIRST else whole - cut)


@kernel(void(ARRAYS, CASE, i8), inner=True)
def cut_in_steps(of: Arrays, case: Case, order: int) -> None:
    """Cut segments where a piece is a whole number of its name's steps."""
    for name in range(case.n):
        step = of.step[name] * of.micro_weight[name]
        for segment in range(of.offsets[name], of.offsets[name + 1]):
            if of.cut[order, segment] > 0.0:
                of.cut[order, segment] = round(of.cut[order, segment] / step) * step


@kernel(void(ARRAYS, CASE, i8), inner=True)
def reorder(of: Arrays, case: Case, order: int) -> None:
    """The segments in this order into the `ordered` arrays."""
    copy(of.order_offsets[order], of.ordered_offsets, case.n + 1)
    for piece in range(of.order_offsets[order, case.n]):
        segment = of.order_segment[order, piece]
        whole = of.order_kind[order, piece] == WHOLE
        of.ordered_size[piece] = of.size[segment] if whole else piece_size(of, order, piece, of.size[segment])
        of.ordered_cost[piece], of.ordered_gain[piece] = of.cost[segment], of.gain[segment]
        of.ordered_long[piece] = of.long[segment]


@kernel(void(ARRAYS, CASE), inner=True)
def price_segments(of: Arrays, case: Case) -> None:
    """The segments by price, each at all it costs, tax included, into the `ordered` arrays, after `sort_by_price`."""
    copy(of.offsets, of.ordered_offsets, case.n + 1)
    copy(of.priced_cost, of.ordered_cost, case.s)
    of.ordered_gain[: case.s] = 0.0
    of.ordered_long[: case.s] = False
    for place in range(case.s):
        of.ordered_size[place] = of.size[of.priced_order[place]]


@kernel(PROBLEM.tuple(ARRAYS, PROBLEM, F8, f8, SCHEDULE), inner=True)
def ordered(of: Arrays, problem: Problem, held: Floats, ticket: float, schedule: Schedule) -> Problem:
    """The problem with the `ordered` segments."""
    s = of.ordered_offsets[len(problem.target)]
    return Problem(
        problem.loadings,
        problem.curvature,
        problem.target,
        held,
        problem.lower,
        problem.upper,
        problem.buy_cost,
        problem.spread,
        problem.hold_cost,
        readonly(of.ordered_offsets[: len(problem.target) + 1]),
        readonly(of.ordered_size[:s]),
        readonly(of.ordered_cost[:s]),
        readonly(of.ordered_gain[:s]),
        readonly(of.ordered_long[:s]),
        problem.rows,
        problem.row_lower,
        problem.row_upper,
        problem.row_price,
        problem.risk_aversion,
        ticket,
        schedule,
    )


@kernel(void(ARRAYS, CASE, i8), inner=True)
def keep_order(of: Arrays, case: Case, order: int) -> None:
    """Orders, and the order of sale that they are of, into KEPT_ORDER."""
    copy(of.orders[order], of.orders[KEPT_ORDER], case.n)
    copy(of.ordered_weights[order], of.ordered_weights[KEPT_ORDER], case.n)
    copy(of.cut[order], of.cut[KEPT_ORDER], case.s)
    pieces = of.order_offsets[order, case.n]
    copy(of.order_offsets[order], of.order_offsets[KEPT_ORDER], case.n + 1)
    copy(of.order_segment[order], of.order_segment[KEPT_ORDER], pieces)
    copy(of.order_kind[order], of.order_kind[KEPT_ORDER], pieces)
