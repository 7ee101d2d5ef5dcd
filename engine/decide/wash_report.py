"""What wash sales do to a part's trades, share for share: the day replayed as `settle` will book it.

Deciding prices wash sales; here they are counted, over all accounts of a household together, and every trade row says
what was disallowed. Where losses meet nothing but recent purchases that are kept, as most do, they are counted without
a replay (`kernels.wash_plain`), to the same cent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.accounts import AccountBlock
from engine.book.firm import Firm
from engine.decide.decided import Decided
from engine.decide.positions import Positions
from engine.decide.prepared import Prepared
from engine.decide.trades import NO_LOT, TradeRows
from engine.ledger.day import Day, Lots, Trades, lots_held, replay_day
from engine.ledger.owners import Owners
from engine.ledger.rows import Ints, Rows, grouped, ordered, sums
from engine.ledger.terms import are_long_term
from engine.ledger.window import HELD, Recent
from kernels import wash_plain as plain
from kernels.arrays import frozen
from kernels.money import amounts_cents
from kernels.pieces import LOSS, NONE, SELL

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Parts(Rows):
    """Shares of trades by the row that they get; arrays (p,), by trade and in the order of its rows.

    A sell has one part a term, a buy one for each term of loss that it takes away. `apart`: all of it a loss
    disallowed, beside shares that took up losses. Micro-shares and cents.
    """

    trade: Ints
    long_term: Flags
    apart: Flags
    quantity: Ints
    basis: Ints
    disallowed: Ints


def with_washes(firm: Firm, lots: pa.Table, ready: Prepared, decided: Decided) -> Decided:
    """What was decided, with wash sales in its trade rows. Raises ValueError where a trade exceeds its lot.

    Plain groups are counted by themselves, the others replayed.
    """
    block, owners, recent = ready.block, ready.owned, ready.window
    account, rows = decided.account, decided.trades
    keys = _known(firm, owners, recent)
    if len(keys) == 0 or len(rows) == 0:
        return decided
    disallowed, at, concerned = _plain_washes(firm, block, owners, recent, keys, account, rows)
    rows = replace(rows, disallowed=disallowed)
    if len(at) == 0:
        return replace(decided, trades=rows)
    group = _keys(firm, owners, block.row[account[at]], rows.security[at])
    parts = _parts(firm, lots, block, owners, recent, concerned, account[at], rows.where(at), group)
    told, source = _rewritten(firm, rows, replace(parts, trade=at[parts.trade]))
    return replace(
        decided,
        account=account[source],
        trades=told,
        drift_after=_drifts(block, ready.positions, decided, np.unique(account[at]), account[source], told),
    )


def _plain_washes(
    firm: Firm, block: AccountBlock, owners: Owners, recent: Recent, keys: Ints, account: Ints, rows: TradeRows
) -> tuple[Ints, Ints, Flags]:
    """Cents of each row's loss that are disallowed in plain groups; the rows of groups to be replayed, by number.

    And which rows of the table of lots may replace a loss there.
    """
    trades = plain.Trades(account, rows.security, rows.buy, rows.lot, rows.quantity, rows.amount, rows.basis)
    held = block.lots
    lots = plain.Lots(
        held.offsets,
        held.row,
        held.security,
        held.quantity,
        held.basis,
        held.acquired,
        recent.unused,
        recent.purchase,
    )
    law = plain.Owners(owners.household[block.row] * _span(firm), owners.taxable[block.row], owners.policy[block.row])
    table = np.empty(1 << (2 * len(keys)).bit_length(), dtype=np.int32)
    groups = plain.Groups(table, *np.zeros((2, len(keys)), dtype=np.int64))
    decidable = np.zeros(len(owners), dtype=np.bool_)
    decidable[block.row] = True
    bought = recent.bought
    hard = (bought.place != HELD) | ~decidable[bought.account]
    plain.enter_groups(groups, keys, np.append(np.where(hard, plain.HARD, 0), np.full(len(recent.losses), plain.OPEN)))
    wash_group, price, today = firm.market.wash_group, firm.market.price_micro, firm.header.as_of_days
    trades, lots, law = frozen(trades), frozen(lots), frozen(law)
    concerned = recent.unused > 0
    most = int(np.count_nonzero(concerned))
    which, of_lot = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int32)
    replacing = np.zeros(int(recent.purchase.max(initial=NONE)) + 1, dtype=np.bool_)
    count = plain.find_replacements(lots, law, wash_group, today, groups, which, of_lot, replacing)
    number = np.empty(len(rows), dtype=np.int32)
    plain.judge_trades(trades, lots, law, wash_group, price, replacing, groups, number)
    which, of_lot = which[:count], of_lot[:count]
    order = ordered(of_lot, held.acquired[which], recent.purchase[held.row[which]], held.row[which])
    is_hard = groups.state & plain.HARD != 0
    known, replayed = number >= 0, np.append(is_hard, False)[number]
    losses = np.flatnonzero(known & ~replayed & (rows.amount < rows.basis))
    losses = losses[law.taxable[account[losses]]]
    lot = rows.lot[losses]
    losses = losses[ordered(number[losses], held.acquired[lot], recent.purchase[held.row[lot]])]
    disallowed = np.zeros(len(rows), dtype=np.int64)
    plain.disallow(trades, lots, losses, number[losses], which[order], of_lot[order], disallowed)
    concerned[held.row[which[~is_hard[of_lot]]]] = False
    return disallowed, np.flatnonzero(replayed), concerned


def _drifts(
    block: AccountBlock, positions: Positions, decided: Decided, changed: Ints, account: Ints, told: TradeRows
) -> NDArray[np.float64]:
    """Drift after the rows that are `told`: each is rounded to the cent by itself, so cash may move by cents."""
    drift = decided.drift_after.copy()
    before, after = (
        _cash_gaps(block, positions, changed, whose, trades)
        for whose, trades in ((decided.account, decided.trades), (account, told))
    )
    drift[changed] += 0.5 * (after - before)
    return drift


def _cash_gaps(
    block: AccountBlock, positions: Positions, changed: Ints, account: Ints, trades: TradeRows
) -> NDArray[np.float64]:
    """How far some accounts' cash after their trades is from the cash target, fractions of value."""
    cash = block.cash + sums(account, np.where(trades.buy, -trades.amount, trades.amount), len(block))
    share = cash[changed] / 100.0 / positions.dollars[changed]
    gaps: NDArray[np.float64] = np.abs(share - block.settings["cash_target"][changed])
    return gaps


