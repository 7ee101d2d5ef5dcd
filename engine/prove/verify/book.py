"""The account tables of a part, as delivered: accounts with their settings, lots, what they make in sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from engine.prove.verify.columns import (
    MONEY,
    SHARES,
    Bools,
    Floats,
    Ints,
    column,
    days,
    filled,
    flags,
    in_units,
    reals,
    scaled,
)
from engine.prove.verify.compiled.grouping import add_at
from engine.prove.verify.firm import Securities
from engine.prove.verify.groups import Groups, find, pair
from engine.prove.verify.names import Coded, Names
from engine.prove.verify.rows import Rows
from engine.prove.verify.settings import Policies, Settings


@dataclass(frozen=True)
class Accounts:
    """By number; row 0, and no other, is for accounts that are not in `accounts`."""

    names: Names
    copies: Ints
    household: Ints
    model: Coded
    policy: Coded
    policy_known: Bools
    tax: Ints
    """`TAXABLE`, `DEFERRED`, `EXEMPT`; 0 for null, -1 for another word."""
    cash: Ints
    st_ytd: Floats
    lt_ytd: Floats
    st_carried: Floats
    lt_carried: Floats
    settings: Settings

    def __len__(self) -> int:
        return len(self.cash)

    def row(self, codes: Ints) -> Ints:
        """The row of each account, 0 where it is unknown."""
        return np.where(codes < len(self), codes, 0)

    def number(self, setting: str) -> Floats:
        """A setting by account, NaN for null."""
        return self.settings.number(setting)


def read_accounts(table: pa.Table, policies: Policies, models: Names, firm: Mapping[str, object]) -> Accounts:
    """The first row of each account."""
    names, households, policy_names = Names(), Names(), policies.names.copy()
    rows = Rows(table, "account_id", names)
    home = rows.texts("household_id", households)
    alone = (home == 0) | (home == households.code(""))
    policy = Coded(rows.texts("policy_id", policy_names), policy_names)
    policy_row = np.append(policies.first, np.full(len(policy_names) - len(policies.first), -1))[policy.codes]
    ytd = (rows.reals(name) for name in ("realised_st_ytd", "realised_lt_ytd", "carryforward_st", "carryforward_lt"))
    st_ytd, lt_ytd, st_carried, lt_carried = (np.where(np.isnan(one), 0.0, one) for one in ytd)
    return Accounts(
        names,
        np.bincount(rows.codes, minlength=len(names)),
        np.where(alone, rows.texts("account_id", households), home) if alone[1:].any() else home,
        Coded(rows.texts("model_id", models), models),
        policy,
        (policy.codes == 0) | (policy_row >= 0),
        rows.choice("tax_status", "taxable", "deferred", "exempt"),
        rows.scaled("cash", MONEY),
        st_ytd,
        lt_ytd,
        st_carried,
        lt_carried,
        Settings(rows, policies, policy_row, firm),
    )


@dataclass(frozen=True)
class Lots:
    """As delivered; rows without an account belong to nobody and are left out."""

    account: Coded
    security: Coded
    lot_id: pa.Array
    name: Ints
    """The number of `lot_id`; 0 for null."""
    quantity: Ints
    """Micro-shares."""
    cost: Floats
    acquired: Ints
    start: Ints
    """Where the holding period starts: `acquired` unless it is tacked."""
    locked: Bools
    names: Names

    def __len__(self) -> int:
        return len(self.quantity)


def read_lots(table: pa.Table, accounts: Names, securities: Names) -> Lots:
    """New accounts and securities are added to their names."""
    owner = column(table, "account_id")
    if owner.null_count:
        table = table.filter(owner.is_valid())
    names = Names()
    acquired, held_from = days(column(table, "acquired")), column(table, "holding_start")
    lot_id = column(table, "lot_id")
    return Lots(
        Coded.read(column(table, "account_id"), accounts),
        Coded.read(column(table, "security_id"), securities),
        lot_id,
        names.codes(lot_id),
        scaled(column(table, "quantity"), SHARES),
        reals(column(table, "cost_basis")),
        acquired,
        acquired if held_from.null_count == len(table) else filled(days(held_from), acquired),
        flags(column(table, "locked"), default=False),
        names,
    )


def lot_cents(quantity: Ints, cost: Floats) -> Floats:
    """What a lot cost, rounded half up to the cent; the millionth as in `columns.scaled`."""
    return np.floor(in_units(quantity, SHARES) * cost * 100 + 0.5 + 1e-6)


class Positions:
    """Shares held and free to be sold, by account and security."""

    def __init__(self, lots: Lots, securities: Securities) -> None:
        self._size = len(lots.security.names)
        self.groups = groups = Groups(lots.account.codes, lots.security.codes, self._size)
        self.keys = groups.keys
        self.account = Coded(groups.keys // self._size, lots.account.names)
        self.security = Coded(groups.keys % self._size, lots.security.names)
        self.held = groups.sum(lots.quantity)
        locked, shares = np.flatnonzero(lots.locked), np.zeros(len(groups), dtype=np.int64)
        add_at(groups.of(locked), filled(lots.quantity[locked]), shares)
        self.unlocked = self.held - shares
        worth = in_units(self.held, SHARES) * securities.usd[securities.row(self.security.codes)]
        self.usd = np.where(np.isnan(worth), 0.0, worth)
        """At the price; nothing where it is unknown."""

    def __len__(self) -> int:
        return len(self.keys)

    def place(self, account: Ints, security: Ints) -> Ints:
        """Where each pair stands, -1 where nothing is held."""
        return find(self.keys, pair(account, security, self._size))
