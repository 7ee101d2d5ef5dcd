"""What a run would do with an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from engine.book.columns import text
from engine.book.findings import Finding
from engine.book.scene import Scene
from engine.book.validation import build_reference, check_part
from engine.decide.rebalance import rebalance

RUN = "whatif"


@dataclass(frozen=True)
class Outcome:
    """`result` is the account's row of `results`; `trades` its rows, `told` what a person would be told.

    `target` are the securities of its effective target, `weights` their weights by name; `household` are the trades of
    its whole household, `outputs` all tables of it as a run writes them, `findings` what the validator says of it.
    """

    result: dict[str, Any]
    trades: pa.Table
    told: tuple[str, ...]
    target: pa.Array
    weights: dict[str, float]
    household: pa.Table
    outputs: Mapping[str, pa.Table]
    findings: Sequence[Finding]

    def traded(self, column: str) -> dict[str, float]:
        """`quantity` or `amount` of each security, bought above nought and sold below."""
        found: dict[str, float] = {}
        for row in self.trades.select(["security_id", "side", column]).to_pylist():
            signed = float(row[column]) * (1 if row["side"] == "BUY" else -1)
            found[row["security_id"]] = found.get(row["security_id"], 0.0) + signed
        return found


def decide(scene: Scene) -> Outcome:
    """What a run would do with the account and its household today."""
    firm = scene.firm()
    reference = build_reference(scene.header.as_of, scene.firm_tables, scene.settings)
    findings = check_part(reference, scene.tables, frozenset(), {})
    decision = rebalance(firm, scene.tables, findings, RUN)

    def own(table: pa.Table) -> pa.Table:
        return table.filter(pc.equal(text(table["account_id"]), scene.account))

    result = own(decision.tables["results"]).to_pylist()[0]
    exceptions, targets = own(decision.tables["exceptions"]).to_pylist(), decision.tables["targets"]
    aimed = targets.filter(pc.equal(text(targets["target_id"]), pa.scalar(result["target_id"], pa.string())))
    return Outcome(
        result=result,
        trades=own(decision.tables["trades"]),
        told=tuple(f"{row['code']}: {row['message']}" for row in exceptions),
        target=text(aimed["security_id"]),
        weights=dict(zip(aimed["security_id"].to_pylist(), aimed["weight"].to_pylist(), strict=True)),
        household=decision.tables["trades"],
        outputs=decision.tables,
        findings=findings,
    )