def _span(firm: Firm) -> int:
    """More than any wash group's number."""
    return int(firm.market.wash_group.max(initial=0)) + 1


def _keys(firm: Firm, owners: Owners, account: Ints, security: NDArray[np.int32]) -> Ints:
    """A number for each household and wash group."""
    return owners.household[account] * _span(firm) + firm.market.wash_group[security]


def _known(firm: Firm, owners: Owners, recent: Recent) -> Ints:
    """Households and wash groups of which the window knows anything."""
    return np.concatenate([_keys(firm, owners, part.account, part.security) for part in (recent.bought, recent.losses)])


def _parts(
    firm: Firm,
    lots: pa.Table,
    block: AccountBlock,
    owners: Owners,
    recent: Recent,
    concerned: Flags,
    account: Ints,
    rows: TradeRows,
    touched: Ints,
) -> Parts:
    """All shares of the sells among these trades, and those of the buys that take a loss away.

    `concerned`: rows of the table of lots that may replace a loss. `account` of the block; `touched` households and
    wash groups: no other's lots are looked at.
    """

    def near(part: Rows) -> NDArray[np.int64]:
        return np.nonzero(np.isin(_keys(firm, owners, part.account, part.security), touched))[0]  # type: ignore[attr-defined]

    concerned[block.lots.row[rows.lot[rows.lot != NO_LOT]]] = True
    held = _lots_concerned(firm, lots, owners, np.flatnonzero(concerned))
    held = held.where(near(held))
    recent = replace(
        recent,
        bought=recent.bought.where(near(recent.bought)),
        losses=recent.losses.where(near(recent.losses)),
    )
    place = np.full(lots.num_rows, NONE, dtype=np.int64)
    place[held.row] = np.arange(len(held))
    named = np.where(rows.lot == NO_LOT, NONE, np.append(place, NONE)[np.append(block.lots.row, 0)[rows.lot]])
    none = np.zeros(len(rows), dtype=np.int32)
    trades = Trades(block.row[account], rows.security, named, rows.quantity, rows.amount, none)
    group = firm.market.wash_group
    day = replay_day(owners, group, group, held, recent, trades, firm.header.as_of_days)
    if day.replayed.status.any():
        raise ValueError("a trade sells more than its lot holds")
    return _parts_of(day, len(held))


