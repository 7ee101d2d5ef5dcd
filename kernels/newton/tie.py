"""Two pieces of a name that cost the same: between two orders of sale the dual has a kink, where the answer may lie.

Slopes of the hinges at which pieces `first` and `second` cost the same form a line (a point, where there is one hinge)
with normal ν = d(cost of first − cost of second)/d slopes. A tie is kept from its near side, where `first` is sold
first. On the far side `second` is, and the hinges' activities are less by a multiple of ν; the answer at the tie mixes
both. So the method goes on along the line, with the mixture whose derivative across it vanishes.
"""

from __future__ import annotations

from typing import NamedTuple

from numba import types
from numba.types import UniTuple

from kernels.jit import F8W, b1, f8, i8, kernel, void
from kernels.newton.answer import rates_at, sort_pieces
from kernels.newton.work import PURCHASE, WORK, Work, cost_of, forget, segment_of
from kernels.problem import Floats

APART = 1e-11
"""Distance kept from the tie, as a part of the hinges' slopes."""
ROUNDING = 1e-13
"""What rounding may put between costs that are the same, as a part of them."""


class Tie(NamedTuple):
    """`name` and its two pieces; `mixture` is the far side's part. No tie where `name` is negative."""

    name: int
    first: int
    second: int
    mixture: float


TIE = types.NamedTuple((i8, i8, i8, f8), Tie)


@kernel(TIE())
def no_tie() -> Tie:
    """No tie."""
    return Tie(-1, -1, -1, 0.0)


@kernel(f8(WORK, TIE, i8), inner=True, inlined=True)
def normal(work: Work, tie: Tie, hinge: int) -> float:
    """ν's entry for a hinge; nought where the two differ by rounding alone, as lots bought at one price do."""
    first = work.counts[hinge, 1 if work.long[tie.first] else 0] * work.gain[tie.first]
    second = work.counts[hinge, 1 if work.long[tie.second] else 0] * work.gain[tie.second]
    apart = first - second
    return float(apart if abs(apart) > ROUNDING * (abs(first) + abs(second)) else 0.0)


@kernel(UniTuple(f8, 2)(WORK, TIE, f8), inner=True)
def parts_sold(work: Work, tie: Tie, weight: float) -> tuple[float, float]:
    """What is sold of both pieces together, and how much of it is the first's where that is sold first."""
    sold = work.top[tie.name] - weight
    for place in range(work.offsets[tie.name], work.ends[tie.name]):
        piece = work.order[place]
        if piece == tie.first or piece == tie.second:
            break
        sold -= work.size[piece]
    both = min(max(sold, 0.0), work.size[tie.first] + work.size[tie.second])
    return both, min(both, work.size[tie.first])


@kernel(f8(WORK, TIE, f8), inner=True)
def exchanged(work: Work, tie: Tie, weight: float) -> float:
    """Percent that is the first piece's on the near side and the second's on the far side."""
    both, first = parts_sold(work, tie, weight)
    return float(first - max(both - work.size[tie.second], 0.0))


@kernel(TIE(WORK, TIE, f8, f8, f8), inner=True)
def _crossing(work: Work, pair: Tie, width: float, short: float, long: float) -> Tie:
    """Two pieces as a tie, if they change places within a width of steps from these prices of gain on; else none.

    Where they cost the same but for rounding, the one that grows dearer along the direction was sold first.
    """
    p, h = len(work.price), len(work.counts)
    dearer = 0.0
    for hinge in range(h):
        dearer += work.step[p - h + hinge] * normal(work, pair, hinge)
    cost = cost_of(work, pair.first, short, long)
    difference = cost - cost_of(work, pair.second, short, long)
    noise = ROUNDING * (abs(cost) + abs(work.cost[pair.first]))
    if dearer > 0.0 and difference + width * dearer > -noise:
        return pair
    if dearer < 0.0 and difference > -noise:
        return Tie(pair.name, pair.second, pair.first, pair.mixture)
    return no_tie()


