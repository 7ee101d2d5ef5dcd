"""The least price of turnover, and the least risk aversion, at which an account's orders keep to what is asked.

`engine.decide.turnover` and `engine.decide.aversion` tell the same story. Every trial poses
the account anew, at what `asked` says.
"""

from __future__ import annotations

import math

from numba import types

from kernels.decide.book import BOOK, PERCENT, Book
from kernels.decide.households import HOUSEHOLDS, Households
from kernels.decide.in_budget import solve_in_budget
from kernels.decide.memory import (
    ARRAYS,
    AS_POSED,
    ASKED_AVERSION,
    ASKED_OF_BUYS,
    ASKED_OF_SELLS,
    CASE,
    MEMORY,
    OWN,
    Arrays,
    Case,
    Memory,
)
from kernels.decide.modes import judged
from kernels.decide.pose import problem_in
from kernels.decide.posed import pose
from kernels.decide.shares import ANSWER, Answer
from kernels.jit import F8, apart, b1, f8, i8, kernel
from kernels.problem import Floats, tracking_variance

LEAST_PRICE, MOST_PRICE, PRICE_HALVINGS = 0.01, 1_000.0, 10
"""bp per percent of the capped side (`engine.decide.turnover`)."""
LEAST_AVERSION, MOST_AVERSION, AVERSION_HALVINGS = 0.2, 2_000.0, 9
"""As in `engine.decide.aversion`."""
NOISE = 1e-9
"""What a tracking error, or percent traded, may be above what is asked and not be told."""
SOLVED = types.Tuple((CASE, ANSWER, b1))


@kernel(f8(ARRAYS, CASE, F8), inner=True)
def tracking_error(of: Arrays, case: Case, weights: Floats) -> float:
    """Annual, as a fraction."""
    return math.sqrt(tracking_variance(problem_in(of, case, OWN, AS_POSED), weights) / case.aversion) / PERCENT


@kernel(b1(BOOK, i8), inner=True)
def is_searched(book: Book, account: int) -> bool:
    """Whether the account has a tracking error to aim at or a cap on turnover."""
    accounts = book.accounts
    return not (math.isnan(accounts.tracking_error_target[account]) and math.isnan(accounts.max_turnover[account]))


@kernel(b1(BOOK, CASE), inner=True)
def sells_are_capped(book: Book, case: Case) -> bool:
    """Whether a cap on turnover is on sells: where there is cash to invest; otherwise on purchases."""
    return bool(case.cash / case.value > book.accounts.cash_target[case.account])


@kernel(f8(ARRAYS, CASE, ANSWER, b1), inner=True)
def traded(of: Arrays, case: Case, answer: Answer, sells: bool) -> float:
    """Percent that orders sell, or buy."""
    total, weights = 0.0, of.ordered_weights[answer.order]
    for name in range(case.n):
        change = weights[name] - of.held[name]
        total += max(-change if sells else change, 0.0)
    return total


@apart(SOLVED(BOOK, HOUSEHOLDS, MEMORY, i8, f8, b1, f8))
def _at(
    book: Book, seen: Households, memory: Memory, account: int, aversion: float, sells: bool, price: float
) -> tuple[Case, Answer, bool]:
    """Orders at an aversion and a price of the capped side; False where they are to be found elsewhere."""
    asked = memory.of.asked
    asked[ASKED_AVERSION] = aversion
    asked[ASKED_OF_SELLS], asked[ASKED_OF_BUYS] = (price, 0.0) if sells else (0.0, price)
    posed, _ = pose(book, seen, memory, account, True)
    case, answer = solve_in_budget(book, seen, memory, posed)
    return case, answer, answer.solved


@kernel(ANSWER(ANSWER, f8, f8, f8), inner=True)
def _without_price(answer: Answer, price: float, most: float, traded: float) -> Answer:
    """Value of the problem without the price, and bound of all orders within the cap."""
    return judged(answer, answer.order, -price * traded, answer.bound_bp - price * max(most, traded))


@apart(SOLVED(BOOK, HOUSEHOLDS, MEMORY, i8, f8, b1, f8))
def _in_turnover(
    book: Book, seen: Households, memory: Memory, account: int, aversion: float, sells: bool, most: float
) -> tuple[Case, Answer, bool]:
    """Orders within `most` percent of the capped side, NaN for no cap, or as near as hard rules let them be."""
    of = memory.of
    case, answer, sound = _at(book, seen, memory, account, aversion, sells, 0.0)
    if not sound or math.isnan(most) or traded(of, case, answer, sells) <= most:
        return case, answer, sound
    low, high, last = LEAST_PRICE, MOST_PRICE, MOST_PRICE
    case, answer, sound = _at(book, seen, memory, account, aversion, sells, last)
    halvings = PRICE_HALVINGS if sound and traded(of, case, answer, sells) <= most else 0
    for _ in range(halvings):
        last = math.sqrt(low * high)
        case, answer, sound = _at(book, seen, memory, account, aversion, sells, last)
        if not sound:
            return case, answer, False
        if traded(of, case, answer, sells) <= most:
            high = last
        else:
            low = last
    if last != high:
        case, answer, sound = _at(book, seen, memory, account, aversion, sells, high)
    return case, _without_price(answer, high, most, traded(of, case, answer, sells)), sound


@apart(SOLVED(BOOK, HOUSEHOLDS, MEMORY, CASE))
def solve_as_asked(book: Book, seen: Households, memory: Memory, posed: Case) -> tuple[Case, Answer, bool]:
    """Orders that keep to the account's tracking error and turnover, or as near as they can, and the case in memory.

    False where they are to be found elsewhere.
    """
    accounts, account = book.accounts, posed.account
    sells = sells_are_capped(book, posed)
    most, target = PERCENT * accounts.max_turnover[account], accounts.tracking_error_target[account]
    aversion, of = posed.aversion, memory.of
    if not math.isnan(target):
        low, high, aversion = LEAST_AVERSION, MOST_AVERSION, LEAST_AVERSION
        for trial in range(AVERSION_HALVINGS + 1):
            case, answer, sound = _in_turnover(book, seen, memory, account, aversion, sells, most)
            if not sound:
                return case, answer, False
            keeps = tracking_error(of, case, of.ordered_weights[answer.order, : case.n]) <= target
            if trial == 0 and keeps:
                high = aversion
                break
            if keeps:
                high = aversion
            elif trial > 0:
                low = aversion
            aversion = math.sqrt(low * high)
        aversion = high
    return _in_turnover(book, seen, memory, account, aversion, sells, most)
