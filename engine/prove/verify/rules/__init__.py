"""Every rule of a part, in the order in which it is told."""

from __future__ import annotations

from typing import Final

from engine.prove.verify.facts import Facts
from engine.prove.verify.rule import Rule
from engine.prove.verify.rules import lots, mandate, money, outcome, target, tax, transition, wash

CHAPTERS: Final = (outcome, lots, money, mandate, tax, wash, transition, target)
RULES: Final[tuple[Rule[Facts], ...]] = tuple(rule for chapter in CHAPTERS for rule in chapter.RULES)
