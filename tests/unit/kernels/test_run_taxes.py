"""The tax of a run's gains, account by account, against the schedule of one."""

from __future__ import annotations

import math

import numpy as np

from kernels.run_taxes import run_taxes
from kernels.taxes import tax_cost


def test_each_account_pays_by_its_own_schedule() -> None:
    """A retirement account pays nothing; cents are rounded half up."""
    random = np.random.default_rng(1)
    count = 50
    taxable = random.random(count) < 0.8
    year = random.uniform(-20_000, 20_000, (2, count))
    carried = random.uniform(0, 10_000, (2, count))
    gains = random.integers(-3_000_000, 3_000_000, (2, count))
    short_rate, long_rate = random.uniform(0.3, 0.5, count), random.uniform(0.1, 0.25, count)
    loss_value, offset = random.uniform(0, 1, count), random.uniform(0, 3_000, count)
    out = np.full(count, -1, dtype=np.int64)
    run_taxes(taxable, *year, *carried, *gains, short_rate, long_rate, loss_value, offset, out)
    for k in range(count):
        rates = short_rate[k], long_rate[k], loss_value[k], offset[k]
        cost = tax_cost(*year[:, k], *carried[:, k], *(gains[:, k] / 100.0), *rates)
        assert out[k] == (math.floor(cost * 100.0 + 0.5) if taxable[k] else 0)
    assert (out > 0).any()
    assert (out < 0).any()
    assert not out[~taxable].any()
