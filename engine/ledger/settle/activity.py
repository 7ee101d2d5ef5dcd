"""The activity of the new book: what the old one still needs of it, and what the settlement adds."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.firm import Firm
from engine.book.schema import MONEY, PRICE, SHARES, SIDES, TERMS
from engine.ledger.lot_names import piece_names
from engine.ledger.rows import Ints, sums
from engine.ledger.sequence import UNORDERED
from engine.ledger.settle.booking import Booked
from engine.ledger.settle.realised import Realised, Restored, is_long
from engine.ledger.settle.rewriting import put
from kernels.dates import days_from_civil, year_of
from kernels.pieces import NONE

KEPT_DAYS: Final = 92
"""The contract asks for 61; what is older goes, unless it is of the tax year."""

ACTIVITY: Final = pa.schema(
    [
        ("account_id", pa.string()),
        ("trade_date", pa.date32()),
        ("sequence", pa.int64()),
        ("security_id", pa.string()),
        ("side", pa.string()),
        ("quantity", SHARES),
        ("price", PRICE),
        ("lot_id", pa.string()),
        ("realised_gain", MONEY),
        ("wash_disallowed", MONEY),
        ("holding_start", pa.date32()),
        ("term", pa.string()),
        ("reinvestment", pa.bool_()),
    ]
)


def activity_table(old: pa.Table, new: pa.Table, until: int) -> pa.Table:
    """Old rows that the book at `until` needs, then `new` ones; the old table's columns in its types."""
    day = columns.days(old["trade_date"])
    first_of_year = days_from_civil(year_of(until), 1, 1)
    kept = old.filter(pa.array((day >= until - KEPT_DAYS) | (day >= first_of_year) | (day == columns.NO_DATE)))
    count = kept.num_rows
    table = kept.take(pa.array(np.append(np.arange(count), np.full(new.num_rows, NONE)), mask=_tail(count, new)))
    added = _tail(count, new)
    for field in ACTIVITY:
        values = pa.concat_arrays([pa.nulls(count, field.type), columns.flat(new[field.name])])
        table = put(table, field.name, added, values)
    return table


def _tail(count: int, new: pa.Table) -> NDArray[np.bool_]:
    return np.append(np.zeros(count, dtype=np.bool_), np.ones(new.num_rows, dtype=np.bool_))


def empty_activity() -> pa.Table:
    """The table of a book that has none."""
    return ACTIVITY.empty_table()


def new_rows(firm: Firm, booked: Booked, gone: Realised, back: Restored, made: pa.Array, lot_ids: pa.Array) -> pa.Table:
    """Rows for every fill, and for shares that corporate actions sold, by day, then as they happened.

    `made` (fills,) names the lots that buys opened, `lot_ids` (lots,) those that were held.
    """
    shares = gone.where(gone.quantity > 0)
    fills, buys = booked.fills, np.flatnonzero(booked.fills.buy)
    blocks = [_buys(firm, booked, back, made, buys), _sells(firm, booked, shares, lot_ids)]
    table = pa.concat_tables(block.cast(ACTIVITY) for block in blocks)
    of_action = shares.fill == NONE
    day = np.append(fills.day[buys], shares.sold)
    sequence = np.append(fills.sequence[buys], _sequence_of(booked, shares))
    side = np.append(np.zeros(len(buys), dtype=np.int64), np.ones(len(shares), dtype=np.int64))
    place = np.append(buys, np.where(of_action, shares.event, shares.fill))
    return table.take(pa.array(np.lexsort((place, side, sequence, day))))


def _buys(firm: Firm, booked: Booked, back: Restored, made: pa.Array, buys: Ints) -> pa.Table:
    """Buys; one that takes back a loss of the household carries it, as in a run's trades."""
    fills = booked.fills.where(buys)
    loss = sums(back.fill, back.loss, len(booked.fills))[buys]
    took = loss > 0
    term = np.full(len(booked.fills), NONE, dtype=np.int64)
    term[back.fill] = is_long(back)
    washed = term[buys]
    return pa.table(
        {
            "account_id": columns.take_text(booked.owners.ids, fills.account),
            "trade_date": pa.array(fills.day, pa.date32()),
            "sequence": _sequence(fills.sequence),
            "security_id": columns.take_text(firm.market.ids, fills.security),
            "side": pa.repeat(SIDES[0], len(buys)),
            "quantity": columns.decimals(fills.quantity, SHARES),
            "price": columns.decimals(fills.price, PRICE),
            "lot_id": made.take(pa.array(buys)),
            "realised_gain": columns.decimals(loss, MONEY, ~took),
            "wash_disallowed": columns.decimals(loss, MONEY, ~took),
            "holding_start": pa.nulls(len(buys), pa.date32()),
            "term": columns.take_text(pa.array(TERMS), washed),
            "reinvestment": pa.array(fills.reinvestment),
        }
    )


def _sells(firm: Firm, booked: Booked, shares: Realised, lot_ids: pa.Array) -> pa.Table:
    events, pieces = booked.day.events, booked.pieces
    of_fill = shares.fill != NONE
    price = np.where(of_fill, np.append(booked.fills.price, 0)[shares.fill], events.amount[shares.event])
    names = lot_ids.take(pa.array(pieces.lot[shares.piece]))
    spun = pieces.spun[shares.piece]
    target = np.where(spun == NONE, NONE, booked.day.security[events.target[spun]])
    path = np.where(of_fill, 0, pieces.path[shares.piece])
    return pa.table(
        {
            "account_id": columns.take_text(booked.owners.ids, shares.account),
            "trade_date": pa.array(shares.sold, pa.date32()),
            "sequence": _sequence(_sequence_of(booked, shares)),
            "security_id": columns.take_text(firm.market.ids, shares.security),
            "side": pa.repeat(SIDES[1], len(shares)),
            "quantity": columns.decimals(shares.quantity, SHARES),
            "price": columns.decimals(price, PRICE),
            "lot_id": piece_names(names, path, columns.take_text(firm.market.ids, target)),
            "realised_gain": columns.decimals(shares.gain, MONEY),
            "wash_disallowed": columns.decimals(shares.disallowed, MONEY),
            "holding_start": pa.array(shares.holding_start, pa.date32()),
            "term": columns.take_text(pa.array(TERMS), is_long(shares).astype(np.int64)),
            "reinvestment": pa.nulls(len(shares), pa.bool_()),
        }
    )


def _sequence_of(booked: Booked, shares: Realised) -> Ints:
    """`sequence` of sold shares; those that a corporate action sold went before all of the day's trades."""
    first = min(0, int(booked.fills.sequence.min(initial=0))) - 1
    return np.append(booked.fills.sequence, first)[shares.fill]


def _sequence(values: Ints) -> pa.Array:
    return pa.array(values, pa.int64(), mask=values == UNORDERED)