def _lots_concerned(firm: Firm, lots: pa.Table, owners: Owners, row: Ints) -> Lots:
    """The lots that are sold and those that may replace a loss, by row of the table; no other takes part."""
    held = lots_held(firm, columns.some_rows(lots, row), owners)
    return replace(held, row=row[held.row])


def _parts_of(day: Day, held: int) -> Parts:
    """A sell's pieces by term; apart those replaced where others of its shares took up losses.

    One may then be a loss and the other a gain.
    """
    pieces, events = day.replayed.pieces, day.events
    of_event, of_source = np.append(events.kind, NONE)[pieces.event], np.append(events.kind, NONE)[pieces.source]
    sold = of_event == SELL
    bought = ~sold & (pieces.lot >= held) & (of_source == LOSS)
    took_up = np.zeros(len(events.kind) + 1, dtype=np.bool_)
    took_up[pieces.event[(pieces.source != NONE) & (pieces.event != NONE)]] = True
    at, source = np.nonzero(sold | bought)[0], pieces.source
    sale, taken = sold[at], source[at]
    start = np.where(sale, pieces.holding_start[at], np.append(events.holding_start, 0)[taken])
    ended = np.where(sale, pieces.sold[at], np.append(events.day, 0)[taken])
    trade = np.where(sale, np.append(day.stands_for, NONE)[pieces.event[at]], pieces.lot[at] - held)
    long_term, apart = are_long_term(start, ended), sale & took_up[pieces.event[at]] & pieces.replaced[at]
    part, first = grouped(trade, long_term.astype(np.int64), apart.astype(np.int64))
    return Parts(
        trade=trade[first],
        long_term=long_term[first],
        apart=apart[first],
        quantity=sums(part, pieces.quantity[at], len(first)),
        basis=sums(part, np.where(sale, pieces.basis[at], 0), len(first)),
        disallowed=sums(part, np.where(sale, pieces.disallowed[at], pieces.absorbed[at]), len(first)),
    )


def _rewritten(firm: Firm, rows: TradeRows, parts: Parts) -> tuple[TradeRows, Ints]:
    """The rows, each with parts as one row a part, and the row that each is of.

    What a buy has beyond the shares that take losses away goes with the last.
    """
    count = np.maximum(np.bincount(parts.trade, minlength=len(rows)), 1)
    source = np.repeat(np.arange(len(rows)), count)
    first = np.cumsum(count) - count
    within = np.arange(len(parts)) - np.searchsorted(parts.trade, parts.trade)
    at, last = first[parts.trade] + within, within == count[parts.trade] - 1
    beside = rows.quantity[parts.trade] - sums(parts.trade, parts.quantity, len(rows))[parts.trade]
    quantity = parts.quantity + np.where(last, beside, 0)
    amount = np.empty(len(parts), dtype=np.int64)
    amounts_cents(quantity, firm.market.price_micro[rows.security[parts.trade]], amount)
    told = rows.where(source)
    told.quantity[at], told.amount[at], told.long_term[at] = quantity, amount, parts.long_term
    told.basis[at] = np.where(rows.buy[parts.trade], amount, parts.basis)
    told.disallowed[at] = np.where(parts.apart, np.maximum(parts.basis - amount, 0), parts.disallowed)
    return told, source
