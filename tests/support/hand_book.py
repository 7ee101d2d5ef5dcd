"""Books made by hand: a market of round prices, and accounts of literal numbers, run as one part.

Every security moves with the market (factor MKT, variance 0.04) and the oils with each other (factor OIL, 0.01); each
has a specific variance of 0.04. So one per cent of active weight in one name costs λ(0.04 + 0.04) = 1.6 bp at λ = 20.
Half-spreads are 2 bp: 0.02 bp per per cent traded.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

import pyarrow as pa

from engine.book.findings import Scope
from engine.book.firm import Firm, build_firm
from engine.book.header import Header
from engine.book.schema import BOOK_TABLES, Kind
from engine.book.validation import build_reference, check_firm, check_part
from engine.decide.rebalance import rebalance
from engine.prove.verify import Violation, verify_part

Row = dict[str, Any]

AS_OF = dt.date(2026, 1, 30)
LONG_AGO = dt.date(2020, 1, 2)
RECENT = dt.date(2025, 10, 1)

PRICES = {
    "AAA": 100.0,
    "BBB": 50.0,
    "CCC": 25.0,  # oil
    "DDD": 20.0,
    "EEE": 40.0,
    "SUB": 25.0,  # oil, stands in for CCC
    "OLD": 30.0,  # in no model
    "HLT": 10.0,  # not tradable
    "GOA": 200.0,  # GOA and GOB are substantially identical
    "GOB": 200.0,
}
OILS = ("CCC", "SUB")
BASE = {"AAA": 0.25, "BBB": 0.25, "CCC": 0.25, "DDD": 0.25}
SETTINGS = {"cash_target": 0.02, "cash_min": 0.01, "harvest_option": 0.0}
"""Then a target of BASE is 24.5 % a name: whole shares of every name in an account of $100,000."""


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def before(days: int) -> dt.date:
    return AS_OF - dt.timedelta(days=days)


def lot(security: str, quantity: float, cost: float, acquired: dt.date = LONG_AGO, **more: Any) -> Row:
    """A lot; named after its security unless `lot_id` is given."""
    return {"security_id": security, "quantity": quantity, "cost_basis": cost, "acquired": acquired, **more}


def at_target(**changes: Row | list[Row] | None) -> list[Row]:
    """BASE at its target of a $100,000 account with $2,000 cash, without gains; `changes` replace a name's lots."""
    lots: dict[str, Row | list[Row] | None] = {name: lot(name, 24_500.0 / PRICES[name], PRICES[name]) for name in BASE}
    lots.update(changes)
    return [row for rows in lots.values() for row in (rows if isinstance(rows, list) else [rows] if rows else [])]


@dataclass
class HandBook:
    """Firm tables that a test may change, and accounts that it adds."""

    settings: dict[str, Any] = field(default_factory=lambda: dict(SETTINGS))
    securities: dict[str, Row] = field(
        default_factory=lambda: {
            name: {"price": price, "price_date": AS_OF, "tradable": name != "HLT"} for name, price in PRICES.items()
        }
    )
    models: dict[str, dict[str, float]] = field(
        default_factory=lambda: {"BASE": dict(BASE), "NEST": {"model BASE": 0.6, "EEE": 0.4}}
    )
    screens: dict[str, list[str]] = field(default_factory=lambda: {"OIL": ["CCC"]})
    substitutes: dict[str, list[str]] = field(default_factory=lambda: {"CCC": ["SUB"]})
    policies: list[Row] = field(default_factory=list)
    part: dict[str, list[Row]] = field(default_factory=lambda: {"accounts": [], "lots": []})

    def __post_init__(self) -> None:
        for twin in ("GOA", "GOB"):
            self.securities[twin]["wash_group"] = "GO"

    def account(
        self,
        account_id: str = "A",
        *,
        cash: float = 2_000.0,
        lots: list[Row] | None = None,
        model: str = "BASE",
        tax_status: str = "taxable",
        **columns: Any,
    ) -> HandBook:
        """Add an account; `columns` are further columns of `accounts`, settings among them."""
        row = {"account_id": account_id, "cash": cash, "model_id": model, "tax_status": tax_status, **columns}
        self.part["accounts"].append(row)
        taken: dict[str, int] = {}
        for one in lots or []:
            taken[one["security_id"]] = taken.get(one["security_id"], 0) + 1
            name = f"{one['security_id']}{taken[one['security_id']]}"
            self.part["lots"].append({"account_id": account_id, "lot_id": name, **one})
        return self

    def restrict(self, account_id: str, kind: str, security_id: str | None = None, **columns: Any) -> HandBook:
        return self._add("restrictions", {"account_id": account_id, "kind": kind, "security_id": security_id} | columns)

    def traded(
        self,
        account_id: str,
        side: str,
        security_id: str,
        quantity: float,
        date: dt.date,
        gain: float | None = None,
        **columns: Any,
    ) -> HandBook:
        """A row of activity, at today's price; `columns` are further columns of it."""
        row = {"account_id": account_id, "side": side, "security_id": security_id, "quantity": quantity}
        row |= {"trade_date": date, "price": PRICES[security_id], "realised_gain": gain}
        return self._add("activity", row | columns)

    def flow(self, account_id: str, amount: float, date: dt.date = AS_OF) -> HandBook:
        return self._add("flows", {"account_id": account_id, "amount": amount, "date": date})

    def _add(self, table: str, row: Row) -> HandBook:
        self.part.setdefault(table, []).append(row)
        return self

    def firm_tables(self) -> dict[str, pa.Table]:
        names = list(self.securities)
        rows: dict[str, list[Row]] = {
            "securities": [{"security_id": name, **columns} for name, columns in self.securities.items()],
            "models": [
                {
                    "model_id": model,
                    "security_id": None if name.startswith("model ") else name,
                    "child_model_id": name.removeprefix("model ") if name.startswith("model ") else None,
                    "weight": weight,
                }
                for model, weights in self.models.items()
                for name, weight in weights.items()
            ],
            "risk_exposures": [{"security_id": name, "factor": "MKT", "exposure": 1.0} for name in names]
            + [{"security_id": name, "factor": "OIL", "exposure": 1.0} for name in OILS],
            "risk_covariance": [
                {"factor_1": one, "factor_2": other, "covariance": covariance}
                for one, other, covariance in (
                    ("MKT", "MKT", 0.04),
                    ("MKT", "OIL", 0.0),
                    ("OIL", "MKT", 0.0),
                    ("OIL", "OIL", 0.01),
                )
            ],
            "risk_specific": [{"security_id": name, "variance": 0.04} for name in names],
            "screens": [{"screen_id": s, "security_id": name} for s, listed in self.screens.items() for name in listed],
            "substitutes": [
                {"security_id": name, "substitute_id": other, "rank": rank}
                for name, others in self.substitutes.items()
                for rank, other in enumerate(others, 1)
            ],
        }
        if self.policies:
            rows["policies"] = self.policies
        return {name: arrow(name, table) for name, table in rows.items()}

    def part_tables(self) -> dict[str, pa.Table]:
        return {name: arrow(name, rows) for name, rows in self.part.items()}

    def firm(self) -> Firm:
        """The firm as a worker is given it; faults of the firm's tables fail the test."""
        tables = self.firm_tables()
        faults = [str(fault) for fault in check_firm(AS_OF, tables, {}) if fault.scope is not Scope.NOTE]
        assert faults == []
        header = Header(schema=1, as_of=AS_OF, currency="USD", name="by-hand")
        return build_firm(header, tables, self.settings)

    def run(self) -> Run:
        """Validate, rebalance and verify; nothing that the verifier objects to ever passes."""
        firm_tables, part = self.firm_tables(), self.part_tables()
        reference = build_reference(AS_OF, firm_tables, self.settings)
        findings = check_part(reference, part, frozenset(), {})
        decision = rebalance(self.firm(), part, findings, "r1")
        return Run(
            decision.tables, verify_part(firm_tables, part, decision.tables, AS_OF, self.settings), decision.totals
        )


