"""A small valid book, written down row by row; a test breaks one thing of it and looks at what is found."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

import pyarrow as pa
import pytest

from engine.book.findings import Finding
from engine.book.schema import BOOK_TABLES, FIRM_TABLES, PART_TABLES, Kind
from engine.book.validation import build_reference, check_firm, check_part

AS_OF = datetime.date(2018, 2, 7)
TYPES = {
    Kind.TEXT: pa.string(),
    Kind.NUMBER: pa.float64(),
    Kind.INTEGER: pa.int64(),
    Kind.DATE: pa.date32(),
    Kind.BOOL: pa.bool_(),
}
Row = dict[str, object]


@dataclass
class Book:
    """Rows by table, and the checks over them as Arrow tables in the contract's types."""

    tables: dict[str, list[Row]]
    settings: dict[str, object] = field(default_factory=dict)

    def __getitem__(self, table: str) -> list[Row]:
        return self.tables[table]

    def arrow(self, names: tuple[str, ...]) -> dict[str, pa.Table]:
        """The tables named, with every column of the contract."""
        return {
            name: pa.table(
                {
                    column.name: pa.array([row.get(column.name) for row in self.tables[name]], TYPES[column.kind])
                    for column in BOOK_TABLES[name].columns
                }
            )
            for name in names
            if name in self.tables
        }

    def check_firm(self) -> list[Finding]:
        return check_firm(AS_OF, self.arrow(FIRM_TABLES), self.settings)

    def check_part(self, misplaced: frozenset[str] = frozenset()) -> list[Finding]:
        reference = build_reference(AS_OF, self.arrow(FIRM_TABLES), self.settings)
        files = {name: f"{name}/part-00003.parquet" for name in PART_TABLES}
        return check_part(reference, self.arrow(PART_TABLES), misplaced, files)


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def lot(account: str, lot_id: str, security: str, quantity: float, basis: float, acquired: str) -> Row:
    return {
        "account_id": account,
        "lot_id": lot_id,
        "security_id": security,
        "quantity": quantity,
        "cost_basis": basis,
        "acquired": day(acquired),
    }


@pytest.fixture
def book() -> Book:
    """Four securities, three models (GROWTH holds the sleeve CORE), three accounts, one row of each restriction kind
    that this version acts on.
    """
    securities = [
        {"security_id": name, "sector": sector, "price": price, "price_date": day("2018-02-06")}
        for name, sector, price in (("AAA", "Tech", 10.0), ("BBB", "Tech", 20.0), ("CCC", "Energy", 40.0))
    ]
    securities.append({"security_id": "DDD", "price": 80.0, "price_date": day("2018-02-06"), "half_spread_bps": 1.0})
    names = [str(row["security_id"]) for row in securities]
    return Book(
        {
            "securities": securities,
            "models": [
                {"model_id": "CORE", "security_id": "AAA", "weight": 0.5},
                {"model_id": "CORE", "security_id": "BBB", "weight": 0.5},
                {"model_id": "GROWTH", "child_model_id": "CORE", "weight": 0.6},
                {"model_id": "GROWTH", "security_id": "CCC", "weight": 0.4},
                {"model_id": "ENERGY", "security_id": "CCC", "weight": 1.0},
            ],
            "risk_exposures": [
                {"security_id": name, "factor": factor, "exposure": 0.5} for name in names for factor in ("F1", "F2")
            ],
            "risk_covariance": [
                {"factor_1": "F1", "factor_2": "F1", "covariance": 0.04},
                {"factor_1": "F1", "factor_2": "F2", "covariance": 0.01},
                {"factor_1": "F2", "factor_2": "F1", "covariance": 0.01},
                {"factor_1": "F2", "factor_2": "F2", "covariance": 0.09},
            ],
            "risk_specific": [{"security_id": name, "variance": 0.05} for name in names],
            "screens": [{"screen_id": "OIL", "security_id": "CCC"}],
            "substitutes": [{"security_id": "AAA", "substitute_id": "BBB", "rank": 1.0}],
            "policies": [
                {"policy_id": "CALM", "drift_band": 0.02, "cash_min": 0.01, "cash_target": 0.02, "cash_max": 0.05},
                {"policy_id": "BRISK", "drift_band": 0.001},
            ],
            "accounts": [
                {"account_id": "A1", "model_id": "CORE", "policy_id": "CALM", "tax_status": "taxable", "cash": 100.0},
                {"account_id": "A2", "model_id": "GROWTH", "tax_status": "deferred", "cash": 50.0, "st_rate": 0.3},
                {"account_id": "A3", "model_id": "ENERGY", "tax_status": "exempt", "cash": 1000.0},
            ],
            "lots": [
                lot("A1", "L1", "AAA", 10.0, 8.0, "2016-05-02"),
                lot("A1", "L2", "AAA", 5.5, 12.0, "2018-02-07"),
                lot("A1", "L3", "BBB", 7.0, 0.0, "2017-12-01"),
                lot("A2", "L1", "CCC", 20.0, 41.0, "2017-01-31") | {"holding_start": day("2016-11-30")},
                lot("A2", "L2", "BBB", 3.0, 19.0, "2017-06-15"),
            ],
            "restrictions": [
                {"account_id": "A1", "kind": "never_buy", "security_id": "CCC"},
                {"account_id": "A1", "kind": "never_sell", "security_id": "AAA"},
                {"account_id": "A1", "kind": "screen", "screen_id": "OIL"},
                {"account_id": "A2", "kind": "sell_out", "security_id": "BBB"},
                {"account_id": "A2", "kind": "max_weight", "security_id": "CCC", "value": 0.5},
                {"account_id": "A2", "kind": "min_weight", "security_id": "AAA", "value": 0.1},
            ],
            "activity": [
                {
                    "account_id": "A1",
                    "trade_date": day("2018-02-07"),
                    "security_id": "AAA",
                    "side": "BUY",
                    "quantity": 5.5,
                    "price": 12.0,
                    "lot_id": "L2",
                },
                {
                    "account_id": "A2",
                    "trade_date": day("2018-01-05"),
                    "security_id": "BBB",
                    "side": "SELL",
                    "quantity": 1.0,
                    "price": 18.0,
                    "realised_gain": -1.0,
                },
            ],
            "flows": [{"account_id": "A1", "date": day("2018-02-20"), "amount": -25.0}],
        }
    )
