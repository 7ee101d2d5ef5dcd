"""The tables that the run made of a part, as it would publish them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from engine.prove.verify.columns import MONEY, SHARES, Bools, Floats, Ints, choice, column, reals, scaled
from engine.prove.verify.groups import Groups, at, find, first_rows, pair
from engine.prove.verify.names import Coded, Names

REASONS = ("TRACK", "HARVEST", "CASH", "SELL_OUT", "TRANSITION")


@dataclass(frozen=True)
class Trades:
    """One row a buy, or a sell of a lot; micro-shares, micro-dollars, cents."""

    table: pa.Table
    run: Coded
    account: Coded
    security: Coded
    side: Ints
    lot: Coded
    quantity: Ints
    price: Ints
    amount: Ints
    cost_basis: Ints
    disallowed: Ints
    gain: Ints
    term: Ints
    reason: Ints

    def __len__(self) -> int:
        return len(self.quantity)

    def word(self, name: str, row: int) -> str:
        """A text as the run wrote it, empty for null."""
        return str(self.table.column(name)[row].as_py() or "")


def read_trades(table: pa.Table, accounts: Names, securities: Names, lots: Names) -> Trades:
    """New names are added to those given."""
    return Trades(
        table,
        Coded.read(column(table, "run_id"), Names()),
        Coded.read(column(table, "account_id"), accounts),
        Coded.read(column(table, "security_id"), securities),
        choice(column(table, "side"), "BUY", "SELL"),
        Coded(lots.codes(column(table, "lot_id")), lots),
        scaled(column(table, "quantity"), SHARES),
        scaled(column(table, "price"), SHARES),
        scaled(column(table, "amount"), MONEY),
        scaled(column(table, "cost_basis"), MONEY),
        scaled(column(table, "wash_disallowed"), MONEY),
        scaled(column(table, "realised_gain"), MONEY),
        choice(column(table, "term"), "SHORT", "LONG"),
        choice(column(table, "reason"), *REASONS),
    )


class Results:
    """One row an account; columns are read when a rule asks for them, cents or real numbers."""

    def __init__(self, table: pa.Table, accounts: Names, targets: Names) -> None:
        self.table = table
        self.account = Coded.read(column(table, "account_id"), accounts)
        self.status = choice(column(table, "status"), "TRADED", "NO_TRADE", "EXCEPTION")
        self.code = Coded.read(column(table, "code"), Names())
        self.target = Coded.read(column(table, "target_id"), targets)
        self.solver = Coded.read(column(table, "solver"), Names())
        self._cents: dict[str, Ints] = {}
        self._reals: dict[str, Floats] = {}

    def __len__(self) -> int:
        return len(self.status)

    def cents(self, name: str) -> Ints:
        """A column of money, `NULL` for null."""
        if name not in self._cents:
            self._cents[name] = scaled(column(self.table, name), MONEY)
        return self._cents[name]

    def real(self, name: str) -> Floats:
        """A column of real numbers, NaN for null."""
        if name not in self._reals:
            self._reals[name] = reals(column(self.table, name))
        return self._reals[name]

    def word(self, name: str, row: int) -> str:
        """A text as the run wrote it, empty for null."""
        return str(self.table.column(name)[row].as_py() or "")

    def rows(self, accounts: int) -> Ints:
        """The first row of each account, -1 where it has none."""
        return first_rows(self.account.codes, accounts)


class Targets:
    """Effective targets: rows as written, and what they make of each target and security."""

    def __init__(self, table: pa.Table, securities: Names) -> None:
        self.names = Names()
        self.target = Coded.read(column(table, "target_id"), self.names)
        self.security = Coded.read(column(table, "security_id"), securities)
        self.weight = reals(column(table, "weight"))

    def group(self, securities: int) -> None:
        """Sum rows by target and security; `securities`: more than any number of one."""
        self._size = securities
        self.pairs = Groups(self.target.codes, self.security.codes, securities)
        self.pair_target = self.pairs.keys // securities
        self.pair_security = self.pairs.keys % securities
        self.pair_weight = self.pairs.total(self.weight)

    def weight_of(self, target: Ints, security: Ints) -> Floats:
        """0 where a target does not name the security."""
        return at(self.pair_weight, find(self.pairs.keys, pair(target, security, self._size)), 0.0)

    def exists(self) -> Bools:
        """By number: whether there is such a target."""
        found = np.zeros(len(self.names), dtype=bool)
        found[self.target.codes] = True
        found[0] = False
        return found
