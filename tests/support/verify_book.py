"""A small book for the verifier's tests: seven securities, a nested model, six accounts of which three are faulty."""

from __future__ import annotations

import datetime
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]
AS_OF = datetime.date(2018, 2, 7)


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


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
                "factor": None,
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
                "lot_id": None,
                "wash_disallowed": None,
                "holding_start": None,
            }
            for account_id, date, security, side, gain in (
                ("A1", "2018-01-07", "FRA", "SELL", -40.0),
                ("A1", "2018-01-07", "BBB", "SELL", -60.0),
            )
        ],
        "flows": [{"account_id": "A1", "amount": -1000.0}, {"account_id": "A1", "amount": 9000.0}],
    }
    return firm, part
