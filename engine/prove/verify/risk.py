"""Tracking error and drift of every decided account, before and after, from the risk tables as delivered.

TE² = xᵀFx + Σ δᵢdᵢ², x = Bᵀd, d = weights less target (OPTIMISATION.md, notation).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from engine.prove.verify.columns import MONEY, SHARES, Floats, Ints, column, in_units, reals
from engine.prove.verify.compiled.arrays import read_only
from engine.prove.verify.compiled.gaps import Entries, Model, Space, measure
from engine.prove.verify.names import Names

if TYPE_CHECKING:
    from engine.prove.verify.facts import Facts

NOTHING: Final = pa.table({})


@dataclass(frozen=True)
class Risk:
    """Exposures B (securities × factors), covariance F (factors × factors), variances δ (securities), by number.

    A factor's place in them is its number in `factors` less one.
    A security without a specific variance has NaN there, which no tracking error passes.
    """

    exposures: Floats
    covariance: Floats
    specific: Floats
    factors: Names


@dataclass(frozen=True)
class Tracking:
    """By decided account, fractions; `active_after` (accounts, factors) the active exposure, Bᵀ(w − w*)."""

    te_before: Floats
    te_after: Floats
    drift_before: Floats
    drift_after: Floats
    active_after: Floats


def read_risk(firm: Mapping[str, pa.Table], securities: Names, listed: int) -> Risk:
    """Rows of securities that are not `listed`, the first so many numbers, are left out."""
    factors = Names()
    table = firm.get("risk_covariance", NOTHING)
    one, two = (factors.codes(column(table, name)) for name in ("factor_1", "factor_2"))
    size = len(factors)
    covariance = np.full((size, size), np.nan)
    covariance[one, two] = reals(column(table, "covariance"))
    table = firm.get("risk_exposures", NOTHING)
    exposures = np.zeros((listed, size))
    security, factor = securities.codes(column(table, "security_id")), factors.codes(column(table, "factor"))
    known = (security < listed) & (factor > 0) & (factor < size)
    exposures[security[known], factor[known]] = reals(column(table, "exposure"))[known]
    table = firm.get("risk_specific", NOTHING)
    specific = np.full(listed, np.nan)
    security = securities.codes(column(table, "security_id"))
    specific[security[security < listed]] = reals(column(table, "variance"))[security < listed]
    return Risk(np.ascontiguousarray(exposures[:, 1:]), np.ascontiguousarray(covariance[1:, 1:]), specific, factors)


def tracking(facts: Facts, risk: Risk) -> Tracking:
    """Of all decided accounts.

    Gaps of cash come of cents, because amounts are rounded row by row and weights alone do not tell them.
    """
    owner, row = facts.decided.account.codes, facts.decided.row
    positions, traded, targets = facts.positions, facts.traded, facts.targets
    value, target = facts.value[owner], facts.results.target.codes[row]
    moved = in_units(traded.bought - traded.sold, SHARES) * facts.securities.usd[traded.listed]
    cash_target = facts.accounts.number("cash_target")[owner]
    cash_before, cash_after = (
        in_units(facts.results.cents(name)[row], MONEY) / value - cash_target for name in ("cash_before", "cash_after")
    )
    target = np.where(target > 0, target, -1)
    listed, factors = risk.exposures.shape
    found, active = np.empty((len(owner), 4)), np.empty((len(owner), factors))
    measure(
        _entries(owner, positions.keys, positions.security.codes, positions.usd, facts),
        _entries(owner, traded.keys, traded.security.codes, np.nan_to_num(moved), facts),
        _entries(
            np.where(target > 0, target, -1), targets.pairs.keys, targets.pair_security, targets.pair_weight, facts
        ),
        value,
        cash_before,
        cash_after,
        Model(*read_only(risk.exposures, risk.covariance, risk.specific)),
        Space(
            np.zeros(listed),
            np.zeros(listed, np.int64),
            np.zeros(listed, np.int64),
            np.zeros(factors),
            np.zeros(factors),
        ),
        found,
        active,
    )
    return Tracking(found[:, 0], found[:, 1], found[:, 2], found[:, 3], active)


def _entries(owner: Ints, keys: Ints, security: Ints, amount: Floats, facts: Facts) -> Entries:
    """Amounts by security of each owner, which is the first code of its sorted `keys`."""
    size = len(facts.securities.names)
    first, last = np.searchsorted(keys, owner * size), np.searchsorted(keys, (owner + 1) * size)
    return Entries(*read_only(first, last, security, amount))
