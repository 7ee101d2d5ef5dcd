"""Gaps between what accounts hold and what they aim at, account by account: tracking error, drift, active exposure."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import types

from engine.prove.verify.compiled.arrays import F8, F8W, I8, I8W, Floats, Ints, f8, i8, void
from engine.prove.verify.compiled.decorator import compiled


class Entries(NamedTuple):
    """Amounts by security; those of account `a` are `first[a]` to `last[a]`."""

    first: Ints
    last: Ints
    security: Ints
    amount: Floats


class Model(NamedTuple):
    """The risk model: exposures (securities, factors), covariance (factors, factors), variances (securities)."""

    exposures: Floats
    covariance: Floats
    specific: Floats


class Space(NamedTuple):
    """Room for one account: its gap in each security, zeros at first; those that it touches; by factor x = Bᵀd, Fx."""

    gap: Floats
    touched: Ints
    is_touched: Ints
    active: Floats
    turned: Floats


_F8_2: Final = types.Array(f8, 2, "C", readonly=True)
ENTRIES: Final = types.NamedTuple((I8, I8, I8, F8), Entries)
MODEL: Final = types.NamedTuple((_F8_2, _F8_2, F8), Model)
SPACE: Final = types.NamedTuple((F8W, I8W, I8W, F8W, F8W), Space)


@compiled(i8(ENTRIES, i8, f8, SPACE, i8))
def _add(entries: Entries, account: int, unit: float, space: Space, count: int) -> int:
    """Add the account's amounts, in units, to the gaps; how many securities it touches then. Only what is listed."""
    for place in range(entries.first[account], entries.last[account]):
        security = entries.security[place]
        if 0 < security < len(space.gap):
            if not space.is_touched[security]:
                space.is_touched[security] = 1
                space.touched[count] = security
                count += 1
            space.gap[security] += entries.amount[place] / unit
    return count


@compiled(types.UniTuple(f8, 2)(MODEL, SPACE, i8))
def _measure(model: Model, space: Space, count: int) -> tuple[float, float]:
    """√(dᵀ(BFBᵀ + diag δ)d), NaN where a variance is not known, and the sum of the absolute gaps."""
    total = variance = 0.0
    space.active[:] = 0.0
    for place in range(count):
        security = space.touched[place]
        gap = space.gap[security]
        total += abs(gap)
        if gap != 0:
            variance += gap * gap * model.specific[security]
        for factor in range(len(space.active)):
            space.active[factor] += gap * model.exposures[security, factor]
    space.turned[:] = 0.0
    for one in range(len(space.active)):
        for two in range(len(space.active)):
            space.turned[two] += space.active[one] * model.covariance[one, two]
    for one in range(len(space.active)):
        variance += space.turned[one] * space.active[one]
    return np.sqrt(0.0 if variance < 0 else variance), total


@compiled(void(ENTRIES, ENTRIES, ENTRIES, F8, F8, F8, MODEL, SPACE, types.Array(f8, 2, "C"), types.Array(f8, 2, "C")))
def measure(
    held: Entries,
    moved: Entries,
    wanted: Entries,
    value: Floats,
    cash_before: Floats,
    cash_after: Floats,
    model: Model,
    space: Space,
    found: Floats,
    active: Floats,
) -> None:
    """By account: tracking error before and after, drift before and after (`found`), active exposure after.

    What accounts hold, and what trades add (`moved`), is in USD, as `value` is; what they want and gaps of cash are
    fractions of it.
    """
    for account in range(len(cash_before)):
        count = _add(held, account, value[account], space, 0)
        count = _add(wanted, account, -1.0, space, count)
        error, total = _measure(model, space, count)
        found[account, 0] = error
        found[account, 2] = (total + abs(cash_before[account])) / 2
        count = _add(moved, account, value[account], space, count)
        error, total = _measure(model, space, count)
        found[account, 1] = error
        found[account, 3] = (total + abs(cash_after[account])) / 2
        for factor in range(len(space.active)):
            active[account, factor] = space.active[factor]
        for place in range(count):
            space.gap[space.touched[place]] = 0.0
            space.is_touched[space.touched[place]] = 0
