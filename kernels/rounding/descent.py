"""Passes over the names that trade, each moved to the best order next to its own, until a pass changes nothing."""

from __future__ import annotations

from typing import Final

from numba import types

from kernels.jit import F8, I8W, b1, f8, i8, kernel
from kernels.problem import PROBLEM, Floats, Ints, Problem
from kernels.rounding.around import AROUND, Around, is_quiet, look_around, set_gaps, take_stock
from kernels.rounding.memory import MEND, OFFERS, ROUNDING, Rounding, lay_rows, lay_trading, make_rounding
from kernels.rounding.offers import put_mending, put_offers
from kernels.rounding.orders import TRADABLE, Tradable
from kernels.rounding.start import move, settle, stand_at_goals
from kernels.rounding.worth import NONE, WORTHWHILE, best_offer, cash_room

STALE: Final = 0.1
"""Stock is taken anew once this part of all names has been looked at in vain."""
FEW: Final = 64
"""Names of a small account: there one share is much, and where the descent ends hangs on where it starts."""
NEAR_BP: Final = 0.02
"""An end that is worth no less than the goals, but for this, needs no second start."""


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
    """Let every name go to its best neighbour in turn; `breach`: percent that cash is short of.

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
        move(problem, tradable, place, chosen, value, memory, orders)
        put_offers(problem, tradable, goal, short, place, orders, memory)
        set_gaps(memory, place, place + 1, cash_pull)
        around = look_around(problem, cash_row, around.factor, memory)
    return moved, vain, around


@kernel(AROUND(PROBLEM, TRADABLE, F8, b1, i8, I8W, ROUNDING), inner=True)
def _offer_all(
    problem: Problem,
    tradable: Tradable,
    goal: Floats,
    raises_cash: bool,
    trading: int,
    orders: Ints,
    memory: Rounding,
) -> Around:
    """The offers of all names that trade, and what surrounds them."""
    for place in range(trading):
        put_offers(problem, tradable, goal, raises_cash, place, orders, memory)
    return take_stock(problem, tradable.cash_row, trading, memory)


@kernel(i8(PROBLEM, TRADABLE, F8, b1, i8, ROUNDING, I8W), inner=True)
def _descend(
    problem: Problem, tradable: Tradable, goal: Floats, truncate: bool, passes: int, memory: Rounding, orders: Ints
) -> int:
    """Round from one start; returns the passes made. `memory.merit` tells what came of it."""
    cash_row = tradable.cash_row
    stand_at_goals(problem, tradable, goal, memory, orders)
    trading = lay_trading(problem, tradable, goal, False, orders, memory)
    settle(problem, tradable, goal, truncate, trading, memory, orders)
    short = cash_room(problem, cash_row, memory) < 0.0
    if short:
        trading = lay_trading(problem, tradable, goal, short, orders, memory)
    around, stale = _offer_all(problem, tradable, goal, short, trading, orders, memory), 0.0
    for done in range(10 * passes):
        breach = max(-cash_room(problem, cash_row, memory), 0.0)
        if done >= passes and breach == 0.0:
            return passes
        if short != (breach > 0.0):  # what is sold only to raise cash may now be, or no longer
            short, stale = breach > 0.0, 0.0
            trading = lay_trading(problem, tradable, goal, short, orders, memory)
            around = _offer_all(problem, tradable, goal, short, trading, orders, memory)
        elif stale >= STALE * trading:
            around, stale = take_stock(problem, cash_row, trading, memory), 0.0
        moved, vain, around = _pass(problem, tradable, goal, breach, trading, around, memory, orders)
        stale += vain
        if moved == 0:
            return done + 1
    return 10 * passes


@kernel(i8(PROBLEM, TRADABLE, F8, i8, ROUNDING, I8W))
def round_into(problem: Problem, tradable: Tradable, goal: Floats, passes: int, memory: Rounding, orders: Ints) -> int:
    """Orders in micro-shares (buys positive) near the weights `goal` (n,); returns the passes made.

    A name trades only on the side on which `goal` does; where `tradable.open` says so it may also be sold to mend a
    breach. Ends when a pass changes nothing, or after `passes`, ten times as many while the cash row is in breach. In
    an account of few names it starts a second time, from truncated orders, and the better end is kept, unless the
    first is near what the goals themselves are worth.
    """
    n = len(goal)
    lay_rows(problem, tradable.cash_row, memory)
    done = _descend(problem, tradable, goal, False, passes, memory, orders)
    if n > FEW or memory.merit[0] <= NEAR_BP:
        return done
    merit, kept = memory.merit[0], memory.kept
    for name in range(n):
        kept[name] = orders[name]
    again = _descend(problem, tradable, goal, True, passes, memory, orders)
    if memory.merit[0] < merit - WORTHWHILE:
        return again
    for name in range(n):
        orders[name] = kept[name]
    return done


def round_shares(problem: Problem, tradable: Tradable, goal: Floats, passes: int, orders: Ints) -> int:
    """`round_into` memory of its own."""
    n, k = problem.loadings.shape
    return int(round_into(problem, tradable, goal, passes, make_rounding(n, k, len(problem.row_price)), orders))