@kernel(TIE(WORK, f8, f8), inner=True)
def find_tie(work: Work, near: float, far: float) -> Tie:
    """The first name that sells of two pieces which change places between two steps along the direction.

    Names are asked anew afterwards, because the order of their pieces is that of the near step.
    """
    short, long = rates_at(work, near)
    for name in range(len(work.target)):
        forget(work, name)
        if len(work.counts) == 0:  # nothing moves the prices of gain, and so no two pieces change places
            continue
        sort_pieces(work, name, short, long)
        for place in range(work.offsets[name], work.ends[name] - 1):
            pair = Tie(name, work.order[place], work.order[place + 1], 0.0)
            tie = _crossing(work, pair, far - near, short, long)
            if tie.name >= 0 and exchanged(work, tie, work.trial_weight[name]) > 0.0:
                return tie
    return no_tie()


@kernel(b1(WORK, i8), inner=True, inlined=True)
def _inside(work: Work, hinge: int) -> bool:
    """Whether a hinge's slope is strictly inside its box."""
    row = len(work.low) - len(work.counts) + hinge
    price = work.price[len(work.centre) + row]
    return bool(work.least[row] < price < work.most[row])


@kernel(b1(WORK, TIE, f8), inner=True)
def approach(work: Work, tie: Tie, side: float) -> bool:
    """Move the slopes inside their boxes to a tie's near side (−1) or far side (1); False where they cannot."""
    p, h = len(work.price), len(work.counts)
    short, long = rates_at(work, 0.0)
    difference = cost_of(work, tie.first, short, long) - cost_of(work, tie.second, short, long)
    size, most = 0.0, 0.0
    for hinge in range(h):
        if _inside(work, hinge):
            size += normal(work, tie, hinge) ** 2
            most = max(most, abs(work.price[p - h + hinge]))
    if size == 0.0:
        return False
    away = side * APART * most * size**0.5
    for hinge in range(h):
        if _inside(work, hinge):
            work.price[p - h + hinge] += (away - difference) * normal(work, tie, hinge) / size
    for hinge in range(h):
        row = len(work.low) - h + hinge
        if not (work.least[row] <= work.price[p - h + hinge] <= work.most[row]):
            work.price[p - h + hinge] = min(max(work.price[p - h + hinge], work.least[row]), work.most[row])
            return False
    return True


@kernel(TIE(WORK, TIE), inner=True)
def balanced(work: Work, tie: Tie) -> Tie:
    """The tie with the mixture at which the derivative across it vanishes; no tie where slopes cannot move across it.

    Activities are mixed so, but by no less than nothing and no more than all: a mixture below 0 says that the slopes
    would leave by the near side, one above 1 by the far side.
    """
    p, h = len(work.price), len(work.counts)
    short, long = rates_at(work, 0.0)
    sort_pieces(work, tie.name, short, long)
    moved = exchanged(work, tie, work.weight[tie.name])
    across, size = 0.0, 0.0
    for hinge in range(h):
        if _inside(work, hinge):
            slope = work.activity[p - h + hinge] - work.high[len(work.low) - h + hinge]
            across += slope * normal(work, tie, hinge)
            size += normal(work, tie, hinge) ** 2
    if moved <= 0.0 or size == 0.0:
        return no_tie()
    mixture = across / (moved * size)
    part = min(max(mixture, 0.0), 1.0)
    for hinge in range(h):
        work.activity[p - h + hinge] -= part * moved * normal(work, tie, hinge)
    return Tie(tie.name, tie.first, tie.second, mixture)


@kernel(b1(WORK, TIE), inner=True)
def leads_away(work: Work, tie: Tie) -> bool:
    """Whether the direction leads off a tie by the side that its mixture, which is not from 0 to 1, says."""
    first, across = len(work.price) - len(work.counts), 0.0
    for hinge in range(len(work.counts)):
        across += work.step[first + hinge] * normal(work, tie, hinge)
    return bool(across < 0.0 if tie.mixture < 0.0 else across > 0.0)


@kernel(TIE(TIE), inner=True)
def kept(tie: Tie) -> Tie:
    """The tie with as much of its mixture as there can be."""
    return Tie(tie.name, tie.first, tie.second, min(max(tie.mixture, 0.0), 1.0))


@kernel(void(WORK, TIE, F8W), inner=True)
def exchange(work: Work, tie: Tie, sold: Floats) -> None:
    """Sell the mixture's part of the second piece in place of the first; `sold` (s,) percent of the segments."""
    part = tie.mixture * exchanged(work, tie, work.weight[tie.name])
    first, second = segment_of(work, tie.name, tie.first), segment_of(work, tie.name, tie.second)
    if first != PURCHASE:
        sold[first] -= part
    if second != PURCHASE:
        sold[second] += part
