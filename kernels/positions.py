"""A part's lots walked once: the positions they make, what each would gain if sold, what each account is worth.

A position is a run of lots of one security in one account.
"""

from __future__ import annotations

from typing import NamedTuple

from kernels.jit import B1, F8W, I4, I4W, I8, I8W, i8, kernel
from kernels.lots import Codes, Flags, Floats, Ints
from kernels.money import CENT_MICRO, MICRO
from kernels.table import Table


class Walked(NamedTuple):
    """Positions (p,), accounts (a,), lots (l,); micro-shares, cents."""

    of_account: Ints
    """(a + 1,) each account's positions"""
    offsets: Ints
    """(p + 1,) each position's lots"""
    security: Codes
    quantity: Ints
    locked: Ints
    """of lots that may not be sold"""
    unrealised: Ints
    """(l,) what each lot gains if sold whole"""
    cents: Ints
    """(a,) what each account's lots are worth, rounded half up once, and in USD unrounded"""
    dollars: Floats
    lost: Ints
    """(a,) what its lots lose that are sold at a loss"""


WALKED = Table(Walked, (I8W, I8W, I4W, I8W, I8W, I8W, I8W, F8W, I8W))


@kernel(i8(I8, I4, I8, I8, B1, I8, WALKED))
def walk_lots(
    offsets: Ints,
    security: Codes,
    quantity: Ints,
    basis: Ints,
    locked: Flags,
    price_micro: Ints,
    walked: Walked,
) -> int:
    """How many positions lots (l,) make; `offsets` (a + 1,) into them, an account's by security.

    `quantity` in micro-shares, `basis` in cents, `price_micro` (securities,) in micro-dollars, below 9e12. A lot's
    amount is rounded to the cent, a half up: `kernels.money.amount_cents`. Out: `walked`, as long as there are lots
    where it is (p,).
    """
    count = 0
    for account in range(len(offsets) - 1):
        walked.of_account[account] = count
        whole, rest, lost, last = 0, 0, 0, -1  # micro-dollars, 1e-12 dollars
        for lot in range(offsets[account], offsets[account + 1]):
            name, shares = int(security[lot]), quantity[lot]
            price, full = price_micro[name], shares // MICRO
            part = (shares - full * MICRO) * price
            carried = part // MICRO
            amount = full * price + carried
            whole += amount
            rest += part - carried * MICRO
            gain = (amount + CENT_MICRO // 2) // CENT_MICRO - basis[lot]
            walked.unrealised[lot] = gain
            lost -= min(gain, 0)
            if name != last:
                walked.security[count], walked.offsets[count] = name, lot
                walked.quantity[count], walked.locked[count] = 0, 0
                last, count = name, count + 1
            walked.quantity[count - 1] += shares
            walked.locked[count - 1] += shares if locked[lot] else 0
        whole += rest // MICRO
        rest %= MICRO
        tail = whole % CENT_MICRO * MICRO + rest
        walked.cents[account] = whole // CENT_MICRO + (1 if tail * 2 >= CENT_MICRO * MICRO else 0)
        walked.dollars[account] = (whole + rest / MICRO) / MICRO
        walked.lost[account] = lost
    walked.of_account[len(offsets) - 1] = count
    walked.offsets[count] = len(security)
    return count
