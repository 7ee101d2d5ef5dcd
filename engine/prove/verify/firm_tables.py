"""The firm's tables, read once for all parts that have the same ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from engine.prove.verify.columns import column
from engine.prove.verify.firm import Members, Models, read_securities
from engine.prove.verify.names import Names
from engine.prove.verify.risk import NOTHING, read_risk
from engine.prove.verify.settings import Policies


class Firm:
    """What the tables say, by number. A part takes names `apart`, so that its strangers stay its own."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        def table(name: str) -> pa.Table:
            return tables.get(name, NOTHING)

        self.sectors, self.screen_names = Names(), Names()
        self.securities = read_securities(table("securities"), self.sectors)
        names = self.securities.names
        self.models = Models(table("models"), self.securities)
        self.policies = Policies(table("policies"))
        screens, substitutes = table("screens"), table("substitutes")
        self.screened = Members.of(
            self.screen_names.codes(column(screens, "screen_id")), names.codes(column(screens, "security_id"))
        )
        self.in_sector = Members.of(self.securities.sector, np.arange(len(self.securities)))
        self.substitutes = Members.of(
            names.codes(column(substitutes, "security_id")), names.codes(column(substitutes, "substitute_id"))
        )
        self.risk = read_risk(tables, names, len(self.securities))


_last: tuple[dict[str, pa.Table], Firm] | None = None


def firm_of(tables: Mapping[str, pa.Table]) -> Firm:
    """What these tables say. The last answer is kept: a run's parts have one firm, and tables never change."""
    global _last
    last = _last
    if last is None or not _same(last[0], tables):
        last = _last = dict(tables), Firm(tables)
    return last[1]


def _same(one: Mapping[str, pa.Table], other: Mapping[str, pa.Table]) -> bool:
    return one.keys() == other.keys() and all(
        table is other[name] or table.equals(other[name]) for name, table in one.items()
    )
