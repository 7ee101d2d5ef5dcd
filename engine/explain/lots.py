"""The lots behind one account's trades, and what other lots of the same name would have cost in tax."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from engine.explain.again import Again
from engine.explain.rows import Row
from engine.explain.taxes import CENT, Taxes, to_cent
from kernels.dates import long_term_day
from kernels.money import amounts_cents, shares_of

_EPOCH = datetime.date(1970, 1, 1)
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class LotLine:
    """One row of the run's trades with its lot. Money in USD, to the cent.

    `tax_added` is the account's tax with all trades less its tax without this one. `long_term_from`: the first day on
    which the sale of a short-term lot would have been long-term; `held_from` where days held before are tacked on.
    """

    lot_id: str | None
    acquired: datetime.date | None
    held_from: datetime.date | None
    quantity: Decimal
    price: Decimal
    amount: Decimal
    cost_basis: Decimal
    wash_disallowed: Decimal
    realised_gain: Decimal
    term: str | None
    long_term_from: datetime.date | None
    tax_added: Decimal
    reason: str


@dataclass(frozen=True)
class OtherLots:
    """The same shares out of other lots: `lots` in their order, and what that would have cost more, USD.

    `tax_more` by the schedule; `waiting_more`: what would be given up by not waiting with losses (`harvest_option`).
    """

    how: str
    lots: tuple[str, ...]
    tax_more: Decimal
    waiting_more: Decimal


FIRST_BOUGHT, DEAREST = "the shares bought first", "the shares that cost most"


def lot_lines(again: Again, taxes: Taxes, rows: list[Row]) -> tuple[LotLine, ...]:
    """The run's rows of one name and side, with their lots."""
    dates = _dates(again, rows[0]["security_id"])
    today = again.firm.header.as_of_days
    lines = []
    for row in rows:
        acquired, held_from = dates.get(row["lot_id"], (None, None))
        turns = None if held_from is None else long_term_day(held_from)
        lines.append(
            LotLine(
                lot_id=row["lot_id"],
                acquired=None if acquired is None else day_of(acquired),
                held_from=None if held_from is None else day_of(held_from),
                quantity=row["quantity"],
                price=row["price"],
                amount=row["amount"],
                cost_basis=row["cost_basis"],
                wash_disallowed=row["wash_disallowed"],
                realised_gain=row["realised_gain"],
                term=row["term"],
                long_term_from=day_of(turns)
                if row["term"] == "SHORT" and turns is not None and turns > today
                else None,
                tax_added=taxes.added_by(row["realised_gain"], row["term"]) if row["term"] else Decimal(0) * CENT,
                reason=row["reason"],
            )
        )
    return tuple(lines)


def other_lots(again: Again, taxes: Taxes, rows: list[Row]) -> tuple[OtherLots, ...]:
    """What the sale of one name would have cost out of the lots bought first, and out of those that cost most.

    Nothing where the whole position is sold, or where that would be the same shares of the same lots. Of a lot of which
    recent purchases replace a part, the loss of that part does not count.
    """
    mine = _free_lots(again, rows[0]["security_id"])
    sold = sum((int(row["quantity"].scaleb(6)) for row in rows), 0)
    lots = again.block.lots
    if len(mine) == 0 or sold >= int(lots.quantity[mine].sum()):
        return ()
    names, as_sold = again.lot_names(mine), sold_of(again, mine, rows)
    per_share = lots.basis[mine] / lots.quantity[mine]
    orders = {
        FIRST_BOUGHT: np.lexsort((mine, lots.acquired[mine])),
        DEAREST: np.lexsort((mine, -per_share)),
    }
    found = []
    for how, order in orders.items():
        before = np.cumsum(lots.quantity[mine][order]) - lots.quantity[mine][order]
        taken = np.zeros(len(mine), dtype=np.int64)
        taken[order] = np.clip(sold - before, 0, lots.quantity[mine][order])
        if (taken == as_sold).all():
            continue
        short, long = (gain_of(again, mine, taken, long=of) - _told(rows, of) for of in (False, True))
        waiting = waiting_of(again, mine, taken) - waiting_of(again, mine, as_sold)
        used = tuple(str(names[at]) for at in order.tolist() if taken[at] > 0)
        found.append(OtherLots(how, used, taxes.moved(short, long), to_cent(waiting)))
    return tuple(found)


