"""A small book and the outputs of a right run over it, made slowly and plainly, for the verifier's mutation tests.

A test changes the book or the plan before the outputs are made (everything else stays consistent), or an output after.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pyarrow as pa

from engine.book.schema import OUTPUT_TABLES
from engine.prove.verify import Violation, verify_part
from tests.support.verify_book import AS_OF, Row, Tables, book

RATES = (0.408, 0.238, 0.5, 3000.0)
CASH_TARGET = 0.02


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def long_from(start: datetime.date) -> datetime.date:
    """The first day on which a sale is long-term: the law, written for a person (Rev. Rul. 66-7)."""
    if start.day == calendar.monthrange(start.year, start.month)[1]:
        months = start.year * 12 + start.month - 1 + 13
        return datetime.date(months // 12, months % 12 + 1, 1)
    return start.replace(year=start.year + 1) + datetime.timedelta(days=1)


def schedule(short: float, long: float, offset: float) -> float:
    st, lt, loss_value, _ = RATES
    net = short + long
    if net < 0:
        return -(st * min(-net, offset) + loss_value * lt * max(-net - offset, 0.0))
    if short >= 0 and long >= 0:
        return st * short + lt * long
    return (st if short > 0 else lt) * net


@dataclass
class Trade:
    """One row of the plan; `edits` overwrite columns of the row that it makes.

    `disallowed` and, for a sell, `absorbed` losses are in USD; `term` is that of a loss taken away or taken up.
    """

    account: str
    side: str
    security: str
    quantity: str
    lot: str | None = None
    reason: str = "TRACK"
    disallowed: str = "0"
    absorbed: str = "0"
    term: str | None = None
    edits: Row = field(default_factory=dict)


class Case:
    """The book, the plan of trades, and the outputs that follow from them."""

    def __init__(self) -> None:
        self.firm, self.part = book()
        self.settings: dict[str, object] = {"drift_band": 0.004}
        self.codes = {"A2": "IN_BAND", "A3": "SECURITY_UNKNOWN", "A5": "ACCOUNT_DUPLICATE", "A6": "VALUE_NOT_FINITE"}
        self.faulty = {"A3", "A5", "A6"}
        model = {"AAA": 0.4 * 0.98, "BBB": 0.3 * 0.98, "CCC": 0.3 * 0.98}
        self.targets = {"model": model, "own": {"BBB": 0.5 * 0.98, "CCC": 0.3 * 0.98, "FRA": 0.2 * 0.98}}
        self.target_of = {"A1": "model", "A2": "model", "A4": "own"}
        self.plan = [
            Trade("A1", "SELL", "AAA", "10", lot="L2"),
            Trade("A1", "SELL", "DDD", "20.25", lot="L5"),
            Trade("A1", "BUY", "CCC", "150"),
            Trade("A4", "SELL", "DDD", "33", lot="L1", reason="SELL_OUT"),
            Trade("A4", "BUY", "FRA", "81.5"),
        ]
        self._edits: list[Callable[[Tables], None]] = []

    def account(self, account_id: str) -> Row:
        return next(row for row in self.part["accounts"] if row["account_id"] == account_id)

    def lot(self, account_id: str, lot_id: str) -> Row:
        return next(row for row in self.part["lots"] if (row["account_id"], row["lot_id"]) == (account_id, lot_id))

    def security(self, name: str) -> Row:
        return next(row for row in self.firm["securities"] if row["security_id"] == name)

    def restrict(self, account_id: str, kind: str, **columns: object) -> None:
        blank = dict.fromkeys(("security_id", "sector", "screen_id", "factor", "value"))
        self.part["restrictions"].append({"account_id": account_id, "kind": kind} | blank | columns)

    def trade(self, account_id: str, security: str) -> Trade:
        return next(t for t in self.plan if (t.account, t.security) == (account_id, security))

    def edit(self, change: Callable[[Tables], None]) -> None:
        """Change the outputs after they are made."""
        self._edits.append(change)

    def edit_result(self, account_id: str, **columns: object) -> None:
        self.edit(lambda out: next(row for row in out["results"] if row["account_id"] == account_id).update(columns))

    def lots_of(self, account_id: str, security: str) -> list[Row]:
        return [lot for lot in self.part["lots"] if (lot["account_id"], lot["security_id"]) == (account_id, security)]

    # The run, slowly.

    def price(self, name: str) -> Decimal:
        price = next((row["price"] for row in self.firm["securities"] if row["security_id"] == name), 30.0)
        return Decimal(str(price)).quantize(Decimal("0.000001"), ROUND_HALF_UP)

    def held(self, account_id: str, after: bool) -> dict[str, Decimal]:
        shares: dict[str, Decimal] = {}
        for row in self.part["lots"]:
            if row["account_id"] == account_id:
                shares[row["security_id"]] = shares.get(row["security_id"], Decimal(0)) + Decimal(str(row["quantity"]))
        for trade in self.plan if after else []:
            if trade.account == account_id:
                signed = Decimal(trade.quantity) * (1 if trade.side == "BUY" else -1)
                shares[trade.security] = shares.get(trade.security, Decimal(0)) + signed
        return shares

    def value(self, account_id: str) -> Decimal:
        worth = sum((q * self.price(name) for name, q in self.held(account_id, after=False).items()), Decimal(0))
        return Decimal(str(self.account(account_id)["cash"])) + worth

    def trade_row(self, trade: Trade) -> Row:
        quantity, price = Decimal(trade.quantity), self.price(trade.security)
        amount = cents(quantity * price)
        row: Row = {"run_id": "r1", "account_id": trade.account, "security_id": trade.security, "side": trade.side}
        row |= {"lot_id": trade.lot, "quantity": quantity, "price": price, "amount": amount, "reason": trade.reason}
        disallowed = cents(Decimal(trade.disallowed))
        if trade.side == "BUY":
            term = (trade.term or "SHORT") if disallowed else None
            return row | {
                "cost_basis": amount,
                "wash_disallowed": disallowed,
                "realised_gain": disallowed,
                "term": term,
            }
        lot = self.lot(trade.account, trade.lot or "")
        whole = Decimal(str(lot["quantity"]))
        basis = cents(cents(whole * Decimal(str(lot["cost_basis"]))) * quantity / whole) + Decimal(trade.absorbed)
        term = trade.term or ("LONG" if long_from(lot["holding_start"] or lot["acquired"]) <= AS_OF else "SHORT")
        gain = amount - basis + disallowed
        return row | {"cost_basis": basis, "wash_disallowed": disallowed, "realised_gain": gain, "term": term}

    def first_in_first_out(self, account_id: str) -> dict[str, Decimal]:
        """What first in, first out would gain more than the lots that the plan sells, by term; without wash sales."""
        more = {"SHORT": Decimal(0), "LONG": Decimal(0)}
        for trade in self.plan:
            if trade.account == account_id and trade.side == "SELL":
                row = self.trade_row(Trade(account_id, "SELL", trade.security, trade.quantity, trade.lot))
                more[row["term"]] -= row["realised_gain"]
        sales: dict[str, Decimal] = {}
        for trade in self.plan:
            if trade.account == account_id and trade.side == "SELL":
                sales[trade.security] = sales.get(trade.security, Decimal(0)) + Decimal(trade.quantity)
        for security, sold in sales.items():
            of_name = [lot for lot in self.lots_of(account_id, security) if not lot["locked"]]
            for lot in sorted(of_name, key=lambda lot: lot["acquired"]):
                part = min(sold, Decimal(str(lot["quantity"])))
                if part > 0:
                    row = self.trade_row(Trade(account_id, "SELL", security, str(part), lot["lot_id"]))
                    more[row["term"]] += row["realised_gain"]
                    sold -= part
        return more

    def gaps(self, account_id: str, after: bool) -> dict[str, float]:
        value = float(self.value(account_id))
        gaps = {name: float(q * self.price(name)) / value for name, q in self.held(account_id, after).items()}
        for name, weight in self.targets.get(self.target_of[account_id], {}).items():
            gaps[name] = gaps.get(name, 0.0) - weight
        return gaps

    def tracking(self, account_id: str, after: bool) -> float:
        """√(dᵀΣd) with Σ written out in full."""
        names = [row["security_id"] for row in self.firm["securities"]]
        factors = ["market", "size"]
        b = np.zeros((len(names), 2))
        for row in self.firm["risk_exposures"]:
            b[names.index(row["security_id"]), factors.index(row["factor"])] = row["exposure"]
        f = np.zeros((2, 2))
        for row in self.firm["risk_covariance"]:
            f[factors.index(row["factor_1"]), factors.index(row["factor_2"])] = row["covariance"]
        sigma = b @ f @ b.T + np.diag([row["variance"] for row in self.firm["risk_specific"]])
        gaps = self.gaps(account_id, after)
        d = np.array([gaps.get(name, 0.0) for name in names])
        return float(np.sqrt(d @ sigma @ d))

    def drift(self, account_id: str, after: bool) -> float:
        cash = Decimal(str(self.account(account_id)["cash"]))
        for trade in self.plan if after else []:
            if trade.account == account_id:
                amount = cents(Decimal(trade.quantity) * self.price(trade.security))
                cash += amount if trade.side == "SELL" else -amount
        gaps = [*self.gaps(account_id, after).values(), float(cash / self.value(account_id)) - CASH_TARGET]
        return sum(abs(gap) for gap in gaps) / 2

    def offset(self, account_id: str) -> float:
        """This account's part of its household's deduction: by value over its sound taxable accounts."""
        mine = self.account(account_id)
        home = mine["household_id"] or account_id
        members = [
            row["account_id"]
            for row in self.part["accounts"]
            if (row["household_id"] or row["account_id"]) == home
            and row["tax_status"] == "taxable"
            and row["account_id"] not in self.faulty
        ]
        return RATES[3] * float(self.value(account_id) / sum(self.value(member) for member in members))

    def result(self, account_id: str, rows: list[Row]) -> Row:
        traded = bool(rows)
        if account_id in self.faulty:
            blank = dict.fromkeys(OUTPUT_TABLES["results"].names)
            return blank | {"account_id": account_id, "status": "EXCEPTION", "code": self.codes[account_id]}
        account, value = self.account(account_id), self.value(account_id)
        bought = sum((row["amount"] for row in rows if row["side"] == "BUY"), Decimal(0))
        sold = sum((row["amount"] for row in rows if row["side"] == "SELL"), Decimal(0))
        gain = {t: sum((r["realised_gain"] for r in rows if r["term"] == t), Decimal(0)) for t in ("SHORT", "LONG")}
        tax = fifo = 0.0
        if account["tax_status"] == "taxable":
            short = account["realised_st_ytd"]
            long = account["realised_lt_ytd"] - account["carryforward_lt"]
            offset = self.offset(account_id)
            tax = schedule(short + float(gain["SHORT"]), long + float(gain["LONG"]), offset)
            more = self.first_in_first_out(account_id)
            fifo = schedule(
                short + float(gain["SHORT"] + more["SHORT"]), long + float(gain["LONG"] + more["LONG"]), offset
            )
            tax, fifo = (one - schedule(short, long, offset) for one in (tax, fifo))
        cash = cents(Decimal(str(account["cash"])))
        return {
            "account_id": account_id,
            "status": "TRADED" if traded else "NO_TRADE",
            "code": None if traded else self.codes.get(account_id),
            "message": None,
            "value": cents(value),
            "te_before": self.tracking(account_id, after=False),
            "te_after": self.tracking(account_id, after=True),
            "target_id": self.target_of[account_id],
            "drift_before": self.drift(account_id, after=False),
            "drift_after": self.drift(account_id, after=True),
            "turnover": float(bought + sold) / 2 / float(value),
            "realised_st": gain["SHORT"],
            "realised_lt": gain["LONG"],
            "tax_cost": cents(Decimal(tax)),
            "tax_blind": cents(Decimal(fifo)),
            "tax_saved_or_deferred": cents(Decimal(fifo)) - cents(Decimal(tax)),
            "saved_by_lot_choice": cents(Decimal(fifo)) - cents(Decimal(tax)),
            "deferred_gains": Decimal(0),
            "harvested": Decimal(0),
            "cash_before": cash,
            "cash_after": cash - bought + sold,
            "objective_bp": 1.5 if traded else None,
            "gap_bp": 0.1 if traded else None,
            "solver": "osqp" if traded else None,
        }

    def outputs(self) -> Tables:
        trades = [self.trade_row(trade) for trade in self.plan]
        ids = dict.fromkeys(row["account_id"] for row in self.part["accounts"])
        out: Tables = {
            "results": [self.result(one, [row for row in trades if row["account_id"] == one]) for one in ids],
            "exceptions": [{"account_id": one, "code": self.codes[one], "severity": "ERROR"} for one in self.faulty],
            "targets": [
                {"target_id": target, "security_id": name, "weight": weight}
                for target, weights in self.targets.items()
                for name, weight in weights.items()
            ],
        }
        for trade, row in zip(self.plan, trades, strict=True):
            row.update(trade.edits)
        out["trades"] = trades
        out["orders"] = orders(trades)
        for change in self._edits:
            change(out)
        return out

    def violations(self) -> list[Violation]:
        out = {name: pa.Table.from_pylist(rows, OUTPUT_TABLES[name]) for name, rows in self.outputs().items()}
        return verify_part(arrow(self.firm), arrow(self.part), out, AS_OF, self.settings)


def orders(trades: list[Row]) -> list[Row]:
    """Block orders of the trades."""
    blocks: dict[tuple[str, str], list[Row]] = {}
    for row in trades:
        blocks.setdefault((row["security_id"], row["side"]), []).append(row)
    return [
        {
            "security_id": security,
            "side": side,
            "quantity": sum(row["quantity"] for row in rows),
            "amount": sum(row["amount"] for row in rows),
            "accounts": len({row["account_id"] for row in rows}),
        }
        for (security, side), rows in blocks.items()
    ]


def arrow(tables: Tables) -> dict[str, pa.Table]:
    """Plain inputs as pyarrow infers them: strings, float64, dates."""
    return {name: pa.Table.from_pylist(rows) for name, rows in tables.items()}
