"""What was executed: every trade of a run at its price, or what a file of fills says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.findings import Finding, Scope
from engine.book.schema import SIDES, Column, Kind, Table
from engine.book.validation.column_rules import column_faults
from engine.book.validation.schemas import check_columns
from engine.book.validation.sheet import Sheet
from engine.codes import Code
from engine.errors import InputRefused
from engine.ledger.rows import Ints, Rows, grouped, sums
from engine.ledger.sequence import sequences
from kernels.money import amounts_cents
from kernels.pieces import NONE

FILLS: Final = Table(
    "fills",
    "what was executed of a run's trades, and dividends reinvested",
    (
        Column("account_id", Kind.TEXT, "the account"),
        Column("security_id", Kind.TEXT, "what was traded"),
        Column("side", Kind.TEXT, "BUY or SELL", choices=SIDES),
        Column("lot_id", Kind.TEXT, "the lot sold (default: the run's lots, in its order)", required=False),
        Column("quantity", Kind.NUMBER, "shares", above=0),
        Column("price", Kind.NUMBER, "USD a share", least=0),
        Column("trade_date", Kind.DATE, "day of the trade (default: the run's date)", required=False),
        Column("sequence", Kind.INTEGER, "order within the day", required=False),
        Column("reinvestment", Kind.BOOL, "a dividend reinvested; no trade of the run asks for it", required=False),
    ),
    key=("account_id", "security_id", "side", "lot_id"),
    required=False,
)
ROW, FILE = "row", "file"
"""Columns that say where a fill stands, for messages: the row in its file, from 0, and the file."""
SELL: Final = SIDES.index("SELL")
_SHOWN: Final = 10


@dataclass(frozen=True)
class Fills(Rows):
    """Executed trades; arrays (f,). Accounts and lots are rows of the part's tables, `lot` NONE on a buy.

    Micro-shares, micro-dollars, cents, days; `sequence` as `engine.ledger.sequence` reads it; each stands for `rows`.
    """

    account: Ints
    security: NDArray[np.int32]
    lot: Ints
    quantity: Ints
    price: Ints
    amount: Ints
    day: NDArray[np.int32]
    sequence: Ints
    reinvestment: NDArray[np.bool_]
    rows: Ints

    @property
    def buy(self) -> NDArray[np.bool_]:
        """True for a buy."""
        return np.asarray(self.lot == NONE)


@dataclass(frozen=True)
class Asked:
    """How the run's trades fared, in trades."""

    trades: int
    rejected: int
    partial: int


@dataclass(frozen=True)
class Names:
    """Names as the part's numbers: account and security ids, and each lot's place in `lots`."""

    accounts: pa.Array
    securities: pa.Array
    lots: pa.Table

    def lot_rows(self, account: Ints, lot_id: pa.Array) -> Ints:
        """The row of each named lot of an account, NONE where there is none or the name is null."""
        names = columns.text(self.lots["lot_id"]).unique()
        owner = columns.codes(self.lots["account_id"], self.accounts).astype(np.int64)
        size = len(names) + 1
        key = owner * size + columns.codes(self.lots["lot_id"], names)
        order = np.argsort(key, kind="stable")
        code = columns.codes(lot_id, names)
        wanted = account * size + code
        place = np.minimum(np.searchsorted(key[order], wanted), max(len(key) - 1, 0))
        found = np.full(len(wanted), NONE, dtype=np.int64)
        if len(key):
            hit = (code >= 0) & (account >= 0) & (key[order][place] == wanted)
            found[hit] = order[place[hit]]
        return found


def all_filled(trades: pa.Table, names: Names, day: int) -> tuple[Fills, Asked]:
    """Every trade of the run, filled in full at its price on `day`."""
    quantity = columns.scaled(trades["quantity"], columns.MICRO)
    return _fills(trades, names, quantity, day), Asked(trades.num_rows, 0, 0)


def filled_by(trades: pa.Table, fills: pa.Table, names: Names, days: tuple[int, int], file: str) -> tuple[Fills, Asked]:
    """The fills of a file. `days` are the first and the last that a fill may bear; the first is the default.

    A fill without `lot_id` sells the run's lots in the run's order. Raises `InputRefused` that names every row that no
    trade asked for, or that is unsound.
    """
    _refuse(check_columns(FILLS, fills.schema, file), file)
    sheet = Sheet.cut(FILLS, fills, file)
    faults = list(_faults(sheet, days))
    book = _Asked(trades)
    taken: list[tuple[int, str | None, int]] = []
    if not faults:
        for place, fill in enumerate(sheet.data.to_pylist()):
            given, unasked = book.take(fill)
            taken += [(place, lot, quantity) for lot, quantity in given]
            if unasked:
                faults.append(_unasked(sheet, place, unasked))
    _refuse([_at(fault, fills) for fault in faults], file)
    executed = sheet.data.take(pa.array([place for place, _, _ in taken], pa.int64()))
    lots = pa.array([lot for _, lot, _ in taken], pa.string())
    if "lot_id" in executed.column_names:
        executed = executed.drop_columns(["lot_id"])
    executed = executed.append_column("lot_id", lots)
    quantity = np.array([quantity for _, _, quantity in taken], dtype=np.int64)
    return _fills(executed, names, quantity, days[0]), book.asked()


