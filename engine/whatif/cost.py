"""Many accounts told in a few figures: as they stand and as changed, and what the change costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.book import columns
from engine.book.schema import STATUSES
from engine.whatif.many import CHANGED, ORDERS, TODAY

SUMS = (
    "value",
    *(name for pair in ORDERS.values() for name in pair),
    "realised_st",
    "realised_lt",
    "tax_cost",
    "tax_blind",
    "tax_saved_or_deferred",
    "harvested",
)
MEANS = ("te_before", "te_after", "drift_before", "drift_after", "turnover")
DIFFERENCES = ("te_more", "tax_more")
QUANTILE = 0.9


@dataclass(frozen=True)
class Side:
    """Accounts as they stand, or as changed.

    `statuses` and exceptions' `codes` by name; `sums` in USD and orders, over all; `means` plain, over those decided.
    """

    statuses: dict[str, int]
    codes: dict[str, int]
    sums: dict[str, Decimal | int]
    means: dict[str, float | None]


@dataclass(frozen=True)
class Cost:
    """What the change costs those who would get it: `accounts`, of whom `decided` are decided with it and without.

    `had` have it already; `lost` become exceptions, `won` no longer are; `differ` trade otherwise, `retargeted` aim
    at something else. Tracking error, to what each aims at today, as a fraction: the mean `te_today` without, `te_with`
    it, and of the difference mean, mean of the retargeted, median, ninth decile and largest. Tax of all in USD:
    without, with it, and by how much `tax_more`; `tax_up` and `tax_down` are the accounts that pay more, and less.
    """

    accounts: int
    decided: int
    had: int
    lost: int
    won: int
    differ: int
    retargeted: int
    te_today: float | None
    te_with: float | None
    te_more: float | None
    te_more_retargeted: float | None
    te_more_median: float | None
    te_more_ninth_decile: float | None
    te_more_most: float | None
    tax_today: Decimal
    tax_with: Decimal
    tax_more: Decimal
    tax_up: int
    tax_down: int


def side(rows: pa.Table, name: str) -> Side:
    """One side of what `ask` told; `name` is TODAY or CHANGED."""
    status, code = rows[f"{name}_status"], rows[f"{name}_code"]
    excepted = _counts(code.filter(pc.equal(status, "EXCEPTION")))
    return Side(
        statuses=dict.fromkeys(STATUSES, 0) | _counts(status),
        codes=dict(sorted(excepted.items(), key=lambda pair: (-pair[1], pair[0]))),
        sums={one: pc.sum(rows[f"{name}_{one}"], min_count=0).as_py() for one in SUMS},
        means={one: pc.mean(rows[f"{name}_{one}"]).as_py() for one in MEANS},
    )


def cost(rows: pa.Table) -> Cost:
    """What the change costs those of the rows who do not have it yet."""
    had = pc.sum(rows["had"], min_count=0).as_py()
    getting = rows.filter(pc.invert(rows["had"]))
    before, after = (pc.equal(getting[f"{one}_status"], "EXCEPTION") for one in (TODAY, CHANGED))
    both = getting.filter(pc.is_valid(getting["te_more"]))
    more, tax = both["te_more"], both["tax_more"]
    retargeted = pc.not_equal(both[f"{TODAY}_target_id"], both[f"{CHANGED}_target_id"])
    quantile = pc.quantile(more, [0.5, QUANTILE]).to_pylist() if len(more) else [None, None]
    return Cost(
        accounts=getting.num_rows,
        decided=both.num_rows,
        had=int(had),
        lost=_true(pc.and_not(after, before)),
        won=_true(pc.and_not(before, after)),
        differ=int(np.count_nonzero(_differs(both))),
        retargeted=_true(retargeted),
        te_today=pc.mean(both[f"{TODAY}_te_after"]).as_py(),
        te_with=pc.mean(both[f"{CHANGED}_te_today"]).as_py(),
        te_more=pc.mean(more).as_py(),
        te_more_retargeted=pc.mean(more.filter(retargeted)).as_py(),
        te_more_median=quantile[0],
        te_more_ninth_decile=quantile[1],
        te_more_most=pc.max(more).as_py(),
        tax_today=pc.sum(both[f"{TODAY}_tax_cost"], min_count=0).as_py(),
        tax_with=pc.sum(both[f"{CHANGED}_tax_cost"], min_count=0).as_py(),
        tax_more=pc.sum(tax, min_count=0).as_py(),
        tax_up=_true(pc.greater(tax, pa.scalar(Decimal(0), tax.type))),
        tax_down=_true(pc.less(tax, pa.scalar(Decimal(0), tax.type))),
    )


def furthest(rows: pa.Table, limit: int) -> list[dict[str, Any]]:
    """Rows of the accounts that differ most: new exceptions first, then by tracking error and by tax, in turn.

    In turn, because neither can be told in the other: the first is the one whose tracking error rises most, the second
    the one whose tax changes most, and so on.
    """
    lost = np.asarray(pc.and_not(*(pc.equal(rows[f"{one}_status"], "EXCEPTION") for one in (CHANGED, TODAY))))
    error, tax = (np.abs(np.nan_to_num(columns.numbers(rows[name]))) for name in DIFFERENCES)
    names = np.asarray(pc.rank(columns.text(rows["account_id"]), tiebreaker="first"))
    by_error, by_tax = np.lexsort((names, -error)), np.lexsort((names, -tax))
    by_error, by_tax = by_error[error[by_error] > 0.0], by_tax[tax[by_tax] > 0.0]
    turns = [one for pair in zip(by_error, by_tax, strict=False) for one in pair]
    left = max(by_error, by_tax, key=len)[min(len(by_error), len(by_tax)) :]
    first = np.nonzero(lost)[0]
    order = list(dict.fromkeys([*first[np.argsort(names[first])].tolist(), *map(int, turns), *left.tolist()]))
    chosen: list[dict[str, Any]] = rows.take(pa.array(order[:limit], pa.int64())).to_pylist()
    return chosen


def _differs(rows: pa.Table) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """(rows,) True where orders, their USD or the gains that they realise are not the same."""
    names = (*(name for pair in ORDERS.values() for name in pair), "realised_st", "realised_lt")
    pairs = (columns.scaled(rows[f"{one}_{name}"], 100) for name in names for one in (TODAY, CHANGED))
    found = np.zeros(rows.num_rows, dtype=np.bool_)
    for today in pairs:
        found |= today != next(pairs)
    return found


def _counts(column: Any) -> dict[str, int]:
    return {one["values"]: one["counts"] for one in pc.value_counts(column).to_pylist() if one["values"] is not None}


def _true(column: Any) -> int:
    return int(pc.sum(column, min_count=0).as_py())
