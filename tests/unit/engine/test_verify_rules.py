"""Every rule of the verifier catches its own fault: one change to a right run, and exactly the rules named break."""

from __future__ import annotations

import pytest

from engine.prove.verify import RULES
from tests.support.verify_case import Case
from tests.support.verify_mutations_wash import MUTATIONS


def test_a_right_run_breaks_no_rule() -> None:
    assert Case().violations() == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_fault_breaks_its_rule(name: str) -> None:
    mutate, rules = MUTATIONS[name]
    case = Case()
    mutate(case)
    found = case.violations()
    assert {violation.rule for violation in found} == rules, "\n".join(map(str, found))


def test_every_rule_has_a_fault_of_its_own() -> None:
    caught = set().union(*(rules for _, rules in MUTATIONS.values()))
    assert caught == {rule.name for rule in RULES}
