"""Tax against tracking error: what a run would do with accounts that minded risk less, or more, than they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.book import columns
from engine.book.settings import Levels, resolve
from engine.whatif.change import Change
from engine.whatif.many import PartScene, decide_many

FACTORS = tuple(2.0**power for power in range(-4, 5))
"""Of an account's own risk aversion, which is the fifth."""
TOLD = ("status", "te_after", "tax_cost", "realised_st", "realised_lt", "turnover", "bought", "sold")
"""What is told of each account at each point."""


@dataclass(frozen=True)
class Point:
    """All accounts at one factor: those decided at every factor, `traded` of them.

    `risk_aversion` is their median; `te_after` and `turnover` their mean, fractions; the money, USD, their sum.
    """

    factor: float
    risk_aversion: float | None
    accounts: int
    traded: int
    te_after: float | None
    tax_cost: Decimal
    realised_st: Decimal
    realised_lt: Decimal
    turnover: float | None


def trace(part: PartScene, ids: pa.Array, change: Change, factors: Sequence[float] = FACTORS) -> pa.Table:
    """One row each of these accounts, with the change, and factor: `TOLD`, and the `risk_aversion` that it was given.

    All go to the factor at once; their households decide with them. An account with a `tracking_error_target`, which
    goes before risk aversion, aims at that over √factor instead. Raises `PartRefused` where a run would refuse the
    book.
    """
    tables = change.on(part.tables, ids)
    found = []
    for factor in factors:
        moved = scaled(part.firm.levels, tables, ids, factor)
        told, _ = decide_many(part, moved, ids)
        row = columns.codes(ids, columns.text(moved["accounts"]["account_id"]))
        aversion = moved["accounts"]["risk_aversion"].take(pa.array(row))
        given = {
            "account_id": ids,
            "factor": pa.array(np.full(len(ids), factor)),
            "risk_aversion": columns.flat(aversion),
        }
        found.append(pa.table(given | {name: told[name] for name in TOLD}))
    return pa.concat_tables(found)


def scaled(levels: Levels, tables: Mapping[str, pa.Table], ids: pa.Array, factor: float) -> dict[str, pa.Table]:
    """The tables with these accounts' risk aversion times the factor, their tracking error targets over its root."""
    accounts = tables["accounts"]
    mine = columns.codes(accounts["account_id"], ids) >= 0
    settings = resolve(accounts, levels)
    scales = {"risk_aversion": factor, "tracking_error_target": factor**-0.5}
    for name, scale in scales.items():
        own = columns.numbers(columns.optional(accounts, name, pa.float64()))
        values = pa.array(np.where(mine, settings[name] * scale, own), from_pandas=True)
        if name in accounts.column_names:
            accounts = accounts.set_column(accounts.schema.get_field_index(name), name, values)
        else:
            accounts = accounts.append_column(name, values)
    return {**tables, "accounts": accounts}


def points(rows: pa.Table) -> list[Point]:
    """What `trace` told, by factor, over the accounts that are decided at every one."""
    excepted = rows.filter(pc.is_null(rows["te_after"]))["account_id"]
    kept = rows.filter(pc.invert(pc.is_in(rows["account_id"], value_set=columns.text(excepted))))
    return [
        _point(factor, kept.filter(pc.equal(kept["factor"], factor)))
        for factor in sorted(rows["factor"].unique().to_pylist())
    ]


def beaten(points: Sequence[Point]) -> list[bool]:
    """Of each point, whether another is nearer the target for no more tax, or costs less tax no further from it.

    Each is a whole decision, in whole shares and by everything else that is weighed; so some are. Points of which no
    account is decided are not.
    """

    def beats(one: Point, other: Point) -> bool:
        if one.te_after is None or other.te_after is None:
            return False
        no_worse = one.te_after <= other.te_after and one.tax_cost <= other.tax_cost
        return no_worse and (one.te_after < other.te_after or one.tax_cost < other.tax_cost)

    return [any(beats(one, other) for one in points) for other in points]


def _point(factor: float, rows: pa.Table) -> Point:
    aversion = pc.quantile(rows["risk_aversion"], 0.5).to_pylist()[0] if rows.num_rows else None
    return Point(
        factor=factor,
        risk_aversion=aversion,
        accounts=rows.num_rows,
        traded=int(pc.sum(pc.equal(rows["status"], "TRADED"), min_count=0).as_py()),
        te_after=pc.mean(rows["te_after"]).as_py(),
        tax_cost=pc.sum(rows["tax_cost"], min_count=0).as_py(),
        realised_st=pc.sum(rows["realised_st"], min_count=0).as_py(),
        realised_lt=pc.sum(rows["realised_lt"], min_count=0).as_py(),
        turnover=pc.mean(rows["turnover"]).as_py(),
    )
