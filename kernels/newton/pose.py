"""A problem as `Work`: what stays the same for an account, for a half of its schedule, and for a solve.

A new account is posed, then a half set, then the bounds: `pose`, `set_half`, `set_bounds`, and `renew` or `start` for
its first prices. To solve it again with other bounds only `set_rows` and `set_bounds` are called, and a name whose
bounds are what they were keeps what is known of it.
"""

from __future__ import annotations

import numpy as np

from kernels.jit import F8, F8M, I8, f8, i8, kernel, void
from kernels.newton.eliminate import few_names
from kernels.newton.gram import take_out
from kernels.newton.work import NOT_COUNTED, WORK, Work, forget
from kernels.problem import PROBLEM, Floats, Ints, Problem


@kernel(void(PROBLEM, WORK))
def set_rows(problem: Problem, work: Work) -> None:
    """Between which bounds each row lies."""
    unit = 1.0 / (2.0 * problem.risk_aversion)
    for row in range(len(problem.row_price)):
        work.low[row] = problem.row_lower[row]
        work.high[row] = problem.row_upper[row]
        cap = problem.row_price[row] * unit
        work.least[row] = -cap if np.isfinite(problem.row_lower[row]) else 0.0
        work.most[row] = cap if np.isfinite(problem.row_upper[row]) else 0.0


@kernel(void(PROBLEM, i8, f8, WORK), inner=True, inlined=True)
def _pose_pieces(problem: Problem, name: int, unit: float, work: Work) -> None:
    """A name's pieces, its purchase and then its segments: what they cost and gain, where hinges ask for it again."""
    piece, reach = problem.segment_offsets[name] + name, 0.0
    work.offsets[name] = piece
    if len(work.counts) == 0:
        return
    work.cost[piece], work.gain[piece], work.long[piece] = -problem.buy_cost[name] * unit, 0.0, False
    for segment in range(problem.segment_offsets[name], problem.segment_offsets[name + 1]):
        piece += 1
        work.cost[piece] = problem.segment_cost[segment] * unit
        work.gain[piece], work.long[piece] = problem.segment_gain[segment], problem.segment_long[segment]
        reach = max(reach, abs(problem.segment_gain[segment]))
    work.reach[name] = reach


@kernel(void(PROBLEM, WORK))
def pose(problem: Problem, work: Work) -> None:
    """A new account: columns, curvature, pieces and rows; nothing is remembered but prices."""
    n, k = problem.loadings.shape
    m = len(problem.row_price)
    unit = 1.0 / (2.0 * problem.risk_aversion)
    work.centre[:] = 0.0
    total = 0.0
    for name in range(n):
        work.curvature[name] = problem.curvature[name] / problem.risk_aversion
        work.flexibility[name] = problem.risk_aversion / problem.curvature[name]
        total += work.flexibility[name]
        work.target[name] = problem.target[name]
        work.constant[name] = problem.hold_cost[name] * unit
        work.floor[name], work.ceiling[name] = np.nan, np.nan
        for factor in range(k):
            work.columns[name, factor] = problem.loadings[name, factor]
            work.centre[factor] += problem.loadings[name, factor] * problem.target[name]
        for row in range(m):
            work.columns[name, k + row] = problem.rows[row, name]
        for hinge in range(k + m, len(work.price)):
            work.columns[name, hinge] = 0.0
        _pose_pieces(problem, name, unit, work)
    work.usual[0] = total / n
    work.offsets[n] = len(problem.segment_size) + n
    set_rows(problem, work)


@kernel(void(PROBLEM, I8, WORK))
def pose_again(problem: Problem, names: Ints, work: Work) -> None:
    """The same account with other costs of these names' trades; all else that is known of it stays known."""
    unit = 1.0 / (2.0 * problem.risk_aversion)
    take_out(work, names)
    for name in names:
        work.floor[name], work.ceiling[name] = np.nan, np.nan
        _pose_pieces(problem, name, unit, work)


@kernel(void(PROBLEM, F8, F8, F8, F8M, WORK))
def set_half(problem: Problem, rate: Floats, step: Floats, at: Floats, counts: Floats, work: Work) -> None:
    """One half of the schedule (`engine.decide.schedule.Half`): `rate` (2,), hinges `step`, `at` (h,), `counts`.

    Bounds are set afterwards.
    """
    unit = 1.0 / (2.0 * problem.risk_aversion)
    first = len(problem.row_price)
    work.rate[0], work.rate[1] = rate[0] * unit, rate[1] * unit
    for hinge in range(len(step)):
        work.counts[hinge, 0], work.counts[hinge, 1] = counts[hinge, 0], counts[hinge, 1]
        work.low[first + hinge], work.high[first + hinge] = -np.inf, -at[hinge]
        work.least[first + hinge], work.most[first + hinge] = 0.0, step[hinge] * unit
    work.counted[:] = NOT_COUNTED
    if not few_names(work):
        work.gram[:] = 0.0
    for name in range(len(work.target)):
        work.floor[name], work.ceiling[name] = np.nan, np.nan
        forget(work, name)


