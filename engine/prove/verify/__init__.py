"""The last check before anything is published; it shares no code with what it checks.

Every figure is computed again from the raw tables, by number (OPTIMISATION.md, section 6; docs/verification.md lists
the rules).
"""

from __future__ import annotations

from engine.prove.verify.part import verify_part
from engine.prove.verify.rule import Rule, Violation
from engine.prove.verify.rules import RULES
from engine.prove.verify.run import GATES, RUN_RULES, verify_run

__all__ = ["GATES", "RULES", "RUN_RULES", "Rule", "Violation", "verify_part", "verify_run"]
