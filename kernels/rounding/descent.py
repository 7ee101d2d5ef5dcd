"""Passes over the names that trade, each moved to the best order next to its own, until a pass changes nothing."""

from __future__ import annotations

from typing import Final

from numba import types

from kernels.jit import F8, I8W, b1, f8, i8, kernel, void
from kernels.problem import PROBLEM, Floats, Ints, Problem, trade
from kernels.rounding.around import AROUND, Around, is_quiet, look_around, set_gaps, take_stock
from kernels.rounding.memory import MEND, OFFERS, ROUNDING, Rounding, lay_trading, make_rounding, stayed_inside
from kernels.rounding.offers import put_mending, put_offers
from kernels.rounding.orders import TRADABLE, Tradable
from kernels.rounding.start import settle, stand_at_goals
from kernels.rounding.worth import NONE, WORTHWHILE, best_offer, cash_room, shift_exposure, weigh_row

STALE: Final = 0.1
"""Stock is taken anew once this part of all names has been looked at in vain."""
FEW: Final = 64
"""Names of a small account: there one share is much, and where the descent ends hangs on where it starts."""
AGAIN_BP: Final = 0.1
"""Such an account starts a second time where its end costs this much more than the goals."""
WELL_BP: Final = 0.2
"""An account of more names makes no pass where its start costs as much as the goals but for this, more or less."""
LITTLE_BP: Final = 0.002
"""In such an account a pass that brings no more is the last."""


@kernel(void(PROBLEM, TRADABLE, i8, i8, f8, ROUNDING, I8W), inlined=True, inner=True)
def _move(
    problem: Problem, tradable: Tradable, place: int, slot: int, value: float, memory: Rounding, orders: Ints
) -> None:
    """Carry a name to one of its offers, and exposure, row sums and gains along with it."""
    name, change, cash_row = memory.trading[place], memory.change[slot, place], tradable.cash_row
    memory.merit[0] += value
    memory.gain[0] += memory.more_short[slot, place]
    memory.gain[1] += memory.more_long[slot, place]
    shift_exposure(problem, name, change, memory)
    for at in range(memory.row_count[name]):
        row = memory.row[name, at]
        memory.total[row] += memory.coefficient[name, at] * change
        weigh_row(problem, memory, row)
    if cash_row >= 0:
        memory.total[cash_row] += memory.more_cash[slot, place]
        weigh_row(problem, memory, cash_row)
    orders[name] = memory.order[slot, place]
    weight = problem.held[name] + orders[name] * tradable.weight[name]
    memory.weight[name] = weight
    memory.cost[name], memory.short[name], memory.long[name] = trade(problem, name, weight)


@kernel(types.Tuple((i8, i8, AROUND))(PROBLEM, TRADABLE, F8, f8, i8, AROUND, ROUNDING, I8W), inlined=True, inner=True)
def _pass(
    problem: Problem,
    tradable: Tradable,
    goal: Floats,
    breach: float,
    trading: int,
    around: Around,
    memory: Rounding,
    orders: Ints,
) -> tuple[int, int, Around]:
    """Let every name go to its best neighbour in turn; `breach`: percent of cash that is to be raised.

    Returns how many moved, and how many were looked at in vain.
    """
    moved, vain, short, cash_row = 0, 0, breach > 0.0, tradable.cash_row
    cash_pull = memory.seen_pull[cash_row] if cash_row >= 0 else 0.0
    for place in range(trading):
        if not short and is_quiet(around, place, memory):
            continue
        if short:
            put_mending(problem, tradable, goal, breach, place, orders, memory)
        slots = OFFERS if short else MEND
        chosen, value = best_offer(problem, cash_row, around, place, slots, memory)
        if chosen == NONE:
            vain += 1
            continue
        moved += 1
        _move(problem, tradable, place, chosen, value, memory, orders)
        put_offers(problem, tradable, goal, short, place, orders, memory)
        set_gaps(memory, place, place + 1, cash_pull)
        around = look_around(problem, cash_row, around.factor, memory)
    return moved, vain, around


