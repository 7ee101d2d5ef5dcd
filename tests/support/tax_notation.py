"""The notation of tax cases: text tables of trades, corporate actions, realised rows and lots.

One row a line; what stands in brackets may be left out, `#` starts a remark:

    trades    2024-01-02 buy 100 XYZ at 10.00 [lot A] [in spouse] [order 1] [reinvested]
              2024-01-02 buy 3 XYZ for 100.00          a total instead of a price a share
    actions   2024-06-03 SPLIT XYZ [ratio 2] [cash 30.00] [price 50.00] [to NEW] [basis 0.25]
    realised  2024-03-01 60 XYZ A bought 2024-01-02 [held from 2023-12-01] 480.00 - 600.00 [+ 120.00] = 0.00 short
              proceeds - adjusted basis + disallowed loss = gain; term; [in spouse]
    lots      60 XYZ B.1 bought 2024-03-20 [held from 2024-01-20] 660.00 [in ira]

A trade is in the taxpayer's own account unless it says otherwise; `ACCOUNTS` lists the others.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

ACCOUNTS = {
    "own": ("family", "taxable"),
    "spouse": ("family", "taxable"),
    "ira": ("family", "deferred"),
    "roth": ("family", "exempt"),
    "stranger": ("others", "taxable"),
}
"""Household and tax status of each account."""

CENT = Decimal("0.01")
MICRO = Decimal("0.000001")
DATE = r"\d{4}-\d\d-\d\d"
NUMBER = r"[\d,]+(?:\.\d+)?"
HELD = rf"bought (?P<acquired>{DATE})(?: held from (?P<start>{DATE}))?"
TRADE = re.compile(
    rf"(?P<trade_date>{DATE}) (?P<side>buy|sell) (?P<quantity>{NUMBER}) (?P<security>\S+)"
    rf" (?P<per>at|for) (?P<money>{NUMBER})(?: lot (?P<lot>\S+))?(?: in (?P<account>\S+))?"
    rf"(?: order (?P<order>\d+))?(?P<reinvested> reinvested)?"
)
ACTION = re.compile(
    rf"(?P<date>{DATE}) (?P<kind>[A-Z_]+) (?P<security_id>\S+)(?: ratio (?P<ratio>{NUMBER}))?"
    rf"(?: cash (?P<cash>{NUMBER}))?(?: price (?P<price>{NUMBER}))?(?: to (?P<new_security_id>\S+))?"
    rf"(?: basis (?P<basis_fraction>{NUMBER}))?"
)
REALISED = re.compile(
    rf"(?P<sold>{DATE}) (?P<quantity>{NUMBER}) (?P<security>\S+) (?P<lot>\S+) {HELD} (?P<proceeds>{NUMBER})"
    rf" - (?P<basis>{NUMBER})(?: \+ (?P<disallowed>{NUMBER}))? = (?P<gain>-?{NUMBER}) (?P<term>short|long)"
    rf"(?: in (?P<account>\S+))?"
)
LOT = re.compile(
    rf"(?P<quantity>{NUMBER}) (?P<security>\S+) (?P<lot>\S+) {HELD} (?P<basis>{NUMBER})(?: in (?P<account>\S+))?"
)


class Disposal(NamedTuple):
    """A row of what was realised."""

    account: str
    sold: dt.date
    security: str
    lot: str
    quantity: Decimal
    acquired: dt.date
    holding_start: dt.date
    proceeds: Decimal
    basis: Decimal
    disallowed: Decimal
    gain: Decimal
    term: str


class Holding(NamedTuple):
    """A lot that is left, with its total adjusted basis."""

    account: str
    security: str
    lot: str
    quantity: Decimal
    acquired: dt.date
    holding_start: dt.date
    basis: Decimal


def _rows(pattern: re.Pattern[str], text: str) -> list[dict[str, str | None]]:
    rows = []
    for line in text.splitlines():
        words = " ".join(line.partition("#")[0].split())
        if words:
            match = pattern.fullmatch(words)
            assert match, f"not in the notation: {words}"
            rows.append(match.groupdict())
    return rows


def _number(text: str | None) -> Decimal | None:
    return Decimal(text.replace(",", "")) if text else None


def _figure(text: str | None) -> Decimal:
    return _number(text) or Decimal(0)


def _date(text: str | None) -> dt.date:
    assert text is not None
    return dt.date.fromisoformat(text)


def _price(row: Mapping[str, str | None]) -> Decimal:
    """A share's price: as given, or the total over the quantity, in whole micro-dollars that give the total again."""
    money, quantity = _figure(row["money"]), _figure(row["quantity"])
    if row["per"] == "at":
        return money
    price = (money / quantity).quantize(MICRO)
    assert (price * quantity).quantize(CENT, ROUND_HALF_UP) == money, f"no price of six decimals gives {money}"
    return price


def trades(text: str, groups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows of `activity`; `groups` is the wash group by security."""
    activity = []
    for row in _rows(TRADE, text):
        account = row["account"] or "own"
        household, status = ACCOUNTS[account]
        activity.append(
            {
                "account_id": account,
                "household_id": household,
                "tax_status": status,
                "trade_date": _date(row["trade_date"]),
                "sequence": int(row["order"]) if row["order"] else None,
                "security_id": row["security"],
                "wash_group": groups.get(str(row["security"])),
                "side": str(row["side"]).upper(),
                "quantity": _figure(row["quantity"]),
                "price": _price(row),
                "lot_id": row["lot"],
                "reinvestment": row["reinvested"] is not None,
            }
        )
    return activity


def actions(text: str) -> list[dict[str, Any]]:
    """Rows of `corporate_actions`."""
    numbers = ("ratio", "cash", "price", "basis_fraction")
    return [
        row | {"date": _date(row["date"])} | {name: float(_figure(row[name])) or None for name in numbers}
        for row in _rows(ACTION, text)
    ]


def disposals(text: str) -> list[Disposal]:
    """Realised rows, sorted."""
    return sorted(
        Disposal(
            row["account"] or "own",
            _date(row["sold"]),
            str(row["security"]),
            str(row["lot"]),
            _figure(row["quantity"]),
            _date(row["acquired"]),
            _date(row["start"] or row["acquired"]),
            _figure(row["proceeds"]),
            _figure(row["basis"]),
            _figure(row["disallowed"]),
            Decimal(str(row["gain"]).replace(",", "")),
            str(row["term"]),
        )
        for row in _rows(REALISED, text)
    )


def holdings(text: str) -> list[Holding]:
    """Lots, sorted."""
    return sorted(
        Holding(
            row["account"] or "own",
            str(row["security"]),
            str(row["lot"]),
            _figure(row["quantity"]),
            _date(row["acquired"]),
            _date(row["start"] or row["acquired"]),
            _figure(row["basis"]),
        )
        for row in _rows(LOT, text)
    )
