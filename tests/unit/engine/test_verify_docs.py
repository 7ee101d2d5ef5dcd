"""The documentation lists the rules as they are."""

from __future__ import annotations

from pathlib import Path

from engine.prove.verify import RULES, RUN_RULES
from engine.prove.verify.describe import rules_as_markdown

DOCUMENT = Path(__file__).parents[3] / "docs" / "verification.md"


def test_the_document_holds_the_rules() -> None:
    assert DOCUMENT.read_text(encoding="utf-8").endswith(rules_as_markdown())


def test_names_are_unique() -> None:
    names = [rule.name for rule in (*RULES, *RUN_RULES)]
    assert len(set(names)) == len(names)
