"""Recent purchases and sales as the book tells them: in `activity`, in the lots themselves, or in both.

A purchase is what one account bought of one security on one day under one lot name; pieces of a lot that a wash sale
split (`.1`, `.2`) are one purchase. Lots and `activity` may both show it, and then it counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book import columns
from engine.book.firm import Firm
from engine.ledger.lot_names import spin_offs
from engine.ledger.owners import Owners
from engine.ledger.rows import Rows
from engine.ledger.sequence import batches, sequences
from kernels.dates import WASH_DAYS

UNNAMED = np.iinfo(np.int32).max
CENT = 100
_PIECE = r"(\.[12])+$"


@dataclass(frozen=True)
class Traded(Rows):
    """Rows of a table with a known account and security; arrays (n,).

    `sequence` is the batch of the day; `name` ranks the lots' names, last where there is none, and `who` accounts and
    then securities, by their texts, in both tables alike; `row` is the table's; `rank` orders the table's rows of a day
    of which nothing else tells the order: by account, security, lot, quantity (contract, section 1). `price` is in
    micro-dollars, 0 where the table has none.
    """

    account: NDArray[np.int64]
    security: NDArray[np.int32]
    day: NDArray[np.int32]
    sequence: NDArray[np.int32]
    quantity: NDArray[np.int64]
    price: NDArray[np.int64]
    name: NDArray[np.int32]
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
    """Read both tables; trades after `as_of` are left out."""
    today = firm.header.as_of_days
    if activity is None:
        activity = _NO_ACTIVITY
    names, pieces = _lot_names(lots, activity, _PIECE), _lot_names(lots, activity, None)
    whole, own = names[lots.num_rows :], pieces[lots.num_rows :]
    trades = _traded(firm, activity, owners, "trade_date", (whole, own), _openness(activity))
    trades = trades.where(trades.day <= today)
    first = min(int(trades.day.min(initial=today)), today - WASH_DAYS)
    whole, own = names[: lots.num_rows], pieces[: lots.num_rows]
    held = _traded(firm, lots, owners, "acquired", (whole, own), np.zeros(lots.num_rows))
    held = held.where((held.day >= first) & (held.day <= today) & ~_spun_off(lots)[held.row])
    start = columns.days(columns.optional(lots, "holding_start", pa.date32()))[held.row]
    side = columns.codes(activity["side"], pa.array(["BUY", "SELL"]))[trades.row]
    sells = trades.where(side == 1)
    gain, told = _money(activity, "realised_gain", sells.row)
    disallowed, disallowed_told = _money(activity, "wash_disallowed", sells.row)
    return Book(
        lots=held,
        tacked=(start != columns.NO_DATE) & (start < held.day),
        buys=trades.where(side == 0),
        sells=sells,
        gain=gain,
        told=told,
        disallowed=disallowed,
        disallowed_told=disallowed_told,
        holding_start=columns.days(columns.optional(activity, "holding_start", pa.date32()))[sells.row],
        rest=_names_rest(activity)[sells.row],
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


def _lot_names(lots: pa.Table, activity: pa.Table, without: str | None) -> NDArray[np.int32]:
    """The rank of each lot name, less what the pattern finds, rows of `lots` first; UNNAMED where there is none."""
    both = [columns.text(lots["lot_id"]), columns.text(columns.optional(activity, "lot_id", pa.string()))]
    names = pa.chunked_array(both)
    flat = columns.flat(names if without is None else pc.replace_substring_regex(names, without, ""))
    return np.where(flat.is_null(), UNNAMED, np.asarray(pc.rank(flat, tiebreaker="dense"))).astype(np.int32)


def _spun_off(lots: pa.Table) -> NDArray[np.bool_]:
    """True for lots that a spin-off gave: its shares are no purchase (docs/tax.md)."""
    return spin_offs(columns.text(lots["lot_id"]), columns.text(lots["security_id"])) > 0


def _names_rest(activity: pa.Table) -> NDArray[np.bool_]:
    ends = pc.ends_with(columns.text(columns.optional(activity, "lot_id", pa.string())), ".2")
    return np.asarray(pc.fill_null(ends, False), dtype=np.bool_)


def _openness(activity: pa.Table) -> NDArray[np.int64]:
    """0 where a row tells of no loss that counts, 1 where part of it was disallowed, 2 where none was; (rows,)."""
    rows = np.arange(activity.num_rows)
    gain, told = _money(activity, "realised_gain", rows)
    disallowed, _ = _money(activity, "wash_disallowed", rows)
    return np.where((gain >= 0) & told, 0, np.where(disallowed > 0, 1, 2))


def _traded(
    firm: Firm,
    table: pa.Table,
    owners: Owners,
    day: str,
    names: tuple[NDArray[np.int32], NDArray[np.int32]],
    openness: NDArray[Any],
) -> Traded:
    """The rows of a table; `names` are the lots' without and with their pieces."""
    account = columns.codes(table["account_id"], owners.ids).astype(np.int64)
    security = columns.codes(table["security_id"], firm.market.ids)
    quantity = columns.scaled(table["quantity"], columns.MICRO)
    ranks = _ranks(firm.market.ids)
    who = _ranks(owners.ids)[account] * len(ranks) + ranks[security]
    order = np.lexsort((quantity, openness, names[1], who))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    rows = Traded(
        account=account,
        security=security,
        day=columns.days(table[day]),
        sequence=batches(sequences(table)),
        quantity=quantity,
        price=columns.scaled(columns.optional(table, "price", pa.float64()), columns.MICRO),
        name=names[0],
        who=who,
        row=np.arange(table.num_rows),
        rank=rank,
    )
    return rows.where((rows.account >= 0) & (rows.security >= 0) & (rows.quantity > 0) & (rows.day != columns.NO_DATE))


def _ranks(ids: pa.Array) -> NDArray[np.int64]:
    """The place of each id in the order of their texts, and one more entry for an id that is unknown (-1)."""
    return np.append(np.asarray(pc.rank(ids, tiebreaker="dense"), dtype=np.int64), 0)


def _money(table: pa.Table, name: str, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    column = columns.flat(columns.optional(table, name, pa.float64())).take(pa.array(rows))
    given = ~np.isnan(columns.numbers(column))
    return columns.scaled(column, CENT), given
