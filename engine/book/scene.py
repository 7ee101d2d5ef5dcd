"""What one account's decision hangs on: the firm, and the account's household with its lots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from engine.book import columns
from engine.book.firm import Firm, build_firm
from engine.book.header import Header
from engine.book.roll import household_numbers


@dataclass(frozen=True)
class Scene:
    """An account of a book: firm tables, settings of the firm, and the part tables of its household alone."""

    header: Header
    firm_tables: Mapping[str, pa.Table]
    settings: Mapping[str, object]
    tables: Mapping[str, pa.Table]
    account: str

    @classmethod
    def of(
        cls,
        header: Header,
        firm_tables: Mapping[str, pa.Table],
        settings: Mapping[str, object],
        part: Mapping[str, pa.Table],
        account: str,
    ) -> Scene:
        """The scene of an account that the part has."""
        ids = columns.text(part["accounts"]["account_id"])
        household = household_numbers(part["accounts"], ids)
        mine = household == household[ids.to_pylist().index(account)]
        owners = ids.filter(pa.array(mine))
        tables = {}
        for name, table in part.items():
            kept = columns.codes(table["account_id"], owners) >= 0
            tables[name] = columns.some_rows(table, np.nonzero(kept)[0])
        return cls(header, firm_tables, settings, tables, account)

    def firm(self) -> Firm:
        """The firm as a run builds it."""
        return build_firm(self.header, self.firm_tables, self.settings)

    def with_part(self, **tables: pa.Table) -> Scene:
        """The scene with other tables of the household."""
        return replace(self, tables={**self.tables, **tables})
