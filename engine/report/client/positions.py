"""Names that accounts hold, held or aim at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from engine.book import columns
from engine.book.accounts import Lots
from engine.errors import InputRefused
from engine.ledger.rows import Ints
from engine.report.client.lots import Left
from engine.report.client.names import Names
from engine.report.client.tools import CHANGED, REMEDY, amounts_of, offsets_of


@dataclass(frozen=True)
class Positions:
    """Names that an account holds, held or aims at; (positions,). Cents before and after; weight of the target."""

    offsets: Ints
    security: Ints
    before: Ints
    after: Ints
    weight: Any


def positions_of(names: Names, lots: Lots, left: Left, decided: pa.Table, targets: pa.Table) -> Positions:
    """Every name that an account holds, held or aims at."""
    accounts, size = decided.num_rows, len(names.ids)
    of = columns.encoded(targets["target_id"])
    target, security = columns.indices(of), columns.codes(targets["security_id"], names.ids).astype(np.int64)
    order = np.argsort(target, kind="stable")
    start = offsets_of(target[order], len(of.dictionary))
    mine = columns.codes(decided["target_id"], of.dictionary)
    if (mine < 0).any() or (security < 0).any():
        raise InputRefused(f"{CHANGED}: targets or their securities are gone", remedy=REMEDY)
    length = (start[1:] - start[:-1])[mine]
    who = np.repeat(np.arange(accounts), length)
    within = np.arange(len(who)) - np.repeat(np.cumsum(length) - length, length)
    row = order[start[:-1][mine][who] + within]
    held = np.repeat(np.arange(accounts), np.diff(lots.offsets)) * size + lots.security
    kept = np.repeat(np.arange(accounts), np.diff(left.offsets)) * size + left.security
    aimed = who * size + security[row]
    keys = np.unique(np.concatenate([held, kept, aimed]))
    before, after = (np.zeros(len(keys), dtype=np.int64) for _ in range(2))
    np.add.at(before, np.searchsorted(keys, held), lots.quantity)
    np.add.at(after, np.searchsorted(keys, kept), left.quantity)
    weight = np.zeros(len(keys))
    weight[np.searchsorted(keys, aimed)] = columns.numbers(targets["weight"])[row]
    price = names.price_micro[keys % size]
    return Positions(
        offsets_of(keys // size, accounts), keys % size, amounts_of(before, price), amounts_of(after, price), weight
    )
