"""Tracking error and drift of every decided account, before and after, from the risk tables as delivered.

TE² = xᵀFx + Σ δᵢdᵢ², x = Bᵀd, d = weights less target (OPTIMISATION.md, notation).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from engine.prove.verify.columns import MONEY, SHARES, Bools, Floats, Ints, column, in_units, reals
from engine.prove.verify.groups import join
from engine.prove.verify.names import Names

if TYPE_CHECKING:
    from engine.prove.verify.facts import Facts

ACCOUNTS: Final = 128
"""How many accounts are taken together: a gap for each of them and every security that one of them holds or wants."""


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
    return Risk(exposures[:, 1:], covariance[1:, 1:], specific, factors)


def tracking(facts: Facts, risk: Risk) -> Tracking:
    """Of all decided accounts, some at a time, so that memory stays small."""
    gaps = _Gaps(facts)
    count = len(facts.decided)
    parts = [_of(gaps, risk, first, min(first + ACCOUNTS, count)) for first in range(0, count, ACCOUNTS)]
    none = (*(np.zeros(0),) * 4, np.zeros((0, len(risk.covariance))))
    return Tracking(*(np.concatenate(figures) for figures in zip(none, *parts, strict=True)))


class _Gaps:
    """Sparse gaps by decided account: weights held, what the trades add, targets; the gap of cash.

    Cash is in cents, because amounts are rounded row by row and weights alone do not tell it.
    """

    def __init__(self, facts: Facts) -> None:
        owner, row = facts.decided.account.codes, facts.decided.row
        place = np.full(len(facts.accounts.names), -1)
        place[owner] = np.arange(len(owner))
        self.value = facts.value[owner]
        securities, positions, traded = facts.securities, facts.positions, facts.traded
        holder, buyer = place[positions.account.codes], place[traded.account.codes]
        self.held = self._entries(holder, positions.security.codes, positions.usd, len(securities))
        moved = in_units(traded.bought - traded.sold, SHARES) * securities.usd[traded.listed]
        self.moved = self._entries(buyer, traded.security.codes, moved, len(securities))
        targets = facts.targets
        self.target = facts.results.target.codes[row]
        listed = np.flatnonzero(
            (targets.pair_target > 0) & (targets.pair_security > 0) & (targets.pair_security < len(securities))
        )
        self.target_of = targets.pair_target[listed]
        self.target_security, self.target_weight = targets.pair_security[listed], targets.pair_weight[listed]
        cash_target = facts.accounts.number("cash_target")[owner]
        self.cash = [
            in_units(facts.results.cents(name)[row], MONEY) / self.value - cash_target
            for name in ("cash_before", "cash_after")
        ]

    def _entries(self, place: Ints, security: Ints, usd: Floats, listed: int) -> tuple[Ints, Ints, Floats]:
        """(account, security, fraction of value) in order of account."""
        sound = np.flatnonzero((place >= 0) & (security > 0) & (security < listed))
        order = sound[np.argsort(place[sound], kind="stable")]
        return place[order], security[order], np.nan_to_num(usd[order]) / self.value[place[order]]


def _of(gaps: _Gaps, risk: Risk, first: int, last: int) -> tuple[Floats, ...]:
    """What `Tracking` tells of the decided accounts from `first` to `last`."""
    held, moved = (_between(entries, first, last) for entries in (gaps.held, gaps.moved))
    targets, target = np.unique(gaps.target[first:last], return_inverse=True)
    of_target, row = join(gaps.target_of, targets)
    used = np.zeros(len(risk.specific), dtype=bool)
    for securities in (held[1], moved[1], gaps.target_security[row]):
        used[securities] = True
    place = np.cumsum(used) - 1
    wanted = np.zeros((len(targets), int(used.sum())))
    wanted[of_target, place[gaps.target_security[row]]] = gaps.target_weight[row]
    gap = np.zeros((last - first, wanted.shape[1]))
    gap[held[0] - first, place[held[1]]] = held[2]
    gap -= wanted[target]
    (before, _), cash_before = _error(gap, risk, used), np.abs(gaps.cash[0][first:last])
    drift_before = (np.abs(gap).sum(axis=1) + cash_before) / 2
    gap[moved[0] - first, place[moved[1]]] += moved[2]
    (after, active), cash_after = _error(gap, risk, used), np.abs(gaps.cash[1][first:last])
    return before, after, drift_before, (np.abs(gap).sum(axis=1) + cash_after) / 2, active


def _between(entries: tuple[Ints, Ints, Floats], first: int, last: int) -> tuple[Ints, Ints, Floats]:
    start, end = np.searchsorted(entries[0], (first, last))
    return entries[0][start:end], entries[1][start:end], entries[2][start:end]


def _error(gap: Floats, risk: Risk, used: Bools) -> tuple[Floats, Floats]:
    """√(dᵀ(BFBᵀ + diag δ)d) of each row of gaps in the securities used, and Bᵀd."""
    x = gap @ risk.exposures[used]
    specific = risk.specific[used]
    unknown = np.isnan(specific)
    variance = ((x @ risk.covariance) * x).sum(axis=1) + gap**2 @ np.where(unknown, 0.0, specific)
    found: Floats = np.sqrt(np.maximum(variance, 0.0))
    if unknown.any():
        found[(gap[:, unknown] != 0).any(axis=1)] = np.nan
    return found, x
