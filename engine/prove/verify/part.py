"""One part, checked from its raw tables."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import pyarrow as pa

from engine.prove.verify.facts import Facts
from engine.prove.verify.rule import Violation, broken
from engine.prove.verify.rules import RULES


def verify_part(
    firm_tables: Mapping[str, pa.Table],
    part_tables: Mapping[str, pa.Table],
    outputs: Mapping[str, pa.Table],
    as_of: datetime.date,
    settings: Mapping[str, object],
) -> list[Violation]:
    """All violations of a part's outputs, by rule and account; an empty list means that it may be published.

    `firm_tables` and `part_tables` are the input as delivered (contract, section 1), `outputs` this part's own
    trades, results, exceptions, targets and orders (section 3), `settings` the firm's settings by name (section 2).
    Absent optional tables and columns read as the contract says; faulty accounts must be exceptions without trades.
    """
    return broken(Facts(firm_tables, part_tables, outputs, as_of, settings), RULES)
