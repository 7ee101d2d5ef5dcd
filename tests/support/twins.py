"""Accounts of a book made by hand, beside their tax-blind twins: as the engine makes them, and name by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from engine.book.firm import Firm
from engine.decide.batch import decide_block
from engine.decide.decided import Decided
from engine.decide.prepared import Prepared, prepare
from engine.prove.twin import aimed_at, twin_gains, twin_memory
from kernels.arrays import readonly
from kernels.decide.book import Book
from kernels.twin.account import orders_of
from tests.reference.naive_dates import long_term_date
from tests.reference.naive_money import half_away_from_zero
from tests.reference.naive_twin import Account, Lot, Name
from tests.support.hand_book import AS_OF, HandBook


@dataclass
class Twins:
    """A part decided; `gains` (accounts, COLUMNS) as `kernels.twin` has them."""

    book: Book
    ready: Prepared
    decided: Decided
    gains: np.ndarray
    securities: list[str]

    @classmethod
    def of(cls, made: HandBook) -> Twins:
        return cls.of_part(made.firm(), made.part_tables())

    @classmethod
    def of_part(cls, firm: Firm, tables: Mapping[str, pa.Table]) -> Twins:
        ready = prepare(firm, tables)
        block = decide_block(firm, ready, np.zeros(len(ready.block), dtype=np.bool_))
        gains = twin_gains(block.book, block.outcomes)
        return cls(block.book, ready, block.outcomes, gains, firm.market.ids.to_pylist())

    def target(self, account: int) -> dict[str, float]:
        target = self.decided.targets[self.decided.target[account]]
        return {
            self.securities[security]: weight for security, weight in zip(target.security, target.weight, strict=True)
        }

    def orders(self, account: int) -> dict[str, int]:
        """Micro-shares of each name that the twin orders."""
        return {self.securities[security]: order for security, order, _ in self.twin(account)}

    def twin(self, account: int) -> list[tuple[int, int, tuple[float, float, float, float]]]:
        """Of each name the security, micro-shares ordered, and percent: target, lower and upper bound, goal."""
        book, target = aimed_at(self.book, self.decided)
        if target[account] < 0:
            return []
        found, names = np.empty((2, 2 * len(self.securities)), dtype=np.int64), twin_memory(book, target)
        orders_of(book, target, readonly(self.decided.te_before), names, account, found)
        weights = zip(names.target, names.lower, names.upper, names.weight, strict=True)
        return [
            (int(security), int(order), weight)
            for (security, order), weight in zip(found.T, weights, strict=False)
            if security >= 0
        ]


def naive(made: HandBook, account_id: str, target: dict[str, float]) -> Account:
    """The account by itself, its restrictions read and its settings resolved."""
    row = next(row for row in made.part["accounts"] if row["account_id"] == account_id)
    default = {
        "cash_target": 0.01,
        "cash_min": 0.005,
        "drift_band": 0.005,
        "min_trade_usd": 100.0,
        "min_position_usd": 0.0,
        "max_turnover": None,
        "max_weight": None,
        "cash_max": None,
    }
    told = {name: made.settings.get(name, value) for name, value in default.items()}
    told |= {name: row[name] for name in default if row.get(name) is not None}
    names: dict[str, Name] = {}
    for name in (*target, *(lot["security_id"] for lot in made.part["lots"] if lot["account_id"] == account_id)):
        if name not in names:
            about = made.securities[name]
            names[name] = Name(
                price=round(about["price"] * 1e6),
                target=target.get(name, 0.0),
                fractional=about.get("fractional", False),
                tradable=about["tradable"],
                most=told["max_weight"] or np.inf,
            )
    for lot in made.part["lots"]:
        if lot["account_id"] == account_id:
            basis = half_away_from_zero(lot["quantity"] * lot["cost_basis"] * 100 + 1e-6)
            long_term = long_term_date(lot["acquired"]) <= AS_OF
            quantity, locked = round(lot["quantity"] * 1e6), bool(lot.get("locked"))
            held = Lot(quantity, basis, lot["acquired"].toordinal(), long_term, locked)
            names[lot["security_id"]].lots.append(held)
    for rule in made.part.get("restrictions", []):
        if rule["account_id"] == account_id and rule["security_id"] in names:
            restrict(names[rule["security_id"]], rule)
    flows = [flow["amount"] for flow in made.part.get("flows", []) if flow["account_id"] == account_id]
    return Account(
        cash=round(row["cash"] * 100),
        outflow=round(sum(max(-flow, 0.0) for flow in flows) * 100),
        names=names,
        cash_target=told["cash_target"],
        cash_min=told["cash_min"],
        cash_max=told["cash_max"] or told["cash_target"] + 0.01,
        drift_band=told["drift_band"],
        min_trade_usd=told["min_trade_usd"],
        min_position_usd=told["min_position_usd"],
        max_turnover=told["max_turnover"],
    )


def restrict(name: Name, rule: dict[str, Any]) -> None:
    """What one row of `restrictions` says of a name."""
    kind = rule["kind"]
    if kind in ("never_buy", "sell_out"):
        name.never_buy = True
    if kind == "sell_out":
        name.sell_out = name.position > 0
    if kind == "never_sell":
        name.never_sell = True
    if kind == "min_weight":
        name.least = max(name.least, rule["value"])
    if kind == "max_weight":
        name.most = min(name.most, rule["value"])