class _Asked:
    """The run's trades by account, security and side, with what is not yet filled."""

    def __init__(self, trades: pa.Table) -> None:
        wanted = columns.scaled(trades["quantity"], columns.MICRO).tolist()
        self._wanted, self._left = wanted, list(wanted)
        self._lots = columns.text(trades["lot_id"]).to_pylist()
        self._places: dict[tuple[str, ...], list[int]] = defaultdict(list)
        keys = zip(
            *(columns.text(trades[name]).to_pylist() for name in ("account_id", "security_id", "side")), strict=True
        )
        for place, key in enumerate(keys):
            self._places[key].append(place)

    def take(self, fill: dict[str, Any]) -> tuple[list[tuple[str | None, int]], int]:
        """Lots and micro-shares that a fill executes, and what of it no trade asked for."""
        quantity = int(columns.scaled(pa.array([fill["quantity"]]), columns.MICRO)[0])
        if fill.get("reinvestment") and fill["side"] == "BUY":
            return [(None, quantity)], 0
        named, given = fill.get("lot_id") or None, []
        for place in self._places.get((fill["account_id"], fill["security_id"], fill["side"]), ()):
            if fill["side"] == "SELL" and named is not None and self._lots[place] != named:
                continue
            part = min(quantity, self._left[place])
            if part > 0:
                self._left[place] -= part
                quantity -= part
                given.append((self._lots[place], part))
        return given, quantity

    def asked(self) -> Asked:
        """The count so far."""
        left = list(zip(self._left, self._wanted, strict=True))
        return Asked(len(left), sum(a == b for a, b in left), sum(0 < a < b for a, b in left))


def _fills(table: pa.Table, names: Names, quantity: Ints, day: int) -> Fills:
    account = columns.codes(table["account_id"], names.accounts).astype(np.int64)
    price = columns.scaled(table["price"], columns.MICRO)
    amount = np.empty(len(quantity), dtype=np.int64)
    amounts_cents(quantity, price, amount)
    lot = names.lot_rows(account, columns.text(table["lot_id"]))
    if (unknown := np.flatnonzero((columns.codes(table["side"], pa.array(SIDES)) == SELL) & (lot == NONE))).size:
        row = table.slice(int(unknown[0]), 1).to_pylist()[0]
        raise InputRefused(
            f"the run sells lot {row['lot_id']} of account {row['account_id']}, which the book does not have",
            where="trades",
            remedy="Settle the book that was rebalanced.",
        )
    days = columns.days(columns.optional(table, "trade_date", pa.date32()))
    fills = Fills(
        account=account,
        security=columns.codes(table["security_id"], names.securities),
        lot=lot,
        quantity=quantity,
        price=price,
        amount=amount,
        day=np.where(days == columns.NO_DATE, day, days).astype(np.int32),
        sequence=sequences(table),
        reinvestment=columns.flags(columns.optional(table, "reinvestment", pa.bool_()), False),
        rows=np.ones(len(quantity), dtype=np.int64),
    )
    return _whole_sales(fills)


def _whole_sales(fills: Fills) -> Fills:
    """One sale of a lot at a time and price, which a run may tell in several rows: so it was replayed when it was told.

    A part of a lot has its share of the basis to the cent, so in several sales it could come to a cent more or less.
    """
    alone = np.where(fills.buy, np.arange(len(fills)), 0)  # purchases stay apart
    sale, first = grouped(fills.account, fills.lot, fills.day, fills.sequence, fills.price, alone)
    order = np.argsort(first)
    quantity, amount, rows = (sums(sale, one, len(first))[order] for one in (fills.quantity, fills.amount, fills.rows))
    return replace(fills.where(first[order]), quantity=quantity, amount=amount, rows=rows)


def _faults(sheet: Sheet, days: tuple[int, int]) -> Iterator[Finding]:
    for fault in column_faults(sheet):
        yield from sheet.tell(Scope.BOOK, Code.BAD_VALUE, fault.column.name, fault.faulty, fault.what)
    day = sheet.days("trade_date")
    beyond = (day != columns.NO_DATE) & ((day < days[0]) | (day > days[1]))
    first, last = (np.datetime64(limit, "D") for limit in days)
    what = f"is not from {first} to {last}, the days that are settled"
    yield from sheet.tell(Scope.BOOK, Code.BAD_VALUE, "trade_date", beyond, what)
    tiny = sheet.numbers("quantity") < 0.5 / columns.MICRO
    yield from sheet.tell(Scope.BOOK, Code.BAD_VALUE, "quantity", tiny, "is no number of shares")


def _unasked(sheet: Sheet, place: int, micro: int) -> Finding:
    shares = f"{micro / columns.MICRO:.12g}"
    what = f"is more than the run's trades ask for, by {shares} shares"
    remedy = "Remove the row, correct it, or set `reinvestment` on a buy that reinvests a dividend."
    return sheet.finding(Scope.BOOK, Code.BAD_VALUE, "quantity", place, what, remedy=remedy)


def _at(fault: Finding, fills: pa.Table) -> Finding:
    """The finding at its row of its file, not of the part's share of it."""
    if fault.row is None:
        return fault
    place = {"row": fills[ROW][fault.row].as_py(), "file": fills[FILE][fault.row].as_py()}
    return Finding(**(vars(fault) | place))


def _refuse(faults: list[Finding], file: str) -> None:
    if faults:
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        told = "; ".join(
            f"row {fault.row}: {fault}" if fault.row is not None else str(fault) for fault in faults[:_SHOWN]
        )
        raise InputRefused(
            f"the fills have {len(faults)} faults: {told}{more}",
            where=file,
            remedy="Correct the file and settle again; nothing was written.",
        )