@kernel(void(PROBLEM, i8, WORK), inner=True, inlined=True)
def _list_pieces(problem: Problem, name: int, work: Work) -> None:
    """How much there is of each of a name's pieces, and those of which the bounds leave something, as they come."""
    held, piece = problem.held[name], work.offsets[name]
    room, place = max(held - work.floor[name], 0.0), work.offsets[name]
    work.size[piece], work.order[place] = work.ceiling[name] - held, piece
    place += 1 if work.size[piece] > 0.0 else 0
    for segment in range(problem.segment_offsets[name], problem.segment_offsets[name + 1]):
        piece += 1
        work.size[piece], work.order[place] = min(problem.segment_size[segment], room), piece
        place += 1 if work.size[piece] > 0.0 else 0
    work.ends[name] = place


@kernel(void(WORK, i8, i8, i8, f8), inner=True, inlined=True)
def _put_priced(work: Work, start: int, place: int, piece: int, cost: float) -> None:
    """A piece among those from `start` to `place`, which ascend in cost, behind its equals."""
    while place > start and work.priced[place - 1] > cost:
        work.order[place], work.priced[place] = work.order[place - 1], work.priced[place - 1]
        place -= 1
    work.order[place], work.priced[place] = piece, cost


@kernel(void(PROBLEM, i8, f8, WORK), inner=True, inlined=True)
def _price_pieces(problem: Problem, name: int, unit: float, work: Work) -> None:
    """The same by ascending cost, once for all solves, where no hinge moves the prices of gain.

    Segments nearly ascend, and buying less goes between those of them that cost less and those that cost no less.
    """
    start, bought, held = work.offsets[name], work.offsets[name], problem.held[name]
    own, room, place = -problem.buy_cost[name] * unit, max(held - work.floor[name], 0.0), start
    work.size[bought] = work.ceiling[name] - held
    waits = work.size[bought] > 0.0
    for segment in range(problem.segment_offsets[name], problem.segment_offsets[name + 1]):
        piece, size = segment + name + 1, min(problem.segment_size[segment], room)
        if size <= 0.0:
            continue
        work.size[piece] = size
        rate = work.rate[1] if problem.segment_long[segment] else work.rate[0]
        cost = problem.segment_cost[segment] * unit + rate * problem.segment_gain[segment]
        if waits and cost >= own:
            _put_priced(work, start, place, bought, own)
            waits, place = False, place + 1
        _put_priced(work, start, place, piece, cost)
        place += 1
    if waits:
        _put_priced(work, start, place, bought, own)
        place += 1
    work.ends[name] = place


@kernel(void(PROBLEM, F8, F8, WORK))
def set_bounds(problem: Problem, lower: Floats, upper: Floats, work: Work) -> None:
    """Between which weights each name may lie, and so how much there is of the pieces by which it falls."""
    unit = 1.0 / (2.0 * problem.risk_aversion)
    for name in range(len(lower)):
        if work.floor[name] == lower[name] and work.ceiling[name] == upper[name]:
            continue
        forget(work, name)
        work.floor[name], work.ceiling[name] = lower[name], upper[name]
        work.top[name] = max(problem.held[name], upper[name])
        if len(work.counts) == 0:
            _price_pieces(problem, name, unit, work)
        else:
            _list_pieces(problem, name, work)


@kernel(void(WORK))
def renew(work: Work) -> None:
    """Prices at nought, for an account of which nothing is known."""
    work.price[:] = 0.0


@kernel(void(PROBLEM, F8, F8, F8, WORK))
def start(problem: Problem, factor_prices: Floats, row_prices: Floats, slopes: Floats, work: Work) -> None:
    """Prices to start from, those of an answer near by; hinges at nought where it had another number of them."""
    k, m, unit = len(factor_prices), len(row_prices), 1.0 / (2.0 * problem.risk_aversion)
    work.price[:] = 0.0
    for factor in range(k):
        work.price[factor] = factor_prices[factor] * unit
    for row in range(m):
        work.price[k + row] = row_prices[row] * unit
    if len(slopes) == len(work.counts):
        for hinge in range(len(slopes)):
            work.price[k + m + hinge] = slopes[hinge] * unit
