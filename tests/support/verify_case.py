"""A small book and the outputs of a right run over it, made slowly and plainly, for the verifier's mutation tests.

A test changes the book or the plan before the outputs are made (everything else stays consistent), or an output after.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from engine.book.schema import OUTPUT_TABLES
from engine.prove.verify import Violation, verify_part

Row = dict[str, Any]
Tables = dict[str, list[Row]]
AS_OF = datetime.date(2018, 2, 7)
RATES = (0.408, 0.238, 0.5, 3000.0)


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


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


def book() -> tuple[Tables, Tables]:
    """Firm tables and part tables.

    A1 trades, its household H1 has the IRA A2, which does not; A4 sells out; A3, A5, A6 are faulty.
    """
    price_date = day("2018-02-06")
    market = [  # security, sector, price, tradable, fractional, wash group
        ("AAA", "TECH", 100.0, True, False, None),
        ("BBB", "TECH", 50.0, True, False, None),
        ("CCC", "HEALTH", 20.0, True, False, "CARE"),
        ("TWN", "HEALTH", 21.0, True, False, "CARE"),
        ("DDD", "ENERGY", 30.0, True, False, None),
        ("FRA", "HEALTH", 10.1234565, True, True, None),
        ("UNT", "ENERGY", 40.0, False, False, None),
    ]
    names = [row[0] for row in market]
    firm = {
        "securities": [
            {
                "security_id": name,
                "sector": sector,
                "price": price,
                "price_date": price_date,
                "half_spread_bps": 2.0,
                "tradable": tradable,
                "fractional": fractional,
                "wash_group": group,
            }
            for name, sector, price, tradable, fractional, group in market
        ],
        "models": [
            {"model_id": "M", "security_id": "AAA", "child_model_id": None, "weight": 0.4},
            {"model_id": "M", "security_id": None, "child_model_id": "S", "weight": 0.6},
            {"model_id": "S", "security_id": "BBB", "child_model_id": None, "weight": 0.5},
            {"model_id": "S", "security_id": "CCC", "child_model_id": None, "weight": 0.5},
        ],
        "risk_exposures": [
            {"security_id": name, "factor": factor, "exposure": exposure}
            for i, name in enumerate(names)
            for factor, exposure in (("market", 1.0), ("size", 0.3 * i - 0.9))
        ],
        "risk_covariance": [
            {"factor_1": "market", "factor_2": "market", "covariance": 0.03},
            {"factor_1": "market", "factor_2": "size", "covariance": 0.002},
            {"factor_1": "size", "factor_2": "market", "covariance": 0.002},
            {"factor_1": "size", "factor_2": "size", "covariance": 0.01},
        ],
        "risk_specific": [{"security_id": name, "variance": 0.02 + 0.01 * i} for i, name in enumerate(names)],
        "screens": [{"screen_id": "OIL", "security_id": "DDD"}, {"screen_id": "OIL", "security_id": "UNT"}],
        "substitutes": [{"security_id": "CCC", "substitute_id": "FRA", "rank": 1}],
        "policies": [{"policy_id": "P", "cash_target": 0.02, "min_trade_usd": 50.0}],
    }

    def account(account_id: str, household: str | None, status: str, cash: float) -> Row:
        taxed = status == "taxable"
        return {
            "account_id": account_id,
            "household_id": household,
            "model_id": "M",
            "policy_id": "P",
            "tax_status": status,
            "cash": cash,
            "realised_st_ytd": 400.0 if taxed else None,
            "realised_lt_ytd": -250.0 if taxed else None,
            "carryforward_lt": 100.0 if taxed else None,
            "max_weight": None,
        }

    def lot(account_id: str, lot_id: str, security: str, quantity: float, cost: float, acquired: str) -> Row:
        return {
            "account_id": account_id,
            "lot_id": lot_id,
            "security_id": security,
            "quantity": quantity,
            "cost_basis": cost,
            "acquired": day(acquired),
            "holding_start": None,
            "locked": False,
        }

    part = {
        "accounts": [
            account("A1", "H1", "taxable", 5000.0),
            account("A2", "H1", "deferred", 400.0),
            account("A3", "H1", "taxable", 900.0),
            account("A4", None, "taxable", 300.0),
            account("A5", None, "taxable", 10.0),
            account("A5", None, "taxable", 10.0),
            account("A6", None, "taxable", float("nan")),
        ],
        "lots": [
            lot("A1", "L1", "AAA", 50.0, 80.0, "2016-01-04"),
            lot("A1", "L2", "AAA", 30.0, 120.01, "2017-03-01"),
            lot("A1", "L3", "BBB", 100.0, 45.5, "2015-02-28"),
            lot("A1", "L4", "CCC", 10.5, 25.0, "2017-10-02"),
            lot("A1", "L5", "DDD", 20.25, 28.333333, "2017-02-06"),
            lot("A2", "L1", "AAA", 80.0, 90.0, "2014-01-02"),
            lot("A2", "L2", "BBB", 120.0, 50.0, "2014-01-02"),
            lot("A2", "L3", "CCC", 300.0, 20.0, "2014-01-02"),
            lot("A3", "L1", "GONE", 10.0, 1.0, "2014-01-02"),
            lot("A3", "L1", "AAA", float("nan"), 1.0, "2014-01-02"),
            lot("A4", "L1", "DDD", 33.0, 31.0, "2016-05-02"),
            lot("A4", "L2", "BBB", 100.0, 40.0, "2016-05-02"),
            lot("A4", "L3", "CCC", 120.0, 20.0, "2016-05-02"),
            lot("A5", "L1", "AAA", 1.0, 20.0, "2016-05-02"),
        ],
        "restrictions": [
            {
                "account_id": "A4",
                "kind": kind,
                "security_id": security,
                "sector": None,
                "screen_id": None,
                "value": None,
            }
            for kind, security in (("sell_out", "DDD"), ("never_buy", "AAA"), ("never_sell", "CCC"))
        ],
        "activity": [
            {
                "account_id": account_id,
                "trade_date": day(date),
                "security_id": security,
                "side": side,
                "quantity": 5.0,
                "price": 20.0,
                "realised_gain": gain,
            }
            for account_id, date, security, side, gain in (
                ("A1", "2018-01-07", "FRA", "SELL", -40.0),
                ("A1", "2018-01-07", "BBB", "SELL", -60.0),
            )
        ],
        "flows": [{"account_id": "A1", "amount": -1000.0}, {"account_id": "A1", "amount": 9000.0}],
    }
    return firm, part


@dataclass
class Trade:
    """One row of the plan; `edits` overwrite columns of the row that it makes."""

    account: str
    side: str
    security: str
    quantity: str
    lot: str | None = None
    reason: str = "TRACK"
    disallowed: str = "0"
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
        blank = {"security_id": None, "sector": None, "screen_id": None, "value": None}
        self.part["restrictions"].append({"account_id": account_id, "kind": kind} | blank | columns)

    def trade(self, account_id: str, security: str) -> Trade:
        return next(t for t in self.plan if (t.account, t.security) == (account_id, security))

    def edit(self, change: Callable[[Tables], None]) -> None:
        """Change the outputs after they are made."""
        self._edits.append(change)

    def edit_result(self, account_id: str, **columns: object) -> None:
        self.edit(lambda out: next(row for row in out["results"] if row["account_id"] == account_id).update(columns))

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
            term = "SHORT" if disallowed else None
            return row | {
                "cost_basis": amount,
                "wash_disallowed": disallowed,
                "realised_gain": disallowed,
                "term": term,
            }
        lot = self.lot(trade.account, trade.lot or "")
        whole = Decimal(str(lot["quantity"]))
        basis = cents(cents(whole * Decimal(str(lot["cost_basis"]))) * quantity / whole)
        term = "LONG" if long_from(lot["holding_start"] or lot["acquired"]) <= AS_OF else "SHORT"
        gain = amount - basis + disallowed
        return row | {"cost_basis": basis, "wash_disallowed": disallowed, "realised_gain": gain, "term": term}

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
        gaps = self.gaps(account_id, after)
        return (sum(abs(gap) for gap in gaps.values()) + abs(sum(gaps.values()))) / 2

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
        tax = 0.0
        if account["tax_status"] == "taxable":
            short = account["realised_st_ytd"]
            long = account["realised_lt_ytd"] - account["carryforward_lt"]
            offset = self.offset(account_id)
            tax = schedule(short + float(gain["SHORT"]), long + float(gain["LONG"]), offset)
            tax -= schedule(short, long, offset)
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
