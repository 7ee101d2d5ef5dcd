"""What is changed of an account: its settings, its model, the restrictions that it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from engine.book import columns
from engine.book.scene import Scene
from engine.book.schema import BOOK_TABLES, SETTING_COLUMNS, Kind

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
        accounts = scene.tables["accounts"]
        for name, value in self.settings.items():
            accounts = _set(accounts, scene.account, name, value, TYPES[SETTING_COLUMNS[name].kind])
        if self.model is not None:
            accounts = _set(accounts, scene.account, "model_id", self.model, pa.string())
        changed = scene.with_part(accounts=accounts)
        if not self.restrictions:
            return changed
        more = pa.Table.from_pylist([{**row, "account_id": scene.account} for row in self.restrictions], RESTRICTIONS)
        known = scene.tables.get("restrictions")
        tables = [more] if known is None else [_plain_text(known), more]
        return changed.with_part(restrictions=pa.concat_tables(tables, promote_options="permissive"))


def _set(table: pa.Table, account: str, name: str, value: object, dtype: pa.DataType) -> pa.Table:
    """The table with one account's value in a column of this type, which is added where it is missing."""
    mine = pc.equal(columns.text(table["account_id"]), account)
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