def arrow(name: str, rows: list[Row]) -> pa.Table:
    """Rows as a table of the contract's types; columns that no row has are left out."""
    types = {
        Kind.TEXT: pa.string(),
        Kind.NUMBER: pa.float64(),
        Kind.INTEGER: pa.int64(),
        Kind.DATE: pa.date32(),
        Kind.BOOL: pa.bool_(),
    }
    used = {column for row in rows for column in row}
    table = BOOK_TABLES[name]
    unknown = used - set(table.by_name)
    assert not unknown, f"{name} has no {unknown}"
    needed = [column for column in table.columns if column.name in used or column.required]
    return pa.Table.from_pylist(rows, pa.schema([(column.name, types[column.kind]) for column in needed]))


@dataclass(frozen=True)
class Run:
    """The outputs of a part, as plain Python values."""

    tables: dict[str, pa.Table]
    violations: list[Violation]
    totals: dict[str, int]

    def __post_init__(self) -> None:
        assert [str(violation) for violation in self.violations] == []

    @cached_property
    def results(self) -> dict[str, Row]:
        return {row["account_id"]: row for row in self.tables["results"].to_pylist()}

    @cached_property
    def trades(self) -> dict[str, list[Row]]:
        """Rows of each account, in order."""
        rows: dict[str, list[Row]] = {account: [] for account in self.results}
        for row in self.tables["trades"].to_pylist():
            rows[row["account_id"]].append(row)
        return rows

    def code(self, account: str = "A") -> str | None:
        code: str | None = self.results[account]["code"]
        return code

    def shares(self, account: str = "A") -> dict[str, float]:
        """Shares bought (positive) and sold (negative) of each name."""
        total: dict[str, float] = {}
        for row in self.trades[account]:
            signed = float(row["quantity"]) * (1 if row["side"] == "BUY" else -1)
            total[row["security_id"]] = total.get(row["security_id"], 0.0) + signed
        return total

    def sold_lots(self, account: str = "A") -> dict[str, float]:
        return {row["lot_id"]: float(row["quantity"]) for row in self.trades[account] if row["side"] == "SELL"}

    def reasons(self, account: str = "A") -> dict[str, str]:
        return {row["security_id"]: row["reason"] for row in self.trades[account]}

    def cash(self, account: str = "A") -> Decimal:
        cash: Decimal = self.results[account]["cash_after"]
        return cash

    def target(self, account: str = "A") -> dict[str, float]:
        """The account's effective target in per cent."""
        wanted = self.results[account]["target_id"]
        rows = self.tables["targets"].to_pylist()
        return {row["security_id"]: 100.0 * row["weight"] for row in rows if row["target_id"] == wanted}

    def exceptions(self, account: str = "A") -> list[Row]:
        return [row for row in self.tables["exceptions"].to_pylist() if row["account_id"] == account]
