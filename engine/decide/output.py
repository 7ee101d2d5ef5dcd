"""The contract's output tables of one part, built column by column from what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from engine.book import columns
from engine.book.accounts import AccountBlock
from engine.book.findings import Finding, Scope
from engine.book.firm import Firm
from engine.book.schema import MONEY, OUTPUT_TABLES, PRICE, REASONS, RESULT_MONEY, SHARES, TERMS
from engine.codes import Code, Severity
from engine.decide.decided import Decided, Refusal
from engine.decide.positions import Positions
from engine.decide.reduce import block_orders
from engine.decide.results import results_table
from engine.decide.targets import Target
from engine.ledger.rows import Ints, ascends, ordered

SIDES = ("SELL", "BUY")


def output_tables(
    firm: Firm,
    tables: Mapping[str, pa.Table],
    block: AccountBlock,
    positions: Positions,
    decided: Decided,
    twins: Ints,
    refusals: Mapping[str, Refusal],
    findings: Sequence[Finding],
    run_id: str,
) -> dict[str, pa.Table]:
    """Trades, results, exceptions, targets and orders of a part, in the order of its accounts table.

    Types are those of `OUTPUT_TABLES`, but in trades text comes as dictionaries and numbers as decimal64.
    """
    return {
        "trades": _trades(firm, tables["lots"], block, decided, run_id),
        "results": results_table(tables["accounts"], block, positions, decided, twins, refusals),
        "exceptions": _exceptions(block, decided, findings),
        "targets": _targets(firm, [decided.targets[number] for number in np.unique(decided.target[decided.sound])]),
        "orders": block_orders(firm.market.ids, decided.account, decided.trades),
    }


def _trades(firm: Firm, lots: pa.Table, block: AccountBlock, decided: Decided, run_id: str) -> pa.Table:
    row = block.row[decided.account]
    order = slice(None) if ascends(row) else ordered(row)
    rows, account = decided.trades.where(order), decided.account[order]
    lot_row = np.where(rows.lot < 0, -1, block.lots.row[rows.lot]) if len(block.lots.row) else rows.lot
    term = np.where(rows.buy & (rows.disallowed == 0), -1, rows.long_term)
    return _table(
        "trades",
        run_id=columns.take_words(pa.array([run_id]), np.zeros(len(rows), dtype=np.int32)),
        account_id=columns.take_words(block.ids, account),
        security_id=columns.take_words(firm.market.ids, rows.security),
        side=columns.take_words(pa.array(SIDES), rows.buy),
        lot_id=_lot_names(lots, lot_row),
        quantity=columns.short_decimals(rows.quantity, SHARES),
        price=columns.short_decimals(firm.market.price_micro[rows.security], PRICE),
        amount=columns.short_decimals(rows.amount, MONEY),
        cost_basis=columns.short_decimals(rows.basis, MONEY),
        wash_disallowed=columns.short_decimals(rows.disallowed, MONEY),
        realised_gain=columns.short_decimals(rows.gain, MONEY),
        term=columns.take_words(pa.array(TERMS), term),
        reason=columns.take_words(pa.array(REASONS), rows.reason),
    )


def _lot_names(lots: pa.Table, row: Ints) -> pa.Array:
    """The name of the lot in each row; null for a negative one."""
    names = columns.flat(lots["lot_id"])
    if not pa.types.is_dictionary(names.type):
        return columns.take_text(columns.text(names), row)
    words = columns.encoded(names)
    return columns.take_words(words.dictionary, np.append(columns.indices(words), np.int32(-1))[row])


def _exceptions(block: AccountBlock, decided: Decided, findings: Sequence[Finding]) -> pa.Table:
    """Faulty models' followers first, then the other exceptions, then warnings; by account within each."""
    rows: list[tuple[int, str, Refusal, Severity]] = []
    for finding in findings:
        if finding.scope is Scope.ACCOUNT:
            rank = 0 if finding.code == Code.MODEL_INVALID.name else 1
            rows.append((rank, finding.subject, Refusal.of(finding), Severity.ERROR))
        elif finding.scope is Scope.NOTE and finding.subject:
            rows.append((3, finding.subject, Refusal.of(finding), Severity.INFO))
    for index, refusal in decided.refused.items():
        told = replace(refusal, message=f"{refusal.message}. {refusal.code.value}")
        rows.append((1, block.ids[index].as_py(), told, Severity.ERROR))
    for index, warnings in decided.warnings.items():
        for code, message in warnings:
            told = Refusal("decide", code, f"{message}. {code.value}", "", "", "")
            rows.append((2, block.ids[index].as_py(), told, Severity.WARNING))
    rows.sort(key=lambda row: row[:2])
    return _table(
        "exceptions",
        account_id=[name for _, name, _, _ in rows],
        stage=[refusal.stage for _, _, refusal, _ in rows],
        code=[refusal.code.name for _, _, refusal, _ in rows],
        severity=[severity.value for _, _, _, severity in rows],
        field=[refusal.field for _, _, refusal, _ in rows],
        value=[refusal.value for _, _, refusal, _ in rows],
        limit=[refusal.limit for _, _, refusal, _ in rows],
        message=[refusal.message for _, _, refusal, _ in rows],
    )


