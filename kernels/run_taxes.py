"""What the run's gains cost the accounts of a part in tax, by the netting schedule."""

from __future__ import annotations

import math

from kernels.jit import B1, F8, I8, I8W, kernel, void
from kernels.problem import Flags, Floats, Ints
from kernels.taxes import tax_cost

CENTS = 100.0


@kernel(void(B1, F8, F8, F8, F8, I8, I8, F8, F8, F8, F8, I8W))
def run_taxes(
    taxable: Flags,
    short_ytd: Floats,
    long_ytd: Floats,
    short_carried: Floats,
    long_carried: Floats,
    short_run: Ints,
    long_run: Ints,
    short_rate: Floats,
    long_rate: Floats,
    loss_value: Floats,
    ordinary_offset: Floats,
    out: Ints,
) -> None:
    """Cents each account's gains of the run cost, all (accounts,); a retirement account pays none.

    `short_run` and `long_run` in cents, carried losses (≥ 0) and the year to date in USD.
    """
    for account in range(len(out)):
        out[account] = 0
        if taxable[account]:
            cost = tax_cost(
                short_ytd[account],
                long_ytd[account],
                short_carried[account],
                long_carried[account],
                short_run[account] / CENTS,
                long_run[account] / CENTS,
                short_rate[account],
                long_rate[account],
                loss_value[account],
                ordinary_offset[account],
            )
            out[account] = math.floor(cost * CENTS + 0.5)
