"""The account as the iterations see it, and their memory; made once for an account's size, filled for each solve.

All costs are divided by 2λ, so that a factor's price is the exposure Lᵀ(w − w*) itself and a name's curvature its
specific variance δ. A name's weight falls from the most it may be, piece by piece in order of cost: first, as a rule,
by buying less (one piece, which gives back what buying costs), then by selling segments. So a name that gains by being
sold and bought back needs no case of its own.

Prices (p,) are those of the k factors, the m rows and the h hinges of the schedule. A hinge is a row: its activity is
the gain that counts for it, its price between nothing and its step.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from kernels.jit import B1W, F8MW, F8W, I8W, f8, i8, kernel, void
from kernels.problem import Flags, Floats, Ints
from kernels.table import Table

NOT_COUNTED = -1
"""The piece with which a name stands in the Gram matrix that does not."""
PURCHASE = -1
"""The segment of a piece that stands for buying less."""


class Work(NamedTuple):
    """n names, t pieces (a purchase a name and its segments), k factors, r = m + h rows, p = k + r prices."""

    columns: Floats
    """(n, p) loadings, then the rows' coefficients, then noughts: a hinge's depend on the piece."""
    curvature: Floats
    """(n,) δ, and `flexibility` 1/δ."""
    flexibility: Floats
    usual: Floats
    """(1,) mean of 1/δ."""
    target: Floats
    constant: Floats
    """(n,) cost of holding."""
    top: Floats
    """(n,) the weight that the walk starts at."""
    floor: Floats
    ceiling: Floats
    reach: Floats
    """(n,) the most that a percent of any of its pieces gains or loses."""
    offsets: Ints
    """(n + 1,) first piece of each name, in `order` too."""
    ends: Ints
    """(n,) behind the last place in `order` of a piece that the bounds leave something of."""
    size: Floats
    cost: Floats
    """(t,) of a percent less, without tax; as `gain`, `long` and `reach` only where there are hinges."""
    gain: Floats
    long: Flags
    order: Ints
    """(t,) pieces of each name by cost, at the prices of gain for which it was last asked."""
    priced: Floats
    """(t,) what each of them costs, where no hinge moves the prices of gain."""
    counts: Floats
    """(h, 2) whether short- and long-term gains count for a hinge."""
    rate: Floats
    """(2,) of short- and long-term gain where no hinge adds to it."""
    centre: Floats
    """(k,) Lᵀw*."""
    low: Floats
    """(r,) bounds of a row's activity."""
    high: Floats
    least: Floats
    """(r,) bounds of its price."""
    most: Floats
    price: Floats
    before: Floats
    """(p,) prices an iteration ago, and `older` two."""
    older: Floats
    step: Floats
    """(p,) the direction of search."""
    gradient: Floats
    activity: Floats
    active: Flags
    """(p,) prices that may move."""
    at: Floats
    """(n,) what a percent of each name costs at the prices, and `along` how that changes by the step."""
    along: Floats
    weight: Floats
    trial_weight: Floats
    gains: Floats
    """(2,) short- and long-term, of the last answers, where there are hinges."""
    free: Ints
    """(n,) the piece inside which a name's weight lies, or a negative number."""
    left: Floats
    """(n,) costs between which the last answer's formula holds: `base` less `slope` times cost."""
    right: Floats
    base: Floats
    slope: Floats
    short_then: Floats
    """(n,) the prices of gain that it was found at, and how far they may move (`stays`)."""
    long_then: Floats
    stays: Floats
    short_gain: Floats
    """(n,) gains realised; of a free piece as if it were sold until nothing is left."""
    long_gain: Floats
    counted: Ints
    """(n,) the piece with which a name stands in the Gram matrix."""
    gram: Floats
    """(p, p)"""
    changed: Floats
    """(block, p) names of which the Gram matrix is told, and the same with their sign."""
    signed: Floats
    system: Floats
    """(p, p + 1) of factors, or of names, and rows, beside its right-hand side."""
    solution: Floats
    """(p,)"""
    entry: Ints
    """(r,) which prices the rows of `system` are, and which of these are not held."""
    kept: Ints
    whole: Floats
    """(r,) their diagonal before anything is taken from it."""
    reduced: Floats
    """(r, r) the system of rows alone."""
    row_step: Floats
    """(r,)"""


WORK = Table(
    Work,
    (
        F8MW, F8W, F8W, F8W, F8W, F8W, F8W, F8W, F8W, F8W, I8W, I8W, F8W, F8W, F8W, B1W, I8W, F8W, F8MW, F8W, F8W,
        F8W, F8W, F8W, F8W, F8W, F8W, F8W, F8W, F8W, F8W, B1W, F8W, F8W, F8W, F8W, F8W, I8W, F8W, F8W, F8W, F8W,
        F8W, F8W, F8W, F8W, F8W, I8W, F8MW, F8MW, F8MW, F8MW, F8W, I8W, I8W, F8W, F8MW, F8W,
    ),
)  # fmt: skip


@kernel(i8(WORK, i8, i8), inner=True, inlined=True)
def segment_of(work: Work, name: int, piece: int) -> int:
    """The problem's segment that a name's piece is, or PURCHASE: each name's first piece is none."""
    return piece - name - 1 if piece > work.offsets[name] else PURCHASE


@kernel(f8(WORK, i8, f8, f8), inner=True, inlined=True)
def cost_of(work: Work, piece: int, short: float, long: float) -> float:
    """Cost of a percent of a piece where a percent of gain costs `short` or `long`."""
    rate = long if work.long[piece] else short
    return float(work.cost[piece] + rate * work.gain[piece])


@kernel(void(WORK, i8), inner=True, inlined=True)
def forget(work: Work, name: int) -> None:
    """Forget a name's last answer."""
    work.left[name], work.right[name] = math.inf, -math.inf
