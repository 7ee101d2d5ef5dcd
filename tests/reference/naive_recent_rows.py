"""Twin of `engine.ledger.recent_rows`: purchases and sales as `activity` and the lots tell them.

A purchase is what one account bought of one security on one day under one lot name; pieces of a lot that a wash sale
split (`.1`, `.2`) are one purchase. Lots and `activity` may both show it, and then it counts once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book import columns
from engine.book.firm import Firm
from engine.ledger.lot_names import spin_offs
from engine.ledger.owners import Owners
from engine.ledger.rows import Rows, ordered
from engine.ledger.sequence import batches, sequences
from kernels.dates import WASH_DAYS

UNNAMED = np.iinfo(np.int32).max
CENT = 100
_PIECE = r"(\.[12])+$"


@dataclass(frozen=True)
class Traded(Rows):
    """Rows of a table with a known account and security; arrays (n,).

    `sequence` is the batch of the day; `name` ranks the lots' names, last where there is none, `piece` those with their
    pieces, and `who` accounts and then securities, by their texts, in both tables alike; `row` is the table's; `rank`
    orders the table's rows of a day of which nothing else tells the order: by account, security, lot, quantity
    (contract, section 1). `price` is in micro-dollars, 0 where the table has none.
    """

    account: NDArray[np.int64]
    security: NDArray[np.int32]
    day: NDArray[np.int32]
    sequence: NDArray[np.int32]
    quantity: NDArray[np.int64]
    price: NDArray[np.int64]
    name: NDArray[np.int32]
    piece: NDArray[np.int32]
    who: NDArray[np.int64]
    row: NDArray[np.int64]
    rank: NDArray[np.int64]


@dataclass(frozen=True)
class Book:
    """A part's lots and trades up to `as_of`: `lots` bought since the first trade or in the window, all in row order.

    `gain` and `disallowed` (sells,) cents, of which `told` says that `activity` gives them; `holding_start` (sells,)
    `columns.NO_DATE` where unknown. `rest` (sells,): the sale names a piece `.2`, shares that have replaced no loss.
    """

    lots: Traded
    tacked: NDArray[np.bool_]
    buys: Traded
    sells: Traded
    gain: NDArray[np.int64]
    told: NDArray[np.bool_]
    disallowed: NDArray[np.int64]
    disallowed_told: NDArray[np.bool_]
    holding_start: NDArray[np.int32]
    rest: NDArray[np.bool_]

    @property
    def all_washed(self) -> NDArray[np.bool_]:
        """True for sells (sells,) all of whose loss `activity` gives as disallowed."""
        return np.asarray(self.told & (self.gain == 0) & (self.disallowed > 0))

    @property
    def none_washed(self) -> NDArray[np.bool_]:
        """True for sells (sells,) of whose loss `activity` says that nothing was disallowed."""
        return np.asarray(self.told & (self.gain < 0) & self.disallowed_told & (self.disallowed == 0))


def recent_rows(firm: Firm, lots: pa.Table, activity: pa.Table | None, owners: Owners) -> Book:
    """Read both tables; trades after `as_of` are left out, and of the lots those bought before all trades."""
    today = firm.header.as_of_days
    trades = _sound(firm, _NO_ACTIVITY if activity is None else activity, owners, "trade_date", _FIRST_DAY, today)
    first = min(int(trades.day.min(initial=today)), today - WASH_DAYS)
    held = _bought(_sound(firm, lots, owners, "acquired", first, today))
    whole, own = _lot_names(held.table, trades.table)
    count = len(held.row)
    holding = _traded(firm, owners, held, whole[:count], own[:count], np.zeros(count, dtype=np.int64))
    traded = _traded(firm, owners, trades, whole[count:], own[count:], _openness(trades.table))
    start = columns.days(columns.optional(held.table, "holding_start", pa.date32()))
    side = columns.codes(trades.table["side"], pa.array(["BUY", "SELL"]))
    sold = np.flatnonzero(side == 1)
    sales = trades.table.take(pa.array(sold))
    gain, told = _money(sales, "realised_gain")
    disallowed, disallowed_told = _money(sales, "wash_disallowed")
    return Book(
        lots=holding,
        tacked=(start != columns.NO_DATE) & (start < held.day),
        buys=traded.where(side == 0),
        sells=traded.where(sold),
        gain=gain,
        told=told,
        disallowed=disallowed,
        disallowed_told=disallowed_told,
        holding_start=columns.days(columns.optional(sales, "holding_start", pa.date32())),
        rest=_names_rest(sales),
    )


@dataclass(frozen=True)
class _Sound:
    """The rows of a table that name an account, a security and shares on a day in question; arrays (n,).

    `row` are their numbers in the whole table, `table` holds them alone.
    """

    table: pa.Table
    row: NDArray[np.int64]
    account: NDArray[np.int64]
    security: NDArray[np.int32]
    day: NDArray[np.int32]
    quantity: NDArray[np.int64]


_FIRST_DAY = columns.NO_DATE + 1


def _sound(firm: Firm, table: pa.Table, owners: Owners, date: str, first: int, last: int) -> _Sound:
    """Rows of which `date` lies between `first` and `last`. Only they are looked at: most lots are older."""
    day = columns.days(table[date])
    row = np.flatnonzero((day >= first) & (day <= last))
    table = columns.some_rows(table, row)
    account = columns.codes(table["account_id"], owners.ids).astype(np.int64)
    security = columns.codes(table["security_id"], firm.market.ids)
    quantity = columns.scaled(table["quantity"], columns.MICRO)
    sound = np.flatnonzero((account >= 0) & (security >= 0) & (quantity > 0))
    row = row[sound]
    return _Sound(columns.some_rows(table, sound), row, account[sound], security[sound], day[row], quantity[sound])


def _bought(lots: _Sound) -> _Sound:
    """Without lots that a spin-off gave: its shares are no purchase (docs/tax.md)."""
    names, securities = (columns.text(lots.table[name]) for name in ("lot_id", "security_id"))
    kept = np.flatnonzero(spin_offs(names, securities) == 0)
    return _Sound(
        columns.some_rows(lots.table, kept),
        lots.row[kept],
        lots.account[kept],
        lots.security[kept],
        lots.day[kept],
        lots.quantity[kept],
    )


_NO_ACTIVITY = pa.table(
    {
        "account_id": pa.array([], pa.string()),
        "trade_date": pa.array([], pa.date32()),
        "security_id": pa.array([], pa.string()),
        "side": pa.array([], pa.string()),
        "quantity": pa.array([], pa.float64()),
    }
)


def _lot_names(lots: pa.Table, activity: pa.Table) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The rank of each lot name, of its whole lot and its own, rows of `lots` first; UNNAMED where there is none."""
    both = [columns.flat(lots["lot_id"]), columns.flat(columns.optional(activity, "lot_id", pa.string()))]
    names = columns.encoded(pa.chunked_array([columns.encoded(column) for column in both]))
    index = columns.indices(names)
    whole = pc.replace_substring_regex(names.dictionary, _PIECE, "")
    ranks = (np.append(pc.rank(each, tiebreaker="dense"), UNNAMED) for each in (whole, names.dictionary))
    of_lot, of_piece = (rank.astype(np.int32)[index] for rank in ranks)
    return of_lot, of_piece


