"""What a client forbade or asked for, security by security."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from engine.prove.verify.columns import Bools, Floats, Ints, choice, column, reals
from engine.prove.verify.firm_tables import Firm
from engine.prove.verify.groups import distinct, pair
from engine.prove.verify.names import Coded, Names

KINDS = ("never_buy", "never_sell", "sell_out", "screen", "min_weight", "max_weight", "factor_min", "factor_max")
NEVER_BUY, NEVER_SELL, SELL_OUT, SCREEN, MIN_WEIGHT, MAX_WEIGHT, FACTOR_MIN, FACTOR_MAX = range(1, 9)


class Restrictions:
    """Rows as delivered, and the securities that each is about."""

    def __init__(self, table: pa.Table, firm: Firm, accounts: Names, securities: Names) -> None:
        self._screened, self._in_sector = firm.screened, firm.in_sector
        sectors, factors = firm.sectors.copy(), firm.risk.factors.copy()
        self.account = Coded.read(column(table, "account_id"), accounts)
        self.kind = choice(column(table, "kind"), *KINDS)
        self.security = Coded.read(column(table, "security_id"), securities)
        self.sector = Coded.read(column(table, "sector"), sectors)
        self.screen = firm.screen_names.copy().codes(column(table, "screen_id"))
        self.factor = Coded.read(column(table, "factor"), factors)
        self.value: Floats = reals(column(table, "value"))

    def bars(self) -> tuple[Ints, Ints]:
        """(row, security) of all that forbid a purchase or a sale: by security, by sector or by screen."""
        rows = np.flatnonzero((self.kind >= NEVER_BUY) & (self.kind <= SCREEN))
        by_sector = (self.security.codes == 0) & (self.screen == 0)
        return self._covered(rows, by_sector, self.kind == SCREEN)

    def limits(self) -> tuple[Ints, Ints]:
        """(row, security) of those that limit a weight: by security or by sector."""
        rows = np.flatnonzero((self.kind == MIN_WEIGHT) | (self.kind == MAX_WEIGHT))
        return self._covered(rows, self.security.codes == 0, np.zeros(len(self.kind), dtype=bool))

    def _covered(self, rows: Ints, by_sector: Bools, by_screen: Bools) -> tuple[Ints, Ints]:
        named = rows[self.security.codes[rows] > 0]
        whole, screened = rows[by_sector[rows]], rows[by_screen[rows]]
        sector_row, in_sector = self._in_sector.each(self.sector.codes[whole])
        screen_row, in_screen = self._screened.each(self.screen[screened])
        row = np.concatenate([named, whole[sector_row], screened[screen_row]])
        security = np.concatenate([self.security.codes[named], in_sector, in_screen])
        size = int(security.max(initial=0)) + 1
        both = distinct(pair(row, security, size))
        return both // size, both % size
