"""Books made by hand, settled: trades as literal rows, the new tables as plain Python values."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cached_property
from typing import Any

import pyarrow as pa

from engine.book.firm import Firm
from engine.book.header import Header
from engine.book.schema import OUTPUT_TABLES
from engine.book.validation import build_reference, check_part
from engine.ledger.schema import CORPORATE_ACTIONS
from engine.ledger.settle import Settled, Settlement, settle_part
from engine.ledger.settle.actions import passed_actions
from tests.support.hand_book import AS_OF, PRICES, HandBook, Row, arrow

MONDAY = dt.date(2026, 2, 2)
EPOCH = dt.date(1970, 1, 1)


def buy(account: str, security: str, quantity: float, price: float | None = None, **more: Any) -> Row:
    return _trade(account, security, "BUY", None, quantity, price, more)


def sell(account: str, security: str, lot: str | None, quantity: float, price: float | None = None, **more: Any) -> Row:
    return _trade(account, security, "SELL", lot, quantity, price, more)


def _trade(
    account: str, security: str, side: str, lot: str | None, quantity: float, price: float | None, more: Row
) -> Row:
    each = PRICES[security] if price is None else price
    row = {"account_id": account, "security_id": security, "side": side, "lot_id": lot}
    return row | {"quantity": quantity, "price": each} | more


def trades_table(rows: list[Row]) -> pa.Table:
    """Rows in the contract's types; what settle does not read is null."""
    return decimals("trades", rows)


def decimals(name: str, rows: list[Row]) -> pa.Table:
    """Rows of an output table; numbers of money and shares become decimals, what is not given null."""
    schema = OUTPUT_TABLES[name]

    def exact(field: pa.Field, value: object) -> object:
        return Decimal(str(value)) if pa.types.is_decimal(field.type) and value is not None else value

    return pa.Table.from_pylist(
        [{field.name: exact(field, row.get(field.name)) for field in schema} for row in rows], schema
    )


def fills_table(rows: list[Row]) -> pa.Table:
    """A fills file as it arrives: floats, text, dates; rows numbered."""
    names = {name for row in rows for name in row} | {"account_id"}
    types = {
        "quantity": pa.float64(),
        "price": pa.float64(),
        "trade_date": pa.date32(),
        "sequence": pa.int64(),
        "reinvestment": pa.bool_(),
    }
    schema = pa.schema([(name, types.get(name, pa.string())) for name in sorted(names)])
    table = pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows], schema)
    table = table.append_column("row", pa.array(range(len(rows)), pa.int64()))
    return table.append_column("file", pa.repeat("fills.csv", len(rows)))


def actions_table(rows: list[Row]) -> pa.Table:
    types = {"date": pa.date32(), "sequence": pa.int64(), "kind": pa.string()}
    schema = pa.schema(
        [
            (c.name, types.get(c.name, pa.string() if c.name.endswith("_id") else pa.float64()))
            for c in CORPORATE_ACTIONS.columns
        ]
    )
    return pa.Table.from_pylist([{field.name: row.get(field.name) for field in schema} for row in rows], schema)


def settle(
    book: HandBook,
    trades: list[Row],
    *,
    fills: list[Row] | None = None,
    results: list[Row] | None = None,
    actions: list[Row] | None = None,
    until: dt.date = MONDAY,
    as_of: dt.date = AS_OF,
) -> After:
    """The book of `as_of` on `until`."""
    for security in book.securities.values():
        security["price_date"] = as_of
    firm, part = firm_on(book, as_of), book.part_tables()
    passed = passed_actions(
        None if actions is None else actions_table(actions),
        firm.market.ids,
        firm.market.wash_group,
        firm.header.as_of_days,
        (until - EPOCH).days,
        "corporate_actions",
    )
    findings = check_part(build_reference(as_of, book.firm_tables(), book.settings), part, frozenset(), {})
    settlement = Settlement(firm, (until - EPOCH).days, passed, "fills.csv")
    given = None if fills is None else fills_table(fills)
    told = None if results is None else decimals("results", results)
    return After(settle_part(settlement, part, trades_table(trades), findings, given, told), part)


def firm_on(book: HandBook, as_of: dt.date) -> Firm:
    """The hand book's firm on another day."""
    firm = book.firm()
    header = Header(schema=1, as_of=as_of, currency="USD", name="by-hand")
    return Firm(**(vars(firm) | {"header": header}))


class After:
    """The new tables. Every identity of the totals is asserted."""

    def __init__(self, settled: Settled, before: dict[str, pa.Table]) -> None:
        self.settled, self.tables, self.before = settled, settled.tables, before
        t = settled.totals
        moved = t.sells - t.buys + t.from_actions + t.dividends + t.flows_in - t.flows_out
        assert t.cash_after == t.cash_before + moved
        assert t.basis_after == t.basis_before + t.buys - t.basis_sold + t.basis_washed - t.capital_returned

    @cached_property
    def accounts(self) -> dict[str, Row]:
        return {row["account_id"]: row for row in self.tables["accounts"].to_pylist()}

    def cash(self, account: str = "A") -> float:
        return float(self.accounts[account]["cash"])

    def year(self, account: str = "A") -> tuple[float, float]:
        """Short- and long-term totals of the year."""
        row = self.accounts[account]
        return float(row.get("realised_st_ytd") or 0), float(row.get("realised_lt_ytd") or 0)

    def carried(self, account: str = "A") -> tuple[float, float]:
        row = self.accounts[account]
        return float(row.get("carryforward_st") or 0), float(row.get("carryforward_lt") or 0)

    def lots(self, account: str = "A", security: str | None = None) -> dict[str, tuple[float, float]]:
        """Shares and total basis by lot."""
        return {
            row["lot_id"]: (float(row["quantity"]), round(float(row["quantity"]) * float(row["cost_basis"]), 2))
            for row in self.tables["lots"].to_pylist()
            if row["account_id"] == account and security in (None, row["security_id"])
        }

    def lot(self, name: str, account: str = "A") -> Row:
        rows = [r for r in self.tables["lots"].to_pylist() if (r["account_id"], r["lot_id"]) == (account, name)]
        assert len(rows) == 1
        return rows[0]

    def activity(self, account: str = "A") -> list[Row]:
        return [row for row in self.tables["activity"].to_pylist() if row["account_id"] == account]

    @property
    def troubles(self) -> list[tuple[str, str]]:
        return [(one.account, one.code.name) for one in self.settled.troubles]


__all__ = ["AS_OF", "MONDAY", "After", "HandBook", "actions_table", "arrow", "buy", "fills_table", "sell", "settle"]
