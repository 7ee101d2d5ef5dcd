"""Tracking error of what accounts hold after their trades, to any target: that of today, whatever they aim at then."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.firm import Firm

Floats = NDArray[np.float64]
Weights = tuple[NDArray[np.int32], Floats]
"""Securities of a target, each once, and their weights, fractions of account value."""


def read_targets(firm: Firm, targets: pa.Table) -> dict[str, Weights]:
    """The targets of a decision by their ids."""
    owner, security = columns.encoded(targets["target_id"]), columns.codes(targets["security_id"], firm.market.ids)
    place, weight = columns.indices(owner), columns.numbers(targets["weight"])
    return {name: (security[place == n], weight[place == n]) for n, name in enumerate(owner.dictionary.to_pylist())}


def tracking_errors(
    firm: Firm, lots: pa.Table, trades: pa.Table, ids: pa.Array, value: Floats, targets: Sequence[Weights | None]
) -> Floats:
    """Annual tracking error (ids,) of lots and trades together, NaN without a target.

    `value` (ids,) USD; TE² = |Lᵀd|² + Σ δᵢdᵢ², d weights less target.
    """
    owner, security, usd = _holdings(firm, lots, trades, ids)
    first = np.searchsorted(owner, np.arange(len(ids) + 1))
    active, found = np.zeros(len(firm.market.ids)), np.full(len(ids), np.nan)
    for account, target in enumerate(targets):
        if target is None or not value[account] > 0:
            continue
        mine = slice(first[account], first[account + 1])
        np.add.at(active, security[mine], usd[mine] / value[account])
        active[target[0]] -= target[1]
        names = np.union1d(security[mine], target[0])
        gap = active[names]
        active[names] = 0.0
        exposure = firm.risk.loadings[names].T @ gap
        found[account] = math.sqrt(float(exposure @ exposure + firm.risk.specific[names] @ gap**2))
    return found


def _holdings(
    firm: Firm, lots: pa.Table, trades: pa.Table, ids: pa.Array
) -> tuple[NDArray[np.int32], NDArray[np.int32], Floats]:
    """Account, security and USD at today's prices, by account: of each lot, and of each trade, a sale below nought."""
    side = np.where(columns.codes(trades["side"], pa.array(["BUY"])) == 0, 1.0, -1.0)
    owner, security, shares = (
        np.concatenate(pair) for pair in zip(_read(firm, lots, ids, 1.0), _read(firm, trades, ids, side), strict=True)
    )
    order = np.argsort(owner, kind="stable")
    order = order[np.searchsorted(owner[order], 0) :]
    return owner[order], security[order], shares[order] * firm.market.price[security[order]]


def _read(firm: Firm, rows: pa.Table, ids: pa.Array, sign: float | Floats) -> tuple[NDArray[np.generic], ...]:
    security = columns.codes(rows["security_id"], firm.market.ids)
    return columns.codes(rows["account_id"], ids), security, sign * columns.numbers(rows["quantity"])


def of_accounts(known: Mapping[str, Weights], names: pa.Array) -> list[Weights | None]:
    """Each account's target by the name that `results` gives it, None where it has none."""
    return [None if name is None else known.get(name) for name in names.to_pylist()]