def _names_rest(activity: pa.Table) -> NDArray[np.bool_]:
    ends = pc.ends_with(columns.text(columns.optional(activity, "lot_id", pa.string())), ".2")
    return np.asarray(pc.fill_null(ends, False), dtype=np.bool_)


def _openness(activity: pa.Table) -> NDArray[np.int64]:
    """0 where a row tells of no loss that counts, 1 where part of it was disallowed, 2 where none was; (rows,)."""
    gain, told = _money(activity, "realised_gain")
    disallowed, _ = _money(activity, "wash_disallowed")
    return np.where((gain >= 0) & told, 0, np.where(disallowed > 0, 1, 2))


def _traded(
    firm: Firm,
    owners: Owners,
    rows: _Sound,
    whole: NDArray[np.int32],
    own: NDArray[np.int32],
    openness: NDArray[np.int64],
) -> Traded:
    """The rows with their order; `whole` and `own` rank the lots' names without and with their pieces."""
    ranks = _ranks(firm.market.ids)
    who = _ranks(owners.ids)[rows.account] * len(ranks) + ranks[rows.security]
    rank = np.empty(len(who), dtype=np.int64)
    rank[ordered(who, own, openness, rows.quantity)] = np.arange(len(who))
    return Traded(
        account=rows.account,
        security=rows.security,
        day=rows.day,
        sequence=batches(sequences(rows.table)),
        quantity=rows.quantity,
        price=columns.scaled(columns.optional(rows.table, "price", pa.float64()), columns.MICRO),
        name=whole,
        piece=own,
        who=who,
        row=rows.row,
        rank=rank,
    )


def _ranks(ids: pa.Array) -> NDArray[np.int64]:
    """The place of each id in the order of their texts."""
    return np.asarray(pc.rank(ids, tiebreaker="dense"), dtype=np.int64)


def _money(table: pa.Table, name: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Cents of each row, and where the table gives them; both (rows,)."""
    column = columns.flat(columns.optional(table, name, pa.float64()))
    return columns.scaled(column, CENT), ~np.isnan(columns.numbers(column))