@kernel(types.Tuple((i8, AROUND))(PROBLEM, TRADABLE, F8, b1, I8W, ROUNDING), inner=True)
def _offer_all(
    problem: Problem, tradable: Tradable, goal: Floats, raises_cash: bool, orders: Ints, memory: Rounding
) -> tuple[int, Around]:
    """How many names trade, all their offers laid out, and what surrounds them."""
    trading = lay_trading(problem, tradable, goal, raises_cash, orders, memory)
    for place in range(trading):
        put_offers(problem, tradable, goal, raises_cash, place, orders, memory)
    return trading, take_stock(problem, tradable.cash_row, trading, memory)


@kernel(i8(PROBLEM, TRADABLE, F8, b1, b1, i8, ROUNDING, I8W), inner=True)
def _descend(
    problem: Problem,
    tradable: Tradable,
    goal: Floats,
    every: bool,
    truncate: bool,
    passes: int,
    memory: Rounding,
    orders: Ints,
) -> int:
    """Round from one start; returns the passes made. `memory.merit` tells what came of it.

    What is sold only to raise cash is, once all else has come to rest and cash is still short.
    """
    cash_row, few = tradable.cash_row, len(goal) <= FEW
    stand_at_goals(problem, tradable, goal, every, memory, orders)
    settle(problem, tradable, goal, truncate, memory, orders)
    if not few and cash_room(problem, cash_row, memory) >= 0.0 and abs(memory.merit[0]) <= WELL_BP:
        return 0
    stale, raising, idle = 0.0, False, False
    trading, around = _offer_all(problem, tradable, goal, raising, orders, memory)
    for done in range(10 * passes):
        breach, before = max(-cash_room(problem, cash_row, memory), 0.0), memory.merit[0]
        if done >= passes and breach == 0.0:
            return passes
        if raising != (breach > 0.0 and (raising or idle)):
            raising, stale = not raising, 0.0
            trading, around = _offer_all(problem, tradable, goal, raising, orders, memory)
        elif stale >= STALE * trading:
            around, stale = take_stock(problem, cash_row, trading, memory), 0.0
        missing = breach if raising else 0.0
        moved, vain, around = _pass(problem, tradable, goal, missing, trading, around, memory, orders)
        stale += vain
        idle = moved == 0
        little = not few and before - memory.merit[0] <= LITTLE_BP
        if (idle and raising) or (breach == 0.0 and (idle or little)):
            return done + 1
    return 10 * passes


@kernel(i8(PROBLEM, TRADABLE, F8, i8, ROUNDING, I8W))
def round_into(problem: Problem, tradable: Tradable, goal: Floats, passes: int, memory: Rounding, orders: Ints) -> int:
    """Orders in micro-shares (buys positive) near the weights `goal` (n,); returns the passes made.

    A name trades only on the side on which `goal` does; where `tradable.open` says so it may also be sold to mend a
    breach. Ends when a pass changes nothing, or after `passes`, ten times as many while the cash row is in breach. In
    an account of few names it starts a second time, from truncated orders, and the better end is kept, unless the
    first is near what the goals themselves are worth. In one of many it makes no pass where it starts near that, and
    ends after one that brings little.
    """
    n = len(goal)
    done = _descend(problem, tradable, goal, n <= FEW, False, passes, memory, orders)
    if n > FEW:
        if not stayed_inside(problem, tradable.cash_row, memory):
            done = _descend(problem, tradable, goal, True, False, passes, memory, orders)
        return done
    if memory.merit[0] <= AGAIN_BP:
        return done
    merit, kept = memory.merit[0], memory.kept
    for name in range(n):
        kept[name] = orders[name]
    again = _descend(problem, tradable, goal, True, True, passes, memory, orders)
    if memory.merit[0] < merit - WORTHWHILE:
        return again
    for name in range(n):
        orders[name] = kept[name]
    return done


def round_shares(problem: Problem, tradable: Tradable, goal: Floats, passes: int, orders: Ints) -> int:
    """`round_into` memory of its own."""
    n, k = problem.loadings.shape
    return int(round_into(problem, tradable, goal, passes, make_rounding(n, k, len(problem.row_price)), orders))
