"""The rules as the documentation lists them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.prove.verify.rule import Rule
from engine.prove.verify.rules import CHAPTERS
from engine.prove.verify.run import RUN_RULES


def rules_as_markdown() -> str:
    """A heading and a table of rules for each chapter; docs/verification.md holds this text."""
    chapters = [(chapter.__doc__ or "", chapter.RULES) for chapter in CHAPTERS]
    chapters.append(("The run: merged tables and the gates before publication.", RUN_RULES))
    return "\n".join(_chapter(title, rules) for title, rules in chapters)


def _chapter(title: str, rules: Iterable[Rule[Any]]) -> str:
    heading, _, rest = title.strip().partition(":")
    lines = [f"### {heading}", "", f"{rest.strip()[:1].upper()}{rest.strip()[1:]}", "", "| rule | what it protects |"]
    lines += ["|---|---|", *(f"| `{rule.name}` | {rule.protects} |" for rule in rules), ""]
    return "\n".join(lines)
