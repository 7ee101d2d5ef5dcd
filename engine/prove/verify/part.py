"""One part, checked from its raw tables."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa

from engine.prove.verify.risk import add_tracking
from engine.prove.verify.rule import Rule, Violation
from engine.prove.verify.rules import RULES
from engine.prove.verify.settings import load_firm_settings
from engine.prove.verify.shared import build
from engine.prove.verify.tables import INPUTS, OUTPUTS, connect, load
from engine.prove.verify.washes import add_washes


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
    with connect() as connection:
        load(connection, {**firm_tables, **part_tables}, INPUTS)
        load(connection, outputs, OUTPUTS)
        load_firm_settings(connection, settings)
        build(connection, as_of)
        add_tracking(connection)
        add_washes(connection, as_of)
        return broken(connection, RULES)


def broken(connection: duckdb.DuckDBPyConnection, rules: Iterable[Rule]) -> list[Violation]:
    """Run each rule; one violation for each rule and account, in the order of the rules."""
    found = []
    for rule in rules:
        rows = connection.execute(f"SELECT * FROM ({rule.sql}) AS fault(account_id, message)").fetchall()
        by_account: dict[str, list[str]] = {}
        for account, message in rows:
            by_account.setdefault(account or "", []).append(message or "")
        found += [Violation(rule.name, one, min(texts), len(texts)) for one, texts in sorted(by_account.items())]
    return found
