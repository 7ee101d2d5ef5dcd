"""Proof that the hard rules are in conflict (Farkas)."""

from __future__ import annotations

import math

from kernels.jit import F8, F8W, f8, kernel
from kernels.newton.work import WORK, Work
from kernels.problem import Floats


@kernel(f8(WORK, F8), f8(WORK, F8W), inner=True)
def conflict(work: Work, prices: Floats) -> float:
    """How far row prices (p,) prove that no weights keep all hard rows, in percent of the account; positive is a proof.

    Least of (Aᵀy)ᵀw over the bounds less Σ(y⁺·high − y⁻·low), by |y|₁. Rows whose breach has a price take no part.
    """
    k, m = len(work.centre), len(work.low) - len(work.counts)
    size, value = 0.0, 0.0
    for row in range(m):
        price = prices[k + row]
        hard = work.most[row] if price > 0.0 else -work.least[row]
        if price != 0.0 and math.isinf(hard):
            size += abs(price)
            value -= price * (work.high[row] if price > 0.0 else work.low[row])
    if size == 0.0:
        return -math.inf
    for name in range(len(work.target)):
        slope = 0.0
        for row in range(m):
            price = prices[k + row]
            if price != 0.0 and math.isinf(work.most[row] if price > 0.0 else -work.least[row]):
                slope += price * work.columns[name, k + row]
        value += slope * (work.floor[name] if slope > 0.0 else work.ceiling[name])
    return value / size
