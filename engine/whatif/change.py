"""What is changed of an account, or of many: its settings, its model, the restrictions that it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book import columns
from engine.book.scene import Scene
from engine.book.schema import BOOK_TABLES, SETTING_COLUMNS, Kind
from engine.book.settings import Levels, encode, resolve

TYPES = {Kind.TEXT: pa.string(), Kind.NUMBER: pa.float64(), Kind.DATE: pa.date32(), Kind.BOOL: pa.bool_()}
"""Of the columns of a setting."""

RESTRICTIONS = pa.schema([(column.name, TYPES[column.kind]) for column in BOOK_TABLES["restrictions"].columns])
"""Columns of `restrictions`."""


@dataclass(frozen=True)
class Change:
    """Settings by name, checked as those of a run's TOML are (`firm_settings`); another model; more restrictions.

    A restriction is a row of `restrictions` without its account.
    """

    settings: Mapping[str, object] = field(default_factory=dict)
    model: str | None = None
    restrictions: tuple[Mapping[str, object], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.settings or self.model is not None or self.restrictions)

    def applied(self, scene: Scene) -> Scene:
        """The scene with the change."""
        return scene.with_part(**self.on(scene.tables, pa.array([scene.account])))

    def on(self, tables: Mapping[str, pa.Table], ids: pa.Array) -> dict[str, pa.Table]:
        """The tables of a part with the change made to the accounts of these ids, and to no other."""
        accounts = tables["accounts"]
        mine = pa.array(columns.codes(accounts["account_id"], ids) >= 0)
        for name, value in self.settings.items():
            accounts = _set(accounts, mine, name, value, TYPES[SETTING_COLUMNS[name].kind])
        if self.model is not None:
            accounts = _set(accounts, mine, "model_id", self.model, pa.string())
        changed = {**tables, "accounts": accounts}
        if self.restrictions:
            rows = [{**row, "account_id": account} for account in ids.to_pylist() for row in self.restrictions]
            more, known = pa.Table.from_pylist(rows, RESTRICTIONS), tables.get("restrictions")
            joined = [more] if known is None else [_plain_text(known), more]
            changed["restrictions"] = pa.concat_tables(joined, promote_options="permissive")
        return changed

    def held(self, levels: Levels, tables: Mapping[str, pa.Table], ids: pa.Array) -> NDArray[np.bool_]:
        """(ids,) True of an account to which the change would bring nothing: all of it holds already."""
        accounts, restrictions = tables["accounts"], tables.get("restrictions")
        row = columns.codes(ids, columns.text(accounts["account_id"]))
        has = np.full(len(ids), bool(self))
        settings = resolve(accounts, levels)
        for name, value in self.settings.items():
            has &= settings[name][row] == encode(SETTING_COLUMNS[name], value)
        if self.model is not None:
            has &= columns.codes(accounts["model_id"], pa.array([self.model]))[row] == 0
        for asked in self.restrictions:
            has &= np.zeros(len(ids), np.bool_) if restrictions is None else _have(restrictions, asked, ids)
        return has


def _have(restrictions: pa.Table, asked: Mapping[str, object], ids: pa.Array) -> NDArray[np.bool_]:
    """(ids,) True of an account with a restriction that says all that the one asked for does."""
    same = np.ones(restrictions.num_rows, dtype=np.bool_)
    for name, value in asked.items():
        dtype = RESTRICTIONS.field(name).type
        column = pc.cast(columns.flat(columns.optional(restrictions, name, dtype)), dtype)
        same &= columns.flags(pc.equal(column, pa.scalar(value, dtype)), default=False)
    owners = columns.text(restrictions["account_id"]).filter(pa.array(same))
    found: NDArray[np.bool_] = columns.codes(ids, owners.unique()) >= 0
    return found


def _set(table: pa.Table, mine: pa.Array, name: str, value: object, dtype: pa.DataType) -> pa.Table:
    """The table with this value in a column of this type where `mine`; the column is added where it is missing."""
    if name not in table.column_names:
        return table.append_column(name, pc.if_else(mine, pa.scalar(value, dtype), pa.scalar(None, dtype)))
    known = pc.cast(columns.flat(table[name]), dtype)
    place = table.schema.get_field_index(name)
    return table.set_column(place, name, pc.if_else(mine, pa.scalar(value, dtype), known))


def _plain_text(table: pa.Table) -> pa.Table:
    """The table with text as text, which may have come as dictionaries."""
    for place, one in enumerate(table.schema):
        if pa.types.is_dictionary(one.type):
            table = table.set_column(place, one.name, pc.cast(table[one.name], pa.string()))
    return table
