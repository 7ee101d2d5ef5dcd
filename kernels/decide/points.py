"""Where names' points of wash sales are, and what they cost past them (`engine.decide.branches` states the same).

Of a name's losses the first shares sold bring nothing, as many as recent purchases replace, what is sold beyond brings
all it would; of a purchase the first shares take recent losses away, further ones nothing.
"""

from __future__ import annotations

import math

from kernels.decide.branches import is_reached
from kernels.decide.memory import ARRAYS, CASE, OWN, Arrays, Case
from kernels.decide.order import forget_order
from kernels.jit import apart, f8, i8, kernel, void
from kernels.taxes import dearest, is_budgeted


@kernel(f8(ARRAYS, i8, f8), inner=True)
def _whole_steps(of: Arrays, name: int, percent: float) -> float:
    """Percent of the next whole step."""
    step = of.step[name] * of.micro_weight[name]
    return float(math.ceil(percent / step - 1e-9) * step)


@kernel(void(ARRAYS, CASE, i8), inner=True)
def _find_sale(of: Arrays, case: Case, name: int) -> None:
    """The point of a name's losses, and what its replaced segments cost past it: less than all others, to go first."""
    of.easier_sale[name], of.unlike[name] = False, False
    if not of.washed[name]:
        if of.doubtful[name]:
            for segment in range(of.offsets[name], of.offsets[name + 1]):
                of.easier_sale[name] = of.easier_sale[name] or of.most_lost[segment] < of.gain[segment]
        return
    price = dearest(case.schedule)
    size, cheapest, gains_beyond = 0.0, math.inf, False
    for segment in range(of.offsets[name], of.offsets[name + 1]):
        if of.replaced[segment]:
            size += of.size[segment]
        elif of.beyond[segment] < of.gain[segment]:
            gains_beyond = True
        if of.most_lost[segment] < min(of.beyond[segment], of.gain[segment]):
            of.easier_sale[name] = True
        of.unlike[name] = of.unlike[name] or is_reached(of, segment)
        cheapest = min(cheapest, of.cost[segment] + price * of.beyond[segment])
    least = _whole_steps(of, name, size)
    if not gains_beyond or size <= 0.0 or of.held[name] - least < of.lower[OWN, name] - 1e-12 or least > of.held[name]:
        return
    of.sale_point[name], of.sale_cost[name], of.sale_constant[name] = least, cheapest - 1.0, 0.0
    for segment in range(of.offsets[name], of.offsets[name + 1]):
        if of.replaced[segment]:
            of.sale_constant[name] += (of.cost[segment] - of.sale_cost[name]) * of.size[segment]
    place = of.offsets[name]
    for later in range(2):
        for segment in range(of.offsets[name], of.offsets[name + 1]):
            if of.replaced[segment] == (later == 0):
                of.past_order[place] = segment
                place += 1


@kernel(void(ARRAYS, i8), inner=True)
def _keep(of: Arrays, name: int) -> None:
    """Keep a name's bounds and costs as it was posed."""
    of.base_lower[name], of.base_upper[name] = of.lower[OWN, name], of.upper[OWN, name]
    of.base_buy_cost[name] = of.buy_cost[name]
    for segment in range(of.offsets[name], of.offsets[name + 1]):
        of.base_cost[segment], of.base_gain[segment] = of.cost[segment], of.gain[segment]


@kernel(void(ARRAYS, CASE), inner=True)
def no_points(of: Arrays, case: Case) -> None:
    """A new account: every name up to its points, and none looked at beyond."""
    forget_order(of)
    of.pointed_count[0], of.passes[0], of.passes[1] = 0, False, False
    of.is_pointed[: case.n] = False
    of.mode[: case.n] = 0


@apart(void(ARRAYS, CASE))
def find_points(of: Arrays, case: Case) -> None:
    """Where each name's points are, of the account as it is posed.

    Under a budget no sale goes past its point: what wash sales leave of its losses is only sure up to there.
    """
    no_points(of, case)
    of.passes[0], of.passes[1] = not is_budgeted(case.schedule), True
    for name in range(case.n):
        of.sale_point[name], of.purchase_point[name] = 0.0, 0.0
        _find_sale(of, case, name)
        cheaper = of.wash_least[name] < of.wash_price[name] * (1.0 - 1e-9)
        of.easier[name] = of.easier_sale[name] or cheaper
        if of.replacing[name] > 0.0:
            least = _whole_steps(of, name, of.replacing[name])
            if max(of.lower[OWN, name], of.held[name] + least) < of.upper[OWN, name]:
                of.purchase_point[name] = least
        if of.sale_point[name] > 0.0 or of.purchase_point[name] > 0.0 or of.easier[name] or of.unlike[name]:
            of.is_pointed[name] = True
            of.pointed[of.pointed_count[0]] = name
            of.pointed_count[0] += 1
            _keep(of, name)
