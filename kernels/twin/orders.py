"""From the twin's goals to orders: whole shares, minimum trades and positions, and never less cash than must be held.

Each name goes to the order nearest to its goal of those that may be given. Where cash is then short, the name that is
furthest above its goal gives up a step, and again.
"""

from __future__ import annotations

import math

from kernels.jit import b1, f8, i8, kernel, readonly, void
from kernels.rounding.orders import TRADABLE, Tradable, least_bought, less, more, most_sold, much_less
from kernels.twin.memory import NAMES, Names

OUTSIDE = 1e-9
"""Percent of account value by which a weight is beyond a bound, and not by float noise."""
IN_STEPS = 0.125
"""The part of the cash that lacks which one name gives up at a time, where that is more than a step."""


@kernel(TRADABLE.tuple(NAMES, i8), inner=True)
def tradable_in(names: Names, n: int) -> Tradable:
    """What may be ordered of each name."""
    return Tradable(
        readonly(names.micro_weight[:n]),
        readonly(names.step[:n]),
        readonly(names.least[:n]),
        readonly(names.smallest[:n]),
        readonly(names.position[:n]),
        readonly(names.sellable[:n]),
        readonly(names.open[:n]),
        -1,
    )


@kernel(f8(NAMES, i8, i8), inner=True)
def weight_after(names: Names, name: int, order: int) -> float:
    """Percent; nothing where all is sold."""
    return 0.0 if order == -names.position[name] else names.held[name] + order * names.micro_weight[name]


@kernel(f8(NAMES, i8, i8), inner=True)
def _breach(names: Names, name: int, order: int) -> float:
    """Percent by which an order leaves a name outside its bounds, beyond float noise."""
    weight = weight_after(names, name, order)
    return float(max(weight - names.upper[name], names.lower[name] - weight, OUTSIDE))


@kernel(i8(NAMES, TRADABLE, i8), inner=True)
def _nearest(names: Names, tradable: Tradable, name: int) -> int:
    """The order nearest to a name's goal; of those that bounds allow, or of those that come closest to them."""
    wanted = (names.weight[name] - names.held[name]) / names.micro_weight[name]
    step, position = tradable.step[name], tradable.position[name]
    if wanted < 0.0:
        whole = -wanted >= position * (1.0 - 1e-6)
        low = -most_sold(tradable, name, position if whole else math.floor(-wanted / step + 1e-6) * step)
        high = less(tradable, name, low)
    else:
        low = math.floor(wanted / step + 1e-6) * step
        if low < least_bought(tradable, name):
            low = 0
        high = more(tradable, name, low)
    breach_low, breach_high = _breach(names, name, low), _breach(names, name, high)
    if breach_low == breach_high:
        return int(high) if abs(high - wanted) < abs(low - wanted) else int(low)
    return int(high) if breach_high < breach_low else int(low)


@kernel(f8(NAMES, i8, f8), inner=True)
def _missing(names: Names, n: int, most: float) -> float:
    """Percent of cash that lacks once the spread is paid, where `most` may be invested."""
    total = 0.0
    for name in range(n):
        weight = weight_after(names, name, names.orders[name])
        total += weight + names.spread[name] * abs(weight - names.held[name])
    return total - most


@kernel(i8(NAMES, TRADABLE, i8, f8), inner=True)
def _smaller(names: Names, tradable: Tradable, name: int, missing: float) -> int:
    """The order of a name that gives up a part of what is missing, or else a step; the same where it may not."""
    order = names.orders[name]
    wanted = much_less(tradable, name, order, IN_STEPS * missing)
    if weight_after(names, name, wanted) >= names.lower[name] - OUTSIDE:
        return int(wanted)
    step = less(tradable, name, order)
    return int(step) if weight_after(names, name, step) >= names.lower[name] - OUTSIDE else int(order)


@kernel(b1(NAMES, TRADABLE, i8, f8), inner=True)
def _give_up(names: Names, tradable: Tradable, n: int, missing: float) -> bool:
    """Let the name that is furthest above its goal, and may, give up a part; False where none may."""
    chosen, furthest = -1, -math.inf
    for name in range(n):
        above = weight_after(names, name, names.orders[name]) - names.weight[name]
        if above > furthest and _smaller(names, tradable, name, missing) < names.orders[name]:
            chosen, furthest = name, above
    if chosen >= 0:
        names.orders[chosen] = _smaller(names, tradable, chosen, missing)
    return chosen >= 0


@kernel(void(NAMES, i8, f8), inner=True)
def order_names(names: Names, n: int, most: float) -> None:
    """Orders of all names, of which at most `most` percent are invested, spreads paid, where sales can bring that."""
    tradable = tradable_in(names, n)
    for name in range(n):
        if names.weight[name] != names.held[name]:
            names.orders[name] = _nearest(names, tradable, name)
    missing = _missing(names, n, most)
    while missing > 0.0 and _give_up(names, tradable, n, missing):
        missing = _missing(names, n, most)
