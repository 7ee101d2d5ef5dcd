"""What the verifier found, as text and as a refusal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cluster.receipts import Receipt
from engine.errors import GateRefused

if TYPE_CHECKING:  # it compiles the verifier, which the driver need not wait for
    from engine.prove.verify import Violation

SHOWN = 10


def violation_text(violation: Violation) -> str:
    """One line."""
    account = f" account {violation.account_id}" if violation.account_id else ""
    return f"{violation.rule}{account}: {violation.message} ({violation.count} rows)"


def refuse_parts(receipts: Iterable[Receipt]) -> None:
    """Raise `GateRefused` where a part breaks a rule."""
    broken = [receipt for receipt in receipts if receipt.violations]
    if broken:
        texts = [text for receipt in broken for text in receipt.violation_texts]
        raise GateRefused(
            f"the verifier found {sum(receipt.violations for receipt in broken)} violations: "
            + "; ".join(texts[:SHOWN]),
            where="parts " + ", ".join(str(receipt.part) for receipt in broken[:SHOWN]),
            remedy="Nothing was published. Report it with the run's URI; the parts are kept for looking into.",
        )


def refuse_run(violations: tuple[str, ...]) -> None:
    """Raise `GateRefused` where the run as a whole breaks a rule or a gate."""
    if violations:
        raise GateRefused(
            f"the run breaks {len(violations)} rules or gates: " + "; ".join(violations[:SHOWN]),
            where="the run as a whole",
            remedy="Nothing was published. Find the cause in the parts, or change the gate and run again: "
            "finished parts are kept.",
        )