def _targets(firm: Firm, used: Sequence[Target]) -> pa.Table:
    distinct = [target for _, target in sorted({target.id: target for target in used}.items())]
    sizes = [len(target.security) for target in distinct]
    security = np.concatenate([target.security for target in distinct]) if distinct else np.empty(0, dtype=np.int32)
    weight = np.concatenate([target.weight for target in distinct]) if distinct else np.empty(0)
    number = np.repeat(np.arange(len(distinct)), sizes)
    return _table(
        "targets",
        target_id=columns.take_text(pa.array([target.id for target in distinct], pa.string()), number),
        security_id=columns.take_text(firm.market.ids, security),
        weight=weight,
    )


def totals(tables: Mapping[str, pa.Table]) -> dict[str, int]:
    """Additive integers over a part's outputs: counts by status and code, rows, and money in cents."""
    results, trades = tables["results"], tables["trades"]
    counts: dict[str, int] = {
        "accounts": results.num_rows,
        "traded": 0,
        "no_trade": 0,
        "exceptions": 0,
        "trades": trades.num_rows,
    }
    named = {"TRADED": "traded", "NO_TRADE": "no_trade", "EXCEPTION": "exceptions"}
    for entry in results["status"].value_counts().to_pylist():
        counts[named[entry["values"]]] = entry["counts"]
    for entry in results["code"].drop_null().value_counts().to_pylist():
        counts[f"code_{entry['values']}"] = entry["counts"]
    for entry in results["solver"].drop_null().value_counts().to_pylist():
        counts[f"solved_{entry['values']}"] = entry["counts"]
    side, amount = columns.codes(trades["side"], pa.array(SIDES)), columns.scaled(trades["amount"], 100)
    disallowed = columns.scaled(trades["wash_disallowed"], 100)
    for code, word in enumerate(("sells", "buys")):
        counts[f"{word}_cents"] = int(amount[side == code].sum())
        counts[f"wash_{word}"] = int(((side == code) & (disallowed > 0)).sum())
    counts["wash_disallowed_cents"] = int(disallowed[disallowed > 0].sum())
    for name in RESULT_MONEY:
        counts[f"{name}_cents"] = int(columns.scaled(results[name], 100).sum())
    return counts


def _table(name: str, **arrays: Any) -> pa.Table:
    """The table of this name; dictionaries and short decimals stay what they are."""
    schema = OUTPUT_TABLES[name]
    return pa.table({field.name: _column(arrays[field.name], field.type) for field in schema})


def _column(values: Any, dtype: pa.DataType) -> pa.Array:
    if not isinstance(values, pa.Array):
        return pa.array(values, dtype)
    kept = pa.types.is_dictionary(values.type) or pa.types.is_decimal64(values.type)
    return values if values.type == dtype or kept else values.cast(dtype)
