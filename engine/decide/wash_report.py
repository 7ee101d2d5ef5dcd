"""What wash sales do to a part's trades, share for share: the day replayed as `settle` will book it.

Deciding prices wash sales; here they are counted, over all accounts of a household together, and every trade row says
what was disallowed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

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
from engine.ledger.window import Recent
from kernels.dates import is_long_term
from kernels.money import amount_cents
from kernels.pieces import LOSS, NONE, SELL

Outcomes = list[Outcome | Refusal]


class _Row(NamedTuple):
    """Which row of a trade: its term; `apart`: all of it a loss disallowed, beside shares that took up losses."""

    long_term: bool
    apart: bool


@dataclass
class _Part:
    """Shares of one row of a trade, cents."""

    quantity: int = 0
    basis: int = 0
    disallowed: int = 0


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
    traded = [(account, one.trades) for account, one in enumerate(outcomes) if isinstance(one, Outcome)]
    rows = TradeRows.joined([trades for _, trades in traded])
    account = np.repeat([account for account, _ in traded], [len(trades) for _, trades in traded]).astype(np.int64)
    at = np.nonzero(_concerned(firm, owners, recent, block.row[account], rows.security))[0]
    if len(at) == 0:
        return list(outcomes)
    parts = _parts(firm, lots, block, owners, recent, block.row[account[at]], rows.where(at))
    changed = dict(zip(at.tolist(), parts, strict=True))
    result: Outcomes = list(outcomes)
    start = 0
    for number, trades in traded:
        mine = {row - start: changed[row] for row in range(start, start + len(trades)) if row in changed}
        start += len(trades)
        one = result[number]
        if mine and isinstance(one, Outcome):
            result[number] = _rewritten(firm, block, positions, number, one, mine)
    return result


def _concerned(
    firm: Firm, owners: Owners, recent: Recent, account: NDArray[np.int64], security: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """True for trades of a household and wash group of which the window knows anything."""
    group = firm.market.wash_group
    span = int(group.max(initial=0)) + 1

    def keys(of: NDArray[np.int64], name: NDArray[np.int32]) -> NDArray[np.int64]:
        return owners.household[of] * span + group[name]

    known = [keys(part.account, part.security) for part in (recent.bought, recent.losses)]
    return np.isin(keys(account, security), np.concatenate(known))


def _parts(
    firm: Firm,
    lots: pa.Table,
    block: AccountBlock,
    owners: Owners,
    recent: Recent,
    account: NDArray[np.int64],
    rows: TradeRows,
) -> list[dict[_Row, _Part]]:
    """For each trade its shares by row: all of a sell's, those of a buy that take a loss away."""
    held = lots_held(firm, lots, owners)
    place = np.full(lots.num_rows, NONE, dtype=np.int64)
    place[held.row] = np.arange(len(held))
    named = np.where(rows.lot == NO_LOT, NONE, np.append(place, NONE)[np.append(block.lots.row, 0)[rows.lot]])
    trades = Trades(account, rows.security, named, rows.quantity, rows.amount, np.zeros(len(rows), dtype=np.int64))
    group = firm.market.wash_group
    day = replay_day(owners, group, group, held, recent, trades, firm.header.as_of_days)
    if day.replayed.status.any():
        raise ValueError("a trade sells more than its lot holds")
    return _parts_of(day, len(held), len(rows))


def _parts_of(day: Day, held: int, trades: int) -> list[dict[_Row, _Part]]:
    """A sell's pieces by term; apart those replaced where others of its shares took up losses.

    One may then be a loss and the other a gain.
    """
    parts: list[dict[_Row, _Part]] = [{} for _ in range(trades)]
    pieces, events = day.replayed.pieces, day.events
    took_up = {int(event) for event in pieces.event[(pieces.source != NONE) & (pieces.event != NONE)]}
    for piece in range(len(pieces.lot)):
        event, source = int(pieces.event[piece]), int(pieces.source[piece])
        if event != NONE and events.kind[event] == SELL:
            term = is_long_term(int(pieces.holding_start[piece]), int(pieces.sold[piece]))
            row = _Row(bool(term), event in took_up and bool(pieces.replaced[piece]))
            part = parts[day.stands_for[event]].setdefault(row, _Part())
            part.basis += int(pieces.basis[piece])
            part.disallowed += int(pieces.disallowed[piece])
        elif pieces.lot[piece] >= held and source != NONE and events.kind[source] == LOSS:
            term = is_long_term(int(events.holding_start[source]), int(events.day[source]))
            part = parts[pieces.lot[piece] - held].setdefault(_Row(bool(term), False), _Part())
            part.disallowed += int(pieces.absorbed[piece])
        else:
            continue
        part.quantity += int(pieces.quantity[piece])
    return parts


def _rewritten(
    firm: Firm,
    block: AccountBlock,
    positions: Positions,
    account: int,
    outcome: Outcome,
    parts: Mapping[int, dict[_Row, _Part]],
) -> Outcome:
    """The outcome with these rows. Each row is rounded to the cent by itself, so cash and drift may move by cents."""
    trades = _rows(firm, outcome.trades, parts)
    before, after = (
        abs(
            (int(block.cash[account]) - rows.sum(buy=True) + rows.sum(buy=False)) / 100.0 / positions.dollars[account]
            - block.settings["cash_target"][account]
        )
        for rows in (outcome.trades, trades)
    )
    return replace(outcome, trades=trades, drift_after=outcome.drift_after + 0.5 * float(after - before))


def _rows(firm: Firm, trades: TradeRows, parts: Mapping[int, dict[_Row, _Part]]) -> TradeRows:
    """The rows, a sell with one row a term, a buy with one row for each term of loss that it takes away."""
    blocks = []
    for row in range(len(trades)):
        one = trades.where(np.array([row]))
        own = parts.get(row, {})
        blocks += [one] if not own else _rows_of(firm, one, own)
    return TradeRows.joined(blocks)


def _rows_of(firm: Firm, row: TradeRows, parts: dict[_Row, _Part]) -> list[TradeRows]:
    """One row a part; what a buy has beyond the shares that take losses away goes with the last."""
    price = int(firm.market.price_micro[row.security[0]])
    left = int(row.quantity[0])
    blocks = []
    for number, (kind, part) in enumerate(sorted(parts.items())):
        quantity = left if number == len(parts) - 1 else part.quantity
        left -= quantity
        amount = amount_cents(quantity, price)
        disallowed = max(part.basis - amount, 0) if kind.apart else part.disallowed
        blocks.append(
            replace(
                row,
                quantity=np.array([quantity]),
                amount=np.array([amount]),
                basis=np.array([amount if row.buy[0] else part.basis]),
                disallowed=np.array([disallowed]),
                long_term=np.array([kind.long_term]),
            )
        )
    return blocks
