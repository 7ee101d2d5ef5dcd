"""Twin of `engine.ledger.window`: every household with a sale is replayed whole, rows are grouped by sorting.

The trades delivered in `activity` are replayed share for share, because a recent purchase may have been used up by an
older loss. What each sale gained is as `activity` says; money plays no other part, so the replay counts shares: every
share costs nothing, and one sold at a loss loses a cent a micro-share. Where `activity` says that nothing of a loss was
disallowed by the end of its day, or all of it, that stands, whatever the replay finds.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.firm import Firm
from engine.ledger.events import Replayed, joined, make_events, make_positions, replay_all, sorted_by
from engine.ledger.owners import Owners
from engine.ledger.rows import Ints, grouped, ordered, starts_of_runs, sums
from engine.ledger.window import AWAY, HELD, SOLD, UNTOLD, OpenLosses, Recent, Unused
from kernels.dates import WASH_DAYS
from kernels.money import shares_of
from kernels.pieces import BUY, FIFO, NONE, NOT_SOLD, OPEN, SELL, Pieces, Relief
from kernels.window.hard import NEVER_A_LOSS
from tests.reference.naive_purchases import Purchases, purchases
from tests.reference.naive_recent_rows import Book, recent_rows

LONG_AGO = -(1 << 24)
"""When a lot was acquired of which nothing is known but that it was sold."""


def recent(firm: Firm, tables: Mapping[str, pa.Table], owners: Owners) -> Recent:
    """Replay the part's trades up to `as_of`, in the households and wash groups that the window concerns."""
    book = recent_rows(firm, tables["lots"], tables.get("activity"), owners)
    bought, of_lot, of_sell = purchases(book)
    losing = owners.taxable[book.sells.account] & ((book.gain < 0) | ~book.told | (book.disallowed > 0))
    first_day = firm.header.as_of_days - WASH_DAYS
    group, owner = firm.market.wash_group, np.concatenate([bought.account, book.sells.account])
    segment, _ = grouped(owners.household[owner], group[np.concatenate([bought.security, book.sells.security])])
    of_buys, of_sells = segment[: len(bought)], segment[len(bought) :]
    with_sales = np.bincount(of_sells, minlength=len(segment)) > 0
    replayed, events = _replay(firm, owners, book, bought, of_sell, losing, segment, with_sales)
    free = _free(replayed.pieces, first_day)
    whole = np.where(with_sales[of_buys] | (bought.acquired < first_day), 0, bought.quantity)
    held, away = _unused(bought, free, whole)
    purchase = np.full(tables["lots"].num_rows, NONE, dtype=np.int64)
    purchase[book.lots.row] = of_lot
    return Recent(
        purchase=purchase,
        unused=_by_lot(tables["lots"].num_rows, book, of_lot, held),
        bought=_listed(bought, held, away, free),
        losses=_open_losses(book, bought, of_sell, replayed.pieces, events, first_day),
    )


def _replay(
    firm: Firm,
    owners: Owners,
    book: Book,
    bought: Purchases,
    of_sell: Ints,
    losing: NDArray[np.bool_],
    segment: Ints,
    with_sales: NDArray[np.bool_],
) -> tuple[Replayed, Ints]:
    """The replay, and what each event stands for: a purchase p as p, a sell s as s + the number of purchases.

    A position is a purchase, or a lot of which nothing is known but a sale: then it is opened as large as that sale.
    `segment` (purchases and sells,) numbers household and wash group; of those without a sale there is nothing to
    replay, and of those without a purchase or loss in the window nothing to learn.
    """
    count, sells = len(bought), book.sells
    first_day = firm.header.as_of_days - WASH_DAYS
    near = np.concatenate([bought.acquired >= first_day, losing & (sells.day >= first_day)])
    concerned = (np.bincount(segment, weights=near, minlength=len(with_sales)) > 0) & with_sales
    buy, sold = (np.flatnonzero(concerned[part]) for part in (segment[:count], segment[count:]))
    alone = sold[of_sell[sold] < 0]
    lost = np.where(_turned(book, bought, of_sell, first_day), 0, sells.quantity)
    owner = np.concatenate([bought.account, sells.account])
    security = np.concatenate([bought.security, sells.security])
    positions = make_positions(firm.market.wash_group[security], owners.taxable[owner], owners.policy[owner])
    opened = make_events(
        len(alone), kind=OPEN, day=LONG_AGO, position=count + alone, quantity=sells.quantity[alone], washed=True
    )
    bought_events = make_events(
        len(buy),
        kind=BUY,
        day=bought.acquired[buy],
        batch=bought.sequence[buy],
        position=buy,
        quantity=bought.quantity[buy],
        lot=buy,
        purchase=buy,
    )
    sold_events = make_events(
        len(sold),
        kind=SELL,
        day=sells.day[sold],
        batch=sells.sequence[sold],
        position=np.where(of_sell < 0, count + np.arange(len(sells)), of_sell)[sold],
        quantity=sells.quantity[sold],
        amount=np.where(losing, -lost, NEVER_A_LOSS)[sold],
        path=book.rest[sold],
        washed=book.none_washed[sold],
    )
    events = joined([opened, bought_events, sold_events])
    stands_for = np.concatenate([count + alone, buy, count + sold])
    segment = segment[stands_for]
    rank = np.concatenate([sells.rank[alone], buy, sells.rank[sold]])
    order = ordered(segment, events.day, events.batch, events.kind, rank)
    order = order[events.quantity[order] > 0]
    starts = np.flatnonzero(starts_of_runs(segment[order]))
    replayed = replay_all(np.append(starts, len(order)), sorted_by(events, order), positions, Relief(FIFO, 0.0, 0.0))
    return replayed, stands_for[order]


