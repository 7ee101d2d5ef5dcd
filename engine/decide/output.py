"""The contract's output tables of one part, built column by column from what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.book import columns
from engine.book.accounts import AccountBlock
from engine.book.findings import Finding, Scope
from engine.book.firm import Firm
from engine.book.schema import MONEY, OUTPUT_TABLES, PRICE, REASONS, SHARES, TERMS
from engine.codes import Code, Severity
from engine.decide.account import Outcome
from engine.decide.positions import Positions
from engine.decide.reduce import block_orders
from engine.decide.targets import Target
from engine.decide.trades import TradeRows
from kernels.taxes import tax_cost


@dataclass(frozen=True)
class Refusal:
    """Why an account is an exception; `stage` is `validate` or `decide`."""

    stage: str
    code: Code
    message: str
    field: str
    value: str
    limit: str

    @classmethod
    def of(cls, finding: Finding) -> Refusal:
        """The refusal that a finding of the validator means."""
        message = f"{finding.message}. {finding.remedy}"
        field = ".".join(part for part in (finding.table, finding.column) if part)
        return cls("validate", Code[finding.code], message, field, finding.value, finding.limit)


def output_tables(
    firm: Firm,
    tables: Mapping[str, pa.Table],
    block: AccountBlock,
    positions: Positions,
    outcomes: Sequence[Outcome | Refusal],
    refusals: Mapping[str, Refusal],
    findings: Sequence[Finding],
    run_id: str,
) -> dict[str, pa.Table]:
    """Trades, results, exceptions, targets and orders of a part, in the order of its accounts table."""
    order = np.argsort(block.row, kind="stable")
    decided = [(int(index), outcomes[index]) for index in order]
    traded = [(index, outcome) for index, outcome in decided if isinstance(outcome, Outcome) and len(outcome.trades)]
    trades = _trades(firm, tables["lots"], block, traded, run_id)
    return {
        "trades": trades,
        "results": _results(tables["accounts"], block, positions, decided, refusals),
        "exceptions": _exceptions(block, decided, findings),
        "targets": _targets(firm, [outcome.target for _, outcome in decided if isinstance(outcome, Outcome)]),
        "orders": block_orders(trades),
    }


def _trades(
    firm: Firm, lots: pa.Table, block: AccountBlock, traded: Sequence[tuple[int, Outcome]], run_id: str
) -> pa.Table:
    rows = TradeRows.joined([outcome.trades for _, outcome in traded])
    account = np.repeat([index for index, _ in traded], [len(outcome.trades) for _, outcome in traded]).astype(np.int64)
    lot_row = np.where(rows.lot < 0, -1, block.lots.row[rows.lot]) if len(block.lots.row) else rows.lot
    term = np.where(rows.buy & (rows.disallowed == 0), -1, rows.long_term.astype(np.int64))
    return _table(
        "trades",
        run_id=pa.repeat(run_id, len(rows)),
        account_id=columns.take_text(block.ids, account),
        security_id=columns.take_text(firm.market.ids, rows.security),
        side=columns.take_text(pa.array(["SELL", "BUY"]), rows.buy.astype(np.int64)),
        lot_id=columns.take_text(columns.text(lots["lot_id"]), lot_row),
        quantity=columns.decimals(rows.quantity, SHARES),
        price=columns.decimals(firm.market.price_micro[rows.security], PRICE),
        amount=columns.decimals(rows.amount, MONEY),
        cost_basis=columns.decimals(rows.basis, MONEY),
        wash_disallowed=columns.decimals(rows.disallowed, MONEY),
        realised_gain=columns.decimals(rows.gain, MONEY),
        term=columns.take_text(pa.array(TERMS), term),
        reason=columns.take_text(pa.array(REASONS), rows.reason.astype(np.int64)),
    )


def _results(
    accounts: pa.Table,
    block: AccountBlock,
    positions: Positions,
    decided: Sequence[tuple[int, Outcome | Refusal]],
    refusals: Mapping[str, Refusal],
) -> pa.Table:
    """One row an input account, in the order of first appearance."""
    rows: dict[str, dict[str, Any]] = {}
    for index, outcome in decided:
        name = block.ids[index].as_py()
        if isinstance(outcome, Refusal):
            rows[name] = _exception_row(outcome)
        else:
            rows[name] = _outcome_row(block, positions, index, outcome)
    for name, refusal in refusals.items():
        rows[name] = _exception_row(refusal)
    every = columns.text(accounts["account_id"]).unique().to_pylist()
    records = [{"account_id": name} | rows[name] for name in every]
    values = {field.name: [record.get(field.name) for record in records] for field in OUTPUT_TABLES["results"]}
    return _table("results", **{name: _array(name, column) for name, column in values.items()})


def _array(name: str, values: list[Any]) -> pa.Array:
    """A results column; money arrives as integer cents."""
    dtype = OUTPUT_TABLES["results"].field(name).type
    if dtype != MONEY:
        return pa.array(values, dtype)
    null = np.array([value is None for value in values], dtype=np.bool_)
    cents = np.array([0 if value is None else value for value in values], dtype=np.int64)
    return columns.decimals(cents, MONEY, null)


def _exception_row(refusal: Refusal) -> dict[str, Any]:
    return {"status": "EXCEPTION", "code": refusal.code.name, "message": refusal.message}


def _outcome_row(block: AccountBlock, positions: Positions, index: int, outcome: Outcome) -> dict[str, Any]:
    trades = outcome.trades
    bought, sold = trades.sum(buy=True), trades.sum(buy=False)
    short, long = trades.realised(long_term=False), trades.realised(long_term=True)
    value, cash = int(positions.value[index]), int(block.cash[index])
    proof = outcome.proof
    return {
        "status": "NO_TRADE" if outcome.code else "TRADED",
        "code": outcome.code.name if outcome.code else None,
        "message": outcome.message or None,
        "value": value,
        "te_before": outcome.before.tracking_error,
        "te_after": outcome.te_after,
        "target_id": outcome.target.id,
        "drift_before": outcome.before.drift,
        "drift_after": outcome.drift_after,
        "turnover": (bought + sold) / 2 / value,
        "realised_st": short,
        "realised_lt": long,
        "tax_cost": _tax(block, index, short, long, float(positions.offset[index])),
        "cash_before": cash,
        "cash_after": cash - bought + sold,
        "objective_bp": outcome.objective_bp,
        "gap_bp": None if proof is None or proof.bound_bp is None else outcome.objective_bp - proof.bound_bp,
        "solver": None if proof is None else proof.solver,
        "iterations": None if proof is None else proof.iterations,
    }


def _tax(block: AccountBlock, index: int, short: int, long: int, offset: float) -> int:
    """Cents of tax that the run's gains cost, by the netting schedule; a retirement account pays none."""
    if not block.taxable[index]:
        return 0
    cost = tax_cost(
        float(block.realised_st[index]),
        float(block.realised_lt[index]),
        float(block.carryforward_st[index]),
        float(block.carryforward_lt[index]),
        short / 100.0,
        long / 100.0,
        float(block.settings["st_rate"][index]),
        float(block.settings["lt_rate"][index]),
        float(block.settings["loss_value"][index]),
        offset,
    )
    return int(np.floor(cost * 100.0 + 0.5))


