"""The stages of a run: inspect, reconcile, rebalance, reduce. Each makes its tasks, and takes their receipts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from cluster.calls import Calls
from cluster.driver import Call
from cluster.executors import Handle
from cluster.inspection import Inspection, Reconciliation, inspect_part, reconcile
from cluster.opening import Book
from cluster.plan import Part, Plan
from cluster.receipts import PARTIAL, Receipt, add_codes, count_status
from cluster.reduce import Reduction, RunFacts, reduce_run
from cluster.state import Task
from cluster.storage import Storage
from cluster.violations import refuse_parts
from cluster.worker import rebalance_parts
from engine.book.findings import Finding
from engine.book.schema import STATUSES


@dataclass
class Inspect:
    """One task a part. Afterwards: `parts`, `findings`, and the parts' names, which stay among the workers."""

    book: Book
    name: str = "inspect"
    inspections: dict[int, Inspection] = field(default_factory=dict)
    names: dict[int, Handle] = field(default_factory=dict)

    def calls(self) -> Sequence[Call]:
        """See `Stage.calls`."""
        parts = self.book.catalog.parts
        return [Call(inspect_part, (self.book.storage, number, keys)) for number, keys in parts.items()]

    def finished(self, task: Task, receipt: Inspection, data: Handle) -> int:  # noqa: ARG002
        """See `Stage.finished`."""
        self.inspections[receipt.number] = receipt
        self.names[receipt.number] = data
        return 0

    @property
    def parts(self) -> tuple[Part, ...]:
        """The book's parts with their files as they are now, by number."""
        return tuple(Part(number, inspection.files) for number, inspection in sorted(self.inspections.items()))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the parts' schemas."""
        return tuple(finding for _, found in sorted(self.inspections.items()) for finding in found.findings)


@dataclass
class Reconcile:
    """One task, fed by references to what the inspections found. Afterwards: `misplaced`."""

    inspect: Inspect
    name: str = "reconcile"
    misplaced: frozenset[int] = frozenset()

    def calls(self) -> Sequence[Call]:
        """See `Stage.calls`."""
        return [Call(reconcile, tuple(self.inspect.names.values()))]

    def finished(self, task: Task, receipt: Reconciliation, data: Handle) -> int:  # noqa: ARG002
        """See `Stage.finished`."""
        self.misplaced = frozenset(receipt.misplaced)
        self.inspect.names.clear()
        return 0


@dataclass
class Rebalance:
    """One task a group of parts. `prepare` sends the job to the workers. Afterwards: `receipts`."""

    plan: Plan
    prepare: Callable[[], Handle]
    name: str = "rebalance"
    receipts: dict[int, Receipt] = field(default_factory=dict)

    def calls(self) -> Sequence[Call]:
        """See `Stage.calls`."""
        job = self.prepare()
        return [
            Call(rebalance_parts, (job, parts), sum(part.rows("accounts") for part in parts))
            for parts in self.plan.tasks
        ]

    def finished(self, task: Task, receipt: tuple[Receipt, ...], data: Handle) -> int:  # noqa: ARG002
        """See `Stage.finished`."""
        self.receipts |= {part.part: part for part in receipt}
        return sum(count_status(part.codes, "EXCEPTION") for part in receipt)

    @property
    def ordered(self) -> tuple[Receipt, ...]:
        """Receipts by part number."""
        return tuple(receipt for _, receipt in sorted(self.receipts.items()))


@dataclass
class Reduce:
    """One task. Afterwards: `reduction`, the published orders and targets."""

    out: Storage
    run_id: str
    rebalance: Rebalance
    securities: pa.Table
    gates: Mapping[str, float | None]
    engine: Callable[[], Calls]
    name: str = "reduce"
    reduction: Reduction | None = None

    def calls(self) -> Sequence[Call]:
        """See `Stage.calls`. Raises `GateRefused` where a part breaks a rule: there is nothing to merge then."""
        receipts = self.rebalance.ordered
        refuse_parts(receipts)
        partial = tuple(file for receipt in receipts for file in receipt.files if file.table == PARTIAL)
        codes = add_codes(receipts)
        statuses = {status: count_status(codes, status) for status in STATUSES}
        facts = RunFacts(statuses, self.gates, self.securities)
        return [Call(reduce_run, (self.out, self.run_id, partial, facts, self.engine))]

    def finished(self, task: Task, receipt: Reduction, data: Handle) -> int:  # noqa: ARG002
        """See `Stage.finished`."""
        self.reduction = receipt
        return 0
