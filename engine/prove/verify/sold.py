"""Sales of the run, row by row and by the lot that they sell from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.prove.verify.columns import NULL, Floats, Ints
from engine.prove.verify.compiled import trade_rows
from engine.prove.verify.compiled.arrays import read_only
from engine.prove.verify.compiled.lot_search import find_lots
from engine.prove.verify.compiled.trade_rows import Book, check, number_lots, sum_lots
from engine.prove.verify.compiled.words import SELL
from engine.prove.verify.groups import Groups, at
from engine.prove.verify.names import Coded
from engine.prove.verify.terms import long_from

if TYPE_CHECKING:
    from engine.prove.verify.facts import Facts


class Rows:
    """Rows of `trades` with the lots that they name. `same_name`: lots whose name another lot of the account has."""

    def __init__(self, facts: Facts) -> None:
        trades, lots = facts.trades, facts.lots
        sells = np.flatnonzero(trades.side == SELL)
        wanted = trades.account.codes[sells], trades.lot.codes[sells]
        lot, self.same_name = find_lots(lots.account.codes, lots.name, *wanted, len(lots.names))
        self.lot: Ints = np.full(len(trades), -1)
        """The row of the lot that a sale names; -1 for a buy, or where the account has no such lot."""
        self.lot[sells] = lot
        figures = trades.quantity, trades.price, trades.amount, trades.cost_basis, trades.disallowed, trades.gain
        texts = trades.account.codes, trades.security.codes, trades.side, trades.lot.codes, self.lot
        self.columns = trade_rows.Trades(*read_only(*texts, *figures, trades.term, trades.reason))


class Checked:
    """What rows of `trades` break, each looked at by itself."""

    def __init__(self, facts: Facts) -> None:
        lots, owners = facts.lots, (facts.status_of, facts.accounts.tax)
        book = Book(*read_only(*owners, facts.securities.price, lots.security.codes, lots.locked, lots.start))
        self._bits = np.empty(len(facts.trades), dtype=np.int32)
        self._all = check(facts.rows.columns, book, long_until(facts.today), self._bits)

    def rows(self, bit: int) -> Ints:
        """Rows with this bit of `compiled.trade_rows`."""
        return np.flatnonzero(self._bits & bit) if self._all & bit else np.zeros(0, dtype=np.int64)


def long_until(today: int) -> int:
    """The last start of a holding period that is long-term today. A later start is never long-term sooner."""
    starts = np.arange(today - 400, today)
    return int(starts[long_from(starts) <= today].max())


class SoldLots:
    """By lot that the run sells from, in order of the first row of each; the unknown by account and name.

    `first`: row of `trades`; `row`: of `lots`, -1 for an unknown one; `sizes`: how many rows. Sums count null as
    nothing: `quantity` in micro-shares, `basis` and `disallowed` in cents. `held` is `NULL` for an unknown lot.
    """

    def __init__(self, facts: Facts) -> None:
        trades, lots, rows = facts.trades, facts.lots, facts.rows
        key, count = rows.lot, len(lots)
        unknown = np.flatnonzero((trades.side == SELL) & (key < 0))
        if len(unknown):
            groups = Groups(trades.account.codes[unknown], trades.lot.codes[unknown], len(lots.names))
            key = key.copy()
            key[unknown] = count + groups.of_row
            count += len(groups)
        self.of_row: Ints = np.empty(len(trades), dtype=np.int64)
        """By row of `trades`; -1 for a buy."""
        self.of_lot: Ints = np.full(count, -1)
        """By row of `lots`, and more; -1 where nothing is sold."""
        first = np.empty(len(trades), dtype=np.int64)
        self.first: Ints = first[: number_lots(trades.side, key, self.of_lot, self.of_row, first)].copy()
        self.sizes, self.quantity, self.basis, self.disallowed = np.zeros((4, len(self.first)), dtype=np.int64)
        sum_lots(self.of_row, rows.columns, self.sizes, self.quantity, self.basis, self.disallowed)
        self.row: Ints = rows.lot[self.first]
        self.account: Coded = trades.account.take(self.first)
        self.name: Coded = trades.lot.take(self.first)
        self.security = Coded(at(lots.security.codes, self.row, 0), lots.security.names)
        """Of the lot; none of an unknown one."""
        self.held: Ints = at(lots.quantity, self.row, NULL)
        self.cost: Floats = at(lots.cost, self.row, np.nan)

    def __len__(self) -> int:
        return len(self.first)
