"""A prospect's positions against a model of the book: an account that the book does not have, and what stays of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.book import columns
from engine.book.findings import Scope
from engine.book.header import Header
from engine.book.scene import Scene
from engine.book.schema import BOOK_TABLES, Column, Kind, Table
from engine.book.validation.schemas import check_columns
from engine.errors import InputRefused
from engine.explain.again import decide_again
from engine.explain.binding import rule_of
from engine.explain.pulls import Orders
from engine.explain.swaps import untraded
from engine.whatif.outcome import Outcome

ACCOUNT = "PROSPECT"
_LOTS = BOOK_TABLES["lots"].by_name
POSITIONS = Table(
    "positions",
    "what a prospect holds",
    (
        *(_LOTS[name] for name in ("security_id", "quantity", "cost_basis", "acquired", "holding_start", "locked")),
        Column("lot_id", Kind.TEXT, "name of the lot (default: its row)", required=False),
        Column("cash", Kind.NUMBER, "USD of the account, in any one row (default 0)", required=False),
    ),
)
MOST_TOLD = 20
AIMED = "the target has it"
WEIGHED = ": tax and costs against tracking"


@dataclass(frozen=True)
class Terms:
    """How the prospect would be kept: its model, its policy, how it is taxed."""

    model: str
    policy: str | None = None
    tax_status: str = "taxable"


@dataclass(frozen=True)
class Kept:
    """A name that the prospect brings. Shares; money in USD: what stays at today's price, and its gain.

    `target` is its weight in the effective target; `why` says why shares stay, empty where none does.
    """

    security_id: str
    brought: Decimal
    sold: Decimal
    bought: Decimal
    stays_usd: float
    stays_gain: float
    target: float
    why: str


def prospect_scene(
    header: Header,
    firm_tables: Mapping[str, pa.Table],
    settings: Mapping[str, object],
    positions: pa.Table,
    terms: Terms,
    file: str,
) -> Scene:
    """The prospect as the only account of a part. Raises `InputRefused` for columns that are missing or not of a kind.

    `file` is where the positions came from. What is wrong with their rows, `refuse_faults` tells.
    """
    findings = check_columns(POSITIONS, positions.schema, file)
    if findings:
        raise _refused([str(finding) for finding in findings], file)
    words = {"account_id": ACCOUNT, "model_id": terms.model, "policy_id": terms.policy, "tax_status": terms.tax_status}
    accounts = pa.table({name: pa.array([value], pa.string()) for name, value in words.items()})
    accounts = accounts.append_column("cash", pa.array([_cash(positions, file)], pa.float64()))
    return Scene(header, firm_tables, settings, {"accounts": accounts, "lots": _lots(positions)}, ACCOUNT)


def _lots(positions: pa.Table) -> pa.Table:
    """The positions as lots, which are named by their rows where they have no name."""
    rows = positions.num_rows
    numbered = pa.array([f"row {row}" for row in range(rows)], pa.string())
    named = columns.text(columns.optional(positions, "lot_id", pa.string()))
    own = {"account_id": pa.array([ACCOUNT] * rows, pa.string()), "lot_id": pc.coalesce(named, numbered)}
    rest = {name: positions[name] for name in _LOTS if name in positions.column_names and name not in own}
    return pa.table(own | rest)


def _cash(positions: pa.Table, file: str) -> float:
    told = pc.unique(columns.flat(columns.optional(positions, "cash", pa.float64()))).drop_null().to_pylist()
    if len(told) > 1:
        shown = ", ".join(str(one) for one in told[:3])
        raise InputRefused(
            f"column cash has {len(told)} values, {shown}, which differ",
            where=file,
            remedy="Write the account's cash, USD, in one row and leave it empty in the others.",
        )
    return float(told[0]) if told else 0.0


def refuse_faults(outcome: Outcome, file: str) -> None:
    """Raise `InputRefused` where rows are wrong, naming file, column, row, and what to do."""
    faults = [one for one in outcome.findings if one.scope is not Scope.NOTE]
    if faults:
        raise _refused([f"{one.column}, {one.key or one.table}: {one.message}. {one.remedy}" for one in faults], file)


def _refused(told: list[str], file: str) -> InputRefused:
    shown = "\n  ".join(text.replace(f"account_id={ACCOUNT} lot_id=", "") for text in told[:MOST_TOLD])
    more = f"\n  and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
    return InputRefused(
        f"the positions are refused, {len(told)} faults:\n  {shown}{more}\n",
        where=file,
        remedy="Rows are counted from 0, the first below the header.",
    )


def kept(scene: Scene, outcome: Outcome) -> list[Kept]:
    """What becomes of each name that the prospect brings, largest first of what stays."""
    market, lots = scene.firm().market, scene.tables["lots"]
    security = columns.codes(lots["security_id"], market.ids)
    shares, usd = columns.numbers(lots["quantity"]), market.price[security]
    names = columns.text(lots["security_id"])
    brought = _sums(names, shares)
    worth = _sums(names, shares * usd)
    gain = _gains(scene, outcome, shares, usd)
    bought, sold = (_sums_of(outcome.trades, side, "quantity") for side in ("BUY", "SELL"))
    why, target = _Reasons(scene, outcome), outcome.weights
    found = [
        Kept(
            security_id=name,
            brought=_exact(brought[name]),
            sold=sold.get(name, Decimal(0)),
            bought=bought.get(name, Decimal(0)),
            stays_usd=worth[name] * (1.0 - float(sold.get(name, Decimal(0))) / brought[name]),
            stays_gain=gain[name],
            target=target.get(name, 0.0),
            why=why.of(name) if _exact(brought[name]) > sold.get(name, Decimal(0)) else "",
        )
        for name in brought
    ]
    return sorted(found, key=lambda one: (-one.stays_usd, one.security_id))


class _Reasons:
    """Why names stay, from the decision made again."""

    def __init__(self, scene: Scene, outcome: Outcome) -> None:
        self._target = set(outcome.target.to_pylist())
        self._message = str(outcome.result["message"] or "")
        again = decide_again(scene)
        self._orders = None if isinstance(again, str) or again.working is None else Orders.of(again)

    def of(self, name: str) -> str:
        """Of one name that stays, in words."""
        if name in self._target:
            return AIMED
        if self._orders is None:
            return self._message or "nothing is traded"
        place = self._orders.place(name)
        names = self._orders.case.names.security
        if place >= len(names) or self._orders.again.name(int(names[place])) != name:
            return "it cannot be traded"
        rule = rule_of(self._orders, place)
        if rule:
            return rule
        alone = untraded(self._orders, name, "")
        assert alone is not None, "it is a name of the problem"
        if alone.worse_usd <= 0.0:
            return "what is left is less than whole shares and smallest orders can take"
        return f"to sell it too would make the account worse by ${alone.worse_usd:,.2f}{WEIGHED}"


def _gains(scene: Scene, outcome: Outcome, shares: Any, usd: Any) -> dict[str, float]:
    """USD by name: the gains of what is left of each lot at today's prices."""
    lots = scene.tables["lots"]
    gone: dict[str, float] = {}
    for row in outcome.trades.to_pylist():
        if row["side"] == "SELL":
            gone[row["lot_id"]] = gone.get(row["lot_id"], 0.0) + float(row["quantity"])
    left = shares - np.array([gone.get(lot, 0.0) for lot in columns.text(lots["lot_id"]).to_pylist()])
    return _sums(columns.text(lots["security_id"]), left * (usd - columns.numbers(lots["cost_basis"])))


def _sums(names: pa.Array, values: Any) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in zip(names.to_pylist(), values.tolist(), strict=True):
        found[name] = found.get(name, 0.0) + value
    return found


def _sums_of(trades: pa.Table, side: str, column: str) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in trades.filter(pc.equal(columns.text(trades["side"]), side)).to_pylist():
        found[row["security_id"]] = found.get(row["security_id"], Decimal(0)) + row[column]
    return found


def _exact(shares: float) -> Decimal:
    return Decimal(shares).quantize(Decimal("0.000001"))
