"""What wash sales still see of the last 30 days: purchases that have replaced no loss yet, losses not yet replaced.

The trades delivered in `activity` are replayed share for share, because a recent purchase may have been used up by an
older loss. What each sale gained is as `activity` says; money plays no other part, so the replay counts shares: every
share costs nothing, and one sold at a loss loses a cent a micro-share. Where `activity` says that nothing of a loss was
disallowed by the end of its day, or all of it, that stands, whatever the replay finds. Where no purchase can have
replaced a loss, nothing is replayed (`kernels.window.hard`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book.firm import Firm
from engine.ledger.events import Replayed, replay_all
from engine.ledger.owners import Owners
from engine.ledger.recent_rows import Book, recent_rows
from engine.ledger.rows import Ints, Rows
from engine.ledger.sequence import UNORDERED
from kernels.arrays import empty
from kernels.dates import WASH_DAYS
from kernels.pieces import EVENTS, FIFO, NONE, PIECES, POSITIONS, Relief
from kernels.segments import group_rows, rows_by_two
from kernels.window import hard, left, tables
from kernels.window.purchases import find_purchases, find_sold, shared
from kernels.window.segments import make_segments
from kernels.window.tables import AWAY, HELD, NOBODY, SOLD, UNTOLD

__all__ = ["AWAY", "HELD", "SOLD", "UNTOLD", "OpenLosses", "Recent", "Unused", "recent"]


@dataclass(frozen=True)
class Unused(Rows):
    """Shares bought in the window that have replaced no loss; arrays (p,), micro-shares.

    By household and group, then in order of acquisition. `purchase` is what `Recent.purchase` says of their lots.
    `place`: HELD among the lots; AWAY, in no lot, though no trade tells that they were sold; SOLD again on the day
    `sold` (else NOT_SOLD), which count only where `wash_sold_earlier` says so, of today where `wash_same_day` does.
    """

    account: Ints
    security: NDArray[np.int32]
    acquired: NDArray[np.int32]
    purchase: Ints
    quantity: Ints
    place: NDArray[np.int32]
    sold: NDArray[np.int32]


@dataclass(frozen=True)
class OpenLosses(Rows):
    """Sales at a loss in the window, as far as not yet replaced; arrays (n,).

    By household and group, then in order of disposition. `quantity` micro-shares, `loss` cents on them, UNTOLD where
    `activity` does not say what was lost.
    """

    account: Ints
    security: NDArray[np.int32]
    sold: NDArray[np.int32]
    quantity: Ints
    loss: Ints
    holding_start: NDArray[np.int32]


@dataclass(frozen=True)
class Recent:
    """The window as the day begins; accounts are rows of the part's `accounts` table.

    By row of `lots`: `unused` micro-shares that were bought in the window and have replaced no loss; `purchase`, equal
    for pieces of one recent purchase, NONE for older lots.
    """

    unused: Ints
    purchase: Ints
    bought: Unused
    losses: OpenLosses


def recent(
    firm: Firm, tables: Mapping[str, pa.Table], owners: Owners, together: NDArray[np.int32] | None = None
) -> Recent:
    """Replay the part's trades up to `as_of`, in the households and groups that the window concerns.

    `together` (securities,) groups those whose trades are to be in one order: wash groups, if it is not given.
    """
    book = recent_rows(firm, tables["lots"], tables.get("activity"), owners)
    return _Window(firm, book, owners, firm.market.wash_group if together is None else together).recent()


class _Window:
    """The window of a part while it is made."""

    def __init__(self, firm: Firm, book: Book, owners: Owners, fate: NDArray[np.int32]) -> None:
        self.firm, self.book, self.names = firm, book, book.names
        self.first_day = firm.header.as_of_days - WASH_DAYS
        self.owners = tables.Owners(owners.taxable, owners.policy, owners.rank, firm.market.rank)
        self._purchases(owners.household, fate)

    def _purchases(self, household: Ints, fate: NDArray[np.int32]) -> None:
        """Find the purchases, number them by household and fate in order of acquisition, and put sells under them."""
        trades, lots = self.book.trades, self.book.lots
        most = int(np.count_nonzero(trades.buy)) + len(lots.day)
        found, of_lot = empty(tables.PURCHASES, most), np.empty(len(lots.day), dtype=np.int32)
        count = find_purchases(trades, lots, UNORDERED, _table(most), found, of_lot)
        found = tables.Purchases._make(column[:count] for column in found)
        of_sell = np.empty(len(trades.day), dtype=np.int32)
        find_sold(trades, count, _table(count), found, of_sell)
        whose, households = household.astype(np.int32), int(household.max(initial=-1)) + 1
        _, purchase = rows_by_two(whose[found.account], fate[found.security], households)
        sells = np.flatnonzero(~trades.buy)
        _, sell = rows_by_two(whose[trades.account], fate[trades.security], households, sells)
        spare = np.empty(max(len(purchase), len(sell)), dtype=np.int64)
        starts = np.empty((2, len(purchase) + len(sell) + 1), dtype=np.int64)
        segments = make_segments(
            found, trades, lots, of_sell, self.owners, self.names, household, fate, purchase, sell, spare, *starts
        )
        number = np.full(count + 1, NOBODY, dtype=np.int32)
        number[purchase] = np.arange(count)
        self.found = tables.Purchases._make(column[purchase] for column in found)
        self.of_lot, self.of_sell = number[of_lot], number[of_sell]
        self.under = tables.Segments(starts[0, : segments + 1], starts[1, : segments + 1], sell)
        self._sizes()

    def _sizes(self) -> None:
        """How many shares each purchase was of, and how many of another security its lot is now.

        A BUY without a lot name is taken to be of the day's lots that no other BUY names. What exceeds them is a
        purchase whose shares are not among the lots; nothing says that they were sold, so they count as held. Where its
        lot is of another security, of which no BUY tells it, the shares were exchanged: they count there.
        """
        found = self.found
        unnamed, by_lots = found.name == NOBODY, np.where(found.bought > 0, 0, found.held)
        self.received = np.zeros(len(unnamed), dtype=np.int64)
        self.size = np.maximum(found.bought, found.held + found.sold)
        if by_lots.any():
            shared(found, found.name, by_lots, _table(len(unnamed)), self.received)
        if unnamed.any():
            untold = np.empty(len(unnamed), dtype=np.int64)
            shared(found, found.security, np.where(unnamed, 0, by_lots), _table(len(unnamed)), untold)
            self.size = np.where(unnamed, np.maximum(found.bought - untold, 0), self.size)

    def recent(self) -> Recent:
        """The window."""
        book, found, under = self.book, self.found, self.under
        segments, rows, purchases = len(under.sells_of) - 1, len(book.trades.day), len(self.size)
        marks = hard.Marks(np.zeros(segments, dtype=np.bool_), np.zeros(rows, dtype=np.bool_))
        counts = np.zeros(3, dtype=np.int64)
        given = book.trades, found, under, self.owners
        hard.mark_hard(*given, self.size, self.of_sell, self.first_day, marks, counts)
        replayed, row_of = self._replay(marks, *counts.tolist())
        again = np.empty((3, len(under.sell) + len(replayed.pieces.lot)), dtype=np.int64)
        rest = left.Rest(
            still=np.zeros(purchases, dtype=np.int64),
            open=np.zeros(rows, dtype=np.int64),
            since=np.zeros(rows, dtype=np.int64),
            sold_first=np.full(purchases, NONE, dtype=np.int64),
            next=again[0],
            day=again[1],
            quantity=again[2],
            taken=np.zeros(1, dtype=np.int64),
        )
        pieces = replayed.pieces, replayed.offsets, row_of
        left.what_is_left(*given, self.size, self.of_sell, self.first_day, marks, *pieces, rest)
        return Recent(*self._by_lot(rest), self._losses(rest))

    def _replay(
        self, marks: hard.Marks, segments: int, positions: int, events: int
    ) -> tuple[Replayed, NDArray[np.int32]]:
        """The replay of the marked segments, and the row of trades that each event sells."""
        if segments == 0:  # as on most days of a part of funds
            none = np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32)
            return Replayed(empty(PIECES, 0), *none), np.empty(0, dtype=np.int32)
        happened, stands = empty(EVENTS, events), empty(POSITIONS, positions)
        starts, row_of = np.empty(segments + 1, dtype=np.int64), np.empty(events, dtype=np.int32)
        place = np.empty(len(self.size), dtype=np.int32)
        given = self.book.trades, self.found, self.under, self.owners, self.firm.market.wash_group
        hard.make_events(
            *given, self.size, self.of_sell, self.first_day, marks, happened, stands, starts, row_of, place
        )
        return replay_all(starts, happened, stands, Relief(FIFO, 0.0, 0.0)), row_of

    def _by_lot(self, rest: left.Rest) -> tuple[Ints, Ints, Unused]:
        """Unused shares and the purchase of each row of `lots`, and the list of all that is unused."""
        book, found, count = self.book, self.found, len(self.book.lots.day)
        offsets, rows = np.empty(len(self.size) + 1, dtype=np.int64), np.empty(count, dtype=np.int64)
        group_rows(self.of_lot, np.arange(count), offsets, rows)
        most = 2 * len(self.size) + int(rest.taken[0])
        listed = empty(left.LISTED, most)
        given = found, book.trades, book.lots, self.of_sell, self.owners, self.names
        of_lots, spare = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
        number = left.list_unused(*given, self.size, self.received, offsets, rows, rest, spare, listed, of_lots)
        listed = left.Listed._make(column[:number] for column in listed)
        unused, purchase = np.zeros(book.lot_count, dtype=np.int64), np.full(book.lot_count, NONE, dtype=np.int64)
        unused[book.lot_row], purchase[book.lot_row] = of_lots, self.of_lot
        return (
            unused,
            purchase,
            Unused(
                account=found.account[listed.purchase].astype(np.int64),
                security=found.security[listed.purchase],
                acquired=found.day[listed.purchase],
                purchase=listed.purchase,
                quantity=listed.quantity,
                place=listed.place,
                sold=listed.sold,
            ),
        )

    def _losses(self, rest: left.Rest) -> OpenLosses:
        """What is left of each loss."""
        trades, sells = self.book.trades, len(self.under.sell)
        losses = empty(left.OPEN_LOSSES, sells)
        given = self.found, trades, self.book.lots, self.of_sell, self.owners, self.names, self.under
        count = left.list_losses(*given, self.first_day, rest, np.empty(sells, dtype=np.int64), losses)
        losses = left.Open._make(column[:count] for column in losses)
        return OpenLosses(
            account=trades.account[losses.row].astype(np.int64),
            security=trades.security[losses.row],
            sold=trades.day[losses.row],
            quantity=losses.quantity,
            loss=losses.loss,
            holding_start=losses.start,
        )


def _table(rows: int) -> NDArray[np.int32]:
    """An empty table in which so many rows may be looked up."""
    return np.full(1 << (2 * rows + 1).bit_length(), NOBODY, dtype=np.int32)
