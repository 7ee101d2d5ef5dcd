"""The lots of the new book: what the replay left of the old ones, and what fills opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book import columns
from engine.book.firm import Firm
from engine.book.schema import SHARES
from engine.book.validation.keys import repeated_in_owner
from engine.ledger.history.tables import basis_per_share
from engine.ledger.lot_names import piece_names
from engine.ledger.rows import Ints, Rows, grouped, sums
from engine.ledger.settle.booking import Booked
from engine.ledger.settle.rewriting import CENT, dates, old_rows, put, put_scaled
from kernels.pieces import NONE, SPUN_AGAIN

_MADE: Final = r"^B(?P<day>\d{8})-(?P<number>\d{1,9})$"


@dataclass(frozen=True)
class HeldLots(Rows):
    """Lots at the end; arrays (n,). `lot` numbers the old lots, then the fills; `spun` is the spin-off's event or NONE.

    `path` as in `kernels.pieces.Pieces`.
    """

    lot: Ints
    path: Ints
    spun: NDArray[np.int32]
    account: Ints
    security: NDArray[np.int32]
    quantity: Ints
    basis: Ints
    acquired: NDArray[np.int32]
    holding_start: NDArray[np.int32]


def held_lots(booked: Booked) -> HeldLots:
    """Held pieces of the replayed lots and fills, parts that are alike as one lot again.

    The replay cuts a lot in two where a part of it has replaced a loss before; the book does not.
    """
    pieces, held = booked.pieces, np.flatnonzero(booked.held)
    lot, spun = pieces.lot[held].astype(np.int64), pieces.spun[held]
    path = _paths(booked, held)
    number, first = grouped(lot, spun, path)
    return HeldLots(
        lot=lot[first],
        path=path[first],
        spun=spun[first],
        account=booked.account[held][first],
        security=booked.security[held][first],
        quantity=sums(number, pieces.quantity[held], len(first)),
        basis=sums(number, pieces.basis[held], len(first)),
        acquired=pieces.acquired[held][first],
        holding_start=pieces.holding_start[held][first],
    )


def _paths(booked: Booked, held: Ints) -> Ints:
    """The path under which each held piece (h,) is named: one for all that took up no loss, apart from those that did.

    What took up a loss while other shares of its lot, used up before, lie beside it under the same name becomes `.1`,
    and those become `.2`.
    """
    pieces = booked.pieces
    path = pieces.path[held].copy()
    own = pieces.spun[held] == NONE
    number, _ = grouped(pieces.lot[booked.ours])
    lots = np.full(int(pieces.lot.max(initial=0)) + 1, 0, dtype=np.int64)
    lots[pieces.lot[booked.ours]] = number
    mine, whole = lots[pieces.lot[held]], lots[pieces.lot[booked.ours]]
    took = pieces.source[held] != NONE
    rest, even = own & ~took, own & took & (path % 2 == 0)
    ends = np.zeros(int(number.max(initial=-1)) + 1, dtype=np.int64)
    every = pieces.path[booked.ours] % SPUN_AGAIN
    odd = every % 2 == 1
    np.maximum.at(ends, whole[odd], every[odd] + 1)
    np.maximum.at(ends, mine[rest], path[rest])
    has_rest = np.zeros(len(ends), dtype=np.bool_)
    has_rest[mine[rest]] = True
    beside = even & has_rest[mine]
    path[beside] += 1
    np.maximum.at(ends, mine[beside], path[beside] + 1)
    path[rest] = ends[mine[rest]]
    return path


def lots_table(firm: Firm, old: pa.Table, booked: Booked, held: HeldLots, made: pa.Array) -> pa.Table:
    """The table: rows by account, then old lots in their order, then new ones; columns as they were.

    `made` (fills,) names the lots that fills opened. Lots that the replay did not concern keep every value.
    """
    kept = np.ones(old.num_rows, dtype=np.bool_)
    kept[booked.lots.row[booked.replayed_lots]] = False
    kept_rows = np.flatnonzero(kept)
    is_old = held.lot < len(booked.lots)
    row = np.full(len(held), NONE, dtype=np.int64)
    row[is_old] = booked.lots.row[held.lot[is_old]]
    rows = np.append(kept_rows, row)
    table = old_rows(old, rows)
    new = np.append(np.zeros(len(kept_rows), dtype=np.bool_), np.ones(len(held), dtype=np.bool_))
    was = _was(booked, held, is_old)
    table = put(table, "account_id", new, _pad(kept_rows, columns.take_text(booked.owners.ids, held.account)))
    table = put(table, "lot_id", new, _pad(kept_rows, _names(firm, old, booked, held, made)))
    table = put(table, "security_id", new, _pad(kept_rows, columns.take_text(firm.market.ids, held.security)))
    quantity, basis = _behind(kept_rows, held.quantity), _behind(kept_rows, held.basis)
    moved = _behind(kept_rows, (held.quantity != was.quantity).astype(np.int64)) > 0
    table = put_scaled(table, "quantity", moved, quantity, SHARES)
    dear = moved | (_behind(kept_rows, (held.basis != was.basis).astype(np.int64)) > 0)
    table = _put_basis(table, dear, quantity, basis)
    table = put(table, "acquired", new, _pad(kept_rows, dates(held.acquired)))
    begun = _behind(kept_rows, (held.holding_start != was.holding_start).astype(np.int64)) > 0
    start = np.where(held.holding_start == held.acquired, columns.NO_DATE, held.holding_start).astype(np.int32)
    table = put(table, "holding_start", begun, _pad(kept_rows, dates(start)))
    owner = columns.codes(table["account_id"], booked.owners.ids).astype(np.int64)
    owner = np.where(owner < 0, len(booked.owners), owner)
    order = np.lexsort(
        (
            _behind(kept_rows, held.path),
            _behind(kept_rows, held.spun.astype(np.int64)),
            _behind(kept_rows, held.lot),
            np.where(rows < 0, old.num_rows, rows),
            owner,
        )
    )
    return table.take(pa.array(order))


def _was(booked: Booked, held: HeldLots, is_old: NDArray[np.bool_]) -> HeldLots:
    """The lots as they were, -1 where there were none, to see what changed."""
    place = np.where(is_old, held.lot, 0)

    def old(values: NDArray[np.int64] | NDArray[np.int32]) -> Ints:
        return np.where(is_old, values[place], -1).astype(np.int64) if len(values) else np.full(len(held), -1)

    lots = booked.lots
    start = np.where(is_old, old(lots.holding_start), held.acquired).astype(np.int32)
    return HeldLots(
        held.lot, held.path, held.spun, held.account, held.security, old(lots.quantity), old(lots.basis),
        held.acquired, start,
    )  # fmt: skip


def _put_basis(table: pa.Table, changed: NDArray[np.bool_], quantity: Ints, basis: Ints) -> pa.Table:
    if pa.types.is_floating(table["cost_basis"].type):
        each = basis / CENT / (np.maximum(quantity, 1) / columns.MICRO)
        return put(table, "cost_basis", changed, pa.array(each))
    return put(table, "cost_basis", changed, basis_per_share(basis, np.maximum(quantity, 1)))


def _names(firm: Firm, old: pa.Table, booked: Booked, held: HeldLots, made: pa.Array) -> pa.Array:
    base = pa.concat_arrays([columns.text(old["lot_id"]).take(pa.array(booked.lots.row)), made])
    events = booked.day.events
    target = np.where(held.spun == NONE, NONE, events.target[held.spun])
    spun = np.where(target == NONE, NONE, booked.day.security[target])
    return piece_names(base.take(pa.array(held.lot)), held.path, columns.take_text(firm.market.ids, spun))


def made_names(booked: Booked, tables_lots: pa.Table, activity: pa.Table) -> pa.Array:
    """Names (fills,) of the lots that fills open: `B20260130-1` and on, by account and day in the order of the fills.

    They go on after the highest number that the account's lots or trades of that day have already. Null for sells.
    """
    fills = booked.fills
    bought = np.flatnonzero(fills.buy)
    owner, day = fills.account[bought], fills.day[bought].astype(np.int64)
    taken = [_taken(table, booked) for table in (tables_lots, activity)]
    key, _ = grouped(
        np.concatenate([owner, *(each[0] for each in taken)]), np.concatenate([day, *(each[1] for each in taken)])
    )
    highest = np.zeros(int(key.max(initial=-1)) + 1, dtype=np.int64)
    np.maximum.at(highest, key[len(bought) :], np.concatenate([each[2] for each in taken]))
    mine = key[: len(bought)]
    order = np.argsort(mine, kind="stable")
    rank = np.empty(len(bought), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.searchsorted(mine[order], mine[order]) + 1
    number = highest[mine] + rank
    text = [
        f"B{np.datetime64(int(d), 'D').astype(object):%Y%m%d}-{n}"
        for d, n in zip(day.tolist(), number.tolist(), strict=True)
    ]
    place = np.full(len(fills), NONE, dtype=np.int64)
    place[bought] = np.arange(len(bought))
    return columns.take_text(pa.array(text, pa.string()), place)


def _taken(table: pa.Table, booked: Booked) -> tuple[Ints, Ints, Ints]:
    """Account, day and number of the names in a table that look like made ones; pieces count as their lot."""
    whole = pc.replace_substring_regex(
        columns.text(columns.optional(table, "lot_id", pa.string())), r"(\.[12])*(:.*)?$", "", max_replacements=1
    )
    found = pc.extract_regex(whole, _MADE)
    looks = np.flatnonzero(np.asarray(found.is_valid()))
    parts = found.take(pa.array(looks)).to_pylist()
    owner = columns.codes(table["account_id"], booked.owners.ids).astype(np.int64)[looks]
    days = [_day(part["day"]) for part in parts]
    known = np.array([day is not None for day in days], dtype=np.bool_) & (owner >= 0)
    day = np.array([day or 0 for day in days], dtype=np.int64)
    number = np.array([int(part["number"]) for part in parts], dtype=np.int64)
    return owner[known], day[known], number[known]


def _day(text: str) -> int | None:
    try:
        return int(np.datetime64(f"{text[:4]}-{text[4:6]}-{text[6:]}", "D").astype(np.int64))
    except ValueError:
        return None


def clashing_accounts(lots: pa.Table, booked: Booked) -> Ints:
    """Accounts two of whose lots would have one name, as a lot `L.1` beside a piece of `L`; of accounts not left."""
    owner = columns.codes(lots["account_id"], booked.owners.ids)
    again = repeated_in_owner(owner, columns.text(lots["lot_id"]))
    accounts = np.unique(owner[again & (owner >= 0)]).astype(np.int64)
    return accounts[~booked.left[accounts]]


def _pad(before: Ints, values: pa.Array) -> pa.Array:
    return pa.concat_arrays([pa.nulls(len(before), values.type), values])


def _behind(before: Ints, values: Ints) -> Ints:
    return np.append(np.zeros(len(before), dtype=np.int64), values)
