"""Whole shares: from the continuous answer to quantities that can be traded.

Each name in turn goes from its goal to the better of the two orders around it; then one name is moved by one step at a
time, or its order dropped, while the exact objective falls. An account of many names is left as it is once it costs
hardly more than its goals. A step keeps to what may be ordered: whole shares unless the name is fractional, nothing
below the minimum trade, and a position with a fraction is sold with it only when it is sold whole. Breaches of hard
rows and bounds are priced far above everything else, so they are mended first and never bought back.

    orders    what may be ordered of a name, and the order next to one
    memory    the arrays that rounding works in, made once for many accounts
    offers    the few orders a name could go to, and what each changes that does not hang on other names
    around    what other names move, and which names that leaves quiet
    worth     what a name's offers are worth, and the best of them
    start     from goals to orders
    descent   passes over all names that trade
"""

from kernels.rounding.descent import AGAIN_BP, FEW, LITTLE_BP, WELL_BP, round_into, round_shares
from kernels.rounding.memory import BREACH, Rounding, make_rounding
from kernels.rounding.orders import Tradable, least_bought, less, more, much_less
from kernels.rounding.worth import WORTHWHILE

__all__ = [
    "AGAIN_BP",
    "BREACH",
    "FEW",
    "LITTLE_BP",
    "WELL_BP",
    "WORTHWHILE",
    "Rounding",
    "Tradable",
    "least_bought",
    "less",
    "make_rounding",
    "more",
    "much_less",
    "round_into",
    "round_shares",
]