def _exceptions(
    block: AccountBlock, decided: Sequence[tuple[int, Outcome | Refusal]], findings: Sequence[Finding]
) -> pa.Table:
    """Faulty models' followers first, then the other exceptions, then warnings; by account within each."""
    rows: list[tuple[int, str, Refusal, Severity]] = []
    for finding in findings:
        if finding.scope is Scope.ACCOUNT:
            rank = 0 if finding.code == Code.MODEL_INVALID.name else 1
            rows.append((rank, finding.subject, Refusal.of(finding), Severity.ERROR))
        elif finding.scope is Scope.NOTE and finding.subject:
            rows.append((3, finding.subject, Refusal.of(finding), Severity.INFO))
    for index, outcome in decided:
        name = block.ids[index].as_py()
        if isinstance(outcome, Refusal):
            told = Refusal(**(vars(outcome) | {"message": f"{outcome.message}. {outcome.code.value}"}))
            rows.append((1, name, told, Severity.ERROR))
        else:
            for code, message in outcome.warnings:
                rows.append(
                    (2, name, Refusal("decide", code, f"{message}. {code.value}", "", "", ""), Severity.WARNING)
                )
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
    for side, name in (("BUY", "buys_cents"), ("SELL", "sells_cents")):
        counts[name] = _cents(trades.filter(pc.equal(trades["side"], side))["amount"])
    washed = trades.filter(pc.greater(trades["wash_disallowed"], 0))
    for side, name in (("BUY", "wash_buys"), ("SELL", "wash_sells")):
        counts[name] = washed.filter(pc.equal(washed["side"], side)).num_rows
    counts["wash_disallowed_cents"] = _cents(washed["wash_disallowed"])
    for name in ("value", "realised_st", "realised_lt", "tax_cost", "cash_before", "cash_after"):
        counts[f"{name}_cents"] = _cents(results[name])
    return counts


def _cents(column: Any) -> int:
    return int(columns.scaled(column, 100).sum())


def _table(name: str, **arrays: Any) -> pa.Table:
    schema = OUTPUT_TABLES[name]
    return pa.table(
        {
            field.name: pa.array(arrays[field.name], field.type)
            if isinstance(arrays[field.name], list)
            else arrays[field.name]
            for field in schema
        }
    ).cast(schema)
