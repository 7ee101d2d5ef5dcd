"""Recent purchases and sales as the book tells them: in `activity`, in the lots themselves, or in both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book import columns
from engine.book.firm import Firm
from engine.book.schema import SIDES
from engine.ledger.lot_names import spin_offs
from engine.ledger.owners import Owners
from engine.ledger.sequence import sequences
from kernels.dates import WASH_DAYS
from kernels.window.names import make_keys, read_names
from kernels.window.tables import NOBODY, Lots, Names, Trades

CENT = 100
_Scalar = TypeVar("_Scalar", bound=np.generic)
_PIECE = r"(\.[12])+$"
Numbers = NDArray[np.int32]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Book:
    """A part's trades up to `as_of`, and lots bought since the first of them or in the window, both in row order.

    `lot_row` are rows of the `lots` table, which has `lot_count`.
    """

    names: Names
    trades: Trades
    lots: Lots
    lot_row: Rows
    lot_count: int


def recent_rows(firm: Firm, lots: pa.Table, activity: pa.Table | None, owners: Owners) -> Book:
    """Read both tables; trades after `as_of` are left out, and of the lots those bought before all trades."""
    today = firm.header.as_of_days
    table = _NO_ACTIVITY if activity is None else activity
    day = columns.days(table["trade_date"])
    trade = _sound(firm, table, owners)
    on = _at(day, trade.row)
    trade = trade.where((on > columns.NO_DATE) & (on <= today))
    first = min(int(_at(day, trade.row).min(initial=today)), today - WASH_DAYS)
    told = columns.codes(table["side"], pa.array(SIDES))
    trade = trade.where(_at(told, trade.row) >= 0)
    acquired = columns.days(lots["acquired"])
    late = np.flatnonzero((acquired >= first) & (acquired <= today))  # most lots are older
    kept = [name for name in _OF_LOTS if name in lots.column_names]
    table_of_lots = columns.some_rows(lots.select(kept), late)
    held = _sound(firm, table_of_lots, owners)
    names = _lot_names((table_of_lots["lot_id"], held.row), (columns.optional(table, "lot_id", pa.string()), trade.row))
    held, own = _bought(held, names, firm.market.ids)
    bought = acquired[late[held.row]]
    start = _at(columns.days(columns.optional(table_of_lots, "holding_start", pa.date32())), held.row)
    return Book(
        names.texts,
        _trades(table, trade, day, told, names),
        Lots(
            account=held.account,
            security=held.security,
            day=bought,
            quantity=held.quantity,
            name=names.whole[own],
            own=own,
            tacked=(start != columns.NO_DATE) & (start < bought),
        ),
        late[held.row],
        lots.num_rows,
    )


_OF_LOTS = ("account_id", "lot_id", "security_id", "quantity", "holding_start")


def _at(column: NDArray[_Scalar], rows: Rows) -> NDArray[_Scalar]:
    """Some rows of a column, ascending and each once; the column itself where these are all."""
    return column if len(rows) == len(column) else column[rows]


@dataclass(frozen=True)
class _Sound:
    """Rows of a table that name an account, a security and shares; arrays (n,)."""

    row: Rows
    account: Numbers
    security: Numbers
    quantity: NDArray[np.int64]

    def where(self, kept: NDArray[np.bool_]) -> _Sound:
        """Some of them."""
        if kept.all():
            return self
        return _Sound(self.row[kept], self.account[kept], self.security[kept], self.quantity[kept])


def _sound(firm: Firm, table: pa.Table, owners: Owners) -> _Sound:
    """The sound rows of a table."""
    rows = _Sound(
        np.arange(table.num_rows),
        columns.codes(table["account_id"], owners.ids),
        columns.codes(table["security_id"], firm.market.ids),
        columns.scaled(table["quantity"], columns.MICRO),
    )
    return rows.where((rows.account >= 0) & (rows.security >= 0) & (rows.quantity > 0))


def _trades(table: pa.Table, rows: _Sound, day: Numbers, side: Numbers, names: _LotNames) -> Trades:
    gain, told = _money(table, "realised_gain", rows.row)
    disallowed, disallowed_told = _money(table, "wash_disallowed", rows.row)
    own = names.of[1]
    return Trades(
        account=rows.account,
        security=rows.security,
        day=_at(day, rows.row),
        sequence=_at(sequences(table), rows.row),
        buy=_at(side, rows.row) == SIDES.index("BUY"),
        quantity=rows.quantity,
        price=_at(columns.scaled(columns.optional(table, "price", pa.float64()), columns.MICRO), rows.row),
        name=names.whole[own],
        own=own,
        rest=names.rest[own],
        gain=gain,
        told=told,
        disallowed=disallowed,
        disallowed_told=disallowed_told,
        start=_at(columns.days(columns.optional(table, "holding_start", pa.date32())), rows.row),
    )


def _bought(lots: _Sound, names: _LotNames, securities: pa.Array) -> tuple[_Sound, Numbers]:
    """Without lots that a spin-off gave: its shares are no purchase (docs/tax.md). And the name of each lot."""
    own = names.of[0]
    maybe = np.flatnonzero(names.spun[own])
    if not len(maybe):
        return lots, own
    of_lot, of_security = names.array.take(pa.array(own[maybe])), securities.take(pa.array(lots.security[maybe]))
    kept = np.ones(len(own), dtype=np.bool_)
    kept[maybe] = spin_offs(of_lot, of_security) == 0
    return lots.where(kept), own[kept]


_NO_ACTIVITY = pa.table(
    {
        "account_id": pa.array([], pa.string()),
        "trade_date": pa.array([], pa.date32()),
        "security_id": pa.array([], pa.string()),
        "side": pa.array([], pa.string()),
        "quantity": pa.array([], pa.float64()),
    }
)


@dataclass(frozen=True)
class _LotNames:
    """Names of lots, each once, `array` and `texts`; NOBODY stands for none.

    Of each name, and last of none: `whole`, the number of the whole lot's name; `rest`, whether it names the piece
    `.2`; `spun`, whether it may be of a spin-off. `of`: the names of the rows of each table.
    """

    array: pa.Array
    texts: Names
    whole: Numbers
    rest: NDArray[np.bool_]
    spun: NDArray[np.bool_]
    of: tuple[Numbers, ...]


def _lot_names(*tables: tuple[pa.ChunkedArray, Rows]) -> _LotNames:
    """The names in some rows of columns. Only their dictionaries are looked at, and of them only what the rows use."""
    used = [_used(column, rows) for column, rows in tables]
    array = pa.concat_arrays([texts for texts, _ in used]).unique().drop_null()
    of = tuple(np.append(columns.codes(texts, array), np.int32(NOBODY))[index] for texts, index in used)
    stem, rest, spun = np.empty(len(array), dtype=np.int32), *np.zeros((2, len(array) + 1), dtype=np.bool_)
    texts = _texts(array)
    read_names(texts, stem, rest, spun)
    whole = np.arange(-1, len(array), dtype=np.int32)
    whole = np.append(whole[1:], whole[:1])
    pieces = np.flatnonzero(stem < np.diff(texts.offsets))
    if len(pieces):
        lots = pc.replace_substring_regex(array.take(pa.array(pieces)), _PIECE, "")
        array = pa.concat_arrays([array, lots]).unique()
        whole[pieces] = columns.codes(lots, array)
    return _LotNames(array, _texts(array), whole, rest, spun, of)


def _used(column: pa.ChunkedArray, rows: Rows) -> tuple[pa.Array, Numbers]:
    """The texts that some rows of a column use, and which of them each row has, -1 for none."""
    array = columns.flat(column)
    if not pa.types.is_dictionary(array.type):
        array = columns.text(array).dictionary_encode()
    index = _at(columns.indices(array), rows)
    seen = np.zeros(len(array.dictionary) + 1, dtype=np.bool_)
    seen[index] = True
    found = np.flatnonzero(seen[:-1])
    place = np.full(len(seen), -1, dtype=np.int32)
    place[found] = np.arange(len(found))
    return columns.text(array.dictionary.take(pa.array(found))), place[index]


def _texts(array: pa.Array) -> Names:
    """The texts of an array of strings without nulls."""
    _, offsets, text = array.buffers()
    places = np.frombuffer(offsets, dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    letters = np.frombuffer(text, dtype=np.uint8) if text else np.empty(0, dtype=np.uint8)
    key = np.empty(len(array), dtype=np.int64)
    make_keys(places, letters, key)
    return Names(places, letters, key)


def _money(table: pa.Table, name: str, rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Cents of some rows, and where the table gives them; both (rows,)."""
    column = columns.flat(columns.optional(table, name, pa.float64()))
    real = pa.types.is_floating(column.type)
    told = ~np.isnan(columns.numbers(column)) if real else np.asarray(column.is_valid())
    return _at(columns.scaled(column, CENT), rows), _at(told, rows)
