"""What wash sales do to a part's trades, share for share: the day replayed as `settle` will book it.

Deciding prices wash sales; here they are counted, over all accounts of a household together, and every trade row says
what was disallowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.firm import Firm
from engine.decide.account import Outcome
from engine.decide.output import Refusal
from engine.decide.positions import Positions
from engine.decide.trades import NO_LOT, TradeRows
from engine.ledger.day import Day, Trades, lots_held, replay_day
from engine.ledger.owners import Owners
from engine.ledger.rows import Ints, Rows, grouped, sums
from engine.ledger.window import Recent
from kernels.dates import long_term_days
from kernels.money import amounts_cents
from kernels.pieces import LOSS, NONE, SELL

Outcomes = list[Outcome | Refusal]
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


def with_washes(
    firm: Firm,
    lots: pa.Table,
    block: AccountBlock,
    positions: Positions,
    owners: Owners,
    recent: Recent,
    outcomes: Sequence[Outcome | Refusal],
) -> Outcomes:
    """The outcomes with wash sales in their trade rows. Raises ValueError where a trade exceeds its lot."""
    result: Outcomes = list(outcomes)
    traded = [(account, one) for account, one in enumerate(outcomes) if isinstance(one, Outcome)]
    account = np.repeat([account for account, _ in traded], [len(one.trades) for _, one in traded]).astype(np.int64)
    rows = TradeRows.joined([one.trades for _, one in traded])
    group = owners.household[block.row[account]] * _span(firm) + firm.market.wash_group[rows.security]
    at = np.nonzero(np.isin(group, _known(firm, owners, recent)))[0]
    if len(at) == 0:
        return result
    parts = _parts(firm, lots, block, owners, recent, account[at], rows.where(at), group[at])
    told, source = _rewritten(firm, rows, replace(parts, trade=at[parts.trade]))
    ends = np.searchsorted(account[source], np.arange(len(block) + 1))
    for number in np.unique(account[at]).tolist():
        one = result[number]
        if isinstance(one, Outcome):
            trades = told.where(np.arange(ends[number], ends[number + 1]))
            result[number] = _with_trades(block, positions, number, one, trades)
    return result


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
    account: Ints,
    rows: TradeRows,
    touched: Ints,
) -> Parts:
    """All shares of the sells among these trades, and those of the buys that take a loss away.

    `account` of the block; `touched` households and wash groups: no other's lots are looked at.
    """

    def near(part: Rows) -> NDArray[np.int64]:
        return np.nonzero(np.isin(_keys(firm, owners, part.account, part.security), touched))[0]  # type: ignore[attr-defined]

    held = lots_held(firm, lots, owners)
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
    long_term, apart = _is_long_term(start, ended), sale & took_up[pieces.event[at]] & pieces.replaced[at]
    part, first = grouped(trade, long_term.astype(np.int64), apart.astype(np.int64))
    return Parts(
        trade=trade[first],
        long_term=long_term[first],
        apart=apart[first],
        quantity=sums(part, pieces.quantity[at], len(first)),
        basis=sums(part, np.where(sale, pieces.basis[at], 0), len(first)),
        disallowed=sums(part, np.where(sale, pieces.disallowed[at], pieces.absorbed[at]), len(first)),
    )


def _is_long_term(start: NDArray[np.int32], sold: NDArray[np.int32]) -> Flags:
    """Whether shares whose holding period began on `start` are long-term when sold."""
    day = np.empty(len(start), dtype=np.int32)
    long_term_days(start.astype(np.int32), day)
    return np.asarray(sold >= day)


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


def _with_trades(
    block: AccountBlock, positions: Positions, account: int, outcome: Outcome, trades: TradeRows
) -> Outcome:
    """The outcome with these rows. Each row is rounded to the cent by itself, so cash and drift may move by cents."""
    before, after = (
        abs(
            (int(block.cash[account]) - rows.sum(buy=True) + rows.sum(buy=False)) / 100.0 / positions.dollars[account]
            - block.settings["cash_target"][account]
        )
        for rows in (outcome.trades, trades)
    )
    return replace(outcome, trades=trades, drift_after=outcome.drift_after + 0.5 * float(after - before))
