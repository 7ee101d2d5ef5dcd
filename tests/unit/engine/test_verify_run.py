"""The run's merged tables and gates: one change to a right run, and exactly its rule breaks."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from engine.book.schema import OUTPUT_TABLES
from engine.prove.verify import RUN_RULES, Violation, verify_run

Row = dict[str, Any]


def order(security: str, side: str, quantity: str, amount: str, accounts: int) -> Row:
    return {
        "security_id": security,
        "side": side,
        "quantity": Decimal(quantity),
        "amount": Decimal(amount),
        "accounts": accounts,
    }


def target(name: str, **weights: float) -> list[Row]:
    return [{"target_id": name, "security_id": security, "weight": weight} for security, weight in weights.items()]


class Run:
    """Two parts, their merged tables, and gates that they just pass."""

    def __init__(self) -> None:
        self.part_orders = [
            [order("AAA", "BUY", "10", "1000.00", 2), order("BBB", "SELL", "4.5", "45.00", 1)],
            [order("AAA", "BUY", "5.000001", "500.00", 1)],
        ]
        self.orders = [order("AAA", "BUY", "15.000001", "1500.00", 3), order("BBB", "SELL", "4.5", "45.00", 1)]
        self.part_targets = [target("t", AAA=0.9, BBB=0.1) + target("u", AAA=1.0), target("t", AAA=0.9, BBB=0.1)]
        self.targets = [target("t", AAA=0.9, BBB=0.1), target("u", AAA=1.0)]
        self.securities = [{"security_id": "AAA", "adv_shares": 150.1}, {"security_id": "BBB", "adv_shares": 45}]
        self.statuses = {"TRADED": 4, "NO_TRADE": 5, "EXCEPTION": 1}
        self.gates: dict[str, float | None] = {
            "max_gross_notional": 1545.0,
            "max_net_notional": 1455.0,
            "max_adv_share": 0.1,
            "max_accounts_changed": 0.4,
            "max_exceptions": 0.1,
        }

    def violations(self) -> list[Violation]:
        def tables(name: str, parts: list[list[Row]]) -> list[pa.Table]:
            return [pa.Table.from_pylist(rows, OUTPUT_TABLES[name]) for rows in parts]

        return verify_run(
            iter(tables("orders", self.part_orders)),
            tables("orders", [self.orders])[0],
            iter(tables("targets", self.part_targets)),
            iter(tables("targets", self.targets)),
            pa.Table.from_pylist(self.securities),
            self.statuses,
            self.gates,
        )


def lost_share(run: Run) -> None:
    run.orders[0]["quantity"] -= Decimal("0.000001")


def lost_cent(run: Run) -> None:
    run.part_orders[1][0]["amount"] += Decimal("0.01")


def lost_account(run: Run) -> None:
    run.orders[0]["accounts"] = 2


def order_of_no_part(run: Run) -> None:
    run.part_orders[0].pop()


def split_order(run: Run) -> None:
    run.orders[1:] = [order("BBB", "SELL", "2.5", "25.00", 1), order("BBB", "SELL", "2", "20.00", 0)]


def lost_target(run: Run) -> None:
    run.targets.pop()


def target_twice(run: Run) -> None:
    run.targets.append(target("u", AAA=1.0))


def target_changed(run: Run) -> None:
    run.targets[0][0]["weight"] = 0.8


def target_differs_between_parts(run: Run) -> None:
    run.part_targets[1][0]["weight"] = 0.8


def stranger_among_targets(run: Run) -> None:
    run.targets.append(target("v", AAA=1.0))


def misspelt_gate(run: Run) -> None:
    run.gates["max_exeptions"] = 0.5


def gross_gate(run: Run) -> None:
    run.gates["max_gross_notional"] = 1544.99


def net_gate(run: Run) -> None:
    run.gates["max_net_notional"] = 1454.99


def volume_gate(run: Run) -> None:
    run.securities[1]["adv_shares"] = 44


def volume_unknown(run: Run) -> None:
    run.securities[1]["adv_shares"] = None


def changed_gate(run: Run) -> None:
    run.statuses = {"TRADED": 5, "NO_TRADE": 4, "EXCEPTION": 1}


def exceptions_gate(run: Run) -> None:
    run.statuses = {"TRADED": 4, "NO_TRADE": 4, "EXCEPTION": 2}


FAULTS: dict[Callable[[Run], None], str] = {
    lost_share: "orders_merge",
    lost_cent: "orders_merge",
    lost_account: "orders_merge",
    order_of_no_part: "orders_merge",
    split_order: "orders_merge",
    lost_target: "targets_merge",
    target_twice: "targets_merge",
    target_changed: "targets_merge",
    target_differs_between_parts: "targets_merge",
    stranger_among_targets: "targets_merge",
    misspelt_gate: "gate_known",
    gross_gate: "gate_gross_notional",
    net_gate: "gate_net_notional",
    volume_gate: "gate_adv_share",
    volume_unknown: "gate_adv_share",
    changed_gate: "gate_accounts_changed",
    exceptions_gate: "gate_exceptions",
}


def test_a_right_run_passes() -> None:
    assert Run().violations() == []


def test_gates_without_a_limit_pass() -> None:
    run = Run()
    run.gates = dict.fromkeys(run.gates)
    run.securities[0]["adv_shares"] = None
    assert run.violations() == []


def test_an_empty_run_passes() -> None:
    run = Run()
    run.part_orders, run.orders, run.part_targets, run.targets = [], [], [], []
    assert run.violations() == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_breaks_its_rule(fault: Callable[[Run], None]) -> None:
    run = Run()
    fault(run)
    assert {violation.rule for violation in run.violations()} == {FAULTS[fault]}


def test_every_rule_has_a_fault() -> None:
    assert set(FAULTS.values()) == {rule.name for rule in RUN_RULES}
