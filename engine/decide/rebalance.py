"""Rebalance one part of the book: raw tables in, trades and results out, every account accounted for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from engine.book.findings import Finding, Scope
from engine.book.firm import Firm
from engine.decide.batch import decide_block
from engine.decide.decided import Refusal
from engine.decide.output import output_tables, totals
from engine.decide.prepared import prepare
from engine.decide.resolve import Resolved
from engine.decide.wash_report import with_washes
from engine.prove.twin import twin_gains


@dataclass(frozen=True)
class Decision:
    """What was decided for a part.

    `tables` are the contract's output tables of this part (its own orders and targets), `totals` additive integers over
    it (money in cents), `resolved` the accounts that were to be solved again. Where a clock was given, `seconds` is the
    time of each stage and `deciding` what each of those accounts took to be decided.
    """

    tables: dict[str, pa.Table]
    totals: dict[str, int]
    resolved: tuple[Resolved, ...]
    seconds: dict[str, float]
    deciding: tuple[float, ...]


def rebalance(
    firm: Firm,
    tables: Mapping[str, pa.Table],
    findings: Sequence[Finding],
    run_id: str,
    *,
    again: Collection[int] = (),
    clock: Callable[[], float] | None = None,
) -> Decision:
    """Decide every account of a part.

    `findings` are the validator's; an account that one of them names becomes an exception and is not looked at. An
    account that cannot be decided becomes an exception too; none stops another. `again`: rows of the accounts that OSQP
    solves too.
    """
    watch = _Watch(clock)
    refusals = {
        finding.subject: Refusal.of(finding) for finding in reversed(findings) if finding.scope is Scope.ACCOUNT
    }
    ready = prepare(firm, tables, frozenset(refusals))
    watch.lap("prepare")
    chosen = np.isin(ready.block.row, np.fromiter(again, np.int64, len(again)))
    made = decide_block(firm, ready, chosen, clock)
    decided = with_washes(firm, tables["lots"], ready, made.outcomes)
    watch.lap("decide")
    twins = twin_gains(made.book, made.outcomes)
    watch.lap("twin")
    out = output_tables(firm, tables, ready.block, ready.positions, decided, twins, refusals, findings, run_id)
    watch.lap("assemble")
    declined = {
        "wash_sells_declined": int(decided.declined_sales.sum()),
        "wash_buys_declined": int(decided.declined_purchases.sum()),
    }
    return Decision(out, totals(out) | declined, made.resolved, watch.seconds, made.seconds)


class _Watch:
    """Laps of a clock that the caller may not have given."""

    def __init__(self, clock: Callable[[], float] | None) -> None:
        self._clock = clock
        self._last = clock() if clock else 0.0
        self.seconds: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        if self._clock:
            now = self._clock()
            self.seconds[stage] = now - self._last
            self._last = now
