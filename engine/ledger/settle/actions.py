"""Corporate actions of the days that a settlement passes: whose shares they meet, and the dividends they pay.

A day's actions come before its trades; among themselves they come by date, sequence, kind and names.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book import columns
from engine.book.findings import Finding, Scope
from engine.book.validation.schemas import check_columns
from engine.book.validation.sheet import Sheet
from engine.codes import Code
from engine.errors import InputRefused
from engine.ledger import day as replay
from engine.ledger.actions import Actions, check_actions, in_order, read_actions
from engine.ledger.groups import Groups, group_securities
from engine.ledger.rows import Ints, Rows
from engine.ledger.schema import CORPORATE_ACTIONS
from kernels.pieces import NONE, SPLIT, SYMBOL

_SHOWN = 10


@dataclass(frozen=True)
class Dividends(Rows):
    """Cash dividends; arrays (d,). `before` counts the other actions that come before each; `cash` micro-dollars."""

    day: NDArray[np.int32]
    security: NDArray[np.int32]
    cash: Ints
    before: Ints


@dataclass(frozen=True)
class Passed:
    """What happened to securities between two days, and the groups of securities that it makes."""

    actions: Actions
    dividends: Dividends
    groups: Groups


def passed_actions(
    table: pa.Table | None, securities: pa.Array, wash_group: NDArray[np.int32], after: int, until: int, file: str
) -> Passed:
    """The actions of `table` dated in (`after`, `until`].

    Raises `InputRefused` where the table is unsound or an action names a security that the book does not have.
    """
    table = CORPORATE_ACTIONS_NONE if table is None else table
    _refuse(check_columns(CORPORATE_ACTIONS, table.schema, file), file)
    day = columns.days(table["date"])
    table = table.filter(pa.array((day > after) & (day <= until)))
    sheet = Sheet.cut(CORPORATE_ACTIONS, table, file)
    _refuse([*check_actions(sheet), *_unknown(sheet, securities)], file)
    actions = read_actions(table, securities)
    ordered = Sheet.cut(CORPORATE_ACTIONS, in_order(sheet.data.to_pylist(), sheet.data.schema), file)
    pays = np.asarray(pc.equal(ordered.text("kind"), "CASH_DIVIDEND"), dtype=np.bool_)
    cash = columns.scaled(ordered.data["cash"], columns.MICRO) if ordered.has("cash") else np.zeros(len(pays), np.int64)
    dividends = Dividends(
        day=ordered.days("date")[pays],
        security=ordered.codes("security_id", securities)[pays],
        cash=cash[pays],
        before=np.cumsum(~pays, dtype=np.int64)[pays],
    )
    return Passed(actions, dividends, group_securities(wash_group, actions))


CORPORATE_ACTIONS_NONE = pa.table(
    {
        "date": pa.array([], pa.date32()),
        "security_id": pa.array([], pa.string()),
        "kind": pa.array([], pa.string()),
    }
)


def of_holders(actions: Actions, account: Ints, security: NDArray[np.int32], securities: int) -> replay.Actions:
    """One row an action and account that its shares concern; `account`, `security` (n,): whose and which they are."""
    held = np.unique(account * securities + security)
    owners = []
    for old, new in zip(actions.security.tolist(), actions.target.tolist(), strict=True):
        owners.append(held[held % securities == old] // securities)
        if new != NONE:
            held = np.union1d(held, owners[-1] * securities + new)
    action = np.repeat(np.arange(len(owners)), [len(each) for each in owners])
    owner = np.concatenate(owners) if owners else np.empty(0, dtype=np.int64)
    given = {field.name: getattr(actions, field.name)[action] for field in fields(Actions)}
    return replay.Actions(account=owner, path=np.zeros(len(owner), dtype=np.int64), **given)


def first_actions(actions: Actions, count: int) -> Actions:
    """The first `count` of them."""
    return Actions(*(getattr(actions, field.name)[:count] for field in fields(Actions)))


def restated(table: pa.Table, day: NDArray[np.int32], actions: Actions, securities: pa.Array) -> pa.Table:
    """Rows of an account table told in today's shares and names: after splits and changes of symbol since `day`.

    `day` has shape (rows,). Of a split, quantities are multiplied and prices divided by the ratio.
    """
    for action in range(len(actions.day)):
        kind, new, old = int(actions.kind[action]), int(actions.new[action]), int(actions.old[action])
        name = securities[int(actions.security[action])]
        concerned = pa.array(day < actions.day[action])
        concerned = pc.fill_null(pc.and_(concerned, pc.equal(columns.text(table["security_id"]), name)), False)
        if kind == SYMBOL:
            renamed = pc.if_else(concerned, securities[int(actions.target[action])], columns.text(table["security_id"]))
            table = _with(table, "security_id", renamed)
        elif kind == SPLIT and "quantity" in table.column_names:
            ratio = np.where(np.asarray(concerned), new / old, 1.0)
            for column, factor in (("quantity", ratio), ("price", 1.0 / ratio)):
                table = _with(table, column, _times(table[column], factor))
    return table


def _times(column: pa.ChunkedArray, factor: NDArray[np.float64]) -> pa.Array:
    """A column of micro-units times a factor, in its own type; what is not multiplied stays as it is."""
    wide = np.floor(columns.scaled(column, columns.MICRO) * factor + 0.5).astype(np.int64)
    dtype = column.type if pa.types.is_floating(column.type) else pa.decimal128(38, 6)
    values = pa.array(wide / columns.MICRO) if pa.types.is_floating(dtype) else columns.decimals(wide, dtype)
    return pc.if_else(pa.array(factor != 1.0), pc.cast(values, dtype), pc.cast(columns.flat(column), dtype))


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def _unknown(sheet: Sheet, securities: pa.Array) -> list[Finding]:
    found = []
    for column in ("security_id", "new_security_id"):
        unknown = sheet.filled(column) & (sheet.codes(column, securities) < 0)
        found += sheet.tell(Scope.BOOK, Code.UNKNOWN_NAME, column, unknown, "is not in securities")
    return found


def _refuse(faults: list[Finding], file: str) -> None:
    if faults:
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise InputRefused(
            f"the corporate actions have {len(faults)} faults: " + "; ".join(map(str, faults[:_SHOWN])) + more,
            where=file,
            remedy="Correct the table and settle again; nothing was written.",
        )