def _turned(book: Book, bought: Purchases, of_sell: Ints, first_day: int) -> NDArray[np.bool_]:
    """True for sells (sells,) wholly disallowed of shares that, bought in the window for no more, took up a loss.

    That loss is in `activity`, so the replay gives it to them; until then they are none, as their own sale was a gain
    without it. Of shares bought before, the loss that they took up may not be told.
    """
    acquired, paid = np.append(bought.acquired, LONG_AGO)[of_sell], np.append(bought.price, 0)[of_sell]
    tacked = (book.holding_start != columns.NO_DATE) & (book.holding_start < acquired)
    gained = (paid > 0) & (book.sells.price >= paid)
    return np.asarray(book.all_washed & tacked & gained & (acquired >= first_day))


def _free(pieces: Pieces, first_day: int) -> Pieces:
    """The pieces bought in the window that have replaced nothing."""
    free = ~pieces.washed & ~pieces.replaced & (pieces.lot != NONE) & (pieces.acquired >= first_day)
    return Pieces._make(column[free] for column in pieces)


def _unused(bought: Purchases, free: Pieces, whole: Ints) -> tuple[Ints, Ints]:
    """Micro-shares (p,) of each purchase that have replaced nothing: HELD and AWAY; `whole` those not replayed."""
    still = free.event == NONE
    unused = whole + sums(free.lot[still], free.quantity[still], len(bought))
    held = np.minimum(unused, bought.held - bought.tacked)
    away = np.minimum(unused - held, bought.quantity - bought.sold - bought.held)
    away[bought.exchanged] = 0
    return held, away


def _listed(bought: Purchases, held: Ints, away: Ints, free: Pieces) -> Unused:
    count = len(bought)
    gone = np.flatnonzero(free.event != NONE)
    number, first = grouped(free.lot[gone], free.sold[gone])
    quantity = np.concatenate([held, away, sums(number, free.quantity[gone], len(first))])
    purchase = np.concatenate([np.arange(count), np.arange(count), free.lot[gone][first]])
    place = np.repeat(np.array([HELD, AWAY, SOLD], dtype=np.int32), [count, count, len(first)])
    sold = np.append(np.full(2 * count, NOT_SOLD, dtype=np.int32), free.sold[gone][first])
    of = bought.where(purchase)
    listed = Unused(of.account, of.security, of.acquired, purchase, quantity, place, sold)
    order = ordered(purchase, place, sold)
    return listed.where(order[quantity[order] > 0])


def _by_lot(lots: int, book: Book, of_lot: Ints, unused: Ints) -> Ints:
    """Each purchase's unused shares by lot: none to tacked lots, and the last of a split lot's pieces first."""
    row = book.lots.row
    order = ordered(of_lot, -book.lots.piece, -np.arange(len(row)))
    size = np.where(book.tacked, 0, book.lots.quantity)[order]
    before = np.cumsum(size) - size
    purchase, first = grouped(of_lot[order])
    room = unused[of_lot[order]] - (before - before[first][purchase])
    given = np.zeros(lots, dtype=np.int64)
    given[row[order]] = np.clip(room, 0, size)
    return given


def _open_losses(
    book: Book, bought: Purchases, of_sell: Ints, pieces: Pieces, stands_for: Ints, first_day: int
) -> OpenLosses:
    """What is left of each loss, in order of disposition.

    Where `activity` gives the disallowed part, gain less it is the whole loss; else the gain is that of the shares
    which nothing had replaced by the end of the day. Of what was disallowed in all nothing is left. Where nothing says
    how long they were held, it was no day.
    """
    sells, purchased = book.sells, len(bought)
    start = np.where(of_sell < 0, sells.day, np.append(bought.acquired, 0)[of_sell])
    start = np.where(book.holding_start == columns.NO_DATE, start, book.holding_start)
    left = (pieces.event != NONE) & ~pieces.replaced & (pieces.basis > pieces.proceeds) & (pieces.sold >= first_day)
    quantity = sums(stands_for[pieces.event[left]] - purchased, pieces.quantity[left], len(sells))
    quantity[book.all_washed] = 0
    by_purchase = pieces.source != NONE
    source = stands_for[pieces.source[by_purchase]] - purchased
    after = pieces.acquired[by_purchase] > sells.day[source]
    replaced_after = sums(source[after], pieces.quantity[by_purchase][after], len(sells))
    whole = np.where(book.disallowed_told, sells.quantity, quantity + replaced_after)
    lost = book.disallowed - book.gain
    acquired = np.where(of_sell < 0, LONG_AGO, np.append(bought.acquired, 0)[of_sell])
    order = ordered(sells.day, sells.sequence, acquired, sells.rank)
    order = order[quantity[order] > 0]
    share = np.empty(len(order), dtype=np.int64)
    shares_of(lost[order], quantity[order], whole[order], share)
    return OpenLosses(
        account=sells.account[order],
        security=sells.security[order],
        sold=sells.day[order],
        quantity=quantity[order],
        loss=np.where(book.told[order], share, UNTOLD),
        holding_start=start[order],
    )