def waiting_given_up(again: Again, rows: list[Row]) -> float:
    """What the losses of these sales could have been worth later, USD, as the decision counts it."""
    mine = _free_lots(again, rows[0]["security_id"])
    return waiting_of(again, mine, sold_of(again, mine, rows))


def sold_of(again: Again, mine: Ints, rows: list[Row]) -> Ints:
    """Micro-shares of each lot that the rows sell."""
    own: dict[str | None, int] = {}
    for row in rows:
        own[row["lot_id"]] = own.get(row["lot_id"], 0) + int(row["quantity"].scaleb(6))
    return np.array([own.get(name, 0) for name in again.lot_names(mine)], dtype=np.int64)


def _told(rows: list[Row], long: bool) -> Decimal:
    term = "LONG" if long else "SHORT"
    return sum((row["realised_gain"] for row in rows if row["term"] == term), Decimal(0))


def _free_lots(again: Again, security: str) -> Ints:
    """The account's lots of a name that are not locked, in the block's numbers."""
    mine = lots_of_name(again, security)
    kept: Ints = mine[~again.block.lots.locked[mine]]
    return kept


def lots_of_name(again: Again, security: str) -> Ints:
    """The account's lots of a name, in the block's numbers."""
    block = again.block
    number = np.arange(block.lots.offsets[again.account], block.lots.offsets[again.account + 1])
    index = again.firm.market.ids.index(security).as_py()
    found: Ints = number[block.lots.security[number] == index]
    return found


def gain_of(again: Again, mine: Ints, taken: Ints, *, long: bool) -> Decimal:
    """Gain of one term of selling `taken` micro-shares of lots, without the losses that recent purchases replace."""
    lots = again.block.lots
    proceeds = np.empty(len(mine), dtype=np.int64)
    amounts_cents(taken, again.firm.market.price_micro[lots.security[mine]], proceeds)
    basis = np.empty(len(mine), dtype=np.int64)
    shares_of(lots.basis[mine], taken, lots.quantity[mine], basis)
    gain = proceeds - basis
    kept = 1.0 - np.minimum(replaced_of(again, mine) / np.maximum(taken, 1), 1.0)
    gain = np.where(gain < 0, np.rint(gain * kept).astype(np.int64), gain)
    return Decimal(int(gain[again.positions.long_term[mine] == long].sum())) * CENT


def replaced_of(again: Again, mine: Ints) -> Ints:
    """Micro-shares of each lot that recent purchases replace."""
    case = again.case
    found = np.zeros(len(mine), dtype=np.int64)
    at = np.searchsorted(mine, case.segment_lot)
    hit = case.segment_replaced & (at < len(mine))
    hit[hit] = mine[at[hit]] == case.segment_lot[hit]
    np.add.at(found, at[hit], case.segment_quantity[hit])
    return found


def waiting_of(again: Again, mine: Ints, taken: Ints) -> float:
    """What the sale of `taken` micro-shares of lots gives up by not waiting with their losses, USD."""
    lots, market = again.block.lots, again.firm.market
    usd = np.maximum(taken - replaced_of(again, mine), 0) * 1e-6 * market.price[lots.security[mine]]
    return float(again.positions.waiting[mine] @ usd)


def _dates(again: Again, security: str) -> dict[str | None, tuple[int, int]]:
    """Days on which lots of a name were bought, and from which they count as held."""
    block = again.block
    number = np.arange(block.lots.offsets[again.account], block.lots.offsets[again.account + 1])
    index = again.firm.market.ids.index(security).as_py()
    mine = number[block.lots.security[number] == index]
    days = zip(block.lots.acquired[mine].tolist(), block.lots.holding_start[mine].tolist(), strict=True)
    return dict(zip(again.lot_names(mine), days, strict=True))


def day_of(day: int) -> datetime.date:
    """A day in days since 1970-01-01."""
    return _EPOCH + datetime.timedelta(days=int(day))
